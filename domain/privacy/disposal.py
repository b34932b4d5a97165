"""A disposal: whose personal data is destroyed by what authority, who asked for it and who authorised it (BR-115)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from domain.decision import Refused
from domain.sealed import DataClass


class DisposalStatus(StrEnum):
    """What became of it. One that nobody authorised in time still reads ASKED."""

    ASKED = "ASKED"
    AUTHORISED = "AUTHORISED"
    BEGUN = "BEGUN"  # it can only be finished now
    DONE = "DONE"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Whom a disposal is of, by what they are to the service; the log knows them by nothing but these ids."""

    students: tuple[UUID, ...] = ()  # one child, under every number that was merged (BR-118)
    caregivers: tuple[UUID, ...] = ()
    users: tuple[UUID, ...] = ()

    @property
    def all(self) -> tuple[UUID, ...]:
        return (*self.students, *self.caregivers, *self.users)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is destroyed, of whom, by what authority; asked for by whom, until when it may be authorised."""

    person: UUID
    people: People
    takes_caregivers: bool  # those whom it orphans
    classes: tuple[DataClass, ...]
    authority: str
    disposal_class: str
    asked_by: UUID
    expires_on: date  # the last day


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposal:
    order: Order | None = None
    status: DisposalStatus = DisposalStatus.ASKED
    settled_by: UUID | None = None  # who authorised, declined or withdrew it

    @property
    def agreed(self) -> bool:
        """Whether two people agreed on it, and nobody has stopped it."""
        return self.status in (DisposalStatus.AUTHORISED, DisposalStatus.BEGUN, DisposalStatus.DONE)

    def require_agreed(self) -> Order:
        """Return what two people agreed on; raise if nobody has authorised it, or somebody stopped it."""
        if self.order and self.status is DisposalStatus.ASKED:
            raise NotAuthorised
        return self.require(DisposalStatus.AUTHORISED, DisposalStatus.BEGUN, DisposalStatus.DONE)

    def require(self, *wanted: DisposalStatus) -> Order:
        """Return what was asked for; raise if nothing was, or if it does not stand so."""
        if self.order is None:
            raise NoSuchDisposal
        if self.status not in wanted:
            raise DisposalSettled
        return self.order

    def require_open(self, today: date) -> Order:
        """Return what was asked for; raise unless it waits to be authorised."""
        order = self.require(DisposalStatus.ASKED)
        if today > order.expires_on:
            raise DisposalExpired
        return order


class NoSuchDisposal(Refused):
    """Nobody asked for this."""


class NotAuthorised(Refused):
    """Nobody has authorised this yet."""


class DisposalSettled(Refused):
    """This was authorised, declined, withdrawn or carried out already."""


class DisposalExpired(Refused):
    """Nobody authorised this in time; ask for it again."""
