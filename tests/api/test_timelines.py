"""What was recorded in a case is read back by whoever may know it, item by item (BR-61, BR-63, BR-64, BR-69)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import structlog

from api.automations.resuming import RESUMING
from api.settings import Login
from domain.cases.case import Case
from domain.cases.identifying_barriers import BarrierSource, IdentifyBarrier
from domain.decision import Actor
from domain.students.enrolling import RecordEnrolment
from domain.students.student import Student
from domain.users.user import Role
from eventstore.connections import Connection, connect
from eventstore.keyring import Keyring
from eventstore.sealing import KeyEncryption
from tests.api.automations.sweeps import enrol, paused, sweep
from tests.api.test_names import erase
from tests.api.test_questions import read
from tests.api.town import AWHI, KAURI, RIMU, TODAY, Town

SCHOOL, CONTACT, OFFICE = Role.ATTENDANCE_LEAD, Role.SCHOOL_PRIMARY_CONTACT, Role.OFFICE_SUPPORT
LEAD, MANAGER = Role.WORKFLOW_LEAD, Role.CASE_MANAGER
ON = TODAY.isoformat()
CANARY = "Kei te mataku a Hinemoa"


def tell(town: Town, case: str, path: str, role: Role = MANAGER, **body: Any) -> dict[str, Any]:
    """Record something; answers with what was sent."""
    answer = town.ask(f"/v1/cases/{case}/{path}", body, role)
    assert answer.status_code == 200, answer.text
    return body


def barrier(town: Town, case: str, note: str = CANARY) -> dict[str, Any]:
    told: dict[str, Any] = {"category": "HOUSING", "source": "WHANAU", "identified_on": ON, "severity": "HIGH"}
    return tell(town, case, "barriers", barrier=str(uuid4()), **told, note=note)


def visit(town: Town, case: str, *, shared: bool) -> dict[str, Any]:
    """A home visit that was recorded with a note, and corrected afterwards."""
    done: dict[str, Any] = {"kind": "HOME_VISIT", "occurred_on": ON, "activity": str(uuid4()), "minutes": None}
    visited = tell(town, case, "activities", **done, note="Tea with Nan.", shared=shared)
    tell(town, case, "activities/correct", **done, correction=str(uuid4()), note="Tea.", reason="Not Nan.")
    return visited


def told_by_the_school(town: Town, case: str) -> None:
    """A barrier as the school's own people would record it."""
    words = IdentifyBarrier(
        barrier=uuid4(), category="TRANSPORT", source=BarrierSource.SCHOOL, identified_on=TODAY, note="No bus."
    )
    town.tell(Case, UUID(case), words, by=Actor(user=town.people[SCHOOL], role=SCHOOL, organisation=KAURI))


def events(town: Town, case: str, role: Role, kind: str | None = None, *at: UUID, **when: Any) -> list[dict[str, Any]]:
    """The events of a case, or those of one type, as somebody is shown them."""
    answer = read(town, f"/v1/cases/{case}/timeline", role, *at, **when)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store"), answer.text
    return [event for event in answer.json()["events"] if kind in (None, event["type"])]


def only(town: Town, case: str, role: Role, kind: str, *at: UUID, **when: Any) -> dict[str, Any]:
    (event,) = events(town, case, role, kind, *at, **when)
    return event


def sealed(event: dict[str, Any]) -> tuple[list[str], list[str]]:
    return event["withheld"], event["erased"]


@pytest.mark.parametrize("role", [MANAGER, LEAD])
def test_whoever_works_a_case_reads_back_what_was_recorded_BR_61(town: Town, role: Role):
    case = town.assigned()
    told = barrier(town, case)
    both: dict[str, Any] = {"student_met": True, "whanau_met": True}
    met = tell(town, case, "meetings/whanau", meeting=str(uuid4()), held_on=ON, note="Nan, too.", **both)
    identified, held = (only(town, case, role, kind) for kind in ("BarrierIdentified", "WhanauMeetingHeld"))
    assert identified["says"] == told
    assert held["says"] == met | {"meets": "WHANAU_MEETING"}
    assert sealed(identified) == sealed(held) == ([], [])


def test_a_plan_is_read_back_with_its_goals_and_the_words_of_its_actions(town: Town):
    case, action = town.assigned(), {"action": str(uuid4()), "kind": "GRADUAL_RETURN", "by_on": ON}
    actions, goals = [action | {"what": "Mornings first"}], ["Four days a week"]
    plan = tell(town, case, "plans", plan=str(uuid4()), goals=goals, actions=actions, review_on=ON)["plan"]
    assert only(town, case, MANAGER, "SupportPlanDrafted")["says"] == {
        "plan": plan,
        "actions": [action],
        "review_on": ON,
        "words": {"goals": goals, "actions": {action["action"]: "Mornings first"}},
    }
    unseen = only(town, case, SCHOOL, "SupportPlanDrafted")
    assert (unseen["says"]["actions"], unseen["says"]["words"], unseen["withheld"]) == ([action], None, ["/words"])


def test_a_closed_case_says_why_it_was_closed_to_its_provider_BR_61(town: Town):
    case = town.assigned()
    told = barrier(town, case)
    tell(town, case, "close", reason="DUPLICATE", justification="Two requests.")
    for role in (MANAGER, LEAD):
        assert only(town, case, role, "BarrierIdentified")["says"] == told
        assert only(town, case, role, "CaseClosed")["says"]["justification"] == "Two requests."
    closed = only(town, case, SCHOOL, "CaseClosed")
    assert (closed["says"]["reason"], closed["says"]["justification"]) == ("DUPLICATE", None)


@pytest.mark.parametrize("role", [SCHOOL, OFFICE, CONTACT])
def test_a_school_reads_what_a_barrier_is_and_not_the_note_of_the_provider_BR_63_BR_67(town: Town, role: Role):
    case = town.assigned()
    tell(town, case, "primary-contact", SCHOOL, user=str(town.people[CONTACT]))
    told = barrier(town, case)
    tell(town, case, "barriers/status", barrier=told["barrier"], status="REMOVED", changed_on=ON, reason=CANARY)
    identified, changed = (only(town, case, role, kind) for kind in ("BarrierIdentified", "BarrierStatusChanged"))
    assert identified["says"] == told | {"note": None}
    assert (changed["says"]["status"], changed["says"]["reason"]) == ("REMOVED", None)
    assert (sealed(identified), sealed(changed)) == ((["/note"], []), (["/reason"], []))
    assert CANARY not in read(town, f"/v1/cases/{case}/timeline", role).text


def test_what_was_not_written_is_not_withheld(town: Town):
    case = town.assigned()
    tell(town, case, "barriers", barrier=str(uuid4()), category="HOUSING", source="WHANAU", identified_on=ON)
    assert sealed(only(town, case, SCHOOL, "BarrierIdentified")) == ([], [])


def test_a_school_reads_the_note_of_what_was_shared_and_its_correction_BR_63(town: Town):
    case = town.assigned()
    visited = visit(town, case, shared=True)
    assert only(town, case, SCHOOL, "ActivityRecorded")["says"] == visited
    corrected = only(town, case, SCHOOL, "ActivityCorrected")
    assert (corrected["says"]["note"], corrected["says"]["reason"]) == ("Tea.", "Not Nan.")
    assert sealed(corrected) == ([], [])


def test_the_correction_of_what_was_not_shared_is_hidden_from_schools_as_well_BR_63(town: Town):
    case = town.assigned()
    visit(town, case, shared=False)
    assert only(town, case, MANAGER, "ActivityCorrected")["says"]["note"] == "Tea."
    assert events(town, case, SCHOOL, "ActivityRecorded") == events(town, case, SCHOOL, "ActivityCorrected") == []


def test_what_a_school_recorded_it_reads_itself_and_the_provider_does_BR_64(town: Town):
    case = town.assigned()
    told_by_the_school(town, case)
    for role in (SCHOOL, OFFICE, MANAGER):
        event = only(town, case, role, "BarrierIdentified")
        assert (event["says"]["note"], sealed(event)) == ("No bus.", ([], []))


def test_what_a_school_wrote_goes_to_no_next_school_and_stays_with_no_former_one_BR_60_BR_69(town: Town):
    student = town.student()
    case = str(town.submit(student).json()["ids"]["case"])
    told_by_the_school(town, case)
    then = town.events()
    town.tell(Student, student, RecordEnrolment(school=RIMU, from_on=TODAY))
    for when in ({}, {"position": then}):
        gone, nobodys = (read(town, f"/v1/cases/{one}/timeline", SCHOOL, **when) for one in (case, uuid4()))
        assert (gone.status_code, gone.content) == (404, nobodys.content)
        event = only(town, case, SCHOOL, "BarrierIdentified", RIMU, **when)
        assert (event["says"]["category"], event["says"]["note"]) == ("TRANSPORT", None)
        assert sealed(event) == (["/note"], [])


def test_what_was_erased_is_erased_for_everybody_whatever_moment_is_asked_for(own_town: Town, tmp_path: Path):
    town, student = own_town, own_town.student()
    case = str(town.submit(student).json()["ids"]["case"])
    tell(town, case, "assign", LEAD, manager=str(town.people[MANAGER]))
    told = barrier(town, case)
    then = town.follow()
    assert only(town, case, MANAGER, "BarrierIdentified")["says"] == told, "and its key is at hand"
    erase(town, student, tmp_path)
    for role in (MANAGER, LEAD, SCHOOL):
        for when in ({}, {"position": then}):
            event = only(town, case, role, "BarrierIdentified", **when)
            assert event["says"] == told | {"note": None}
            assert sealed(event) == ([], ["/note"])


@pytest.mark.parametrize("trigger", ["MANUAL", "RE_ENROLLED"])
def test_why_a_case_was_resumed_is_said_to_the_provider_and_to_no_school(own_town: Town, trigger: str):
    """The birth date is not read off the timeline (ADR 14); whoever may know why reads the bare code."""
    student, case = paused(own_town, born_on=date(2021, 1, 10))
    if trigger == "MANUAL":
        tell(own_town, case, "resume")
    enrol(own_town, student)
    sweep(own_town, RESUMING)
    theirs, schools = (only(own_town, case, role, "CaseResumed") for role in (MANAGER, SCHOOL))
    assert (theirs["says"]["trigger"], sealed(theirs)) == (trigger, ([], []))
    assert (schools["says"]["trigger"], sealed(schools)) == (None, (["/trigger"], []))


def test_a_page_says_what_was_recorded_by_its_moment_and_its_place(town: Town):
    case = town.assigned()
    first = barrier(town, case)
    then = town.events()
    barrier(town, case, note="Later.")
    whole, so_far = events(town, case, MANAGER), events(town, case, MANAGER, position=then)
    assert [event["says"] for event in so_far if event["type"] == "BarrierIdentified"] == [first]
    assert whole[: len(so_far)] == so_far
    page = read(town, f"/v1/cases/{case}/timeline", MANAGER, limit=2).json()
    pages = page["events"]
    while page["next"]:
        page = read(town, f"/v1/cases/{case}/timeline", MANAGER, limit=2, after=page["next"]).json()
        pages += page["events"]
    assert pages == whole


def test_a_former_manager_reads_nothing_of_what_they_wrote_and_the_next_one_all_of_it(town: Town):
    case, (following, login) = town.assigned(), town.person(MANAGER, AWHI)
    told = barrier(town, case)
    then = town.follow()
    tell(town, case, "reassign", LEAD, manager=str(following), reason="LEAVE")
    for when in ({}, {"position": then}):
        assert read(town, f"/v1/cases/{case}/timeline", MANAGER, **when).status_code == 404
        bearer = {"Authorization": f"Bearer {town.token(login, AWHI, MANAGER)}"}
        shown = town.client.get(f"/v1/cases/{case}/timeline", params=when, headers=bearer).json()["events"]
        assert told in [event["says"] for event in shown]


def test_no_line_of_the_log_repeats_what_was_recorded(town: Town):
    case = town.assigned()
    with structlog.testing.capture_logs() as lines:
        barrier(town, case)
        assert only(town, case, MANAGER, "BarrierIdentified")["says"]["note"] == CANARY
        assert CANARY not in read(town, f"/v1/cases/{case}/timeline", SCHOOL).text
    assert len(lines) >= 3
    assert CANARY not in repr(lines)


def test_the_keys_of_a_whole_page_are_asked_for_at_once(town: Town):
    case = town.assigned()
    for _ in range(6):
        barrier(town, case)
    town.follow()
    asked, service = [], town.service

    @contextmanager
    def lent() -> Iterator[Connection]:
        asked.append("a connection")
        with connect(service.database.dsn(Login.KEYS)) as db:
            yield db

    keyring = Keyring(lent, KeyEncryption(service.secrets["key_encryption_key"]))
    town.app.state.service = replace(service, keyring=keyring)
    try:
        for role, notes in ((MANAGER, [CANARY] * 6), (SCHOOL, [None] * 6)):
            keyring.forget()
            asked.clear()
            shown = events(town, case, role, "BarrierIdentified")
            assert ([event["says"]["note"] for event in shown], len(asked)) == (notes, 1)
    finally:
        town.app.state.service = service


def test_the_document_says_where_the_fields_of_each_event_are_described(town: Town):
    says = town.app.openapi()["components"]["schemas"]["ShownEvent"]["properties"]["says"]
    assert (says["type"], says["additionalProperties"]) == ("object", True)
    assert "docs/events.md" in says["description"]
