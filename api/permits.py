"""The permit of the service: what every command asks of authority, those about cases and requests among them."""

from typing import Any, Final
from uuid import UUID

from domain import permits
from domain.authority import Authority, Question
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
from domain.decision import Context
from domain.ids import MINISTRY
from domain.relations import CaseFacts, Standing
from domain.requests.drafting import DiscardDraft, ExpireDraft, SaveDraft, WarnOfExpiry
from domain.requests.request import NoSuchRequest, Request
from domain.requests.submitting import SubmitCaRequest
from domain.rights import Action
from domain.users.user import Role

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


def authority() -> Authority:
    """Return the permit that every command from outside is judged by."""
    return Authority(
        permits.questions(case_of_student)
        | {command: _of_case(action) for command, action in _OF_A_CASE.items()}
        | dict.fromkeys((SaveDraft, DiscardDraft, SubmitCaRequest), _of_request)
        | dict.fromkeys((PublishCalendar, PublishSchoolCalendar), _of_calendar)
        | dict.fromkeys((WarnOfExpiry, ExpireDraft), _of_expiry)
    )


def case_of_student(student: UUID, context: Context) -> CaseFacts:
    """Return the facts of a student's active case, or of the last one."""
    holder = context.holder(active_case_of(student))
    return facts_of(context.fact(Case, holder.stream), context) if holder else CaseFacts()


def facts_of(case: Case, context: Context) -> CaseFacts:
    """Return what rights to a case depend on, as of now."""
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
        return action, facts_of(case, context)

    return asked


def _of_request(command: object, request: Request, context: Context) -> tuple[Action, CaseFacts]:
    """A draft is its author's and the Attendance Leads' of its school; nobody else learns that there is one (BR-11)."""
    own = request.author in (None, context.actor.user) or context.actor.role == Role.ATTENDANCE_LEAD
    if request.status is not None and not (own and request.school == context.actor.organisation):
        raise NoSuchRequest
    return Action.REQUEST_SUPPORT, CaseFacts(organisation=context.actor.organisation)


def _of_calendar(command: object, state: object, context: Context) -> tuple[Action, CaseFacts]:
    return Action.KEEP_REFERENCE_DATA, CaseFacts(organisation=MINISTRY)


def _of_expiry(command: object, state: object, context: Context) -> tuple[Action, CaseFacts]:
    return Action.RUN_AUTOMATION, CaseFacts(standing=Standing.ACTIVE)
