"""Closing over HTTP (BR-53, BR-77 to BR-80)."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer
from api.http.audiences import Closer
from api.http.bodies import Body
from api.http.routes import shown
from domain.cases.case import Case
from domain.cases.closing import CloseCase

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["closing"])


@router.post(
    "/close",
    openapi_extra=shown(
        {
            "reason": "ATTENDING_REGULARLY",
            "justification": "Kei te haere ia ki te kura ia rā.",
        }
    ),
)
async def close_case(case_id: UUID, actor: Closer, command: Body[CloseCase], desk: AtDesk) -> Response:
    """Close the case; from OPEN, without a transition, with a justification."""
    return answer(await desk.ask(Case, case_id, command, by=actor))
