"""Drafts: the requests that a school has begun, one row each until they are submitted or given up (BR-11).

A row says that there is a draft and how long it is kept; what it says stays sealed in the log. Only its author and the
Attendance Leads of its school may ask.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from domain.requests.drafting import (
    CaRequestDraftDiscarded,
    CaRequestDraftExpired,
    CaRequestDraftExpiryWarned,
    CaRequestDraftSaved,
)
from domain.requests.submitting import CaRequestSubmitted
from domain.streams.reclaiming import StreamReclaimed
from eventstore.log import Recorded
from projections.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`kept_until_on` is the last day of a draft whose school was warned; saved again, it has none."""

    request_id: UUID
    submission: UUID  # by which the school's client names it
    school: UUID
    author: UUID
    student: UUID | None
    saved_on: date
    kept_until_on: date | None = None


project: Final = Model("drafts", Row, key=("request_id",), present=(("school", "saved_on"), ("author",)))


@project.on(CaRequestDraftSaved)
def saved(row: Row | None, event: CaRequestDraftSaved, recorded: Recorded) -> Row:
    return Row(
        request_id=recorded.stream,
        submission=event.submission,
        school=event.school,
        author=event.author,
        student=event.student,
        saved_on=event.saved_on,
    )


@project.on(CaRequestDraftExpiryWarned)
def warned(row: Row, event: CaRequestDraftExpiryWarned, recorded: Recorded) -> Row:
    return replace(row, kept_until_on=event.kept_until_on)


@project.on(CaRequestSubmitted, CaRequestDraftDiscarded, CaRequestDraftExpired, StreamReclaimed)
def ended(row: Row | None, event: object, recorded: Recorded) -> None:
    """It is no draft any more, if it ever was one."""
