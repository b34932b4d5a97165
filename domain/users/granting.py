"""Granting roles: to whom, in which organisation, for how long. A revocation works at once."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeAlias
from uuid import UUID

from domain.decision import Context, Decision, Part, Ref, Refused
from domain.effective import require_order
from domain.ids import MINISTRY
from domain.policies.policy import SERVICE_POLICY, Policy
from domain.providers.provider import Provider
from domain.rights import NEED_TWO
from domain.schools.school import School
from domain.sealed import DataClass, Sealed
from domain.text import STRICT, LongText
from domain.users.seconding import NeedsSecondAdministrator, by_program
from domain.users.user import PROVIDER_ROLES, SCHOOL_ROLES, Grant, Role, Seconded, User, user_meant


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRole:
    """Give somebody a role in an organisation. Auditors get theirs for a time and with a reason.

    A role that reads everything, or makes an administrator, is asked for and approved by another one (ADR 19).
    """

    __pydantic_config__ = STRICT

    role: Role
    organisation: UUID
    from_on: date
    to_on: date | None = None
    reason: LongText | None = None

    def decide(self, addressed: User, context: Context) -> Decision:
        whom, user = user_meant(addressed, context)
        _require_giver(self.role, whom, context)
        if self.role in NEED_TWO and not by_program(context):
            raise NeedsSecondAdministrator("role")
        happened = granted(self.grant, self.reason, whom, user, context)
        return Decision(parts=(Part(Ref(User, whom), happened),) if happened else ())

    @property
    def grant(self) -> Grant:
        return Grant(role=self.role, organisation=self.organisation, from_on=self.from_on, to_on=self.to_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRoleGranted:
    """Somebody may act in a role for an organisation, from and to the days of the grant."""

    grant: Grant
    reason: Sealed[str] | None = None  # an auditor's role always has one
    seconded: Seconded | None = None  # by which two administrators, if it needed two (ADR 19)

    def evolve(self, user: User) -> User:
        made = (self.seconded,) if self.seconded and self.grant.role is Role.SYSTEM_ADMIN else ()
        return replace(user, grants=(*user.grants, self.grant), made_administrator=(*user.made_administrator, *made))


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeRole:
    """Take a role in an organisation away, at once and for good. One administrator is enough (ADR 19)."""

    __pydantic_config__ = STRICT

    role: Role
    organisation: UUID

    def decide(self, addressed: User, context: Context) -> Decision:
        whom, user = user_meant(addressed, context)
        happened = UserRoleRevoked(role=self.role, organisation=self.organisation)
        return Decision(parts=() if happened.evolve(user) == user else (Part(Ref(User, whom), (happened,)),))


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRoleRevoked:
    """Every grant of the role in the organisation is gone, future ones too."""

    role: Role
    organisation: UUID

    def evolve(self, user: User) -> User:
        return replace(user, grants=tuple(each for each in user.grants if not self._names(each)))

    def _names(self, grant: Grant) -> bool:
        return (grant.role, grant.organisation) == (self.role, self.organisation)


def granted(
    grant: Grant, reason: str | None, whom: UUID, user: User, context: Context, seconded: Seconded | None = None
) -> tuple[UserRoleGranted, ...]:
    """Return what giving somebody a role becomes: nothing if they have it. Raises what speaks against it."""
    require_order(grant.from_on, grant.to_on)
    user.require()
    if any(covers(each, grant) for each in user.grants):
        return ()
    _require_allowed(grant, reason, whom, user, context)
    sealed = Sealed(whom, DataClass.NARRATIVE, reason) if reason else None
    return (UserRoleGranted(grant=grant, reason=sealed, seconded=seconded),)


def _require_allowed(grant: Grant, reason: str | None, whom: UUID, user: User, context: Context) -> None:
    _require_giver(grant.role, whom, context)
    if grant.role is Role.AUDITOR:
        _require_term(grant, reason, context)
    if grant.role in PROVIDER_ROLES and user.training_passed_on is None:
        raise TrainingNotPassed("role")
    if not has_role(grant.role, grant.organisation, context):
        raise NotARoleOfThisOrganisation("organisation")


def _require_giver(role: Role, whom: UUID, context: Context) -> None:
    """Raise if who asks gives this role to nobody, or not to this one."""
    if context.actor.user == whom:
        raise GrantedToOneself
    if role is Role.SYSTEM and not by_program(context):
        raise GrantedByTheProgram("role")


def _require_term(grant: Grant, reason: str | None, context: Context) -> None:
    if not (grant.to_on and reason):
        raise AuditNeedsTermAndReason("to_on", "reason")
    longest = context.fact(Policy, SERVICE_POLICY).in_force(context.today).audit_longest_days
    if grant.to_on - grant.from_on >= timedelta(days=longest):
        raise AuditTooLong("to_on")


def covers(held: Grant, asked: Grant) -> bool:
    """Say whether a grant gives all that another would."""
    same = (held.role, held.organisation) == (asked.role, asked.organisation)
    return same and held.from_on <= asked.from_on and (held.to_on or date.max) >= (asked.to_on or date.max)


def has_role(role: Role, organisation: UUID, context: Context) -> bool:
    """Say whether an organisation of this kind has people in this role."""
    if role in SCHOOL_ROLES:
        return context.fact(School, organisation).registered
    if role in PROVIDER_ROLES:
        return context.fact(Provider, organisation).registered
    if role is Role.DELEGATED_AUTHORISER:
        return context.fact(School, organisation).registered or context.fact(Provider, organisation).registered
    return role is Role.REGIONAL_ADVISOR or organisation == MINISTRY


class GrantedToOneself(Refused):
    """Nobody grants a role to themselves."""


class GrantedByTheProgram(Refused):
    """The role of a system's own user is granted where the service runs, by the program alone."""


class AuditNeedsTermAndReason(Refused):
    """An auditor's role is granted for a time, with a last day and a reason."""


class AuditTooLong(Refused):
    """An auditor's role is granted for so long at most as the policy says."""


class TrainingNotPassed(Refused):
    """People of providers pass the online training before they get a role."""


class NotARoleOfThisOrganisation(Refused):
    """There is no such organisation, or its people do not have this role."""


Command: TypeAlias = GrantRole | RevokeRole
Event: TypeAlias = UserRoleGranted | UserRoleRevoked
