"""What every command asks of authority: of a case, of the people around it, of the Ministry's own data and of roles."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from domain import registry
from domain.authority import NotAllowed, NotFound
from domain.cases.assigning import CaseManagerAssigned
from domain.cases.case import Case, active_case_of
from domain.cases.pausing import PauseCase
from domain.cases.status import Status
from domain.decision import Actor, Ref
from domain.ids import MINISTRY, school_id
from domain.permits import authority
from domain.requests.drafting import ExpireDraft, SaveDraft
from domain.requests.request import NoSuchRequest, Request, RequestStatus
from domain.sealed import DataClass, Sealed
from domain.students.caregiver import Caregiver
from domain.students.caring import CareBegun, CareEnded, CaregiverRegistered, CorrectCaregiverName, LinkCaregiver, Tie
from domain.students.contacting import AddContactDetail, ContactDetail
from domain.students.correcting import CorrectStudentDetails
from domain.students.enrolling import RecordEnrolment
from domain.students.student import Student, StudentDetails
from domain.text import PersonName
from domain.users.granting import GrantRole, RevokeRole
from domain.users.user import Grant, Role, User
from tests.domain.cases.scenes import ALL_FOUR, ALLOCATED, AWHI, CREATED, HANA, KAURI, RIMU, student
from tests.domain.given import TODAY, fold, world
from tests.domain.requests.forms import FORM

ME, COLLEAGUE, SIBLING = UUID(int=11), UUID(int=12), UUID(int=13)
MINE, COLLEAGUES = UUID(int=14), UUID(int=15)
WORKED_BY_ME = (CREATED, ALLOCATED, CaseManagerAssigned(manager=ME))
CASES = {
    Ref(Case, MINE): WORKED_BY_ME,
    Ref(Case, COLLEAGUES): (replace(CREATED, student=SIBLING), ALLOCATED, CaseManagerAssigned(manager=COLLEAGUE)),
    Ref(Student, HANA): student(),
    Ref(Student, SIBLING): student(at=RIMU),
}
NEW, OWN, THEIRS = UUID(int=17), UUID(int=18), UUID(int=19)
CAREGIVERS = {
    Ref(Caregiver, NEW): Caregiver(registered_by=ME),
    Ref(Caregiver, OWN): Caregiver(students=(SIBLING, HANA)),
    Ref(Caregiver, THEIRS): Caregiver(students=(SIBLING,)),
}
HOLDERS = {active_case_of(HANA): MINE, active_case_of(SIBLING): COLLEAGUES}
AUTHORITY = authority()
PAUSE = PauseCase(attestations=ALL_FOUR)
NAME = PersonName(family_name="Ngata")
ADD = AddContactDetail(contact=UUID(int=16), detail=ContactDetail(phone="021 123 456"), from_on=TODAY, source="School")


def ask(command: Any, role: Role, organisation: UUID, stream: UUID = HANA, state: Any = None) -> None:
    grant = Grant(role=role, organisation=organisation, from_on=TODAY)
    actor = Actor(user=ME, role=role, organisation=organisation)
    known = {**CASES, **CAREGIVERS, Ref(User, ME): User(grants=(grant,))}
    context = world(Student).by(actor).at(stream).knowing(known).claimed(HOLDERS).context()
    AUTHORITY.check(command, Student() if state is None else state, context)


def test_every_command_asks_something_of_authority():
    assert AUTHORITY.questions.keys() == set(registry.commands().values())


def test_a_case_is_worked_by_its_manager_seen_by_its_provider_and_unknown_to_others_BR_62_69():
    case = fold(Case, WORKED_BY_ME)
    ask(PAUSE, Role.CASE_MANAGER, AWHI, state=case)
    with pytest.raises(NotAllowed):
        ask(PAUSE, Role.ATTENDANCE_LEAD, KAURI, state=case)
    for role, organisation, state in (
        (Role.CASE_MANAGER, RIMU, case),
        (Role.CASE_MANAGER, AWHI, replace(case, manager=COLLEAGUE)),
        (Role.CASE_MANAGER, AWHI, Case()),
        (Role.SYSTEM, MINISTRY, Case()),
    ):
        with pytest.raises(NotFound):
            ask(PAUSE, role, organisation, state=state)


@pytest.mark.parametrize("status", [Status.CIT_REVIEW, Status.UNALLOCATED])
def test_no_provider_works_a_case_that_is_with_the_ministry_BR_32(status):
    with pytest.raises(NotFound):
        ask(PAUSE, Role.WORKFLOW_LEAD, AWHI, state=replace(fold(Case, WORKED_BY_ME), status=status))


def test_a_draft_is_its_authors_and_the_leads_of_its_school_BR_11():
    mine = Request(status=RequestStatus.DRAFT, school=KAURI, author=ME)
    save = SaveDraft(form=FORM)
    for role, state in (
        (Role.OFFICE_SUPPORT, Request()),
        (Role.OFFICE_SUPPORT, mine),
        (Role.ATTENDANCE_LEAD, replace(mine, author=COLLEAGUE)),
    ):
        ask(save, role, KAURI, state=state)
    for role, organisation, state in (
        (Role.OFFICE_SUPPORT, KAURI, replace(mine, author=COLLEAGUE)),
        (Role.ATTENDANCE_LEAD, RIMU, mine),
    ):
        with pytest.raises(NoSuchRequest):
            ask(save, role, organisation, state=state)
    with pytest.raises(NotAllowed):
        ask(save, Role.CASE_MANAGER, AWHI, state=Request())


def test_only_the_system_lets_a_draft_expire():
    ask(ExpireDraft(), Role.SYSTEM, MINISTRY, state=Request())
    for role, organisation in ((Role.ATTENDANCE_LEAD, KAURI), (Role.SYSTEM_ADMIN, MINISTRY)):
        with pytest.raises(NotAllowed):
            ask(ExpireDraft(), role, organisation, state=Request())


def test_the_case_manager_of_a_student_may_correct_details_and_contacts():
    details = StudentDetails(name=NAME, born_on=date(2015, 1, 1))
    commands = (
        CorrectStudentDetails(details=details, reason="Typed wrong."),
        LinkCaregiver(caregiver=NEW, tie=Tie(relation="MOTHER")),
        ADD,
    )
    for command in commands:
        ask(command, Role.CASE_MANAGER, AWHI)
        with pytest.raises(NotFound):
            ask(command, Role.CASE_MANAGER, AWHI, stream=SIBLING)
        with pytest.raises(NotFound):
            ask(command, Role.SYSTEM_ADMIN, MINISTRY)
        with pytest.raises(NotAllowed):
            ask(command, Role.ATTENDANCE_LEAD, KAURI)


def test_a_caregiver_is_reached_by_whoever_works_with_any_of_their_children():
    both = Caregiver(students=(SIBLING, HANA))
    theirs = world(Caregiver)(CareBegun(student=SIBLING)).state
    for command in (ADD, CorrectCaregiverName(name=NAME)):
        ask(command, Role.CASE_MANAGER, AWHI, state=both)
        for state in (theirs, Caregiver()):
            with pytest.raises(NotFound):
                ask(command, Role.CASE_MANAGER, AWHI, state=state)


def test_a_caregiver_is_out_of_sight_unless_a_case_of_their_children_is_seen_BR_69():
    for command in (ADD, CorrectCaregiverName(name=NAME)):
        with pytest.raises(NotAllowed):
            ask(command, Role.ATTENDANCE_LEAD, KAURI, state=Caregiver(students=(SIBLING, HANA)))
        with pytest.raises(NotFound):
            ask(command, Role.ATTENDANCE_LEAD, KAURI, state=Caregiver(students=(SIBLING,)))


def test_nobody_makes_a_caregiver_reachable_whom_they_do_not_reach():
    tie = Tie(relation="MOTHER")
    for caregiver in (NEW, OWN):
        ask(LinkCaregiver(caregiver=caregiver, tie=tie), Role.CASE_MANAGER, AWHI)
    for caregiver in (THEIRS, UUID(int=20)):
        with pytest.raises(NotFound):
            ask(LinkCaregiver(caregiver=caregiver, tie=tie), Role.CASE_MANAGER, AWHI)
        with pytest.raises(NotAllowed):
            ask(LinkCaregiver(caregiver=caregiver, tie=tie), Role.ATTENDANCE_LEAD, KAURI)


def test_whoever_registered_a_caregiver_reaches_them_only_until_somebody_said_of_whom_they_care_for():
    registered = CaregiverRegistered(name=Sealed(NEW, DataClass.IDENTITY, NAME), registered_by=ME)
    assert world(Caregiver)(registered).state.registered_by == ME
    begun = CareBegun(student=SIBLING)
    assert world(Caregiver)(registered, begun).state.registered_by is None
    assert world(Caregiver)(registered, begun, CareEnded(student=SIBLING)).state.registered_by is None


def test_only_the_system_tells_the_roll():
    enrol = RecordEnrolment(school=school_id("1"), from_on=TODAY)
    ask(enrol, Role.SYSTEM, MINISTRY)
    for role, organisation in ((Role.CASE_MANAGER, AWHI), (Role.SYSTEM_ADMIN, MINISTRY)):
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
