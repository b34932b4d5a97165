"""Approvals over HTTP: what was asked of a second administrator, by whom, and who approved (ADR 19).

Whoever it concerns sees their own; administrators, privacy officers and auditors see all. Nobody is answered with less
than the log has: while the rows are behind what it tells of approvals, the answer waits.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from fastapi import APIRouter

from api.http.audiences import Anybody
from api.http.cursors import After, Limit
from api.http.moments import AtMoment
from api.questions.latest_first import key_of, place_of, whole
from api.questions.listing import FIRST
from api.questions.reading import Answering, Moment, ReadingDesk, told
from domain.authority import may
from domain.ids import MINISTRY
from domain.relations import Asker, CaseFacts
from domain.rights import Action
from domain.users.approval import ApprovalStatus
from domain.users.user import Role
from projections import approvals

router = APIRouter(prefix="/v1/approvals", tags=["approvals"])

OFFICERS: Final = (Action.READ_ACCESS_LOG, Action.GRANT_MINISTRY_ROLE)
"""Whoever may do one of these in the Ministry sees what was asked for anybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownApproval:
    """What was asked for: a role in an organisation, or without a role another login. `settled_by` ended it."""

    approval: UUID
    user: UUID
    status: ApprovalStatus
    asked_by: UUID
    asked_on: date
    expires_on: date
    role: Role | None
    organisation: UUID | None
    from_on: date | None
    to_on: date | None
    settled_by: UUID | None
    settled_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvals:
    """Some of what was asked for, the latest first, and the cursor of the next if there are more."""

    moment: Moment
    items: list[ShownApproval]
    next: str | None


@router.get("")
def list_approvals(
    actor: Anybody, at: AtMoment, desk: ReadingDesk, after: After = None, limit: Limit = FIRST
) -> Approvals:
    """List what was asked of a second administrator: for oneself, or to officers for anybody."""
    question = f"approvals to {actor.user}"
    asked, key = desk.begin(question, after, at)
    with desk.answer(actor, whole(desk, asked, approvals.project), (approvals.project,)) as now:
        found = list(approvals.of(now.db, _concerned(now.asker), now.at, place_of(key), limit + 1))
        more = (
            desk.next(question, now.at, key_of(found[limit - 1].asked_on, found[limit - 1].approval_id))
            if len(found) > limit
            else None
        )
        return Approvals(moment=told(now.at), items=[_shown(each, now) for each in found[:limit]], next=more)


def _concerned(asker: Asker) -> UUID | None:
    """Return for whom it must have been asked; None if the asker sees all."""
    ministry = CaseFacts(organisation=MINISTRY)
    return None if any(may(asker, action, ministry) for action in OFFICERS) else asker.user


def _shown(row: approvals.Row, now: Answering) -> ShownApproval:
    late = row.status is ApprovalStatus.ASKED and now.at.day > row.expires_on
    return ShownApproval(
        approval=row.approval_id,
        user=row.user_id,
        status=ApprovalStatus.EXPIRED if late else row.status,
        asked_by=row.asked_by,
        asked_on=row.asked_on,
        expires_on=row.expires_on,
        role=row.role,
        organisation=row.organisation,
        from_on=row.from_on,
        to_on=row.to_on,
        settled_by=row.settled_by,
        settled_on=row.settled_on,
    )
