"""What each command about reference data, people and roles asks of authority; cases list their own."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from domain.authority import Question, asker_of, may
from domain.catchments.contracting import EndContract, RecordContract
from domain.catchments.defining import DefineCatchment
from domain.codesets.publishing import PublishCodeSet
from domain.decision import Context
from domain.ids import MINISTRY
from domain.policies.publishing import PublishPolicy
from domain.policies.revising import PublishCriteria
from domain.providers.registering import RegisterProvider
from domain.relations import CaseFacts
from domain.rights import Action
from domain.schools.funding import EndIspFunding, GrantIspFunding
from domain.schools.registering import ChangeSchoolDetails, RegisterSchool
from domain.schools.zoning import AssignSchoolToCatchment
from domain.students.caregiver import Caregiver
from domain.students.caring import CorrectCaregiverName, LinkCaregiver, RegisterCaregiver, UnlinkCaregiver
from domain.students.contacting import AddContactDetail, EndContactDetail
from domain.students.correcting import CorrectStudentDetails
from domain.students.enrolling import RecordEnrolment, RecordWithdrawal
from domain.students.merging import MergeNsn
from domain.students.registering import RegisterStudent
from domain.users.granting import GrantRole, RevokeRole
from domain.users.inviting import ChangeUserDetails, InviteUser
from domain.users.training import RecordTrainingPassed
from domain.users.user import PROVIDER_ROLES, SCHOOL_ROLES

STAFF_ROLES: Final = SCHOOL_ROLES | PROVIDER_ROLES

_WHOLE: Final[dict[type[Any], Action]] = {
    RegisterStudent: Action.FEED_ROLL,
    RecordEnrolment: Action.FEED_ROLL,
    RecordWithdrawal: Action.FEED_ROLL,
    MergeNsn: Action.FEED_ROLL,
    RegisterCaregiver: Action.REGISTER_CAREGIVER,
    RegisterSchool: Action.KEEP_REFERENCE_DATA,
    ChangeSchoolDetails: Action.KEEP_REFERENCE_DATA,
    AssignSchoolToCatchment: Action.KEEP_REFERENCE_DATA,
    GrantIspFunding: Action.KEEP_REFERENCE_DATA,
    EndIspFunding: Action.KEEP_REFERENCE_DATA,
    DefineCatchment: Action.KEEP_REFERENCE_DATA,
    RecordContract: Action.KEEP_REFERENCE_DATA,
    EndContract: Action.KEEP_REFERENCE_DATA,
    RegisterProvider: Action.KEEP_REFERENCE_DATA,
    PublishPolicy: Action.KEEP_REFERENCE_DATA,
    PublishCriteria: Action.KEEP_REFERENCE_DATA,
    PublishCodeSet: Action.KEEP_REFERENCE_DATA,
    InviteUser: Action.INVITE_USER,
    ChangeUserDetails: Action.GRANT_MINISTRY_ROLE,
    RecordTrainingPassed: Action.GRANT_MINISTRY_ROLE,
}
_OF_A_STUDENT: Final = (CorrectStudentDetails, LinkCaregiver, UnlinkCaregiver)
_OF_A_CAREGIVER: Final = (CorrectCaregiverName,)
_OF_EITHER: Final = (AddContactDetail, EndContactDetail)


def questions(case_of: Callable[[UUID, Context], CaseFacts]) -> dict[type[Any], Question]:
    """List what these commands ask. `case_of` tells the facts of a student's present or last case."""

    def of_student(command: object, state: object, context: Context) -> tuple[Action, CaseFacts]:
        return Action.CORRECT_DETAILS, case_of(context.stream, context)

    def of_caregiver(command: object, state: Caregiver, context: Context) -> tuple[Action, CaseFacts]:
        cases = [case_of(student, context) for student in state.students]
        asker = asker_of(context)
        theirs = (case for case in cases if may(asker, Action.CORRECT_DETAILS, case))
        return Action.CORRECT_DETAILS, next(theirs, CaseFacts())

    def of_either(command: object, state: object, context: Context) -> tuple[Action, CaseFacts]:
        if isinstance(state, Caregiver):
            return of_caregiver(command, state, context)
        return of_student(command, state, context)

    return (
        {command: _of_the_whole(action) for command, action in _WHOLE.items()}
        | dict.fromkeys((GrantRole, RevokeRole), _of_a_grant)
        | dict.fromkeys(_OF_A_STUDENT, of_student)
        | dict.fromkeys(_OF_A_CAREGIVER, of_caregiver)
        | dict.fromkeys(_OF_EITHER, of_either)
    )


def _of_the_whole(action: Action) -> Question:
    def asked(command: object, state: object, context: Context) -> tuple[Action, CaseFacts]:
        return action, CaseFacts(organisation=MINISTRY)

    return asked


def _of_a_grant(command: GrantRole | RevokeRole, state: object, context: Context) -> tuple[Action, CaseFacts]:
    staff = command.role in STAFF_ROLES
    action = Action.GRANT_STAFF_ROLE if staff else Action.GRANT_MINISTRY_ROLE
    return action, CaseFacts(organisation=command.organisation)
