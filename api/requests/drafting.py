"""Drafting over HTTP: a request is kept as far as it goes (BR-11). Its id is the client's own."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer
from api.http.audiences import SchoolStaff
from api.http.bodies import Body
from api.http.routes import shown
from domain.requests.drafting import DiscardDraft, SaveDraft
from domain.requests.request import Request

router = APIRouter(prefix="/v1/requests/{request_id}", tags=["drafting"])


@router.put("/draft", openapi_extra=shown({"form": {"year_level": 9, "basis": "CHRONIC", "strategies_tried": True}}))
async def save_draft(request_id: UUID, actor: SchoolStaff, command: Body[SaveDraft], desk: AtDesk) -> Response:
    """Keep what is filled in so far, whatever is missing; it is no case, and no provider sees it."""
    done = await desk.own(Request, request_id, command, by=actor)
    return answer(done, created=f"/v1/requests/{request_id}" if done.opened else None)


@router.post("/discard", openapi_extra=shown({"reason": "NOT_NEEDED"}))
async def discard_draft(request_id: UUID, actor: SchoolStaff, command: Body[DiscardDraft], desk: AtDesk) -> Response:
    """Give up a draft."""
    return answer(await desk.own(Request, request_id, command, by=actor))
