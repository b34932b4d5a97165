"""The registry is closed and whole: every slice is in it, and every event and command knows whose stream it is of."""

from importlib import import_module

import pytest

from domain import registry
from domain.cases.case import Case
from domain.cases.pausing import CasePaused, PauseCase
from domain.students.caregiver import Caregiver
from domain.students.contacting import ContactDetailAdded
from domain.students.student import Student
from tests.house.tree import modules


def slices_in_the_tree() -> dict[str, set[str]]:
    """Return every module of the domain that has an alias Event, by package."""
    found: dict[str, set[str]] = {}
    for path, source in modules("domain"):
        lines = source.splitlines()
        if len(path.parts) == 3 and any(line.startswith(("Event:", "Event =")) for line in lines):
            found.setdefault(path.parts[1], set()).add(path.stem)
    return found


def test_every_slice_is_listed_and_no_other():
    assert {package: set(names) for package, names in registry.SLICES.items()} == slices_in_the_tree()


def test_events_are_named_after_their_class_and_no_two_alike():
    events = registry.events()
    assert events["CasePaused"] is CasePaused
    assert all(kind.__name__ == name for name, kind in events.items())


def test_every_event_evolves_and_every_command_decides_on_states_that_can_be_blank():
    kinds = [*registry.events().values(), *registry.commands().values()]
    assert kinds
    for kind in kinds:
        states = registry.states_of(kind)
        assert states, kind
        assert all(state() == state() for state in states), kind


def test_a_case_is_paused_and_a_contact_is_a_students_or_a_caregivers():
    assert registry.states_of(CasePaused) == registry.states_of(PauseCase) == (Case,)
    assert registry.states_of(ContactDetailAdded) == (Student, Caregiver)


def test_two_classes_of_one_name_are_noticed():
    slice_ = import_module("domain.cases.pausing")
    impostor = type("impostor", (), {"Event": type("CasePaused", (), {})})
    with pytest.raises(ValueError, match="CasePaused"):
        registry.named([slice_, impostor], "Event")  # type: ignore[list-item] # anything with the alias will do
