"""Bounds: every number that a command takes has a least and a most, so that no row or calendar breaks on one."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import pytest
from pydantic import TypeAdapter, ValidationError

from domain import registry
from domain.bounds import Cents, Count, Minutes, Percent, Quantity, TermNumber, VersionNumber, Whole, Year, YearLevel
from domain.policies.policy import PolicyValues

BOUNDS = {
    "a year level": (YearLevel, 0, 15),
    "minutes of a day": (Minutes, 1, 24 * 60),
    "a term": (TermNumber, 1, 4),
    "a year": (Year, 1900, 2199),
    "a version": (VersionNumber, 1, 1_000_000),
    "cents": (Cents, 0, 10**12),
    "a parameter": (Quantity, 0, 1_000),
    "how many there are": (Count, 0, 1_000_000),
    "a percentage": (Percent, 0, 100),
}


def numbers(kind: Any, at: str = "", *, bounded: bool = False) -> Iterator[tuple[str, bool]]:
    """Every number within a type by where it is, and whether it has bounds."""
    if get_origin(kind) is Annotated:
        of, *marks = get_args(kind)
        yield from numbers(of, at, bounded=any(isinstance(mark, Whole) for mark in marks))
    elif kind is int:
        yield at, bounded
    elif is_dataclass(kind):
        hints = get_type_hints(kind, include_extras=True)
        for field in fields(kind):
            yield from numbers(hints[field.name], f"{at}.{field.name}".lstrip("."))
    else:
        for part in get_args(kind):
            yield from numbers(part, at)


@pytest.mark.parametrize("name", sorted(registry.commands()))
def test_every_number_of_a_command_has_bounds(name: str):
    assert [at for at, bounded in numbers(registry.commands()[name]) if not bounded] == []


def test_the_numbers_of_commands_are_found_wherever_they_are():
    found = {f"{name}.{at}" for name, kind in registry.commands().items() for at, _ in numbers(kind)}
    assert {
        "RecordActivity.minutes",
        "SaveDraft.form.year_level",
        "PublishCalendar.year.terms.number",
        "PublishPolicy.values.star_thresholds",
        "RecordContract.funding_cents",
    } <= found
    assert [bounded for _, bounded in numbers(tuple[int, ...] | None)] == [False]


@pytest.mark.parametrize("name", BOUNDS)
def test_a_number_is_taken_from_its_least_to_its_most(name: str):
    kind, least, most = BOUNDS[name]
    reader = TypeAdapter(kind)
    assert [reader.validate_python(number) for number in (least, most)] == [least, most]
    for beyond in (least - 1, most + 1, 2**31, 2**63, -(2**63)):
        if not least <= beyond <= most:
            with pytest.raises(ValidationError):
                reader.validate_python(beyond)


@pytest.mark.parametrize("name", BOUNDS)
def test_clients_are_told_the_bounds(name: str):
    kind, least, most = BOUNDS[name]
    told = TypeAdapter(kind).json_schema()
    assert (told["type"], told["minimum"], told["maximum"]) == ("integer", least, most)


def test_the_first_values_of_the_policy_are_within_their_bounds():
    assert TypeAdapter(PolicyValues).validate_python(PolicyValues()) == PolicyValues()
