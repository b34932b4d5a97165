"""Reopening over HTTP: the same case within three months, without a new request (BR-81 to BR-83)."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer
from api.http.audiences import WorkflowLead
from api.http.bodies import Body
from api.http.routes import shown
from domain.cases.case import Case
from domain.cases.reopening import ReopenCase

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["reopening"])


@router.post(
    "/reopen",
    openapi_extra=shown(
        {
            "reason": "WHANAU_ASKED",
        }
    ),
)
async def reopen_case(case_id: UUID, actor: WorkflowLead, command: Body[ReopenCase], desk: AtDesk) -> Response:
    """Go on with a closed case, in the queue of the provider now right."""
    return answer(await desk.ask(Case, case_id, command, by=actor))
