"""A slice is one thing that people do with a case, named with the gerund; slices do not know each other."""

import re
from pathlib import Path

from tests.house.tree import imports, modules

# A slice may record what another one lets happen (architecture: "a slice may emit another slice's event").
MAY_IMPORT: dict[str, set[str]] = {
    "requesting": {  # a request opens, finds, changes or reopens the case in one decision
        "allocating",
        "changing_type",
        "enrolling",
        "naming_contact",
        "opening",
        "pausing",
        "reopening",
        "transitioning",
    },
    "reopening": {"allocating", "assigning"},  # a reopened case is allocated anew, and may go back to its manager
}

GERUND = re.compile(r"(^|_)[a-z]+ing(_|$)")


def slices(paths: list[Path]) -> set[str]:
    """Return the modules of domain/cases that are named with a gerund."""
    return {path.stem for path in paths if path.parts[:2] == ("domain", "cases") and GERUND.search(path.stem)}


def acquaintances(name: str, source: str, others: set[str]) -> set[str]:
    """Which other slices a slice imports, beyond those that it may."""
    known = {part for full in imports(source) if full.startswith("domain.cases.") for part in full.split(".")[2:3]}
    return (known & others) - {name} - MAY_IMPORT.get(name, set())


def test_slices_do_not_know_each_other():
    domain = dict(modules("domain"))
    others = slices(list(domain))
    found = {
        path.stem: acquaintances(path.stem, source, others) for path, source in domain.items() if path.stem in others
    }
    assert {name: known for name, known in found.items() if known} == {}


def test_every_allowed_acquaintance_exists():
    domain = dict(modules("domain"))
    assert {*MAY_IMPORT, *(other for allowed in MAY_IMPORT.values() for other in allowed)} <= slices(list(domain))


def test_an_acquaintance_is_noticed():
    source = "from domain.cases.closing import CaseClosed\nfrom domain.cases.case import Case\n"
    assert acquaintances("pausing", source, {"pausing", "closing"}) == {"closing"}


def test_a_slice_is_told_by_its_name():
    paths = [Path("domain/cases") / name for name in ("pausing.py", "first_meeting.py", "case.py", "rings.py")]
    assert slices(paths) == {"pausing", "first_meeting"}
