"""An approval: what one administrator asked for and another one approves, or does not; one stream each (ADR 19)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from domain.decision import Refused
from domain.sealed import Sealed
from domain.users.user import Grant, UserDetails


class ApprovalStatus(StrEnum):
    """What became of it."""

    ASKED = "ASKED"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    WITHDRAWN = "WITHDRAWN"  # by whoever asked
    EXPIRED = "EXPIRED"  # nobody approved in time


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedFor:
    """What was asked for, for whom and by whom: a role, or details with another login."""

    user: UUID
    asked_by: UUID
    expires_on: date  # the last day on which it may be approved
    grant: Grant | None = None
    reason: Sealed[str] | None = None
    details: Sealed[UserDetails] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    asked: AskedFor | None = None
    status: ApprovalStatus = ApprovalStatus.ASKED
    settled_by: UUID | None = None

    def require(self) -> AskedFor:
        """Return what was asked for; raise if nothing was."""
        if self.asked is None:
            raise NoSuchApproval
        return self.asked

    def require_open(self, today: date) -> AskedFor:
        """Return what was asked for; raise unless it still waits."""
        asked = self.require()
        if self.status is not ApprovalStatus.ASKED:
            raise ApprovalSettled
        if today > asked.expires_on:
            raise ApprovalExpired
        return asked


class NoSuchApproval(Refused):
    """Nobody asked for this."""


class ApprovalSettled(Refused):
    """This was approved, declined or withdrawn already."""


class ApprovalExpired(Refused):
    """Nobody approved this in time; ask for it again."""
