"""Case facts: every event of a case is told or kept inside for a reason, and nothing personal is ever told."""

import json
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import TypeAdapter

from adapters.case_facts.asyncapi import document
from adapters.case_facts.contract import FACTS, TOPIC, FactsWithdrawn
from adapters.case_facts.messages import Messages
from adapters.case_facts.telling import NOT_TOLD, SHARED, TOLD, untold
from domain.cases.naming_contact import SchoolPrimaryContactChanged
from domain.cases.pausing import CasePaused, CaseResumed, CaseResumedInQueue
from domain.cases.transitioning import CaseReturnedToOpen
from eventstore.codec import UnknownType
from eventstore.connections import connect
from eventstore.log import Recorded, tail
from tests.adapters.case_histories import (
    CANARY,
    ORGANISATION,
    PEOPLE,
    PSEUDONYMS,
    USER,
    CaseLog,
    example,
    of_cases,
    recorded,
)
from tests.house.tree import ROOT
from tests.projections.small import Ignored, as_role

CASE = UUID("00000000-0000-0000-0000-00000000ca5e")
MESSAGES = Messages(PSEUDONYMS)
NEXT_WEEK = datetime(2026, 2, 8, 11, tzinfo=UTC)  # midnight in Auckland
NO_LOG: Any = None  # first events have none before them to ask for
BIRTHDAYS = {"trigger", "due", "attestations", "chose_on"}
"""Fields from which a birth date, or on which side of a birthday a day lies, could be read."""


class Log(CaseLog):
    """A log, and the messages that its events become."""

    def __init__(self, dsn: str) -> None:
        super().__init__(dsn)
        self.messages = Messages(PSEUDONYMS)
        self.reader = connect(as_role(dsn, "followers"))

    def told(self, after: int = 0, batch: int = 1_000) -> list[Any]:
        """What a publisher tells that begins here."""
        self.messages.begin(self.reader, after)
        return self.messages.of(self.reader, tail(self.reader, after, batch)).facts

    def close(self) -> None:
        self.reader.close()
        super().close()


@pytest.fixture
def log(migrated: str) -> Iterator[Log]:
    opened = Log(migrated)
    yield opened
    opened.close()


def told_of(*events: Any) -> list[Any]:
    """The messages of the first events of as many cases; the last is that of CASE."""
    cases = [*(uuid4() for _ in events[1:]), CASE]
    rows = [recorded(n, case, 1, event) for n, (case, event) in enumerate(zip(cases, events, strict=True), start=1)]
    return told_of_rows(rows)


def told_of_rows(rows: list[Recorded]) -> list[Any]:
    MESSAGES.begin(NO_LOG, 0)
    return MESSAGES.of(NO_LOG, rows).facts


def headers(message: Any) -> dict[str, str]:
    return {name: value.decode() for name, value in message.headers}


def numbers(messages: list[Any]) -> list[tuple[str, str]]:
    """Of each fact the case and its number, in the order in which they are told."""
    return [(headers(message)["ce_subject"], headers(message)["ce_sequence"]) for message in messages]


def kinds(messages: list[Any]) -> list[str]:
    return [headers(message)["ce_type"].rpartition(".")[2] for message in messages]


def numbered(*cases: tuple[UUID, int]) -> list[tuple[str, str]]:
    return [(PSEUDONYMS.of_case(case), str(number)) for case, number in cases]


def test_every_event_of_a_case_is_told_or_kept_inside_for_a_reason():
    assert untold(of_cases()) == set()
    assert TOLD.keys() & NOT_TOLD.keys() == set()
    assert all(len(reason.split()) > 3 for reason in NOT_TOLD.values())


def test_an_event_that_nobody_thought_of_is_noticed():
    assert untold([*of_cases(), Ignored]) == {Ignored}


def test_only_events_of_cases_are_told():
    assert (TOLD.keys() | NOT_TOLD.keys()) == set(of_cases())


def test_every_type_of_the_contract_is_told_by_some_event():
    assert {telling.kind for telling in TOLD.values()} == set(FACTS) - {FactsWithdrawn}  # that is told of a restore


@pytest.mark.parametrize("kind", TOLD, ids=lambda kind: kind.__name__)
def test_what_is_told_has_the_shape_of_the_contract_and_nothing_personal(kind: type[Any]):
    [message] = told_of(example(kind))
    told = TypeAdapter(TOLD[kind].kind).validate_json(message.value)
    assert str(told.case_id) == PSEUDONYMS.of_case(CASE)
    assert json.loads(message.value).keys() == {field.name for field in fields(told)}
    everything = b" ".join([message.key, message.value, *(value for _, value in message.headers)]).decode()
    assert CANARY not in everything
    assert str(USER) not in everything
    assert "$sealed" not in everything


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.__name__)
def test_no_fact_has_a_field_for_a_person_or_a_birthday(kind: type[Any]):
    names = {field.name for field in fields(kind)}
    assert names & (PEOPLE | BIRTHDAYS) == set()


@pytest.mark.parametrize("kind", [CaseResumed, CaseResumedInQueue])
def test_a_resume_is_resumed_and_nothing_else_neither_why_nor_by_whom_nor_on_which_day_BR_71(log: Log, kind: type[Any]):
    log.add([(CASE, example(CasePaused)), (CASE, example(kind))])
    log.write([log.next(uuid4(), example(CaseReturnedToOpen), at=NEXT_WEEK)])
    message = log.told()[1]
    assert json.loads(message.value) == {
        "case_id": PSEUDONYMS.of_case(CASE),
        "recorded_on": "2026-02-08",
        "organisation": None,
        "role": None,
    }
    assert headers(message)["ce_type"] == f"{TOPIC}.CaseResumed"


def test_no_fact_tells_the_hour_for_midnight_would_tell_a_birthday_BR_71():
    midnight = datetime(2026, 6, 19, 11, tzinfo=UTC)
    rows = [recorded(1, CASE, 1, example(CaseResumed), at=midnight + timedelta(hours=hours)) for hours in (1, 10)]
    [one], [other] = told_of_rows(rows[:1]), told_of_rows(rows[1:])
    assert one == other
    assert headers(one)["ce_time"] == "2026-06-19T12:00:00Z"


def test_a_pause_names_no_day_on_which_the_case_goes_on_BR_70():
    [message] = told_of(example(CasePaused))
    assert json.loads(message.value).keys() - SHARED == {"paused_on", "stopped"}


def test_who_recorded_a_fact_is_told_by_role_and_organisation_only():
    [message] = told_of(example(CaseReturnedToOpen))
    told = json.loads(message.value)
    assert (told["role"], told["organisation"]) == ("CASE_MANAGER", str(ORGANISATION))


def test_a_message_is_a_cloud_event_keyed_by_the_pseudonym_of_its_case():
    _, message = told_of(example(CasePaused), example(CaseReturnedToOpen))
    case = PSEUDONYMS.of_case(CASE)
    assert message.key == case.encode()
    assert headers(message) == {
        "content-type": "application/json",
        "ce_specversion": "1.0",
        "ce_id": f"{case}/0/1",
        "ce_type": "attendance.case-facts.v1.CaseReturnedToOpen",
        "ce_source": "/attendance/case-facts",
        "ce_subject": case,
        "ce_time": "2026-02-01T11:00:00Z",
        "ce_sequence": "1",
        "ce_generation": "0",
        "ce_keyid": "test",
    }
    assert json.loads(message.value)["recorded_on"] == date(2026, 2, 2).isoformat()


def test_equal_facts_are_equal_bytes_with_sorted_fields():
    [[first], [second]] = told_of(example(CasePaused)), told_of(example(CasePaused))
    assert first.value == second.value
    assert list(json.loads(first.value)) == sorted(json.loads(first.value))


def test_the_facts_of_a_case_are_numbered_without_gaps_whatever_stayed_inside(log: Log):
    told, inside = example(CaseReturnedToOpen), example(SchoolPrimaryContactChanged)
    log.add([(CASE, told), (CASE, inside), (CASE, inside), (CASE, told), (CASE, told)])
    assert numbers(log.told()) == numbered((CASE, 1), (CASE, 2), (CASE, 3))


def test_the_numbers_do_not_depend_on_where_a_batch_begins(log: Log):
    told, inside, other = example(CaseReturnedToOpen), example(SchoolPrimaryContactChanged), uuid4()
    log.add([(CASE, inside), (CASE, told), (other, told), (CASE, inside), (CASE, inside), (CASE, told)])
    one_by_one = [message for after in range(6) for message in log.told(after, batch=1)]
    assert numbers(one_by_one) == numbers(log.told())
    assert numbers(one_by_one) == numbered((CASE, 1), (other, 1), (CASE, 2))


def test_the_numbers_are_remembered_from_batch_to_batch(log: Log):
    told, inside = example(CaseReturnedToOpen), example(SchoolPrimaryContactChanged)
    log.add([(CASE, told), (CASE, inside), (CASE, told), (CASE, told)])
    rows = tail(log.reader, 0, 10)
    log.messages.begin(log.reader, 0)
    in_batches = [message for row in rows for message in log.messages.of(log.reader, [row]).facts]
    assert numbers(in_batches) == numbers(log.told()) == numbered((CASE, 1), (CASE, 2), (CASE, 3))


def test_a_type_that_is_not_known_ends_what_is_told_before_it(log: Log):
    log.add([(CASE, example(CasePaused))])
    log.add([(CASE, example(CasePaused))], type_name="CaseOfTheFuture")
    log.add([(CASE, example(CasePaused))])
    assert len(log.told()) == 1
    with pytest.raises(UnknownType, match="CaseOfTheFuture"):
        log.told(after=1)


def test_the_document_of_the_contract_is_the_committed_one():
    """`attendance asyncapi > docs/asyncapi.json` writes it again."""
    committed = json.loads((ROOT / "docs" / "asyncapi.json").read_text(encoding="utf-8"))
    assert committed == document()


def test_the_document_describes_every_type_by_a_schema_that_it_holds():
    described = document()
    messages = described["components"]["messages"]
    assert set(messages) == {kind.__name__ for kind in FACTS}
    for name, message in messages.items():
        assert message["payload"] == {"$ref": f"#/components/schemas/{name}"}
        assert set(described["components"]["schemas"][name]["required"]) >= SHARED
