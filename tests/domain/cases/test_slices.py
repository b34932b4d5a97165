"""What holds for every slice of cases and requests, present and future."""

import dataclasses
import importlib
import pkgutil
import types
import typing
from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from functools import reduce
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import domain.cases
import domain.requests
from domain.cases.case import Case
from domain.decision import Refused
from domain.requests.request import Request
from domain.sealed import UNKNOWN, DataClass, Sealed
from domain.text import STRICT

STATES = {"Case", "Request"}
SCALARS = {str, int, bool, date, datetime, UUID, type(None)}
MODULES = [
    importlib.import_module(f"{package.__name__}.{found.name}")
    for package in (domain.cases, domain.requests)
    for found in pkgutil.iter_modules(package.__path__)
]


def own(module: types.ModuleType) -> list[type]:
    """The classes that a module defines itself."""
    found = (each for each in vars(module).values() if isinstance(each, type))
    return list(dict.fromkeys(each for each in found if each.__module__ == module.__name__))


CLASSES = [each for module in MODULES for each in own(module)]
COMMANDS = [each for each in CLASSES if hasattr(each, "decide")]
EVENTS = [each for each in CLASSES if hasattr(each, "evolve") and each.__name__ not in STATES]
REFUSALS = [each for each in CLASSES if issubclass(each, Refused)]


def called(each: object) -> str:
    return getattr(each, "__name__", str(each))


def kinds_of(annotation: object) -> Iterator[object]:
    """Every plain type that an annotation of a stored field is made of, those of value objects included."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        yield from kinds_of(typing.get_args(annotation)[0])
    elif origin is not None:
        if origin not in {tuple, dict, Sealed, types.UnionType, typing.Union}:
            yield origin
        yield from (kind for part in typing.get_args(annotation) if part is not ... for kind in kinds_of(part))
    elif dataclasses.is_dataclass(annotation):
        yield from (kind for hint in typing.get_type_hints(annotation).values() for kind in kinds_of(hint))
    else:
        yield annotation


def test_there_is_something_to_check():
    assert len(COMMANDS) > 30
    assert len(EVENTS) > 40
    assert len(REFUSALS) > 40


@pytest.mark.parametrize("each", [*COMMANDS, *EVENTS], ids=called)
def test_every_command_and_every_event_is_frozen_slotted_and_named_by_keyword(each):
    parameters = each.__dataclass_params__
    assert parameters.frozen
    assert "__slots__" in vars(each)
    assert all(field.kw_only for field in dataclasses.fields(each))


@pytest.mark.parametrize("command", COMMANDS, ids=called)
def test_every_command_is_read_strictly_and_says_what_it_asks(command):
    assert command.__pydantic_config__ == STRICT
    assert not command.__doc__.startswith(command.__name__)


@pytest.mark.parametrize("refusal", REFUSALS, ids=called)
def test_every_refusal_says_why(refusal):
    assert refusal().message.endswith(".")
    assert "\n" not in refusal().message.split("\n\n", maxsplit=1)[0]


@pytest.mark.parametrize("event", EVENTS, ids=called)
def test_an_event_holds_only_what_can_be_stored(event):
    hints = typing.get_type_hints(event, include_extras=True)
    held = {kind for name, hint in hints.items() if name != "__slots__" for kind in kinds_of(hint)}
    odd = [kind for kind in held - SCALARS if not (isinstance(kind, type) and issubclass(kind, StrEnum))]
    assert odd == []


@pytest.mark.parametrize("module", MODULES, ids=called)
def test_a_slice_lists_its_commands_and_its_events(module):
    for alias, classes in (("Command", COMMANDS), ("Event", EVENTS)):
        mine = {each for each in own(module) if each in classes}
        listed = getattr(module, alias, None)
        names = set(typing.get_args(listed)) or {listed}
        assert mine <= names


def sealed(annotation):
    """Any sealed value: its secret is of the type that it names, or destroyed."""
    secret = st.from_type(typing.get_args(annotation)[0]) | st.just(UNKNOWN)
    return st.builds(Sealed, st.uuids(), st.sampled_from(DataClass), secret)


st.register_type_strategy(Sealed, sealed)
CASE_EVENTS = [each for each in EVENTS if each.__module__.startswith("domain.cases.")]
REQUEST_EVENTS = [each for each in EVENTS if each.__module__.startswith("domain.requests.")]


@pytest.mark.parametrize(("of", "events"), [(Case, CASE_EVENTS), (Request, REQUEST_EVENTS)], ids=["case", "request"])
@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_any_history_folds_in_any_order(of, events, data):
    history = data.draw(st.lists(st.sampled_from(events).flatmap(st.from_type), max_size=12))
    state = reduce(lambda state, event: event.evolve(state), history, of())
    assert isinstance(state, of)


def test_no_two_events_or_commands_share_a_name():
    for classes in (COMMANDS, EVENTS, REFUSALS):
        names = [each.__name__ for each in classes]
        assert len(names) == len(set(names))
