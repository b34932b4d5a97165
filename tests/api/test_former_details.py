"""What was recorded of a person before a correction: hidden, and shown to the Privacy Officer for a reason (BR-113)."""

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
import structlog

from api.commands.history import SUPERSEDED, told
from api.former_details import present_version, telling
from domain.students.caregiver import Caregiver
from domain.students.caring import CorrectCaregiverName, RegisterCaregiver
from domain.students.disclosing import FormerDetailsRead
from domain.students.student import Student
from domain.text import PersonName
from domain.users.inviting import ChangeUserDetails
from domain.users.user import Role, User, UserDetails
from tests.api.automations.sweeps import history, opened
from tests.api.test_names import erase, renamed
from tests.api.town import AWHI, Town

OFFICER, WHY = Role.PRIVACY_OFFICER, "Whānau asked which name the school had."
FORMER, PRESENT = PersonName(family_name="Moana"), PersonName(family_name="Aroha")


def a_student(town: Town) -> tuple[str, UUID]:
    student = town.student()
    town.tell(Student, student, renamed("Hana-Mere"))
    return "students", student


def a_caregiver(town: Town) -> tuple[str, UUID]:
    caregiver = uuid4()
    town.tell(Caregiver, caregiver, RegisterCaregiver(name=FORMER))
    town.tell(Caregiver, caregiver, CorrectCaregiverName(name=PRESENT))
    return "caregivers", caregiver


def a_user(town: Town) -> tuple[str, UUID]:
    user, login = town.person(Role.CASE_MANAGER, AWHI)
    details = UserDetails(name=PRESENT, email=f"{login}@example.nz", login=login)
    town.tell(User, user, ChangeUserDetails(details=details))
    return "users", user


WAS = {a_student: "Tamatea", a_caregiver: "Moana", a_user: "Parata"}


@pytest.mark.parametrize("who", WAS)
def test_the_privacy_officer_reads_what_was_and_that_is_recorded_without_it_BR_113(town: Town, who: Any):
    kind, person = who(town)
    with structlog.testing.capture_logs() as lines:
        answer = town.ask(f"/v1/{kind}/{person}/former-details", {"reason": WHY}, OFFICER)
    assert answer.status_code == 200, answer.text
    (former,) = answer.json()["former"]
    assert WAS[who] in str(former["details"])
    assert not any(now in answer.text for now in ("Kereama", "Aroha")), "what is present is no former value"
    last = history(town, person)[-1]
    read = opened(town, last)
    assert (type(read), read.reason.open(), last.version) == (FormerDetailsRead, WHY, answer.json()["version"])
    assert WAS[who].encode() not in last.data
    assert str(town.people[OFFICER]).encode() in last.envelope
    assert WAS[who] not in repr(lines)


@pytest.mark.parametrize("role", [Role.ATTENDANCE_LEAD, Role.CASE_MANAGER, Role.WORKFLOW_LEAD, Role.SYSTEM_ADMIN])
def test_nobody_else_reads_it_and_nothing_is_recorded(town: Town, role: Role):
    kind, person = a_student(town)
    before = town.events()
    answer = town.ask(f"/v1/{kind}/{person}/former-details", {"reason": WHY}, role)
    assert (answer.status_code, answer.json()["code"], town.events()) == (403, "NotAllowed", before)


def test_without_a_reason_and_of_nobody_nothing_is_read(town: Town):
    _, person = a_student(town)
    assert town.ask(f"/v1/students/{person}/former-details", {}, OFFICER).status_code == 422
    assert town.ask(f"/v1/students/{uuid4()}/former-details", {"reason": WHY}, OFFICER).status_code == 409


def test_the_same_request_again_is_one_reading(town: Town):
    _, person = a_student(town)
    path, key = f"/v1/students/{person}/former-details", {"Idempotency-Key": str(uuid4())}
    first, again = (town.ask(path, {"reason": WHY}, OFFICER, **key) for _ in range(2))
    assert first.json() == again.json()


def test_what_was_erased_is_read_by_nobody(own_town: Town, tmp_path: Path):
    _, person = a_student(own_town)
    erase(own_town, person, tmp_path)
    answer = own_town.ask(f"/v1/students/{person}/former-details", {"reason": WHY}, OFFICER)
    assert answer.status_code == 409
    assert "Tamatea" not in answer.text


@pytest.mark.parametrize("who", WAS)
def test_a_replay_opens_what_a_person_is_now_and_never_what_they_were_BR_113(town: Town, who: Any):
    _, person = who(town)
    with town.service.reads.connection() as db:
        last = present_version(db, person)
    said = [told(town.service, each, unseal=True, last=last)["said"] for each in history(town, person)]
    assert WAS[who] not in str(said)
    assert any(now in str(said) for now in ("Kereama", "Aroha"))
    assert said[0][telling()[history(town, person)[0].type]] == SUPERSEDED


def test_every_event_that_says_who_a_person_is_counts():
    assert telling() == {
        "StudentRegistered": "details",
        "StudentDetailCorrected": "details",
        "NsnReplaced": "details",
        "CaregiverRegistered": "name",
        "CaregiverNameCorrected": "name",
        "UserInvited": "details",
        "UserDetailsChanged": "details",
    }
