"""Granting roles: to whom, in which organisation, for how long. A revocation works at once."""

from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias
from uuid import UUID

from domain.decision import Context, Refused
from domain.effective import require_order
from domain.ids import MINISTRY
from domain.providers.provider import Provider
from domain.schools.school import School
from domain.sealed import DataClass, Sealed
from domain.text import STRICT, LongText
from domain.users.user import PROVIDER_ROLES, SCHOOL_ROLES, Grant, Role, User


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRole:
    """Give somebody a role in an organisation. Auditors get theirs for a time and with a reason."""

    __pydantic_config__ = STRICT

    role: Role
    organisation: UUID
    from_on: date
    to_on: date | None = None
    reason: LongText | None = None

    def decide(self, user: User, context: Context) -> list["UserRoleGranted"]:
        require_order(self.from_on, self.to_on)
        user.require()
        if any(covers(each, self._grant) for each in user.grants):
            return []
        self._require_allowed(user, context)
        reason = Sealed(context.stream, DataClass.NARRATIVE, self.reason) if self.reason else None
        return [UserRoleGranted(grant=self._grant, reason=reason)]

    def _require_allowed(self, user: User, context: Context) -> None:
        if context.actor.user == context.stream:
            raise GrantedToOneself
        if self.role is Role.AUDITOR and not (self.to_on and self.reason):
            raise AuditNeedsTermAndReason("to_on", "reason")
        if self.role in PROVIDER_ROLES and user.training_passed_on is None:
            raise TrainingNotPassed("role")
        if not has_role(self.role, self.organisation, context):
            raise NotARoleOfThisOrganisation("organisation")

    @property
    def _grant(self) -> Grant:
        return Grant(role=self.role, organisation=self.organisation, from_on=self.from_on, to_on=self.to_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRoleGranted:
    """Somebody may act in a role for an organisation, from and to the days of the grant."""

    grant: Grant
    reason: Sealed[str] | None = None  # an auditor's role always has one

    def evolve(self, user: User) -> User:
        return replace(user, grants=(*user.grants, self.grant))


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeRole:
    """Take a role in an organisation away, at once and for good."""

    __pydantic_config__ = STRICT

    role: Role
    organisation: UUID

    def decide(self, user: User, context: Context) -> list["UserRoleRevoked"]:
        happened = UserRoleRevoked(role=self.role, organisation=self.organisation)
        return [] if happened.evolve(user) == user else [happened]


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRoleRevoked:
    """Every grant of the role in the organisation is gone, future ones too."""

    role: Role
    organisation: UUID

    def evolve(self, user: User) -> User:
        return replace(user, grants=tuple(each for each in user.grants if not self._names(each)))

    def _names(self, grant: Grant) -> bool:
        return (grant.role, grant.organisation) == (self.role, self.organisation)


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


class AuditNeedsTermAndReason(Refused):
    """An auditor's role is granted for a time, with a last day and a reason."""


class TrainingNotPassed(Refused):
    """People of providers pass the online training before they get a role."""


class NotARoleOfThisOrganisation(Refused):
    """There is no such organisation, or its people do not have this role."""


Command: TypeAlias = GrantRole | RevokeRole
Event: TypeAlias = UserRoleGranted | UserRoleRevoked
