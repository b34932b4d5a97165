"""What the commands about reference data, people and roles ask of authority."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from domain.authority import Authority, NotAllowed, NotFound
from domain.decision import Actor, Ref
from domain.ids import MINISTRY, school_id
from domain.permits import questions
from domain.relations import CaseFacts, Standing
from domain.students.caregiver import Caregiver
from domain.students.caring import CareBegun, CorrectCaregiverName, LinkCaregiver, Tie
from domain.students.contacting import AddContactDetail, ContactDetail
from domain.students.correcting import CorrectStudentDetails
from domain.students.enrolling import RecordEnrolment
from domain.students.student import Student, StudentDetails
from domain.text import PersonName
from domain.users.granting import GrantRole, RevokeRole
from domain.users.user import Grant, Role, User
from tests.domain.given import TODAY, world
from tests.domain.reference import COMMANDS

ME, PROVIDER, STUDENT, SIBLING = UUID(int=11), UUID(int=12), UUID(int=13), UUID(int=14)
OURS = CaseFacts(standing=Standing.ACTIVE, provider=PROVIDER, manager=ME)
CASES = {STUDENT: OURS, SIBLING: replace(OURS, manager=UUID(int=15))}


def case_of(student, context):
    return CASES.get(student, CaseFacts())


QUESTIONS = questions(case_of)
NAME = PersonName(family_name="Ngata")
ADD = AddContactDetail(contact=UUID(int=16), detail=ContactDetail(phone="021 123 456"), from_on=TODAY, source="School")


def ask(command: Any, role: Role, organisation: UUID, stream: UUID = STUDENT, state: Any = None) -> None:
    grant = Grant(role=role, organisation=organisation, from_on=TODAY)
    actor = Actor(user=ME, role=role, organisation=organisation)
    context = world(Student).by(actor).at(stream).knowing({Ref(User, ME): User(grants=(grant,))}).context()
    Authority(QUESTIONS).check(command, state or Student(), context)


def test_every_command_of_reference_data_is_listed():
    assert set(QUESTIONS) == set(COMMANDS)


def test_the_case_manager_of_a_student_may_correct_details_and_contacts():
    details = StudentDetails(name=NAME, born_on=date(2015, 1, 1))
    commands = (
        CorrectStudentDetails(details=details, reason="Typed wrong."),
        LinkCaregiver(caregiver=UUID(int=17), tie=Tie(relation="MOTHER")),
        ADD,
    )
    for command in commands:
        ask(command, Role.CASE_MANAGER, PROVIDER)
        with pytest.raises(NotFound):
            ask(command, Role.CASE_MANAGER, PROVIDER, stream=SIBLING)
        with pytest.raises(NotFound):
            ask(command, Role.SYSTEM_ADMIN, MINISTRY)


def test_a_caregiver_is_reached_by_whoever_works_with_any_of_their_children():
    both = Caregiver(students=(SIBLING, STUDENT))
    theirs = world(Caregiver)(CareBegun(student=SIBLING)).state
    for command in (ADD, CorrectCaregiverName(name=NAME)):
        ask(command, Role.CASE_MANAGER, PROVIDER, state=both)
        for state in (theirs, Caregiver()):
            with pytest.raises(NotFound):
                ask(command, Role.CASE_MANAGER, PROVIDER, state=state)


def test_only_the_system_tells_the_roll():
    enrol = RecordEnrolment(school=school_id("1"), from_on=TODAY)
    ask(enrol, Role.SYSTEM, MINISTRY)
    for role, organisation in ((Role.CASE_MANAGER, PROVIDER), (Role.SYSTEM_ADMIN, MINISTRY)):
        with pytest.raises(NotAllowed):
            ask(enrol, role, organisation)


@pytest.mark.parametrize("make", [GrantRole, RevokeRole])
def test_a_delegated_authoriser_grants_the_roles_of_their_own_organisation_only(make):
    def command(role, organisation):
        extra = {"from_on": TODAY} if make is GrantRole else {}
        return make(role=role, organisation=organisation, **extra)

    school = school_id("1")
    ask(command(Role.ATTENDANCE_LEAD, school), Role.DELEGATED_AUTHORISER, school)
    for role, organisation in (
        (Role.ATTENDANCE_LEAD, school_id("2")),
        (Role.DELEGATED_AUTHORISER, school),
        (Role.CIT_OFFICER, MINISTRY),
        (Role.SYSTEM, MINISTRY),
    ):
        with pytest.raises(NotAllowed):
            ask(command(role, organisation), Role.DELEGATED_AUTHORISER, school)
        ask(command(role, organisation), Role.SYSTEM_ADMIN, MINISTRY)
