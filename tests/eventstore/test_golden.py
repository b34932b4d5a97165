"""What was stored once loads for ever: every shape of every event that was ever shipped has a golden file."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, make_dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest

from domain import registry
from domain.sealed import Sealed
from eventstore.canonical import Misshapen, Tree
from eventstore.codec import Codec, UnknownType
from eventstore.sealing import Tampered
from eventstore.shapes import MARK
from eventstore.upcasters import UPCASTERS, Upcasters
from tests.eventstore import golden
from tests.eventstore.golden import Golden

CODEC = Codec(registry.events())
SHIPPED = golden.shipped()

WHAT_TO_DO = """{} is no longer what its golden file says, so that stored history would not load.
Leave the file as it is. Take the change back, or register in eventstore/upcasters.py how version {} becomes the next
one; then `make docs` writes the golden file of the new version. What is inside a sealed value no upcaster sees: it may
grow by fields with defaults, and nothing else."""


def broken(each: Golden, codec: Codec = CODEC, upcasters: Upcasters = UPCASTERS) -> str:
    """Say what to do if a golden file no longer loads as what it says; nothing if all is well."""
    try:
        events = list(each.events(codec))
        present = golden.stored(codec, each.type, events)
    except (Misshapen, UnknownType) as error:
        return f"{WHAT_TO_DO.format(each.name, each.schema_version)}\n{error}"
    if upcasters.target(each.type, each.schema_version) != (each.type, each.schema_version):
        return ""  # read as another shape, which has a golden file of its own
    return "" if grown(present.opened(), each.opened()) else WHAT_TO_DO.format(each.name, each.schema_version)


def grown(present: Tree, past: Tree, *, sealed: bool = False) -> bool:
    """Whether two trees are the same, but for fields that were added inside of sealed values."""
    if isinstance(past, dict) and isinstance(present, dict):
        same = present.keys() >= past.keys() if sealed else present.keys() == past.keys()
        return same and all(grown(present[key], past[key], sealed=sealed or key == MARK) for key in past)
    if isinstance(past, list) and isinstance(present, list):
        pairs = zip(present, past, strict=False)
        return len(present) == len(past) and all(grown(a, b, sealed=sealed) for a, b in pairs)
    return type(present) is type(past) and present == past


def test_every_event_has_a_golden_file_for_each_of_its_versions():
    files = Counter(UPCASTERS.target(each.type, each.schema_version) for each in SHIPPED)
    expected = {(name, UPCASTERS.present(name)): UPCASTERS.present(name) for name in registry.events()}
    assert files == expected, "`make docs` writes the golden files of new events and new versions"


@pytest.mark.parametrize("each", SHIPPED, ids=lambda each: each.name)
def test_what_was_stored_once_loads_and_is_stored_alike_today(each: Golden):
    assert broken(each) == ""


@pytest.mark.parametrize("each", SHIPPED, ids=lambda each: each.name)
def test_what_was_stored_once_evolves_whatever_stands_without_failing(each: Golden):
    kind = registry.events()[UPCASTERS.target(each.type, each.schema_version)[0]]
    for state in registry.states_of(kind):
        folded = state()
        for event in each.events(CODEC):
            assert type(event.evolve(state())) is state
            folded = event.evolve(folded)
        assert type(folded) is state


def test_a_golden_file_is_never_written_over():
    assert golden.missing() == []


def test_no_personal_value_stands_in_clear_in_a_golden_file():
    details = next(each for each in SHIPPED if each.type == "StudentRegistered").examples[0]
    assert b"family_name" not in details
    assert b"$sealed" in details


class Mood(StrEnum):
    GLAD = "GLAD"
    SAD = "SAD"


class GladOnly(StrEnum):
    GLAD = "GLAD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoreWords:
    said: str
    later: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherWords:
    told: str = ""


FIELDS: Mapping[str, Any] = {
    "happened_on": date,
    "mood": Mood,
    "why": str | None,
    "words": Sealed[Words],
    "parts": tuple[str, ...],
}


def shape(**changed: Any) -> type[Any]:
    """An event called Changed, with some of its fields changed, or left out if they are None."""
    kept = {name: hint for name, hint in ({**FIELDS, **changed}).items() if hint is not None}
    return make_dataclass("Changed", kept.items(), frozen=True, kw_only=True)


def first() -> Golden:
    """The golden file of the shape as it was first stored."""
    kind = shape()
    return golden.made("Changed", kind, Codec({"Changed": kind}))


def test_an_event_that_did_not_change_is_not_complained_of():
    assert broken(first(), Codec({"Changed": shape()})) == ""


def test_a_field_with_a_default_may_be_added_inside_of_a_sealed_value():
    assert broken(first(), Codec({"Changed": shape(words=Sealed[MoreWords])})) == ""


@pytest.mark.parametrize(
    "changed",
    [
        {"why": str},
        {"why": None},
        {"mood": str, "because": str | None},
        {"mood": GladOnly},
        {"happened_on": str, "mood": date},
        {"parts": tuple[int, ...]},
        {"words": str},
        {"words": Sealed[OtherWords]},
        {"words": Sealed[str]},
    ],
    ids=str,
)
def test_a_changed_shape_without_an_upcaster_is_noticed_and_told_what_to_do(changed: dict[str, Any]):
    complaint = broken(first(), Codec({"Changed": shape(**changed)}))
    assert "register in eventstore/upcasters.py how version 1 becomes the next" in complaint


def test_a_changed_shape_with_an_upcaster_is_fine():
    upcasters = Upcasters()
    upcasters.upcast("Changed", from_version=1)(lambda tree: tree | {"why": tree["why"] or "", "loud": False})
    codec = Codec({"Changed": shape(why=str, loud=bool)}, upcasters)
    assert broken(first(), codec, upcasters) == ""


def test_a_golden_file_that_was_changed_by_hand_is_noticed():
    with pytest.raises(ValueError, match=r"Changed\.v1\.json"):
        golden.read(first().text.replace('"mood":"GLAD"', '"mood": "GLAD"'))


def test_a_sealed_value_of_a_golden_file_is_tied_to_its_place():
    moved = replace(first(), stream=UUID(int=1))
    with pytest.raises(Tampered):
        moved.opened()
