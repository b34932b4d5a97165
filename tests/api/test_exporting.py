"""Exporting: a list as a file is the list itself, all of it, for whoever may see the list (BR-130)."""

import csv
import io
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from api.app import bare_app
from domain.cases.case import Case, CaseType, Provision
from domain.cases.enrolling import NoteEnrolment
from domain.cases.status import Status
from domain.schools.registering import ChangeSchoolDetails
from domain.schools.school import School
from domain.students.enrolling import RecordEnrolment
from domain.students.registering import RegisterStudent
from domain.students.student import Student, StudentDetails
from domain.text import PersonName
from domain.users.user import SCHOOL_ROLES, Role
from projections.cases import Row
from projections.lists import Listed, Place, whole
from tests.api.test_questions import read, walk
from tests.api.town import AWHI, KAURI, LONG_AGO, RIMU, TAUTOKO, TODAY, Town, school_details

SCHOOL, LEAD, MANAGER = Role.ATTENDANCE_LEAD, Role.WORKFLOW_LEAD, Role.CASE_MANAGER
LIST, EXPORT = f"/v1/schools/{KAURI}/cases", f"/v1/schools/{KAURI}/cases.csv"
BOM = b"\xef\xbb\xbf"

SAME = {
    "Case": "case",
    "Type": "type",
    "Provision": "provision",
    "Status": "shown",
    "Since": "since",
    "Days": "days",
    "Next due": "next_due_on",
    "Late deadlines": "breached",
    "Opened on": "opened_on",
    "Opening": "episode",
}
NAMED = {
    "Student": "student",
    "School": "school",
    "Provider": "provider",
    "Case Manager": "manager",
    "Primary Contact": "primary_contact",
}


def rows_of(answer: Any) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def as_exported(item: dict[str, Any], moment: dict[str, Any]) -> dict[str, str]:
    """What a row of the list has to be in the file."""
    plain = {title: item[name] for title, name in SAME.items()} | {
        title: item["names"][name] for title, name in NAMED.items()
    }
    paused = "yes" if item["status"] == "PAUSED" else "no"
    when = {"As at": moment["day"], "Position": moment["position"]}
    return {name: "" if value is None else str(value) for name, value in (plain | when).items()} | {"Paused": paused}


def listed(town: Town, path: str, role: Role, **at: object) -> list[dict[str, str]]:
    """The whole list as its pages show it, as rows of a file."""
    page = read(town, path, role, limit=200, **at).json()
    assert page["next"] is None
    return [as_exported(item, page["moment"]) for item in page["items"]]


def named(family: str, at: UUID, town: Town) -> UUID:
    """A student of this family name on the roll of a school."""
    student = uuid4()
    details = StudentDetails(name=PersonName(family_name=family), born_on=LONG_AGO.replace(year=2014))
    town.tell(Student, student, RegisterStudent(details=details))
    town.tell(Student, student, RecordEnrolment(school=at, from_on=LONG_AGO))
    return student


@pytest.mark.parametrize("role", sorted(SCHOOL_ROLES))
def test_a_file_holds_what_its_list_shows_to_every_school_role_BR_130(town: Town, role: Role):
    town.assigned()
    contact = town.people[Role.SCHOOL_PRIMARY_CONTACT]
    mine = town.form(town.student(), primary_contact=str(contact))
    asked = town.client.post(f"/v1/requests/{uuid4()}/submit", json={"form": mine}, headers=town.bearer(SCHOOL))
    assert asked.status_code == 201, asked.text
    rows = rows_of(read(town, EXPORT, role))
    assert rows == listed(town, LIST, role)
    own = asked.json()["ids"]["case"]
    assert own in {row["Case"] for row in rows}
    if role is Role.SCHOOL_PRIMARY_CONTACT:
        assert {row["Primary Contact"] for row in rows} == {"Parata"}
        assert len(rows) < len(rows_of(read(town, EXPORT, SCHOOL)))


def test_a_file_holds_all_pages_of_its_list(town: Town):
    cases = {town.case() for _ in range(5)}
    found = [row["Case"] for row in rows_of(read(town, EXPORT, SCHOOL))]
    assert found == [item["case"] for item in walk(town, LIST, SCHOOL, 3)]
    assert cases <= set(found)


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 8])
def test_a_whole_list_is_read_in_pieces_that_follow_one_another(piece: int):
    """The pieces of seven cases, two of which stand as they do since the same day."""
    every = sorted((standing(day) for day in (1, 2, 2, 3, 4, 5, 6)), key=lambda each: each.place)

    def ask(place: Place | None, most: int) -> list[Listed]:
        return [each for each in every if place is None or each.place > place][:most]

    pieces = list(whole(ask, piece))
    assert [each for found in pieces for each in found] == every
    assert {len(found) for found in pieces[:-1]} <= {piece}


def standing(day: int) -> Listed:
    since = date(2026, 5, day)
    row = Row(
        case_id=uuid4(), type=CaseType.CA, provision=Provision.CATCHMENT, status=Status.OPEN, status_since=since,
        student=uuid4(), school=KAURI, enrolled_at=KAURI, opened_on=since, episode_opened_on=since,
    )  # fmt: skip
    return Listed(case=row, days=7 - day, next_due_on=None, breached=0)


def test_a_file_shows_how_it_stood_at_a_position(town: Town):
    case = town.case()
    then = town.events()
    town.ask(f"/v1/cases/{case}/assign", {"manager": str(town.people[MANAGER])}, LEAD)
    before, now = (rows_of(read(town, EXPORT, SCHOOL, **at)) for at in ({"position": then}, {}))
    assert before == listed(town, LIST, SCHOOL, position=then)
    shown = [{row["Case"]: row["Status"] for row in rows}[case] for rows in (before, now)]
    assert shown == ["Provider Queue", "Open"]
    assert {row["Position"] for row in before} == {str(then)}


def test_the_case_of_a_student_who_left_is_in_no_file_whenever_it_is_asked_for_BR_60(town: Town):
    student = town.student()
    case = town.submit(student).json()["ids"]["case"]
    then = town.events()
    town.tell(Student, student, RecordEnrolment(school=RIMU, from_on=TODAY))
    town.tell(Case, case, NoteEnrolment())
    for at in ({}, {"position": then}):
        assert case not in {row["Case"] for row in rows_of(read(town, EXPORT, SCHOOL, **at))}


def test_the_file_of_another_school_is_answered_as_that_of_one_that_does_not_exist(town: Town):
    theirs, nobodys = (read(town, f"/v1/schools/{one}/cases.csv", SCHOOL) for one in (RIMU, uuid4()))
    shown = read(town, f"/v1/schools/{RIMU}/cases", SCHOOL)
    assert (theirs.status_code, theirs.content) == (nobodys.status_code, nobodys.content)
    assert (theirs.status_code, theirs.content) == (shown.status_code, shown.content) != (200, b"")


@pytest.mark.parametrize("role", [LEAD, MANAGER, Role.NATIONAL_ANALYST, Role.SYSTEM])
def test_a_schools_file_is_for_its_own_roles(town: Town, role: Role):
    assert read(town, EXPORT, role).status_code == 403


def test_a_file_is_saved_under_a_name_that_tells_the_school_and_the_day_and_nobody(town: Town):
    town.case()
    answer = read(town, EXPORT, SCHOOL)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="cases-100-{TODAY}.csv"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["moment-day"] == TODAY.isoformat()
    assert {row["Position"] for row in rows_of(answer)} == {answer.headers["moment-position"]}
    assert answer.content.startswith(BOM)
    assert answer.content.count(b"\r\n") == answer.content.count(b"\n")


def test_macrons_survive_and_no_name_is_a_formula(own_town: Town):
    dangerous = school_details("100", name="=cmd|' /C calc'!A0")
    own_town.tell(School, KAURI, ChangeSchoolDetails(details=dangerous))
    for family in ("Tāwhirimātea", "-SUM", "+Ngata", "=A"):
        assert own_town.submit(named(family, KAURI, own_town)).status_code == 201
    rows = rows_of(read(own_town, EXPORT, SCHOOL))
    assert {row["Student"] for row in rows} == {"Tāwhirimātea", "'-SUM", "'+Ngata", "'=A"}
    assert {row["School"] for row in rows} == {"'=cmd|' /C calc'!A0"}


def test_an_empty_list_is_a_file_with_its_titles_and_its_moment(own_town: Town):
    answer = read(own_town, EXPORT, SCHOOL)
    assert rows_of(answer) == []
    assert answer.content.startswith(BOM + b"Case,")
    assert answer.headers["moment-position"] == str(own_town.events())


@pytest.mark.parametrize(("name", "value"), [("position", 10**9), ("as_at", "2199-01-01T00:00:00Z"), ("as_at", "now")])
def test_a_file_of_no_moment_is_refused(town: Town, name: str, value: object):
    assert read(town, EXPORT, SCHOOL, **{name: value}).status_code == 422


def test_the_queue_of_a_provider_is_a_file_for_its_leads(town: Town):
    town.case()
    path = f"/v1/providers/{AWHI}/queue"
    answer = read(town, f"{path}.csv", LEAD)
    assert rows_of(answer) == listed(town, path, LEAD)
    assert {row["Status"] for row in rows_of(answer)} == {"Provider Queue"}
    assert answer.headers["content-disposition"] == f'attachment; filename="queue-AWHI-{TODAY}.csv"'
    assert read(town, f"{path}.csv", LEAD, TAUTOKO).status_code == 403
    assert read(town, f"{path}.csv", MANAGER).status_code == 403


def test_a_caseload_is_a_file_of_what_the_asker_may_see_BR_62(town: Town):
    case, path = town.assigned(), f"/v1/users/{town.people[MANAGER]}/caseload"
    for role in (MANAGER, LEAD):
        rows = rows_of(read(town, f"{path}.csv", role))
        assert rows == listed(town, path, role)
        assert case in {row["Case"] for row in rows}
    foreign = read(town, f"{path}.csv", LEAD, TAUTOKO)
    assert rows_of(foreign) == []
    assert foreign.headers["content-disposition"] == f'attachment; filename="caseload-{TODAY}.csv"'


EXPORTS = ("/v1/schools/{school_id}/cases.csv", "/v1/providers/{provider_id}/queue.csv",
           "/v1/users/{user_id}/caseload.csv")  # fmt: skip


@pytest.mark.parametrize("path", EXPORTS)
def test_the_document_says_that_a_file_is_csv_and_who_may_ask(path: str):
    operation = bare_app().openapi()["paths"][path]["get"]
    answer = operation["responses"]["200"]
    assert list(answer["content"]) == ["text/csv"]
    assert {"Content-Disposition", "Moment-Day", "Moment-Position"} <= set(answer["headers"])
    assert operation["security"]
    assert {each["name"] for each in operation["parameters"]} >= {"as_at", "position", "at_least"}


def test_a_file_of_a_time_before_the_school_was_registered_is_named_without_its_number(town: Town):
    answer = read(town, EXPORT, SCHOOL, position=1)
    assert rows_of(answer) == []
    assert answer.headers["content-disposition"] == f'attachment; filename="cases-{answer.headers["moment-day"]}.csv"'
