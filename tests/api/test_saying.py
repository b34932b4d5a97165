"""An event as JSON: all of its fields by the names that the log has, and every sealed value by its pointer."""

import json
from typing import Any

import pytest

from api.saying import said, sealed_in
from domain.cases.pausing import CaseResumed
from eventstore.canonical import write
from eventstore.sealed_values import Open
from tests.adapters.case_histories import CANARY, CODEC, example, of_cases

SEALED = "a sealed value"


def bare(tree: Any) -> Any:
    """What is left of a tree without its plain values."""
    if isinstance(tree, dict):
        return {key: bare(each) for key, each in tree.items()}
    if isinstance(tree, tuple | list):
        return [bare(each) for each in tree]
    return SEALED if isinstance(tree, Open) or tree == SEALED else None


@pytest.mark.parametrize("kind", of_cases(), ids=lambda kind: kind.__name__)
def test_an_event_says_its_fields_by_the_names_of_the_log(kind: type[Any]):
    event = example(kind)
    assert bare(said(event, lambda _sealed, _pointer: SEALED)) == bare(CODEC.draft(event).tree)


@pytest.mark.parametrize("kind", of_cases(), ids=lambda kind: kind.__name__)
def test_a_sealed_value_is_named_by_the_pointer_that_it_is_stored_under(kind: type[Any]):
    event, pointers = example(kind), []
    shown = said(event, lambda _sealed, pointer: pointers.append(pointer))
    assert pointers == [value.pointer for value in CODEC.draft(event).sealed]
    assert len(sealed_in(event)) == len(pointers)
    assert CANARY not in json.dumps(shown, default=str)


def test_a_pointer_leads_through_whatever_stands_around_and_escapes_what_would_part_it():
    pointers: list[str] = []
    resumed = example(CaseResumed)
    said({"a/b~c": [None, resumed]}, lambda _sealed, pointer: pointers.append(pointer))
    assert pointers == ["/a~1b~0c/1/trigger"]


def test_what_is_said_is_as_plain_as_the_log():
    shown = said({"kind": "HOME_VISIT", "minutes": 45, "shared": True, "note": None}, lambda _sealed, _pointer: SEALED)
    assert json.loads(write(shown)) == {"kind": "HOME_VISIT", "minutes": 45, "shared": True, "note": None}
