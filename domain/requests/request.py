"""A request for support as later decisions need it: a draft, then what became of it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from domain.decision import Refused
from domain.requests.form import Form
from domain.sealed import Sealed


class RequestStatus(StrEnum):
    """Where a request stands."""

    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    DISCARDED = "DISCARDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request. A draft is no case, starts no clock, and is seen by its author and the school's leads (BR-11)."""

    status: RequestStatus | None = None
    school: UUID | None = None
    author: UUID | None = None
    student: UUID | None = None
    form: Sealed[Form] | None = None
    saved_on: date = date.max
    kept_until_on: date | None = None  # of a draft whose school was warned: its last day
    case: UUID | None = None  # that it opened, or belongs to

    def require(self, *statuses: RequestStatus) -> None:
        """Raise `NoSuchRequest` before anything was saved, `AlreadySettled` unless it stands in one of these."""
        if self.status is None:
            raise NoSuchRequest
        if self.status not in statuses:
            raise AlreadySettled

    def require_school(self, school: UUID) -> None:
        """Raise `NoSuchRequest` to another school: it does not learn that there is one."""
        if self.school not in (None, school):
            raise NoSuchRequest


class NoSuchRequest(Refused):
    """There is no such request."""


class AlreadySettled(Refused):
    """The request was submitted or discarded; what is asked now is a new one."""
