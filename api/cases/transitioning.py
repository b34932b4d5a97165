"""Transition over HTTP: the school leads, or active work begins again (BR-75, BR-76)."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer
from api.http.audiences import CaseWorker
from api.http.bodies import Body
from api.http.routes import shown
from domain.cases.case import Case
from domain.cases.transitioning import MoveToTransition, ReturnToOpen

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["transitioning"])


@router.post(
    "/transition",
    openapi_extra=shown(
        {
            "basis": "ATTENDANCE_STEADY",
            "expected_end_on": "2026-06-26",
        }
    ),
)
async def move_to_transition(
    case_id: UUID, actor: CaseWorker, command: Body[MoveToTransition], desk: AtDesk
) -> Response:
    """Step back from active work, once the school was consulted."""
    return answer(await desk.ask(Case, case_id, command, by=actor))


@router.post(
    "/return-to-open",
    openapi_extra=shown(
        {
            "reason": "SCHOOL_ASKED",
        }
    ),
)
async def return_to_open(case_id: UUID, actor: CaseWorker, command: Body[ReturnToOpen], desk: AtDesk) -> Response:
    """Take up active work again, because more help is needed."""
    return answer(await desk.ask(Case, case_id, command, by=actor))
