"""What is told of a case that was paused waits for the end of its week; ids outside are the topic's own (ADR 20)."""

import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args, get_type_hints
from uuid import UUID, uuid4

import pytest
from pydantic import TypeAdapter

from adapters.case_facts.contract import FACTS
from adapters.case_facts.pseudonyms import Place, Pseudonym, Pseudonyms
from adapters.case_facts.telling import QUIET_ONCE_PAUSED, TOLD
from domain.cases.consulting import SchoolConsulted
from domain.cases.enrolling import CaseNoticeOfEnrolment
from domain.cases.meeting import SchoolMeetingScheduled
from domain.cases.naming_contact import SchoolPrimaryContactChanged
from domain.cases.opening import CaseCreated
from domain.cases.pausing import CasePaused, CaseResumed
from domain.cases.transitioning import CaseReturnedToOpen
from eventstore.key_material import MissingSecret, Secret, Secrets
from eventstore.log import tail
from tests.adapters.case_histories import PSEUDONYMS, example, of_cases, recorded
from tests.adapters.test_case_facts import Log, headers, kinds, log, numbered, numbers, told_of
from tests.house.tree import ROOT

__all__ = ["log"]

CASE, OTHER = UUID(int=0xCA5E), UUID(int=0xCA5F)
MONDAY = datetime(2026, 6, 14, 20, tzinfo=UTC)  # eight in the morning of Monday 15 June in Auckland
WAITING = [kind for kind in TOLD if kind not in QUIET_ONCE_PAUSED and kind is not CaseCreated]
PLACES = {"school", "previous_school", "provider", "catchment", "organisation"}


def on(log: Log, days: int, stream: UUID, *events: Any) -> int:
    """Record these so many days after that Monday."""
    at = MONDAY + timedelta(days=days)
    return log.write([log.next(stream, event, at=at) for event in events])


def pause(log: Log, *cases: UUID) -> None:
    for case in cases:
        on(log, -7, case, example(CaseReturnedToOpen), example(CasePaused))


def end_of_week(log: Log) -> None:
    on(log, 7, uuid4(), example(CaseReturnedToOpen))


def test_a_resume_waits_for_the_end_of_its_week_BR_71(log: Log):
    pause(log, CASE)
    on(log, 2, CASE, example(CaseResumed))
    on(log, 6, OTHER, example(CaseReturnedToOpen))
    assert kinds(log.told()) == ["CaseReturnedToOpen", "CasePaused", "CaseReturnedToOpen"]
    end_of_week(log)
    assert kinds(log.told())[3:] == ["CaseResumed", "CaseReturnedToOpen"]


def test_a_week_ends_at_midnight_between_sunday_and_monday_in_auckland(log: Log):
    pause(log, CASE)
    midnight = datetime(2026, 6, 21, 12, tzinfo=UTC)
    log.write([log.next(CASE, example(CaseResumed), at=midnight - timedelta(seconds=1))])
    assert "CaseResumed" not in kinds(log.told())
    log.write([log.next(OTHER, example(CaseReturnedToOpen), at=midnight)])
    assert "CaseResumed" in kinds(log.told())


def test_a_resume_at_an_enrolment_and_one_without_are_told_alike_BR_71(log: Log):
    pause(log, CASE, OTHER)
    on(log, 2, CASE, example(CaseNoticeOfEnrolment), example(CaseResumed))
    on(log, 5, OTHER, example(CaseResumed))
    end_of_week(log)
    told = [message for message in log.told() if headers(message)["ce_type"].endswith("CaseResumed")]
    one, other = (json.loads(message.value) | {"case_id": None} for message in told)
    assert one == other
    assert {headers(message)["ce_sequence"] for message in told} == {"3"}
    assert "EnrolmentNoticed" not in kinds(log.told())


@pytest.mark.parametrize("kind", QUIET_ONCE_PAUSED, ids=lambda kind: kind.__name__)
def test_what_follows_from_a_roll_is_told_before_a_pause_and_never_after_one(log: Log, kind: type[Any]):
    on(log, -8, CASE, example(kind))
    pause(log, CASE)
    on(log, 1, CASE, example(kind), example(CaseReturnedToOpen), example(kind))
    end_of_week(log)
    name = TOLD[kind].kind.__name__
    assert kinds(log.told())[:4] == [name, "CaseReturnedToOpen", "CasePaused", "CaseReturnedToOpen"]
    assert numbers(log.told())[:4] == numbered((CASE, 1), (CASE, 2), (CASE, 3), (CASE, 4))


@pytest.mark.parametrize("kind", QUIET_ONCE_PAUSED, ids=lambda kind: kind.__name__)
def test_what_would_be_quiet_after_a_pause_counts_in_a_case_that_was_never_paused(log: Log, kind: type[Any]):
    on(log, 1, CASE, example(kind), example(CaseReturnedToOpen))
    assert numbers(log.told(after=1)) == numbered((CASE, 2))


def test_what_comes_after_a_resume_does_not_overtake_it_and_names_neither_day_nor_school_nor_whom(log: Log):
    pause(log, CASE)
    on(log, 1, CASE, example(CaseResumed), example(SchoolConsulted))
    on(log, 9, CASE, example(SchoolConsulted))
    on(log, 14, OTHER, example(CaseReturnedToOpen))
    facts = [json.loads(message.value) for message in log.told() if message.key == PSEUDONYMS.of_case(CASE).encode()]
    assert [fact["recorded_on"] for fact in facts[2:]] == ["2026-06-21", "2026-06-21", "2026-06-28"]
    assert {(fact["organisation"], fact["role"]) for fact in facts[2:]} == {(None, None)}
    assert {fact["school"] for fact in facts[3:]} == {None}


def test_the_order_within_a_week_is_another_than_that_of_the_log_and_changes_from_week_to_week(log: Log):
    cases = [UUID(int=number) for number in range(1, 31)]
    pause(log, *cases)
    for week in (0, 7):
        for case in cases:
            on(log, week, case, example(CaseResumed))
    on(log, 14, OTHER, example(CaseReturnedToOpen))
    told = [headers(message)["ce_subject"] for message in log.told()][-61:-1]
    recorded_order = [PSEUDONYMS.of_case(case) for case in cases]
    assert sorted(told[:30]) == sorted(told[30:]) == sorted(recorded_order)
    assert len({tuple(order) for order in (told[:30], told[30:], recorded_order)}) == 3


def test_wherever_a_publisher_begins_again_it_tells_the_same_BR_71(log: Log):
    pause(log, CASE, OTHER)
    for day in (1, 3, 8, 9, 30):
        on(log, day, CASE, example(CaseResumed), example(SchoolPrimaryContactChanged), example(CaseNoticeOfEnrolment))
        on(log, day, OTHER, example(CaseReturnedToOpen))
        on(log, day, uuid4(), example(CaseReturnedToOpen))
    last = on(log, 40, uuid4(), example(CaseReturnedToOpen))
    at_once = log.told()
    assert [message for after in range(last) for message in log.told(after, batch=1)] == at_once
    log.messages.begin(log.reader, 0)
    steadily = [log.messages.of(log.reader, [row]).facts for row in tail(log.reader, 0, last)]
    assert [message for facts in steadily for message in facts] == at_once


def test_every_fact_of_a_case_is_numbered_in_the_order_in_which_it_is_told(log: Log):
    pause(log, CASE)
    on(log, 1, CASE, *(example(kind) for kind in of_cases()))
    end_of_week(log)
    mine = [number for case, number in numbers(log.told()) if case == PSEUDONYMS.of_case(CASE)]
    assert mine == [str(number) for number in range(1, len(mine) + 1)]
    assert len(mine) == 2 + len(TOLD.keys() - QUIET_ONCE_PAUSED.keys())


@pytest.mark.parametrize("kind", WAITING, ids=lambda kind: kind.__name__)
def test_whatever_is_told_of_a_case_that_was_paused_keeps_the_contract_and_names_no_school(log: Log, kind: type[Any]):
    pause(log, CASE)
    on(log, 1, CASE, example(kind))
    end_of_week(log)
    message = log.told()[2]
    told = TypeAdapter(TOLD[kind].kind).validate_json(message.value)
    assert told.recorded_on == date(2026, 6, 21)
    assert {getattr(told, name, None) for name in ("school", "organisation", "role")} == {None}


def test_a_pause_is_stored_under_the_name_that_the_index_knows():
    index = (ROOT / "eventstore" / "schema" / "0008_pauses.sql").read_text(encoding="utf-8")
    assert f"WHERE type = '{CasePaused.__name__}'" in index


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.__name__)
def test_every_id_of_the_contract_is_a_place_or_a_pseudonym(kind: type[Any]):
    for name, hint in ids(kind):
        assert hint in (Place, Pseudonym), name
        assert (hint == Place) == (name in PLACES), name


def ids(kind: Any) -> Iterator[tuple[str, Any]]:
    """Every field that holds an id, in what is within as well."""
    for field in fields(kind):
        hint = get_type_hints(kind, include_extras=True)[field.name]
        for part in parts(hint):
            if is_dataclass(part):
                yield from ids(part)
            elif part is UUID or UUID in get_args(part):
                yield field.name, part


def parts(hint: Any) -> Iterator[Any]:
    if get_args(hint) and UUID not in get_args(hint)[:1]:
        for part in get_args(hint):
            yield from parts(part)
    else:
        yield hint


@pytest.mark.parametrize("kind", TOLD, ids=lambda kind: kind.__name__)
def test_no_id_of_a_case_or_of_what_is_in_it_leaves_in_clear(kind: type[Any]):
    """Every id of an example is the same; where a place is named it stays."""
    [message] = told_of(example(kind))
    inside = str(UUID(int=7))
    everywhere = [message.key.decode(), *headers(message).values(), *without_places(json.loads(message.value))]
    assert inside not in everywhere
    assert str(UUID("00000000-0000-0000-0000-00000000ca5e")) not in everywhere


def without_places(tree: Any) -> Iterator[str]:
    """Every text of a tree that is not the id of a place."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            yield from () if name in PLACES else without_places(value)
    elif isinstance(tree, list):
        for each in tree:
            yield from without_places(each)
    elif isinstance(tree, str):
        yield tree


def test_two_cases_that_share_a_meeting_do_not_show_it():
    told = [json.loads(message.value) for message in told_of(*[example(SchoolMeetingScheduled)] * 2)]
    assert len({fact["meeting"] for fact in told}) == 2


def test_another_secret_makes_other_pseudonyms_and_still_recognises_what_the_earlier_one_marked():
    new = Secret.new("newer")
    rotated = Pseudonyms(Secrets(new, Secret("test", bytes(range(32)))))
    command = recorded(1, CASE, 1, example(CasePaused)).command_id
    assert rotated.key_id == "newer"
    assert rotated.of_case(CASE) != PSEUDONYMS.of_case(CASE)
    assert rotated.marked(PSEUDONYMS.mark(command), command)
    assert not rotated.marked(PSEUDONYMS.mark(command), uuid4())
    with pytest.raises(MissingSecret):
        Pseudonyms(Secrets(new)).marked(PSEUDONYMS.mark(command), command)


def test_a_pseudonym_is_a_uuid_that_is_nobody_s_own():
    assert UUID(PSEUDONYMS.of_case(CASE)).version == 8
