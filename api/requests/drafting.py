"""Drafting over HTTP: a request is kept as far as it goes (BR-11). Its id is the client's own."""

from contextlib import suppress
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response
from psycopg.errors import UndefinedTable
from starlette.concurrency import run_in_threadpool

from api.bootstrap import Service
from api.http.asking import AtDesk, answer
from api.http.audiences import SchoolStaff
from api.http.bodies import Body
from api.http.budgets import DAY, too_much
from api.http.routes import shown
from api.questions.reading import ReadingDesk
from domain.decision import Actor
from domain.ids import own_id
from domain.requests.drafting import DiscardDraft, SaveDraft
from domain.requests.request import Request
from eventstore.connections import Unavailable, available

_OTHERS: Final = (
    "SELECT count(*) FROM service.drafts d WHERE d.author = %s AND d.to_position IS NULL AND d.request_id <> %s"
)

AT_MOST_SECONDS: Final = 0.2
"""How long it is waited for a connection to count drafts with."""

router = APIRouter(prefix="/v1/requests/{request_id}", tags=["drafting"])


@router.put("/draft", openapi_extra=shown({"form": {"year_level": 9, "basis": "CHRONIC", "strategies_tried": True}}))
async def save_draft(
    request_id: UUID, actor: SchoolStaff, command: Body[SaveDraft], desk: AtDesk, questions: ReadingDesk
) -> Response:
    """Keep what is filled in so far, whatever is missing; it is no case, and no provider sees it."""
    await run_in_threadpool(_require_room, questions.service, actor, own_id(Request, actor.organisation, request_id))
    done = await desk.own(Request, request_id, command, by=actor)
    return answer(done, created=f"/v1/requests/{request_id}" if done.opened else None)


def _require_room(service: Service, actor: Actor, draft: UUID) -> None:
    """Raise a Problem, 429, if somebody has as many other drafts open as one person may have.

    None is counted while the model is not there, or questions hold every connection: no command waits for them.
    """
    others = 0
    with suppress(Unavailable, UndefinedTable), available(), service.reads.connection(timeout=AT_MOST_SECONDS) as db:
        others = db.execute(_OTHERS, [actor.user, draft]).fetchall()[0][0]
    if others >= service.settings.drafts_open:
        raise too_much("drafts that one person may have open", DAY)


@router.post("/discard", openapi_extra=shown({"reason": "NOT_NEEDED"}))
async def discard_draft(request_id: UUID, actor: SchoolStaff, command: Body[DiscardDraft], desk: AtDesk) -> Response:
    """Give up a draft."""
    return answer(await desk.own(Request, request_id, command, by=actor))
