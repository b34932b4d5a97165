"""What every command asks of authority: which action, on the facts of which case or organisation."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from domain.authority import Authority, Question, asker_of, may, require
from domain.calendars.publishing import PublishCalendar, PublishSchoolCalendar
from domain.cases.allocating import AllocateCase, MoveToCatchmentProvider
from domain.cases.assigning import AssignCaseManager, NoteManagerLeft, ReassignCaseManager, ReturnCaseToQueue
from domain.cases.case import Case, CaseType, active_case_of
from domain.cases.closing import CloseCase
from domain.cases.consulting import ConsultSchool
from domain.cases.contacting import RecordContactAttempt
from domain.cases.enrolling import NoteEnrolment
from domain.cases.exploring_pathways import ConfirmPathway, ProposePathway
from domain.cases.facts import enrolled_at
from domain.cases.identifying_barriers import ChangeBarrierStatus, IdentifyBarrier, RecategoriseBarrier
from domain.cases.meeting import RecordMissedMeeting, RecordSchoolMeeting, RecordWhanauMeeting, ScheduleMeeting
from domain.cases.naming_contact import NamePrimaryContact, NotePrimaryContactLeft
from domain.cases.pausing import PauseCase, ResumeCase, ResumeWhenDue
from domain.cases.planning import AgreePlan, DraftPlan, EndPlan, ReviewPlan, UpdatePlanAction
from domain.cases.recalculating import RecalculateDeadlines
from domain.cases.recording_activities import CorrectActivity, RecordActivity
from domain.cases.reopening import ReopenCase
from domain.cases.status import ACTIVE, Status
from domain.cases.transitioning import MoveToTransition, ReturnToOpen
from domain.catchments.contracting import EndContract, RecordContract
from domain.catchments.defining import DefineCatchment
from domain.codesets.publishing import PublishCodeSet
from domain.decision import Context
from domain.ids import MINISTRY
from domain.policies.publishing import PublishPolicy
from domain.policies.revising import PublishCriteria
from domain.privacy.disposing import (
    AskForDisposal,
    AuthoriseDisposal,
    BeginDisposal,
    DeclineDisposal,
    RecordKeysDestroyed,
    WithdrawDisposal,
)
from domain.privacy.holding import LiftLegalHold, PlaceLegalHold
from domain.providers.registering import RegisterProvider
from domain.regions import region_of
from domain.relations import CaseFacts, Standing
from domain.requests.drafting import DiscardDraft, ExpireDraft, SaveDraft, WarnOfExpiry
from domain.requests.request import NoSuchRequest, Request
from domain.requests.submitting import SubmitCaRequest
from domain.rights import Action
from domain.schools.funding import EndIspFunding, GrantIspFunding
from domain.schools.registering import ChangeSchoolDetails, RegisterSchool
from domain.schools.zoning import AssignSchoolToCatchment
from domain.streams.reclaiming import ReclaimStream
from domain.students.caregiver import Caregiver
from domain.students.caring import CorrectCaregiverName, LinkCaregiver, RegisterCaregiver, UnlinkCaregiver
from domain.students.contacting import AddContactDetail, EndContactDetail
from domain.students.correcting import CorrectStudentDetails
from domain.students.disclosing import ReadFormerDetails
from domain.students.enrolling import RecordEnrolment, RecordWithdrawal
from domain.students.merging import MergeNsn
from domain.students.registering import RegisterStudent
from domain.users.approving import Approve, AskForLogin, AskForRole, Decline, Withdraw
from domain.users.granting import GrantRole, RevokeRole
from domain.users.inviting import ChangeUserDetails, InviteUser
from domain.users.training import RecordTrainingPassed
from domain.users.user import PROVIDER_ROLES, SCHOOL_ROLES, Role

_STAFF_ROLES: Final = SCHOOL_ROLES | PROVIDER_ROLES

_OF_A_CASE: Final[dict[type[Any], Action]] = {
    AllocateCase: Action.DECIDE_AS_CIT,
    MoveToCatchmentProvider: Action.ASSIGN,
    AssignCaseManager: Action.ASSIGN,
    ReassignCaseManager: Action.ASSIGN,
    ReturnCaseToQueue: Action.ASSIGN,
    ReopenCase: Action.ASSIGN,
    CloseCase: Action.CLOSE,
    NamePrimaryContact: Action.NAME_PRIMARY_CONTACT,
    **dict.fromkeys((ScheduleMeeting, RecordSchoolMeeting, RecordWhanauMeeting), Action.WORK),
    **dict.fromkeys((RecordMissedMeeting, RecordContactAttempt, ConsultSchool), Action.WORK),
    **dict.fromkeys((PauseCase, ResumeCase, MoveToTransition, ReturnToOpen), Action.WORK),
    **dict.fromkeys((IdentifyBarrier, ChangeBarrierStatus, RecategoriseBarrier), Action.WORK),
    **dict.fromkeys((DraftPlan, AgreePlan, UpdatePlanAction, ReviewPlan, EndPlan), Action.WORK),
    **dict.fromkeys((RecordActivity, CorrectActivity, ProposePathway, ConfirmPathway), Action.WORK),
    **dict.fromkeys((ResumeWhenDue, NoteEnrolment, NoteManagerLeft), Action.RUN_AUTOMATION),
    **dict.fromkeys((NotePrimaryContactLeft, RecalculateDeadlines), Action.RUN_AUTOMATION),
}
_OF_THE_MINISTRY: Final[dict[type[Any], Action]] = {
    **dict.fromkeys((RegisterStudent, RecordEnrolment, RecordWithdrawal, MergeNsn), Action.FEED_ROLL),
    RegisterCaregiver: Action.REGISTER_CAREGIVER,
    ReadFormerDetails: Action.READ_FORMER_DETAILS,
    **dict.fromkeys((AskForDisposal, AuthoriseDisposal, DeclineDisposal), Action.DECIDE_DISPOSAL),
    **dict.fromkeys((WithdrawDisposal, PlaceLegalHold, LiftLegalHold), Action.DECIDE_DISPOSAL),
    **dict.fromkeys((RegisterSchool, ChangeSchoolDetails, AssignSchoolToCatchment), Action.KEEP_REFERENCE_DATA),
    **dict.fromkeys((GrantIspFunding, EndIspFunding, RegisterProvider), Action.KEEP_REFERENCE_DATA),
    **dict.fromkeys((DefineCatchment, RecordContract, EndContract), Action.KEEP_REFERENCE_DATA),
    **dict.fromkeys((PublishPolicy, PublishCriteria, PublishCodeSet), Action.KEEP_REFERENCE_DATA),
    **dict.fromkeys((PublishCalendar, PublishSchoolCalendar), Action.KEEP_REFERENCE_DATA),
    InviteUser: Action.INVITE_USER,
    **dict.fromkeys((ChangeUserDetails, RecordTrainingPassed), Action.GRANT_MINISTRY_ROLE),
    **dict.fromkeys((AskForRole, AskForLogin, Approve, Decline, Withdraw), Action.GRANT_MINISTRY_ROLE),
    **dict.fromkeys((WarnOfExpiry, ExpireDraft, ReclaimStream), Action.RUN_AUTOMATION),
    **dict.fromkeys((BeginDisposal, RecordKeysDestroyed), Action.RUN_AUTOMATION),
}
_OF_A_REQUEST: Final = (SaveDraft, DiscardDraft, SubmitCaRequest)
_OF_A_GRANT: Final = (GrantRole, RevokeRole)
_OF_A_PERSON: Final = (
    CorrectStudentDetails,
    UnlinkCaregiver,
    CorrectCaregiverName,
    AddContactDetail,
    EndContactDetail,
)


def authority() -> Authority:
    """Return the permit that every command from outside is judged by."""
    return Authority(
        {command: _of_case(action) for command, action in _OF_A_CASE.items()}
        | {command: _of_ministry(action) for command, action in _OF_THE_MINISTRY.items()}
        | dict.fromkeys(_OF_A_REQUEST, _of_request)
        | dict.fromkeys(_OF_A_GRANT, _of_grant)
        | dict.fromkeys(_OF_A_PERSON, _of_person)
        | {LinkCaregiver: _of_student_and_caregiver}
    )


def facts_of(case: Case, context: Context) -> CaseFacts:
    """Return what rights to a case depend on, as of now; lists are held against it."""
    region = region_of(case, context) if case.status else None
    return replace(_facts_but_region(case, context), regions=frozenset({region} if region else ()))


def facts_for_actor(case: Case, context: Context) -> CaseFacts:
    """Return the same without what only a regional advisor's right depends on, so that nobody else waits for it."""
    return (facts_of if context.actor.role == Role.REGIONAL_ADVISOR else _facts_but_region)(case, context)


def _facts_but_region(case: Case, context: Context) -> CaseFacts:
    standing = _standing(case.status)
    if standing is Standing.NONE:
        return CaseFacts()
    return CaseFacts(
        standing=standing,
        nen=case.type is CaseType.NEN,
        school=enrolled_at(case, context),
        primary_contact=case.primary_contact,
        provider=case.provider,
        manager=case.manager,
        last_manager=case.last_manager,
    )


def _standing(status: Status | None) -> Standing:
    if status is None:
        return Standing.NONE
    if status in {Status.CIT_REVIEW, Status.UNALLOCATED}:
        return Standing.WITH_MINISTRY
    return Standing.ACTIVE if status in ACTIVE else Standing.CLOSED


def _of_case(action: Action) -> Question:
    def asked(command: object, case: Case, context: Context) -> tuple[Action, CaseFacts]:
        return action, facts_for_actor(case, context)

    return asked


def _of_ministry(action: Action) -> Question:
    def asked(command: object, state: object, context: Context) -> tuple[Action, CaseFacts]:
        return action, CaseFacts(organisation=MINISTRY)

    return asked


def _of_request(command: object, request: Request, context: Context) -> tuple[Action, CaseFacts]:
    """A draft is its author's and the Attendance Leads' of its school; nobody else learns that there is one (BR-11)."""
    own = request.author in (None, context.actor.user) or context.actor.role == Role.ATTENDANCE_LEAD
    if request.status is not None and not (own and request.school == context.actor.organisation):
        raise NoSuchRequest
    return Action.REQUEST_SUPPORT, CaseFacts(organisation=context.actor.organisation)


def _of_grant(command: GrantRole | RevokeRole, state: object, context: Context) -> tuple[Action, CaseFacts]:
    """Roles of schools and providers are given by their own organisation too; every other role by the Ministry."""
    action = Action.GRANT_STAFF_ROLE if command.role in _STAFF_ROLES else Action.GRANT_MINISTRY_ROLE
    return action, CaseFacts(organisation=command.organisation)


def _of_person(command: object, state: object, context: Context) -> tuple[Action, CaseFacts]:
    """A student is reached through their case, a caregiver through that of any of their children."""
    students = state.students if isinstance(state, Caregiver) else (context.stream,)
    return Action.CORRECT_DETAILS, _nearest(students, context)


def _of_student_and_caregiver(command: LinkCaregiver, state: object, context: Context) -> tuple[Action, CaseFacts]:
    """To care for a student makes a caregiver reachable: only for whoever reaches them already, or registered them."""
    caregiver = context.fact(Caregiver, command.caregiver)
    student = _nearest((context.stream,), context)
    if caregiver.registered_by == context.actor.user:
        return Action.CORRECT_DETAILS, student
    require(asker_of(context), Action.CORRECT_DETAILS, student)
    return Action.CORRECT_DETAILS, _nearest(caregiver.students, context)


def _nearest(students: Iterable[UUID], context: Context) -> CaseFacts:
    """Return the facts of the case, among those of some students, that lets the asker do most."""
    asker = asker_of(context)
    rights = (Action.CORRECT_DETAILS, Action.READ_CASE)  # in sight and not theirs to do says so (BR-69)
    cases = (_case_of(student, context) for student in students)
    return max(cases, key=lambda case: [may(asker, each, case) for each in rights], default=CaseFacts())


def _case_of(student: UUID, context: Context) -> CaseFacts:
    """Return the facts of a student's active case, or of the last one."""
    holder = context.holder(active_case_of(student))
    return facts_for_actor(context.fact(Case, holder.stream), context) if holder else CaseFacts()
