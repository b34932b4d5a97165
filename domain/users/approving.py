"""Approving: one administrator asks for a role that reads everything, or for another login, and another approves."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TypeAlias, TypeVar
from uuid import UUID

from domain.decision import Context, Decision, Part, Ref, Refused
from domain.policies.policy import SERVICE_POLICY, Policy
from domain.rights import NEED_TWO
from domain.sealed import DataClass, Sealed, Unknown
from domain.text import STRICT, LongText, ShortText
from domain.users.approval import Approval, ApprovalStatus, AskedFor
from domain.users.granting import granted
from domain.users.inviting import changed, require_free
from domain.users.seconding import ConcernedThemselves, SecondIsTheFirst, require_two
from domain.users.user import Grant, Role, Seconded, User, UserDetails, UserForgotten, whom_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForRole:
    """Ask another administrator to approve that somebody gets a role which one alone does not give."""

    __pydantic_config__ = STRICT

    user: UUID
    role: Role
    organisation: UUID
    from_on: date
    to_on: date | None = None
    reason: LongText | None = None

    def decide(self, approval: Approval, context: Context) -> list["RoleAskedFor"]:
        if approval.asked:
            return []
        whom, user = _concerned(self.user, context)
        if self.role not in NEED_TWO:
            raise NeedsNoSecond("role")
        if not granted(self._grant, self.reason, whom, user, context):
            return []
        reason = Sealed(whom, DataClass.NARRATIVE, self.reason) if self.reason else None
        by, until = context.actor.user, _last_day(context)
        return [RoleAskedFor(user=whom, grant=self._grant, reason=reason, asked_by=by, expires_on=until)]

    @property
    def _grant(self) -> Grant:
        return Grant(role=self.role, organisation=self.organisation, from_on=self.from_on, to_on=self.to_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleAskedFor:
    """An administrator asked that somebody gets a role; nobody has it before another one approves."""

    user: UUID  # who shall get it
    grant: Grant
    reason: Sealed[str] | None = None
    asked_by: UUID
    expires_on: date  # the last day on which it may be approved

    def evolve(self, approval: Approval) -> Approval:
        asked = AskedFor(
            user=self.user,
            asked_by=self.asked_by,
            expires_on=self.expires_on,
            grant=self.grant,
            reason=self.reason,
        )
        return replace(approval, asked=asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForLogin:
    """Ask another administrator to approve that somebody comes with another login from now on."""

    __pydantic_config__ = STRICT

    user: UUID
    login: ShortText

    def decide(self, approval: Approval, context: Context) -> list["LoginAskedFor"]:
        if approval.asked:
            return []
        whom, user = _concerned(self.user, context)
        known = user.require()
        if known.login == self.login:
            return []
        require_free(self.login, whom, context)
        details = Sealed(whom, DataClass.IDENTITY, replace(known, login=self.login))
        by, until = context.actor.user, _last_day(context)
        return [LoginAskedFor(user=whom, details=details, asked_by=by, expires_on=until)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginAskedFor:
    """An administrator asked that somebody comes with another login; they do not before another one approves."""

    user: UUID
    details: Sealed[UserDetails]  # with the login that is asked for
    asked_by: UUID
    expires_on: date  # the last day on which it may be approved

    def evolve(self, approval: Approval) -> Approval:
        asked = AskedFor(user=self.user, asked_by=self.asked_by, expires_on=self.expires_on, details=self.details)
        return replace(approval, asked=asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class Approve:
    """Approve what another administrator asked for, naming the login that the person comes with, as learnt from them.

    So nobody approves for a name what would be given to a login that somebody else has.
    """

    __pydantic_config__ = STRICT

    login: ShortText

    def decide(self, approval: Approval, context: Context) -> Decision:
        by = context.actor.user
        if approval.status is ApprovalStatus.APPROVED and approval.settled_by == by:
            return Decision()
        asked = approval.require_open(context.today)
        require_two(asked.asked_by, asked.user, context)
        done = self._done(asked, context.fact(User, asked.user), context)
        given = ApprovalGiven(user=asked.user, asked_by=asked.asked_by, approved_by=by)
        return replace(done, parts=(Part(Ref(Approval, context.stream), (given,)), *done.parts))

    def _done(self, asked: AskedFor, user: User, context: Context) -> Decision:
        known = user.require()
        wanted = _opened(asked.details).login if asked.details else known.login
        if self.login != wanted:
            raise AnotherLogin("login")
        seconded = Seconded(asked_by=asked.asked_by, approved_by=context.actor.user, on=context.today)
        if asked.grant is None:
            return changed(asked.user, known, replace(known, login=wanted), context, seconded)
        reason = _opened(asked.reason) if asked.reason else None
        happened = granted(asked.grant, reason, asked.user, user, context, seconded)
        return Decision(parts=(Part(Ref(User, asked.user), happened),) if happened else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalGiven:
    """A second administrator approved, and what was asked for came with it."""

    user: UUID
    asked_by: UUID
    approved_by: UUID

    def evolve(self, approval: Approval) -> Approval:
        return replace(approval, status=ApprovalStatus.APPROVED, settled_by=self.approved_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decline:
    """Decline what another administrator asked for, and say why."""

    __pydantic_config__ = STRICT

    reason: LongText

    def decide(self, approval: Approval, context: Context) -> list["ApprovalDeclined"]:
        by = context.actor.user
        if (approval.status, approval.settled_by) == (ApprovalStatus.DECLINED, by):
            return []
        asked = approval.require_open(context.today)
        if asked.asked_by == by:
            raise SecondIsTheFirst
        reason = Sealed(asked.user, DataClass.NARRATIVE, self.reason)
        return [ApprovalDeclined(declined_by=by, reason=reason)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalDeclined:
    """A second administrator did not approve."""

    declined_by: UUID
    reason: Sealed[str]

    def evolve(self, approval: Approval) -> Approval:
        return replace(approval, status=ApprovalStatus.DECLINED, settled_by=self.declined_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """Withdraw what one asked for oneself, and say why."""

    __pydantic_config__ = STRICT

    reason: LongText

    def decide(self, approval: Approval, context: Context) -> list["ApprovalWithdrawn"]:
        by = context.actor.user
        if (approval.status, approval.settled_by) == (ApprovalStatus.WITHDRAWN, by):
            return []
        asked = approval.require_open(context.today)
        if asked.asked_by != by:
            raise AskedByAnother
        reason = Sealed(asked.user, DataClass.NARRATIVE, self.reason)
        return [ApprovalWithdrawn(withdrawn_by=by, reason=reason)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalWithdrawn:
    """Whoever asked does not ask for it any more."""

    withdrawn_by: UUID
    reason: Sealed[str]

    def evolve(self, approval: Approval) -> Approval:
        return replace(approval, status=ApprovalStatus.WITHDRAWN, settled_by=self.withdrawn_by)


def _concerned(named: UUID, context: Context) -> tuple[UUID, User]:
    whom, user = whom_of(named, context.fact(User, named), context)
    if whom == context.actor.user:
        raise ConcernedThemselves
    return whom, user


def _last_day(context: Context) -> date:
    days = context.fact(Policy, SERVICE_POLICY).in_force(context.today).approval_days
    return context.today + timedelta(days=days)


def _opened(sealed: Sealed[T]) -> T:
    value = sealed.open()
    if isinstance(value, Unknown):
        raise UserForgotten
    return value


class NeedsNoSecond(Refused):
    """One administrator alone grants this role."""


class AnotherLogin(Refused):
    """The person comes with another login than you named: ask them which is theirs."""


class AskedByAnother(Refused):
    """Only whoever asked for it withdraws it; others decline."""


Command: TypeAlias = AskForRole | AskForLogin | Approve | Decline | Withdraw
Event: TypeAlias = RoleAskedFor | LoginAskedFor | ApprovalGiven | ApprovalDeclined | ApprovalWithdrawn
