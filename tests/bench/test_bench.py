"""Every benchmark runs, and its report says what it promises; how fast anything was is no matter here."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.bench.__main__ import ALL, main, measured, report

FIGURE = {"name", "ours", "peer", "ratio", "unit", "n", "note"}


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The report of one tiny run of everything."""
    file = tmp_path_factory.mktemp("run") / "build" / "bench.json"
    report(list(measured(ALL, tiny=True)), file)
    entries: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))
    return entries


def test_every_benchmark_answers_a_figure_of_its_name(reported: list[dict[str, Any]]):
    assert set(ALL) <= {entry["name"] for entry in reported}


def test_a_figure_compares_ours_with_a_peer(reported: list[dict[str, Any]]):
    for entry in reported[:-1]:
        assert set(entry) == FIGURE
        assert all(isinstance(entry[side], float) and entry[side] > 0 for side in ("ours", "peer", "ratio"))


def test_a_ratio_above_one_says_that_ours_is_better(reported: list[dict[str, Any]]):
    figures = {str(entry["name"]): entry for entry in reported}
    more, less = figures["command-16"], figures["hot-case"]
    assert more["ratio"] == pytest.approx(more["ours"] / more["peer"])
    assert less["ratio"] == pytest.approx(less["peer"] / less["ours"])


def test_the_machine_comes_last(reported: list[dict[str, Any]]):
    machine = reported[-1]
    assert (machine["name"], machine["cores"]) == ("machine", os.cpu_count())
    assert machine["fdatasync_ms"] > 0


def test_a_benchmark_that_there_is_not_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONLY", "command-17")
    with pytest.raises(SystemExit, match="command-17"):
        main()
    assert list(tmp_path.iterdir()) == []
