"""A user, as later decisions need them: which roles they hold, in which organisation, for how long."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.decision import Context, Refused
from domain.effective import holds
from domain.sealed import Sealed, Unknown
from domain.text import STRICT, Email, PersonName, ShortText


class Role(StrEnum):
    """What somebody may be: three roles of schools, two of providers, the rest of the Ministry."""

    ATTENDANCE_LEAD = "ATTENDANCE_LEAD"
    SCHOOL_PRIMARY_CONTACT = "SCHOOL_PRIMARY_CONTACT"
    OFFICE_SUPPORT = "OFFICE_SUPPORT"
    WORKFLOW_LEAD = "WORKFLOW_LEAD"
    CASE_MANAGER = "CASE_MANAGER"
    CIT_OFFICER = "CIT_OFFICER"  # of the Central Investigations Team
    REGIONAL_ADVISOR = "REGIONAL_ADVISOR"  # of a regional office
    NATIONAL_ANALYST = "NATIONAL_ANALYST"  # sees figures, and no case
    PROSECUTIONS_ADVISOR = "PROSECUTIONS_ADVISOR"
    PRIVACY_OFFICER = "PRIVACY_OFFICER"
    SYSTEM_ADMIN = "SYSTEM_ADMIN"
    AUDITOR = "AUDITOR"  # reads everything, changes nothing; for a time
    DELEGATED_AUTHORISER = "DELEGATED_AUTHORISER"  # of a school or provider: grants its roles, sees no case
    SYSTEM = "SYSTEM"  # automations and ENROL; never a person


SCHOOL_ROLES: Final = frozenset({Role.ATTENDANCE_LEAD, Role.SCHOOL_PRIMARY_CONTACT, Role.OFFICE_SUPPORT})
PROVIDER_ROLES: Final = frozenset({Role.WORKFLOW_LEAD, Role.CASE_MANAGER})
MINISTRY_ROLES: Final = frozenset(
    {
        Role.CIT_OFFICER,
        Role.REGIONAL_ADVISOR,
        Role.NATIONAL_ANALYST,
        Role.PROSECUTIONS_ADVISOR,
        Role.PRIVACY_OFFICER,
        Role.SYSTEM_ADMIN,
        Role.AUDITOR,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class UserDetails:
    """Who a user is and where notices reach them; sealed whole. The login is the identity provider's."""

    __pydantic_config__ = STRICT

    name: PersonName
    email: Email
    login: ShortText


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role in an organisation for a time; the last day included."""

    role: Role
    organisation: UUID
    from_on: date
    to_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seconded:
    """What two administrators did together: who asked, who approved, on which day."""

    asked_by: UUID
    approved_by: UUID
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    details: Sealed[UserDetails] | None = None
    grants: tuple[Grant, ...] = ()
    training_passed_on: date | None = None
    made_administrator: tuple[Seconded, ...] = ()  # by whom, each time that others did
    stands_for: UUID | None = None  # another user, whom an organisation invited under this id
    legal_holds: tuple[UUID, ...] = ()  # nothing of them is destroyed as long as there is one

    @property
    def registered(self) -> bool:
        return self.details is not None

    def require(self) -> UserDetails:
        """Return who the user is; raise if there is none, or if what was known was destroyed."""
        if self.details is None:
            raise NoSuchUser
        known = self.details.open()
        if isinstance(known, Unknown):
            raise UserForgotten
        return known

    def holds(self, role: str, organisation: UUID, day: date) -> bool:
        """Say whether the role is theirs in the organisation on the day; once revoked it is not."""
        return any(g.role == role and g.organisation == organisation and holds(g, day) for g in self.grants)

    def holds_any(self, roles: frozenset[Role], organisation: UUID, day: date) -> bool:
        """Say whether one of the roles is theirs in the organisation on the day."""
        return any(self.holds(role, organisation, day) for role in roles)


def user_meant(addressed: User, context: Context) -> tuple[UUID, User]:
    """Return who is meant by the id of a command, and how they stand."""
    return whom_of(context.stream, addressed, context)


def whom_of(named: UUID, known: User, context: Context) -> tuple[UUID, User]:
    """Return the user under an id and how they stand: themselves, or whom an organisation invited under it."""
    return (named, known) if known.stands_for is None else (known.stands_for, context.fact(User, known.stands_for))


class NoSuchUser(Refused):
    """There is no such user."""


class UserForgotten(Refused):
    """The details of this user were destroyed."""
