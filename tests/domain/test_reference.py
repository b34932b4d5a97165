"""What holds for every command, event and refusal of the reference data, people and roles, present and future."""

import re
from dataclasses import FrozenInstanceError, fields
from datetime import date
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domain.decision import Refused
from domain.sealed import DataClass, Sealed
from tests.domain import reference
from tests.domain.given import fold

PACKAGES = ("catchments", "codesets", "policies", "privacy", "providers", "schools", "students", "users")
DAYS = st.dates(date(2026, 1, 1), date(2026, 1, 20))
IDS = st.sampled_from([UUID(int=n) for n in range(3)])
st.register_type_strategy(date, DAYS)
st.register_type_strategy(UUID, IDS)
st.register_type_strategy(Sealed, st.builds(Sealed, IDS, st.sampled_from(DataClass), st.none()))


def histories(of):
    events = st.one_of(*(st.from_type(each) for each in reference.EVENTS_OF[of]))
    return st.lists(events, max_size=6)


QUERIES = {
    "Student": ("enrolled_at", "lives_in", "last_enrolment"),
    "School": ("catchment_on", "isp_on", "open_on"),
    "Catchment": ("provider_on", "contract_on"),
    "Policy": ("in_force", "version_on"),
    "Criteria": ("in_force", "version_on"),
}


@pytest.mark.parametrize("of", reference.EVENTS_OF, ids=lambda of: of.__name__)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_history_folds_and_answers_on_any_day(of, data):
    state = fold(of, data.draw(histories(of)))
    assert isinstance(state, of)
    for query in QUERIES.get(of.__name__, ()):
        getattr(state, query)(data.draw(DAYS))


def test_every_event_belongs_to_a_stream_that_is_walked():
    assert {each for events in reference.EVENTS_OF.values() for each in events} == set(reference.EVENTS)


@pytest.mark.parametrize("of", [*reference.EVENTS, *reference.COMMANDS], ids=lambda of: of.__name__)
def test_commands_and_events_are_frozen_and_named_by_keyword(of):
    assert "__slots__" in vars(of)
    assert all(each.kw_only for each in fields(of))
    for each in fields(of):
        with pytest.raises(FrozenInstanceError):
            setattr(object.__new__(of), each.name, 1)


@pytest.mark.parametrize("command", reference.COMMANDS, ids=lambda of: of.__name__)
def test_a_body_is_read_strictly_and_every_field_at_fault_is_named(command):
    reader = TypeAdapter(command)
    with pytest.raises(ValidationError) as refused:
        reader.validate_json('{"no_such_field": 1}')
    named = {each["loc"][0] for each in refused.value.errors()}
    required = set(reader.json_schema().get("required", ()))
    assert named == {"no_such_field"} | required


@pytest.mark.parametrize("of", [*reference.EVENTS, *reference.COMMANDS], ids=lambda of: of.__name__)
def test_nothing_is_stored_as_a_fraction_or_a_set(of):
    assert not any(re.search(r"\b(float|set|frozenset|Any)\b", str(each.type)) for each in fields(of))


OURS = tuple(f"domain.{each}" for each in (*PACKAGES, "authority", "effective", "text"))


def refusals(of: type[Refused] = Refused):
    for each in of.__subclasses__():
        yield each
        yield from refusals(each)


REFUSALS = sorted((each for each in refusals() if each.__module__.startswith(OURS)), key=lambda each: each.__name__)


@pytest.mark.parametrize("refusal", REFUSALS, ids=lambda of: of.__name__)
def test_every_refusal_says_why_in_a_sentence_of_its_own(refusal):
    assert refusal.__doc__ != Refused.__doc__
    assert re.fullmatch(r"[A-ZĀĒĪŌŪ].*\.", refusal().message, re.DOTALL)


def test_every_refusal_has_a_code_of_its_own():
    codes = [each.__name__ for each in REFUSALS]
    assert len(set(codes)) == len(codes)


def test_every_command_and_refusal_is_spoken_of_in_a_test():
    tests = "".join(path.read_text() for path in Path(__file__).parent.rglob("test_*.py"))
    named = [each.__name__ for each in (*REFUSALS, *reference.COMMANDS)]
    assert [name for name in named if not re.search(rf"\b{name}\b", tests)] == []
