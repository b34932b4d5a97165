"""Columns: whatever a row may hold comes back as it was, and what its column cannot hold is refused before."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from enum import StrEnum
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.sealed import UNKNOWN, DataClass, Sealed
from eventstore.canonical import Unstorable
from projections.columns import NULL, kind_of, literal
from projections.model import Model, PersonalValueInClear, Schema
from tests.projections.small import Owner, owners


class Way(StrEnum):
    IN = "in \\ \t"
    OUT = "out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    text: str
    on: date | None
    ids: tuple[UUID, ...]


text = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
days = st.dates()
instants = st.datetimes(
    datetime(1, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(9999, 12, 30),  # noqa: DTZ001 - hypothesis adds the zone
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=13))]),
)
parts = st.builds(Part, text=text, on=days | st.none(), ids=st.lists(st.uuids(), max_size=2).map(tuple))

KINDS = {
    str: text,
    int: st.integers(-(2**63), 2**63 - 1),
    bool: st.booleans(),
    date: days,
    datetime: instants,
    UUID: st.uuids(),
    Way: st.sampled_from(Way),
    str | None: text | st.none(),
    tuple[str, ...]: st.lists(text, max_size=4).map(tuple),
    tuple[UUID, ...]: st.lists(st.uuids(), max_size=3).map(tuple),
    tuple[date, ...]: st.lists(days, max_size=3).map(tuple),
    tuple[Way, ...]: st.lists(st.sampled_from(Way), max_size=3).map(tuple),
    tuple[Part, ...]: st.lists(parts, max_size=2).map(tuple),
    Part: parts,
    dict[str, int]: st.dictionaries(text, st.integers(-(2**31), 2**31), max_size=3),
}


@pytest.mark.parametrize("hint", KINDS, ids=str)
@settings(max_examples=settings().max_examples // 4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_value_comes_back_as_it_was_and_is_written_the_same_again(admin, hint, data):
    value = data.draw(KINDS[hint])
    kind = kind_of(hint)
    with admin.transaction(force_rollback=True):
        admin.execute(f"CREATE TEMP TABLE t (v {kind.sql})")
        with admin.cursor().copy("COPY t FROM STDIN") as copy:
            copy.write(f"{kind.dump(value)}\n".encode())
        (found,) = admin.cursor(binary=True).execute("SELECT v FROM t").fetchone()
    assert kind.load(found) == value
    assert kind.dump(kind.load(found)) == kind.dump(value)


@pytest.mark.parametrize(
    ("hint", "value"),
    [
        (str, "a\0"),
        (str, "\ud800"),
        (str, None),
        (str, 1),
        (int, 2**63),
        (int, True),
        (int, 1.5),
        (bool, 1),
        (date, datetime(2026, 1, 1, tzinfo=UTC)),
        (datetime, datetime(2026, 1, 1)),  # noqa: DTZ001 - that is what is refused
        (UUID, "1"),
        (Way, "out"),
        (tuple[str, ...], ["a"]),
        (tuple[str, ...], ("\0",)),
        (Part, Part(text="\0", on=None, ids=())),
        (dict[str, int], {"a": "b"}),
    ],
)
def test_what_a_column_cannot_hold_is_refused_before_it_is_written(hint, value):
    with pytest.raises(Unstorable):
        kind_of(hint).dump(value)


def test_a_backslash_before_four_zeros_is_no_nul():
    assert kind_of(Part).dump(Part(text="\\u0000", on=None, ids=()))


def test_a_type_that_no_column_can_hold_is_refused():
    for hint in (float, set[str], str | int):
        with pytest.raises(Unstorable):
            kind_of(hint)


def test_a_personal_value_is_written_open_and_an_erased_one_is_null():
    kind = kind_of(Sealed[str] | None)
    assert kind.dump(Sealed(UUID(int=1), DataClass.IDENTITY, "Ana")) == "Ana"
    assert kind.dump(Sealed(UUID(int=1), DataClass.IDENTITY, lambda: UNKNOWN, lazy=True)) == NULL
    assert kind.dump(None) == NULL


def test_personal_values_are_only_kept_by_whose_they_are_and_never_for_analysts():
    with pytest.raises(PersonalValueInClear):
        Model("owners", Owner, ("owner_id",))
    with pytest.raises(PersonalValueInClear):
        Model("owners", Owner, ("owner_id",), subject="owner_id", schema=Schema.ANALYTICS)
    assert owners.subject == "owner_id"


def test_an_event_has_one_handler_in_a_model():
    model = Model("owners", Owner, ("owner_id",), subject="owner_id")
    model.on(int)(max)
    with pytest.raises(ValueError, match="twice"):
        model.on(int)(min)


def test_an_array_is_written_so_that_it_is_read_whole(admin):
    values = ['a"', "b\\", "", "NULL", "{}", "c,d"]
    assert admin.execute("SELECT %s::text[]", [literal(values)]).fetchone() == (values,)
