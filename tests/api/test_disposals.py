"""Disposals and legal holds over HTTP: who may ask, who sees it, and what is shown before anything goes (BR-115)."""

from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from domain.decision import Ref
from domain.ids import MINISTRY
from domain.students.student import Student
from domain.users.user import Role
from tests.api.automations.sweeps import history, opened
from tests.api.test_approvals import header
from tests.api.test_names import renamed
from tests.api.town import HOMES, Town

OFFICER = Role.PRIVACY_OFFICER
HOLD = {"authority": "CIV 1", "reason": "A claim against the provider."}
OTHERS = tuple(role for role in HOMES if role is not OFFICER)


def asked(person: object, **more: Any) -> dict[str, Any]:
    return {"person": str(person), "authority": "DA 712", "disposal_class": "3.2", "reason": "It is time."} | more


def officer(town: Town) -> dict[str, str]:
    return header(town, town.person(OFFICER, MINISTRY)[1], OFFICER)


@pytest.mark.parametrize("role", OTHERS)
def test_nobody_but_a_privacy_officer_asks_authorises_or_holds_BR_115(town: Town, role: Role):
    student, headers, before = town.student(), town.bearer(role), town.events()
    for path, body in (
        ("/v1/disposals", asked(student)),
        (f"/v1/disposals/{uuid4()}/authorise", {}),
        (f"/v1/students/{student}/legal-hold", HOLD),
        (f"/v1/students/{student}/lift-legal-hold", HOLD | {"hold": str(uuid4())}),
    ):
        assert town.client.post(path, json=body, headers=headers).status_code == 403, path
    for path in ("/v1/disposals", f"/v1/disposals/{uuid4()}"):
        assert town.client.get(path, headers=headers).status_code == 403, path
    assert town.events() == before


def test_an_auditor_sees_disposals_and_decides_nothing_BR_115(own_town: Town):
    town, hers = own_town, officer(own_town)
    auditor = header(town, town.person(Role.AUDITOR, MINISTRY)[1], Role.AUDITOR)
    disposal = town.client.post("/v1/disposals", json=asked(town.student()), headers=hers).json()["id"]
    assert town.client.get("/v1/disposals", headers=auditor).json()["code"] == "NotYetProjected"
    town.follow()
    (seen,) = town.client.get("/v1/disposals", headers=auditor).json()["items"]
    assert (seen["disposal"], seen["status"], seen["authority"]) == (disposal, "ASKED", "DA 712")
    assert town.client.get(f"/v1/disposals/{disposal}", headers=auditor).status_code == 200
    assert town.client.post(f"/v1/disposals/{disposal}/authorise", json={}, headers=auditor).status_code == 403


def test_the_latest_disposals_come_first_a_page_at_a_time(own_town: Town):
    town, hers = own_town, officer(own_town)
    made = [town.client.post("/v1/disposals", json=asked(town.student()), headers=hers).json()["id"] for _ in range(3)]
    town.follow()
    first = town.client.get("/v1/disposals?limit=2", headers=hers).json()
    last = town.client.get(f"/v1/disposals?limit=2&after={first['next']}", headers=hers).json()
    assert {each["disposal"] for page in (first, last) for each in page["items"]} == {*made}
    assert ([len(page["items"]) for page in (first, last)], last["next"]) == ([2, 1], None)


def test_of_nobody_and_of_no_disposal_there_is_nothing_to_see(town: Town):
    hers = officer(town)
    assert town.client.get(f"/v1/disposals/{uuid4()}", headers=hers).status_code == 404
    assert town.client.post("/v1/disposals", json=asked(uuid4()), headers=hers).json()["code"] == "NobodyThere"
    refused = town.client.post(f"/v1/disposals/{uuid4()}/authorise", json={}, headers=hers)
    assert refused.json()["code"] == "NoSuchDisposal"


@pytest.mark.parametrize("kind", ["students", "caregivers", "users"])
def test_whoever_is_under_a_legal_hold_is_not_disposed_of_until_it_is_lifted_BR_115(own_town: Town, kind: str):
    town, hers, theirs = own_town, officer(own_town), officer(own_town)
    person = somebody(town, kind)
    placed = town.client.post(f"/v1/{kind}/{person}/legal-hold", json=HOLD, headers=hers)
    assert placed.status_code == 200, placed.text
    refused = town.client.post("/v1/disposals", json=asked(person), headers=hers)
    assert (refused.status_code, refused.json()["code"]) == (409, "UnderLegalHold")
    lift = HOLD | {"hold": placed.json()["ids"]["hold"]}
    assert town.client.post(f"/v1/{kind}/{person}/lift-legal-hold", json=lift, headers=theirs).status_code == 200
    disposal = town.client.post("/v1/disposals", json=asked(person), headers=hers).json()["id"]
    assert town.client.post(f"/v1/disposals/{disposal}/authorise", json={}, headers=theirs).status_code == 200
    assert b"claim" not in b"".join(each.data for each in history(town, person)), "why is sealed"
    assert opened(town, history(town, person)[-1]).reason.open() == HOLD["reason"]


def somebody(town: Town, kind: str) -> UUID:
    if kind == "students":
        return town.student()
    if kind == "users":
        user, _ = town.person(Role.CASE_MANAGER, HOMES[Role.CASE_MANAGER])
        town.revoke(user, Role.CASE_MANAGER, HOMES[Role.CASE_MANAGER])
        return user
    child = Ref(Student, town.student())
    town.submit(child.id)
    with town.service.reads.connection() as db:
        student = town.service.facts.ask(db, lambda known: cast("Student", known[child]))
    return student.caregivers[0]


def test_a_child_with_an_active_case_and_somebody_with_a_role_are_still_needed_BR_115(own_town: Town):
    town, hers = own_town, officer(own_town)
    student = town.student()
    town.submit(student)
    manager = town.people[Role.CASE_MANAGER]
    for person, code in ((student, "CaseStillWorked"), (manager, "StillHoldsRoles")):
        refused = town.client.post("/v1/disposals", json=asked(person), headers=hers)
        assert (refused.status_code, refused.json()["code"]) == (409, code)
        part = town.client.post("/v1/disposals", json=asked(person, classes=["health"]), headers=hers)
        assert part.status_code == 201, part.text


def test_why_it_was_asked_for_is_sealed_and_the_name_shown_is_the_present_one(own_town: Town):
    town, hers = own_town, officer(own_town)
    student = town.student()
    town.tell(Student, student, renamed("Hana-Mere"))
    body = asked(student, reason="Hana-Mere Kereama asked for it.")
    answer = town.client.post("/v1/disposals", json=body, headers=hers)
    disposal = UUID(answer.json()["id"])
    assert b"Kereama" not in b"".join(each.data for each in history(town, disposal))
    town.follow()
    assert town.client.get(f"/v1/disposals/{disposal}", headers=hers).json()["name"] == "Hana-Mere Kereama"
    assert "Kereama" not in town.client.get("/v1/disposals", headers=hers).text
