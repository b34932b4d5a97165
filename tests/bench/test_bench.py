"""Every benchmark runs, and its report says what it promises; how fast anything was is no matter here."""

import json
import os
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tests.bench.running import ALL, main, measured, progress, report

FIGURE = {"name", "ours", "peer", "ratio", "unit", "n", "note"}


@dataclass(frozen=True)
class Run:
    """What a run wrote, what it printed, and what it said meanwhile."""

    entries: list[dict[str, Any]]
    printed: str
    said: list[str]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One tiny run of everything, where nobody looks at a terminal."""
    file, said, printed = tmp_path_factory.mktemp("run") / "build" / "bench.json", list[str](), StringIO()
    with redirect_stdout(printed):
        report(list(measured(ALL, tiny=True, say=said.append)), file)
    return Run(json.loads(file.read_text(encoding="utf-8")), printed.getvalue(), said)


@pytest.fixture
def reported(run: Run) -> list[dict[str, Any]]:
    return run.entries


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
    assert 0 <= machine["stolen_percent"] <= 100


def test_the_table_fits_into_80_columns_and_cuts_no_name(run: Run):
    names = [entry["name"] for entry in run.entries[:-1]]
    drawn = [line for line in run.printed.splitlines() if line.split()[:1] in [[name] for name in names]]
    assert [line.split()[0] for line in drawn] == names
    assert {len(line) for line in drawn} <= set(range(81))


def test_what_there_is_to_note_stands_below_the_table_by_name(run: Run):
    below = run.printed.splitlines()[-len(run.entries) + 1 :]
    assert below == [f"{entry['name']}: {entry['note']}" for entry in run.entries[:-1]]


def test_each_benchmark_says_when_it_begins_and_how_long_it_took(run: Run):
    assert [line.split()[1:3] for line in run.said] == [[name, word] for name in ALL for word in ("begins", "took")]
    assert {line.split()[0] for line in run.said} == {f"{n}/{len(ALL)}" for n in range(1, len(ALL) + 1)}


def test_progress_goes_beside_the_report_in_plain_words(capsys: pytest.CaptureFixture[str]):
    progress("1/2 hot-case begins")
    assert capsys.readouterr() == ("", "1/2 hot-case begins\n")


def test_a_benchmark_that_there_is_not_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ONLY", "command-17")
    with pytest.raises(SystemExit, match="command-17"):
        main()
    assert list(tmp_path.iterdir()) == []
