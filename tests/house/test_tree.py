"""The house has the rooms that the architecture draws, and one page for every decision."""

import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.house.tree import PRODUCT, ROOT, pyproject, tracked

ROOMS = (
    *PRODUCT,
    "tests",
    "ADRs",
    ".ci/run",
    "README.md",
    "pyproject.toml",
    "docker-compose.yml",
    "Makefile",
)
SECTIONS = ("Context", "Decision", "Consequences", "Considered", "Confirmation")
ONE_PAGE = 70
NUMBERED = re.compile(r"(?P<number>\d{4})-[a-z0-9-]+\.md")
WITNESS = re.compile(r"tests/[\w/]+\.py(?:::(?P<test>\w+))?")
PIN = re.compile(r":\d")
SECRET = re.compile(r"\$\{(?P<name>\w*(?:PASSWORD|SECRET|KEY|TOKEN)\w*)(?P<rest>[^}]*)\}")


def decisions() -> list[Path]:
    return [path for path in tracked() if path.parts[0] == "ADRs"]


def section(text: str, name: str) -> str:
    """Return what stands under a heading."""
    return text.partition(f"\n## {name}\n")[2].partition("\n## ")[0].strip()


def contracts() -> set[str]:
    return {contract["name"] for contract in pyproject()["tool"]["importlinter"]["contracts"]}


def confirmed(text: str) -> bool:
    """Whether a confirmation names a contract or a test that exists, and no test that does not."""
    witnesses = list(WITNESS.finditer(text))
    return all(map(stands, witnesses)) and bool(witnesses or any(name in text for name in contracts()))


def stands(witness: re.Match[str]) -> bool:
    file = ROOT / witness.group().partition("::")[0]
    return file.is_file() and (witness["test"] is None or f"def {witness['test']}(" in file.read_text(encoding="utf-8"))


def test_every_room_is_there():
    assert [room for room in ROOMS if not (ROOT / room).exists()] == []


def test_decisions_are_numbered_without_gaps():
    names = [NUMBERED.fullmatch(path.name) for path in decisions()]
    assert all(names)
    assert [int(name["number"]) for name in names if name] == list(range(1, len(names) + 1))


def test_a_decision_is_one_page_with_its_sections():
    for path in decisions():
        text = (ROOT / path).read_text(encoding="utf-8")
        assert len(text.splitlines()) <= ONE_PAGE, path
        assert [name for name in SECTIONS if not section(text, name)] == [], path


def test_a_decision_is_confirmed_by_a_test_or_contract_that_exists():
    texts = {str(path): section((ROOT / path).read_text(encoding="utf-8"), "Confirmation") for path in decisions()}
    assert {path: text for path, text in texts.items() if not confirmed(text)} == {}


@pytest.mark.parametrize(
    "text",
    ["We are careful.", "`tests/house/test_absent.py`", "`tests/house/test_tree.py::test_absent`"],
)
def test_a_confirmation_that_confirms_nothing_is_noticed(text: str):
    assert not confirmed(text)


def test_a_test_or_a_contract_confirms():
    assert confirmed("`tests/house/test_tree.py::test_every_room_is_there`")
    assert confirmed('The contract "Only the api knows that there are HTTP and a command line".')


def test_containers_are_pinned_and_hold_no_secret():
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    services = yaml.safe_load(text)["services"].values()
    assert all("build" in service or PIN.search(service["image"]) for service in services)
    assert [secret.group() for secret in SECRET.finditer(text) if not secret["rest"].startswith(":?")] == []


def test_soaking_leaves_no_test_out_and_runs_each_at_length():
    recipe = subprocess.run(["make", "--dry-run", "soak"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    (run,) = (line for line in recipe.splitlines() if "pytest" in line)
    assert shlex.split(run)[0] == "HYPOTHESIS_PROFILE=soak"
    assert shlex.split(run)[-2:] == ["-m", ""]  # where `make test` says "not soak"
