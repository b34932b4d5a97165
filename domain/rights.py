"""Rights: which action is whose, and in which relation to the case (BR-60 to BR-69, BR-130 to BR-143).

The table lists them all; whatever it does not list is refused.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias
from uuid import UUID

from domain.relations import (
    Asker,
    CaseFacts,
    Relation,
    Standing,
    anywhere,
    of_any_case,
    of_cit,
    of_contracting_region,
    of_enrolling_school,
    of_kept_reader,
    of_last_manager,
    of_manager,
    of_named_contact,
    of_next_provider,
    of_office_timeline,
    of_own_organisation,
    of_prosecutions,
    of_provider,
    of_region,
)
from domain.users.user import PROVIDER_ROLES, SCHOOL_ROLES, Role


class Action(StrEnum):
    """What somebody may want: first of a case, then of an organisation or the whole."""

    READ_CASE = "READ_CASE"  # that there is a case, where it stands, who works it
    READ_TIMELINE = "READ_TIMELINE"  # what was done, school items and whatever was shared
    READ_PROVIDER_ITEMS = "READ_PROVIDER_ITEMS"  # comments and files that the provider did not share (BR-63)
    READ_SAFETY_NOTES = "READ_SAFETY_NOTES"  # BR-54
    UPDATE_FROM_SCHOOL = "UPDATE_FROM_SCHOOL"  # comments, files and updates of the school (BR-64, BR-135)
    NAME_PRIMARY_CONTACT = "NAME_PRIMARY_CONTACT"  # BR-143
    ASSIGN = "ASSIGN"  # a Case Manager, first or next (BR-35, BR-36)
    WORK = "WORK"  # barriers, plan, meetings, comments, sharing, letters, locating, pausing, transition
    CLOSE = "CLOSE"  # BR-77
    CORRECT_DETAILS = "CORRECT_DETAILS"  # of the student and the whānau, contacts too
    REFER_TO_PROSECUTIONS = "REFER_TO_PROSECUTIONS"  # BR-92
    REQUEST_TRANSFER = "REQUEST_TRANSFER"  # BR-40
    ACCEPT_TRANSFER = "ACCEPT_TRANSFER"  # or decline it, by the provider that shall take the case
    DECIDE_AS_CIT = "DECIDE_AS_CIT"  # review, allocate, close, transfers, information checks (BR-33, BR-34, BR-40)
    ADVISE_ON_PROSECUTION = "ADVISE_ON_PROSECUTION"
    RUN_AUTOMATION = "RUN_AUTOMATION"  # what follows from time or from ENROL, in any case

    REQUEST_SUPPORT = "REQUEST_SUPPORT"  # drafts and CA requests of a school (BR-10)
    READ_SCHOOL_REPORTS = "READ_SCHOOL_REPORTS"  # BR-130
    READ_PROVIDER_REPORTS = "READ_PROVIDER_REPORTS"  # BR-131
    READ_REGIONAL_REPORTS = "READ_REGIONAL_REPORTS"  # what waits in a region for a provider (BR-32, BR-131)
    READ_NATIONAL_REPORTS = "READ_NATIONAL_REPORTS"  # de-identified (BR-132)
    READ_ACCESS_LOG = "READ_ACCESS_LOG"
    READ_FORMER_DETAILS = "READ_FORMER_DETAILS"  # what was corrected of a person; that it was read is recorded (BR-113)
    READ_DISPOSALS = "READ_DISPOSALS"  # who asked that whose data is destroyed, and what became of it (BR-115)
    LOG_INFORMATION_REQUEST = "LOG_INFORMATION_REQUEST"  # and forward it (BR-110)
    DECIDE_INFORMATION_REQUEST = "DECIDE_INFORMATION_REQUEST"  # breaches too (BR-111 to BR-114)
    DECIDE_DISPOSAL = "DECIDE_DISPOSAL"  # whose data is destroyed, and whose is kept (BR-115)
    REGISTER_CAREGIVER = "REGISTER_CAREGIVER"
    FEED_ROLL = "FEED_ROLL"  # students, enrolments and withdrawals, as ENROL tells them
    KEEP_REFERENCE_DATA = "KEEP_REFERENCE_DATA"  # schools, catchments, contracts, providers, policy, code sets
    INVITE_USER = "INVITE_USER"
    GRANT_STAFF_ROLE = "GRANT_STAFF_ROLE"  # a role of a school or provider, or take it away
    GRANT_MINISTRY_ROLE = "GRANT_MINISTRY_ROLE"  # every other role, the Delegated Authoriser's too


Rights: TypeAlias = Mapping[Role, tuple[Relation, ...]]

_LEAD: Final[Rights] = {Role.WORKFLOW_LEAD: (of_provider,)}
_WORKERS: Final[Rights] = {Role.WORKFLOW_LEAD: (of_provider,), Role.CASE_MANAGER: (of_manager,)}
_SCHOOL: Final[Rights] = {
    Role.ATTENDANCE_LEAD: (of_enrolling_school,),
    Role.OFFICE_SUPPORT: (of_enrolling_school,),
    Role.SCHOOL_PRIMARY_CONTACT: (of_named_contact,),
}
_PROVIDER_READERS: Final[Rights] = {
    Role.WORKFLOW_LEAD: (of_provider, of_kept_reader),
    Role.CASE_MANAGER: (of_manager, of_last_manager),
}
_MINISTRY_READERS: Final[Rights] = {
    Role.CIT_OFFICER: (of_cit,),
    Role.REGIONAL_ADVISOR: (of_region,),
    Role.PROSECUTIONS_ADVISOR: (of_prosecutions,),
    Role.PRIVACY_OFFICER: (of_any_case,),
    Role.AUDITOR: (of_any_case,),
}
_OWN_SCHOOL: Final[Rights] = dict.fromkeys(SCHOOL_ROLES, (of_own_organisation,))
_OWN_PROVIDER: Final[Rights] = dict.fromkeys(PROVIDER_ROLES, (of_own_organisation,))
_ADMIN: Final[Rights] = {Role.SYSTEM_ADMIN: (anywhere,)}
_SYSTEM: Final[Rights] = {Role.SYSTEM: (anywhere,)}

TABLE: Final[Mapping[Action, Rights]] = MappingProxyType(
    {
        Action.READ_CASE: {
            **_SCHOOL,
            **_PROVIDER_READERS,
            **_MINISTRY_READERS,
            Role.WORKFLOW_LEAD: (of_provider, of_kept_reader, of_next_provider),
            Role.SYSTEM: (of_any_case,),
        },
        Action.READ_TIMELINE: {
            **_SCHOOL,
            **_PROVIDER_READERS,
            **_MINISTRY_READERS,
            Role.OFFICE_SUPPORT: (of_office_timeline,),
        },
        Action.READ_PROVIDER_ITEMS: {**_PROVIDER_READERS, **_MINISTRY_READERS},
        Action.READ_SAFETY_NOTES: {**_WORKERS, Role.AUDITOR: (of_any_case,)},
        Action.UPDATE_FROM_SCHOOL: _SCHOOL,
        Action.NAME_PRIMARY_CONTACT: {Role.ATTENDANCE_LEAD: (of_enrolling_school,)},
        Action.ASSIGN: _LEAD,
        Action.WORK: _WORKERS,
        Action.CLOSE: _WORKERS,
        Action.CORRECT_DETAILS: {
            **_WORKERS,
            Role.CIT_OFFICER: (of_cit,),
            Role.PRIVACY_OFFICER: (of_any_case,),
        },
        Action.REFER_TO_PROSECUTIONS: {**_WORKERS, Role.ATTENDANCE_LEAD: (of_enrolling_school,)},
        Action.REQUEST_TRANSFER: _WORKERS,
        Action.ACCEPT_TRANSFER: {Role.WORKFLOW_LEAD: (of_next_provider,)},
        Action.DECIDE_AS_CIT: {Role.CIT_OFFICER: (of_cit,)},
        Action.ADVISE_ON_PROSECUTION: {Role.PROSECUTIONS_ADVISOR: (of_prosecutions,)},
        Action.RUN_AUTOMATION: _SYSTEM,
        Action.REQUEST_SUPPORT: _OWN_SCHOOL,
        Action.READ_SCHOOL_REPORTS: {**_OWN_SCHOOL, Role.AUDITOR: (anywhere,)},
        Action.READ_PROVIDER_REPORTS: {
            Role.WORKFLOW_LEAD: (of_own_organisation,),
            Role.REGIONAL_ADVISOR: (of_contracting_region,),
            Role.AUDITOR: (anywhere,),
        },
        Action.READ_REGIONAL_REPORTS: {
            Role.REGIONAL_ADVISOR: (of_own_organisation,),
            Role.CIT_OFFICER: (anywhere,),  # who allocates what waits there
            Role.AUDITOR: (anywhere,),
        },
        Action.READ_NATIONAL_REPORTS: {Role.NATIONAL_ANALYST: (anywhere,), Role.AUDITOR: (anywhere,)},
        Action.READ_ACCESS_LOG: {Role.AUDITOR: (anywhere,), Role.PRIVACY_OFFICER: (anywhere,)},
        Action.READ_FORMER_DETAILS: {Role.PRIVACY_OFFICER: (anywhere,)},
        Action.READ_DISPOSALS: {Role.PRIVACY_OFFICER: (anywhere,), Role.AUDITOR: (anywhere,)},
        Action.LOG_INFORMATION_REQUEST: {**_OWN_PROVIDER, Role.PRIVACY_OFFICER: (anywhere,)},
        Action.DECIDE_INFORMATION_REQUEST: {Role.PRIVACY_OFFICER: (anywhere,)},
        Action.DECIDE_DISPOSAL: {Role.PRIVACY_OFFICER: (anywhere,)},
        Action.REGISTER_CAREGIVER: dict.fromkeys(
            (*SCHOOL_ROLES, *PROVIDER_ROLES, Role.CIT_OFFICER, Role.SYSTEM), (anywhere,)
        ),
        Action.FEED_ROLL: _SYSTEM,
        Action.KEEP_REFERENCE_DATA: {**_ADMIN, **_SYSTEM},
        Action.INVITE_USER: {**_ADMIN, Role.DELEGATED_AUTHORISER: (anywhere,)},
        Action.GRANT_STAFF_ROLE: {**_ADMIN, Role.DELEGATED_AUTHORISER: (of_own_organisation,)},
        Action.GRANT_MINISTRY_ROLE: _ADMIN,
    }
)
"""Every right there is. A role that is not listed with an action has no right to it anywhere."""

READS: Final = frozenset(action for action in Action if action.name.startswith("READ_"))

_NOBODY, _SOMEBODY = UUID(int=0), UUID(int=1)


def _reads_of_strangers(role: Role, relations: tuple[Relation, ...]) -> bool:
    """Say whether one of the relations holds with a case, or an organisation, that the role has nothing to do with."""
    asker = Asker(user=_SOMEBODY, role=role, organisation=_SOMEBODY, today=date.min)
    cases = (CaseFacts(standing=each) for each in (Standing.ACTIVE, Standing.CLOSED))
    return any(related(asker, facts) for facts in (*cases, CaseFacts(organisation=_NOBODY)) for related in relations)


READERS_OF_EVERYTHING: Final = frozenset(
    role for action in READS for role, relations in TABLE[action].items() if _reads_of_strangers(role, relations)
)
"""The roles that read what they have nothing to do with: cases of strangers, or reports of any organisation."""

NEED_TWO: Final = READERS_OF_EVERYTHING | TABLE[Action.GRANT_MINISTRY_ROLE].keys()
"""The roles that one administrator alone gives to nobody (ADR 19)."""
