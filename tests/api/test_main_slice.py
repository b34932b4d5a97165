"""One case over HTTP, from the school's request to the closing, and to the next request within three months."""

from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from domain.users.user import Role
from tests.api.town import KAURI, TAUTOKO, Town, school_details

MANAGER, LEAD, SCHOOL = Role.CASE_MANAGER, Role.WORKFLOW_LEAD, Role.ATTENDANCE_LEAD
DAY = "2026-05-04"


def steps(town: Town) -> list[tuple[str, Role, dict[str, Any]]]:
    """What people do with a case from the queue on, in order."""
    meeting, barrier, plan, action = (str(uuid4()) for _ in range(4))
    consulted = {"consulted_on": DAY, "who": "Tumuaki", "view": "AGREES"}
    return [
        ("assign", LEAD, {"manager": str(town.people[MANAGER])}),
        ("primary-contact", SCHOOL, {"user": str(town.people[Role.SCHOOL_PRIMARY_CONTACT])}),
        ("contact-attempts", MANAGER, {"attempt": str(uuid4()), "channel": "PHONE", "target": "WHANAU",
                                       "outcome": "REACHED", "attempted_on": DAY}),
        ("meetings/schedule", MANAGER, {"meeting": meeting, "kind": "SCHOOL", "at": "2026-05-06T09:30:00+12:00",
                                        "mode": "IN_PERSON"}),
        ("meetings/school", MANAGER, {"meeting": meeting, "held_on": DAY, "topics": ["BARRIERS"]}),
        ("meetings/whanau", MANAGER, {"meeting": str(uuid4()), "held_on": DAY, "student_met": True,
                                      "whanau_met": True}),
        ("barriers", MANAGER, {"barrier": barrier, "category": "TRANSPORT", "source": "WHANAU",
                               "identified_on": DAY}),
        ("barriers/category", MANAGER, {"barrier": barrier, "category": "HOUSING"}),
        ("barriers/status", MANAGER, {"barrier": barrier, "status": "RESOLVED", "changed_on": DAY}),
        ("plans", MANAGER, {"plan": plan, "goals": ["Four days a week"], "review_on": "2026-06-05",
                            "actions": [{"action": action, "kind": "GRADUAL_RETURN", "what": "Mornings"}]}),
        ("plans/agree", MANAGER, {"plan": plan, "by": ["WHANAU"], "agreed_on": DAY}),
        ("plans/action", MANAGER, {"plan": plan, "action": action, "state": "DONE"}),
        ("activities", MANAGER, {"activity": str(uuid4()), "kind": "HOME_VISIT", "occurred_on": DAY, "shared": True}),
        ("consult-school", MANAGER, {"consultation": str(uuid4()), "step": "TRANSITION"} | consulted),
        ("transition", MANAGER, {"basis": "ATTENDANCE_STEADY"}),
        ("return-to-open", MANAGER, {"reason": "SCHOOL_ASKED"}),
        ("consult-school", MANAGER, {"consultation": str(uuid4()), "step": "TRANSITION"} | consulted),
        ("consult-school", MANAGER, {"consultation": str(uuid4()), "step": "CLOSE"} | consulted),
        ("transition", MANAGER, {"basis": "ENGAGED_WITH_SCHOOL"}),
        ("close", MANAGER, {"reason": "ENGAGED_WITH_SCHOOL_SUPPORT"}),
    ]  # fmt: skip


def test_a_case_goes_from_request_to_close_and_a_new_request_reopens_it_BR_81(town: Town):
    student = town.student()
    answer = town.submit(student)
    case = answer.json()["ids"]["case"]
    assert (answer.status_code, answer.headers["location"]) == (201, f"/v1/cases/{case}")
    version = 0
    for path, role, body in steps(town):
        answer = town.ask(f"/v1/cases/{case}/{path}", body, role)
        assert answer.status_code == 200, (path, answer.text)
        assert answer.json()["version"] > version, path
        version = answer.json()["version"]
    again = town.submit(student)
    assert (again.status_code, again.json()["ids"]["case"]) == (201, case)


def test_a_closed_case_is_reopened_by_the_workflow_lead_BR_82(town: Town):
    case = town.assigned()
    assert town.ask(f"/v1/cases/{case}/close", {"reason": "DUPLICATE"}, MANAGER).status_code == 200
    assert town.ask(f"/v1/cases/{case}/reopen", {"reason": "CLOSED_IN_ERROR"}, LEAD).status_code == 200
    assert town.ask(f"/v1/cases/{case}/reopen", {"reason": "CLOSED_IN_ERROR"}, LEAD).status_code == 200
    assert town.ask(f"/v1/cases/{case}/reopen", {"reason": "CLOSED_IN_ERROR"}, MANAGER).status_code == 403


def test_the_case_of_a_five_year_old_is_paused_and_resumed_BR_70(town: Town):
    student = town.student(born_on=date(2021, 3, 1))
    case = town.submit(student).json()["ids"]["case"]
    town.ask(f"/v1/cases/{case}/assign", {"manager": str(town.people[MANAGER])}, LEAD)
    refused = town.ask(f"/v1/cases/{case}/pause", {"attestations": {"located_on": DAY}}, MANAGER)
    assert (refused.status_code, refused.json()["code"]) == (409, "AttestationMissing")
    assert {error["pointer"] for error in refused.json()["errors"]} == {
        "/whanau_contacted_on",
        "/safe_and_informed_on",
        "/withdrawn_on",
    }
    attested = ("located_on", "whanau_contacted_on", "safe_and_informed_on", "withdrawn_on")
    whole = {"attestations": dict.fromkeys(attested, DAY)}
    assert town.ask(f"/v1/cases/{case}/pause", whole, MANAGER).json()["code"] == "StillEnrolled"
    withdrawal = {"school": str(KAURI), "last_day_of_attendance": DAY, "withdrawn_on": DAY}
    told = withdrawal | {"reason": "CONTINUOUS_ABSENCE"}
    assert town.ask(f"/v1/students/{student}/withdraw", told, Role.SYSTEM).status_code == 200
    paused = town.ask(f"/v1/cases/{case}/pause", whole, MANAGER)
    resumed = town.ask(f"/v1/cases/{case}/resume", {}, MANAGER)
    assert (paused.status_code, resumed.status_code) == (200, 200), (paused.text, resumed.text)
    assert resumed.json()["version"] == paused.json()["version"] + 1


def test_a_draft_is_kept_then_submitted_as_it_was_saved_BR_11(town: Town):
    request, headers = uuid4(), town.bearer(SCHOOL)
    path = f"/v1/requests/{request}"
    some = {"form": {"year_level": 7}}
    assert town.client.put(f"{path}/draft", json=some, headers=headers).status_code == 201
    early = town.client.post(f"{path}/submit", json={}, headers=headers)
    assert (early.status_code, early.json()["code"]) == (422, "RequestIncomplete")
    assert {error["code"] for error in early.json()["errors"]} == {"missing"}
    assert len(early.json()["errors"]) > 5
    whole = {"form": town.form(town.student())}
    assert town.client.put(f"{path}/draft", json=whole, headers=headers).status_code == 200
    submitted = town.client.post(f"{path}/submit", json={}, headers=headers)
    assert submitted.status_code == 201
    again = town.client.post(f"{path}/submit", json={}, headers=headers)
    assert again.json()["ids"] == submitted.json()["ids"]
    assert town.client.post(f"{path}/discard", json={"reason": "DUPLICATE"}, headers=headers).status_code == 409


def test_a_draft_is_discarded(town: Town):
    path, headers = f"/v1/requests/{uuid4()}", town.bearer(SCHOOL)
    town.client.put(f"{path}/draft", json={"form": {}}, headers=headers)
    assert town.client.post(f"{path}/discard", json={"reason": "NOT_NEEDED"}, headers=headers).status_code == 200
    assert town.client.post(f"{path}/submit", json={}, headers=headers).json()["code"] == "DraftDiscarded"


@pytest.mark.parametrize("role", [Role.WORKFLOW_LEAD, Role.SYSTEM_ADMIN, Role.NATIONAL_ANALYST])
def test_only_schools_ask_for_support_BR_10(town: Town, role: Role):
    before = town.events()
    answer = town.ask(f"/v1/requests/{uuid4()}/submit", {"form": {}}, role)
    assert (answer.status_code, town.events()) == (403, before)


def test_only_the_workflow_lead_of_the_provider_assigns_BR_35(town: Town):
    case, body = town.case(), {"manager": str(town.people[MANAGER])}
    assert town.ask(f"/v1/cases/{case}/assign", body, SCHOOL).status_code == 403
    assert town.ask(f"/v1/cases/{case}/assign", body, MANAGER).status_code == 403
    elsewhere = town.client.post(f"/v1/cases/{case}/assign", json=body, headers=town.bearer(LEAD, TAUTOKO))
    assert elsewhere.status_code == 404


def test_reference_data_is_kept_by_the_administrator(town: Town):
    written = school_details("301")
    details = {name: value for name, value in asdict(written).items() if value is not None}
    first = town.ask("/v1/schools", {"details": details}, Role.SYSTEM_ADMIN)
    again = town.ask("/v1/schools", {"details": details}, Role.SYSTEM_ADMIN)
    assert (first.status_code, first.headers["location"]) == (201, f"/v1/schools/{first.json()['id']}")
    assert (again.status_code, again.json()["version"], "location" in again.headers) == (200, 1, False)
    other = town.ask("/v1/schools", {"details": details | {"name": "Another"}}, Role.SYSTEM_ADMIN)
    assert (other.status_code, other.json()["code"]) == (409, "SchoolRegisteredAlready")


def test_an_nsn_registers_one_student_however_often_BR_117(town: Town):
    body = {"details": {"name": {"family_name": "Ngata"}, "born_on": "2013-03-12", "nsn": "123456789"}}
    first, again = (town.ask("/v1/students", body, Role.SYSTEM) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["ids"] == again.json()["ids"]
    assert "123456789" not in first.text + again.text + str(first.headers)
