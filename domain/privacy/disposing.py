"""Disposing: personal data is destroyed by a named authority and class, once two people agreed to it (BR-115).

One Privacy Officer asks for it and another one authorises it; the program carries it out, where the service runs.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID

from domain.bounds import AFew, Count
from domain.decision import Context, Refused
from domain.ids import MINISTRY
from domain.policies.policy import SERVICE_POLICY, Policy
from domain.privacy.disposal import Disposal, DisposalStatus, Order, People
from domain.privacy.reach import known, people_of, require_disposable, require_unchanged
from domain.sealed import DataClass, Sealed
from domain.text import STRICT, LongText, Reference
from domain.users.seconding import ConcernedThemselves, SecondIsTheFirst
from domain.users.user import Role, User

EVERYTHING: tuple[DataClass, ...] = tuple(DataClass)


@dataclass(frozen=True, slots=True, kw_only=True)
class AskForDisposal:
    """Ask another Privacy Officer to authorise that somebody's personal data is destroyed; nothing is before."""

    __pydantic_config__ = STRICT

    person: UUID  # a student, a caregiver or a user
    authority: Reference  # the authority to dispose of records, such as DA 712
    disposal_class: Reference  # the class of records in it, such as 3.2
    reason: LongText
    classes: AFew[DataClass] = EVERYTHING
    caregivers_too: bool = True  # those who then care for no child that is known

    def decide(self, disposal: Disposal, context: Context) -> list["DisposalAskedFor"]:
        if disposal.order:
            return []
        if not self.classes:
            raise NoClassNamed("classes")
        classes = tuple(each for each in DataClass if each in self.classes)
        whole = DataClass.IDENTITY in classes
        people = people_of(self.person, context, caregivers_too=self.caregivers_too and whole)
        if context.actor.user in people.users:
            raise ConcernedThemselves
        require_disposable(people, classes, context)
        days = context.fact(Policy, SERVICE_POLICY).in_force(context.today).approval_days
        order = Order(
            person=self.person, people=people, takes_caregivers=self.caregivers_too and whole, classes=classes,
            authority=self.authority, disposal_class=self.disposal_class,
            asked_by=context.actor.user, expires_on=context.today + timedelta(days=days),
        )  # fmt: skip
        about = known(people, context)
        reason = context.note(self.reason, DataClass.IDENTITY, context.stream, about=about)
        return [DisposalAskedFor(order=order, reason=reason)]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposalAskedFor:
    """A Privacy Officer asked that somebody's personal data is destroyed; it is not before another authorises it."""

    order: Order
    reason: Sealed[str]  # goes with the identity of whom it concerns

    def evolve(self, disposal: Disposal) -> Disposal:
        return replace(disposal, order=self.order)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthoriseDisposal:
    """Authorise what another Privacy Officer asked for, after a look at whom and what it concerns."""

    __pydantic_config__ = STRICT

    def decide(self, disposal: Disposal, context: Context) -> list["DisposalAuthorised"]:
        by = context.actor.user
        if disposal.agreed and disposal.settled_by == by:
            return []
        order = disposal.require_open(context.today)
        if by == order.asked_by:
            raise SecondIsTheFirst
        if by in order.people.users:
            raise ConcernedThemselves
        if not context.fact(User, order.asked_by).holds(Role.PRIVACY_OFFICER, MINISTRY, context.today):
            raise AskerIsNoOfficer
        require_unchanged(order, context)
        return [
            DisposalAuthorised(
                people=order.people, classes=order.classes, authority=order.authority,
                disposal_class=order.disposal_class, asked_by=order.asked_by, authorised_by=by,
            )
        ]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposalAuthorised:
    """A second Privacy Officer agreed, and the program may destroy it: whose, what, by what authority (BR-115)."""

    people: People
    classes: tuple[DataClass, ...]
    authority: str
    disposal_class: str
    asked_by: UUID
    authorised_by: UUID

    def evolve(self, disposal: Disposal) -> Disposal:
        return replace(disposal, status=DisposalStatus.AUTHORISED, settled_by=self.authorised_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineDisposal:
    """Decline what another Privacy Officer asked for, and say why; an authorised one too, until it has begun."""

    __pydantic_config__ = STRICT

    reason: LongText

    def decide(self, disposal: Disposal, context: Context) -> list["DisposalDeclined"]:
        by = context.actor.user
        if (disposal.status, disposal.settled_by) == (DisposalStatus.DECLINED, by):
            return []
        order = disposal.require(DisposalStatus.ASKED, DisposalStatus.AUTHORISED)
        if by == order.asked_by:
            raise SecondIsTheFirst
        if by in order.people.users:
            raise ConcernedThemselves
        return [DisposalDeclined(declined_by=by, reason=_because(self.reason, order, context))]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposalDeclined:
    """Nothing of this is destroyed: another Privacy Officer did not agree, or does not any more."""

    declined_by: UUID
    reason: Sealed[str]

    def evolve(self, disposal: Disposal) -> Disposal:
        return replace(disposal, status=DisposalStatus.DECLINED, settled_by=self.declined_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawDisposal:
    """Withdraw what one asked for oneself, and say why; an authorised one too, until it has begun."""

    __pydantic_config__ = STRICT

    reason: LongText

    def decide(self, disposal: Disposal, context: Context) -> list["DisposalWithdrawn"]:
        by = context.actor.user
        if (disposal.status, disposal.settled_by) == (DisposalStatus.WITHDRAWN, by):
            return []
        order = disposal.require(DisposalStatus.ASKED, DisposalStatus.AUTHORISED)
        if by != order.asked_by:
            raise NotWhoAsked
        return [DisposalWithdrawn(withdrawn_by=by, reason=_because(self.reason, order, context))]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposalWithdrawn:
    """Whoever asked for it does not ask for it any more."""

    withdrawn_by: UUID
    reason: Sealed[str]

    def evolve(self, disposal: Disposal) -> Disposal:
        return replace(disposal, status=DisposalStatus.WITHDRAWN, settled_by=self.withdrawn_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginDisposal:
    """The program's: begin to destroy what was authorised, if nothing forbids it by now."""

    __pydantic_config__ = STRICT

    def decide(self, disposal: Disposal, context: Context) -> list["DisposalBegun"]:
        if disposal.status in (DisposalStatus.BEGUN, DisposalStatus.DONE):
            return []
        require_unchanged(disposal.require_agreed(), context)
        return [DisposalBegun()]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisposalBegun:
    """From here on it can only be finished: nobody declines or withdraws what may be half done."""

    def evolve(self, disposal: Disposal) -> Disposal:
        return replace(disposal, status=DisposalStatus.BEGUN)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordKeysDestroyed:
    """The program's: record that the keys are destroyed, and how many notes about these people went with them."""

    __pydantic_config__ = STRICT

    notes: Count

    def decide(self, disposal: Disposal, context: Context) -> list["SubjectKeysDestroyed"]:
        if disposal.status is DisposalStatus.DONE:
            return []
        order = disposal.require(DisposalStatus.BEGUN)
        return [SubjectKeysDestroyed(people=order.people, classes=order.classes, notes=self.notes)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectKeysDestroyed:
    """The tombstone: nobody can read any more what these classes of these people's data said (BR-115)."""

    people: People
    classes: tuple[DataClass, ...]
    notes: int  # how many notes and drafts about them went along, the reason among them

    def evolve(self, disposal: Disposal) -> Disposal:
        return replace(disposal, status=DisposalStatus.DONE)


def _because(reason: str, order: Order, context: Context) -> Sealed[str]:
    return context.note(reason, DataClass.IDENTITY, context.stream, about=known(order.people, context))


class NoClassNamed(Refused):
    """Say which classes of the person's data are destroyed."""


class AskerIsNoOfficer(Refused):
    """Whoever asked for this is no Privacy Officer any more."""


class NotWhoAsked(Refused):
    """Only whoever asked for it withdraws it; others decline."""


Command: TypeAlias = (
    AskForDisposal | AuthoriseDisposal | DeclineDisposal | WithdrawDisposal | BeginDisposal | RecordKeysDestroyed
)
Event: TypeAlias = (
    DisposalAskedFor | DisposalAuthorised | DisposalDeclined | DisposalWithdrawn | DisposalBegun | SubjectKeysDestroyed
)
