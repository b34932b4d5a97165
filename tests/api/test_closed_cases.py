"""A closed case stays readable: to the school while the student is there, to the provider, until another has it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from api.automations.noticing_enrolments import NOTICING_ENROLMENTS
from domain.catchments.catchment import Catchment
from domain.catchments.contracting import EndContract, RecordContract
from domain.students.enrolling import RecordEnrolment
from domain.students.student import Student
from domain.users.user import Role
from tests.api.automations.sweeps import enrol, sweep, walk_to
from tests.api.test_questions import read
from tests.api.town import AWHI, KAURI, NORTH, RIMU, TAUTOKO, TODAY, Town

SCHOOL, CONTACT = Role.ATTENDANCE_LEAD, Role.SCHOOL_PRIMARY_CONTACT
LEAD, MANAGER = Role.WORKFLOW_LEAD, Role.CASE_MANAGER
THEIRS = ((LEAD, AWHI), (MANAGER, AWHI), (LEAD, TAUTOKO))
ONE_DAY = timedelta(days=1)
ACTIVITY = "0198f0c2-0000-7000-8000-000000000061"


def worked_and_closed(town: Town, student: UUID) -> str:
    """A case in which the manager did something that the school was told of, and closed it."""
    case = str(town.submit(student).json()["ids"]["case"])
    done = {"activity": ACTIVITY, "kind": "HOME_VISIT", "occurred_on": TODAY.isoformat(), "shared": True}
    steps: list[tuple[str, dict[str, Any], Role]] = [
        ("assign", {"manager": str(town.people[MANAGER])}, LEAD),
        ("primary-contact", {"user": str(town.people[CONTACT])}, SCHOOL),
        ("activities", done, MANAGER),
        ("close", {"reason": "DUPLICATE"}, MANAGER),
    ]
    for path, body, role in steps:
        answer = town.ask(f"/v1/cases/{case}/{path}", body, role)
        assert answer.status_code == 200, (path, answer.text)
    return case


def reads(town: Town, case: str, role: Role, organisation: UUID | None = None, **at: object) -> bool:
    """Whether somebody is shown the case, and in its timeline what was done; to others it does not exist."""
    paths = (f"/v1/cases/{case}", f"/v1/cases/{case}/timeline")
    shown, history = (read(town, path, role, organisation, **at) for path in paths)
    assert shown.status_code == history.status_code
    if shown.status_code != 200:
        assert shown.json()["code"] == "NotFound"
        return False
    return "ActivityRecorded" in {event["type"] for event in history.json()["events"]}


def shown(town: Town, school: UUID, **at: object) -> list[str]:
    """The closed cases in the list of a school, which its dashboard counts."""
    path = f"/v1/schools/{school}"
    items = read(town, f"{path}/cases", SCHOOL, school, **at).json()["items"]
    board = read(town, f"{path}/dashboard", SCHOOL, school, **at).json()
    assert board["shown"] == ({"Closed": len(items)} if items else {})
    return [item["case"] for item in items]


@pytest.mark.parametrize("role", [SCHOOL, CONTACT, LEAD, MANAGER])
def test_a_closed_case_stays_readable_with_what_was_done_BR_61(town: Town, role: Role):
    case = worked_and_closed(town, town.student())
    assert read(town, f"/v1/cases/{case}", role).json()["case"]["status"] == "CLOSED"
    assert reads(town, case, role)


@pytest.mark.parametrize(("role", "organisation"), [(SCHOOL, RIMU), (LEAD, TAUTOKO), (MANAGER, TAUTOKO)])
def test_a_closed_case_is_nothing_to_other_schools_and_providers_BR_61(town: Town, role: Role, organisation: UUID):
    assert not reads(town, worked_and_closed(town, town.student()), role, organisation)


def test_of_the_managers_only_the_last_one_reads_a_closed_case_BR_61(town: Town):
    case = worked_and_closed(town, town.student())
    _, login = town.person(MANAGER, AWHI)
    town.follow()
    colleague = {"Authorization": f"Bearer {town.token(login, AWHI, MANAGER)}"}
    assert town.client.get(f"/v1/cases/{case}", headers=colleague).status_code == 404
    assert reads(town, case, MANAGER)


def test_a_school_reads_a_closed_case_while_the_student_is_on_its_roll_BR_61(town: Town):
    student = town.student()
    case, then = worked_and_closed(town, student), town.events()
    assert (reads(town, case, SCHOOL), reads(town, case, SCHOOL, RIMU)) == (True, False)
    town.tell(Student, student, RecordEnrolment(school=RIMU, from_on=TODAY))
    assert (reads(town, case, SCHOOL), reads(town, case, SCHOOL, RIMU)) == (False, True)
    assert not reads(town, case, SCHOOL, position=then)
    assert (reads(town, case, CONTACT), reads(town, case, LEAD), reads(town, case, MANAGER)) == (False, True, True)


def test_the_list_and_the_dashboard_of_the_next_school_have_the_closed_case_of_who_comes_BR_61_BR_133(own_town: Town):
    """Content is as at, rights are of now: asked as at before the move, the former school is shown nothing either."""
    town, student = own_town, own_town.student()
    case, then = worked_and_closed(town, student), town.events()
    assert [shown(town, school) for school in (KAURI, RIMU)] == [[case], []]
    enrol(town, student, RIMU)
    assert sweep(town, NOTICING_ENROLMENTS).done == 1
    after = town.events()
    walk_to(town, TODAY + ONE_DAY)
    assert [shown(town, school) for school in (KAURI, RIMU)] == [[], [case]]
    assert [shown(town, school, position=after) for school in (KAURI, RIMU)] == [[], [case]]
    assert [shown(town, school, position=then) for school in (KAURI, RIMU)] == [[], []], "it was at neither's yet"
    assert reads(town, case, SCHOOL, RIMU, position=then), "but what happened then may be read"


def test_the_last_school_has_a_closed_case_in_its_list_again_once_the_student_is_back_BR_61(own_town: Town):
    town, student = own_town, own_town.student()
    case = worked_and_closed(town, student)
    for school in (RIMU, KAURI):
        enrol(town, student, school)
        sweep(town, NOTICING_ENROLMENTS)
    assert [shown(town, school) for school in (KAURI, RIMU)] == [[case], []]
    assert reads(town, case, CONTACT), "the Primary Contact is named in it still"


def test_a_former_provider_reads_nothing_once_another_has_the_case_BR_61(own_town: Town):
    town, student = own_town, own_town.student()
    case, then = worked_and_closed(town, student), town.events()
    town.tell(Catchment, NORTH, EndContract(provider=AWHI, to_on=TODAY - ONE_DAY))
    town.tell(Catchment, NORTH, RecordContract(provider=TAUTOKO, from_on=TODAY, funding_cents=0))
    assert [reads(town, case, *each) for each in THEIRS] == [True, True, False], "nobody else has the case yet"
    again = town.submit(student)
    assert again.json()["ids"]["case"] == case, "it is reopened"
    assert [reads(town, case, *each) for each in THEIRS] == [False, False, True]
    assert [read(town, f"/v1/cases/{case}", *each, position=then).status_code for each in THEIRS] == [404, 404, 200]


def test_a_former_provider_is_listed_nothing_of_before_either_BR_61(own_town: Town):
    """The queue and the load of a provider as at a day on which the case waited there."""
    town, student = own_town, own_town.student()
    case, then = str(town.submit(student).json()["ids"]["case"]), town.events()
    for path, body, role in (
        ("assign", {"manager": str(town.people[MANAGER])}, LEAD),
        ("close", {"reason": "DUPLICATE"}, MANAGER),
    ):
        assert town.ask(f"/v1/cases/{case}/{path}", body, role).status_code == 200
    assert waited(town, then) == ([case], {"PROVIDER_QUEUE": 1})
    town.tell(Catchment, NORTH, EndContract(provider=AWHI, to_on=TODAY - ONE_DAY))
    town.tell(Catchment, NORTH, RecordContract(provider=TAUTOKO, from_on=TODAY, funding_cents=0))
    assert town.submit(student).json()["ids"]["case"] == case, "it is reopened"
    assert waited(town, then) == ([], {})


def waited(town: Town, position: int) -> tuple[list[str], dict[str, int]]:
    """What waited with AWHI as at a position, as AWHI is shown it now."""
    queue, load = (
        read(town, f"/v1/providers/{AWHI}/{what}", LEAD, position=position).json() for what in ("queue", "load")
    )
    return [item["case"] for item in queue["items"]], load["by_status"]
