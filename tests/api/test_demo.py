"""The demo: a term played for whoever looks at the program for the first time, which leaves nothing behind."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-c", "from api.cli import main; main()", "demo", "--cases", "12"]
PATIENCE_SECONDS = 240
PARTS = (
    "The dashboard of {school}, on Friday 3 July 2026",
    "The queue of ",
    "The KPI figures so far",
    "One case from beginning to end",
    "The dashboard of {school}, as it stood on Friday 15 May 2026",
)


@pytest.fixture
def apart(passable: Path) -> Iterator[Path]:
    """Two empty folders for the demo: one for what it makes, one to stand in."""
    folder = passable / "demo"
    for each in (folder, folder / "made", folder / "here"):
        each.mkdir(mode=0o711)
    yield folder
    shutil.rmtree(folder)


def started(apart: Path) -> subprocess.Popen[str]:
    told = {"CI": "true", "TMPDIR": str(apart / "made"), "PYTHONPATH": str(ROOT), "DATABASE_URL": "nobody"}
    return subprocess.Popen(
        PROGRAM,
        cwd=apart / "here",
        env={**os.environ, **told},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def left_behind(apart: Path) -> list[str]:
    """What there still is: files, and processes that work in the folder of the demo."""
    files = [str(each) for each in apart.rglob("*") if each.name not in {"made", "here"}]
    return files + [each.name for each in Path("/proc").iterdir() if each.name.isdecimal() and _works_in(each, apart)]


def _works_in(process: Path, folder: Path) -> bool:
    try:
        said = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
    except OSError:
        return False  # somebody else's, or gone
    return str(folder).encode() in said


def test_without_a_terminal_it_shows_the_five_parts_and_leaves_nothing(apart: Path):
    demo = started(apart)
    said, wrong = demo.communicate(timeout=PATIENCE_SECONDS)
    assert (demo.returncode, wrong) == (0, "")
    school = said.partition("The dashboard of ")[2].partition(", on ")[0]
    places = [said.find(part.format(school=school)) for part in PARTS]
    assert -1 not in places
    assert places == sorted(places)
    assert "http://127.0.0.1:" in said
    assert max(map(len, said.splitlines())) <= 120
    now, earlier = said[places[0] : places[1]], said[places[4] :]
    assert now.splitlines()[2] != earlier.splitlines()[2], "the school has as many cases as in May"
    assert left_behind(apart) == []


def test_told_to_stop_in_the_middle_it_stops_and_leaves_nothing(apart: Path):
    demo = started(apart)
    for line in demo.stdout or ():
        if "is played" in line:
            demo.send_signal(signal.SIGTERM)
    _, wrong = demo.communicate(timeout=PATIENCE_SECONDS)
    assert (demo.returncode, wrong) == (0, "")
    assert left_behind(apart) == []
