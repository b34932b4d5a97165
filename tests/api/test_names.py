"""Names in answers: people by their present names whatever moment is asked for (BR-113), places by those of then."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import structlog

from api.settings import Login
from domain.schools.registering import ChangeSchoolDetails
from domain.schools.school import School
from domain.sealed import DataClass
from domain.students.correcting import CorrectStudentDetails
from domain.students.student import Student, StudentDetails
from domain.text import PersonName
from domain.users.user import Role
from eventstore.connections import connect
from eventstore.erasure import destroy
from eventstore.journal import Erasure, Journal
from projections.refolding import blank
from projections.registry import MODELS
from tests.api.test_questions import read, walk
from tests.api.town import AWHI, KAURI, LONG_AGO, Town, folding_tools, school_details

SCHOOL, LEAD, MANAGER = Role.ATTENDANCE_LEAD, Role.WORKFLOW_LEAD, Role.CASE_MANAGER
CALLED = {
    "student": "Hana Tamatea",
    "school": "Te Kura o Kauri",
    "provider": "Awhi",
    "manager": "Parata",
    "primary_contact": "Parata",
}


def lists(town: Town, role: Role) -> str:
    manager = town.people[MANAGER]
    return {SCHOOL: f"/v1/schools/{KAURI}/cases", LEAD: f"/v1/providers/{AWHI}/queue"}.get(
        role, f"/v1/users/{manager}/caseload"
    )


def listed(town: Town, role: Role, case: str) -> dict[str, Any]:
    """The case as the list of this role shows it."""
    return next(item for item in walk(town, lists(town, role), role, 200) if item["case"] == case)


def renamed(name: str) -> CorrectStudentDetails:
    details = StudentDetails(name=PersonName(family_name="Kereama", given_names=name), born_on=LONG_AGO)
    return CorrectStudentDetails(details=details, reason="The certificate says so")


def park(town: Town, model: str, stream: UUID) -> None:
    """Let a model stand still at a stream, as if an event of it could not be folded."""
    parked = """
        INSERT INTO projection.parked (model, generation, stream, position, error)
        SELECT model, generation, %s, position, 'test' FROM projection.positions WHERE model = %s AND state = 'live'
    """
    with connect(town.service.database.dsn(Login.FOLLOWERS)) as follower:
        follower.execute(parked, [stream, model])


def erase(town: Town, person: UUID, folder: Path) -> None:
    """Destroy all that is personal of somebody, in the log and in the read models."""
    order = Erasure(subject=person, classes=tuple(DataClass), authority="Disposal 12/2026", at=datetime.now(UTC))
    with connect(town.service.database.dsn(Login.ERASURE)) as db:
        destroy(db, Journal(folder / "erasures.jsonl"), order)
    with connect(town.service.database.dsn(Login.FOLLOWERS), deadline=None) as follower:
        blank(follower, MODELS, folding_tools(town), person)


@pytest.mark.parametrize("role", [SCHOOL, LEAD, MANAGER])
def test_whoever_reads_a_case_reads_the_names_of_its_people_and_places_BR_60_BR_62(town: Town, role: Role):
    assert read(town, f"/v1/cases/{town.assigned()}", role).json()["names"] == CALLED


@pytest.mark.parametrize("role", [SCHOOL, MANAGER])
def test_a_list_names_whom_each_case_is_about_BR_62_BR_130(town: Town, role: Role):
    assert listed(town, role, town.assigned())["names"] == CALLED


def test_a_queue_names_nobody_where_there_is_no_manager(town: Town):
    assert listed(town, LEAD, town.case())["names"] == CALLED | {"manager": None}


def test_people_are_called_what_they_are_now_and_places_what_they_were_then_BR_113(own_town: Town):
    town, student = own_town, own_town.student()
    case = town.submit(student).json()["ids"]["case"]
    before = town.events()
    town.tell(Student, student, renamed("Hana-Mere"))
    moved = ChangeSchoolDetails(details=school_details("100", name="Te Kura Hou o Kauri"))
    town.tell(School, KAURI, moved)
    pages = [f"/v1/cases/{case}", lists(town, SCHOOL), lists(town, LEAD)]
    for path, role in zip(pages, (SCHOOL, SCHOOL, LEAD), strict=True):
        then, now = (read(town, path, role, **at).json() for at in ({"position": before}, {}))
        shown = [next(iter(answer.get("items", [answer])))["names"] for answer in (then, now)]
        assert [each["student"] for each in shown] == ["Hana-Mere Kereama", "Hana-Mere Kereama"]
        assert [each["school"] for each in shown] == ["Te Kura o Kauri", "Te Kura Hou o Kauri"]


@pytest.mark.parametrize("role", [SCHOOL, LEAD])
def test_no_list_file_or_timeline_of_before_a_correction_has_the_former_name_BR_113(own_town: Town, role: Role):
    town, student = own_town, own_town.student()
    case = town.submit(student).json()["ids"]["case"]
    before = town.follow()
    town.tell(Student, student, renamed("Hana-Mere"))
    town.follow()
    with connect(town.service.database.dsn(Login.OWNER)) as owner:
        owner.execute("UPDATE service.people__1 SET kind = kind WHERE to_position IS NOT NULL")  # what was comes last
    paths = [f"/v1/cases/{case}", f"/v1/cases/{case}/timeline", lists(town, role), f"{lists(town, role)}.csv"]
    told = [read(town, path, role, **at) for path in paths for at in ({"position": before}, {})]
    assert {answer.status_code for answer in told} == {200}
    assert not any("Tamatea" in answer.text for answer in told)
    assert sum("Hana-Mere Kereama" in answer.text for answer in told) == 6


def test_who_stands_still_in_the_model_of_names_has_no_name_rather_than_a_former_one(own_town: Town):
    town, student = own_town, own_town.student()
    case = town.submit(student).json()["ids"]["case"]
    town.follow()
    park(town, "people", student)
    town.tell(Student, student, renamed("Hana-Mere"))
    assert read(town, f"/v1/cases/{case}", LEAD).json()["names"]["student"] is None


def test_an_erased_person_has_no_name_at_any_moment_and_the_case_stays(own_town: Town, tmp_path: Path):
    town, student = own_town, own_town.student()
    case = town.submit(student).json()["ids"]["case"]
    then = town.follow()
    erase(town, student, tmp_path)
    erase(town, town.people[SCHOOL], tmp_path)
    for at in ({}, {"position": then}):
        shown = read(town, f"/v1/cases/{case}", LEAD, **at).json()
        assert shown["names"] == CALLED | {"student": None, "primary_contact": None, "manager": None}
        assert shown["case"]["student"] == str(student)
    assert listed(town, LEAD, case)["names"]["student"] is None


def test_kpi_figures_and_counts_name_nobody_and_no_name_is_logged(town: Town):
    case = town.assigned()
    period = "first=2026-05-01&last=2026-05-31"
    with structlog.testing.capture_logs() as lines:
        named = [
            read(town, path, LEAD).text for path in (f"/v1/cases/{case}", f"/v1/users/{town.people[MANAGER]}/caseload")
        ]
        counts = [read(town, f"/v1/providers/{AWHI}/{path}", LEAD).text for path in (f"kpi?{period}", "load")]
    assert all("Tamatea" in each for each in named)
    assert not any(name in each for each in (*counts, repr(lines)) for name in ("Tamatea", "Parata", "Kauri"))
    assert len(lines) >= 4
