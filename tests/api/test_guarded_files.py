"""Guarded files: whatever others can write, or put another thing in the place of, is noticed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from api.guarded_files import unguarded


@pytest.fixture
def file(tmp_path: Path) -> Path:
    tmp_path.chmod(0o755)
    made = tmp_path / "keys.json"
    made.write_text("{}")
    made.chmod(0o644)
    return made


def test_a_file_that_its_owner_alone_writes_is_guarded(file: Path):
    assert unguarded([file]) == []


def test_a_file_that_is_not_there_is_somebody_elses_to_miss(tmp_path: Path):
    assert unguarded([tmp_path / "absent"]) == []


@pytest.mark.parametrize("mode", [0o666, 0o664, 0o646, 0o602])
def test_a_file_that_others_can_write_is_named(file: Path, mode: int):
    file.chmod(mode)
    (said,) = unguarded([file])
    assert said.startswith(f"{file} can be written by others")


@pytest.mark.parametrize("mode", [0o777, 0o775])
def test_a_file_in_a_folder_that_others_can_write_can_be_exchanged(file: Path, mode: int):
    file.parent.chmod(mode)
    (said,) = unguarded([file])
    assert said.startswith(f"{file} can be exchanged by others")


def test_in_a_sticky_folder_nobody_exchanges_the_files_of_another(file: Path):
    file.parent.chmod(0o1777)
    assert unguarded([file]) == []


def behind_a_link(file: Path, open_one: Callable[[Path], Path]) -> Path:
    apart = file.parent / "apart"
    apart.mkdir(mode=0o755)
    link = apart / "link"
    link.symlink_to(file)
    open_one(link).chmod(0o777)
    return link


@pytest.mark.parametrize(
    "open_one", [lambda link: link.parent, lambda link: link.resolve().parent, lambda link: link.resolve()]
)
def test_a_link_is_as_guarded_as_what_it_leads_to_and_where_it_lies(file: Path, open_one: Callable[[Path], Path]):
    link = behind_a_link(file, open_one)
    assert len(unguarded([link])) == 1
