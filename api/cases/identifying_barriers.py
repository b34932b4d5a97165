"""Barriers over HTTP (BR-51)."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer
from api.http.audiences import CaseWorker
from api.http.bodies import Body
from api.http.routes import shown
from domain.cases.case import Case
from domain.cases.identifying_barriers import ChangeBarrierStatus, IdentifyBarrier, RecategoriseBarrier

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["identifying barriers"])


@router.post(
    "/barriers",
    openapi_extra=shown(
        {
            "barrier": "0198f0c2-0000-7000-8000-000000000015",
            "category": "TRANSPORT",
            "source": "WHANAU",
            "identified_on": "2026-05-06",
            "severity": "MEDIUM",
        }
    ),
)
async def identify_barrier(case_id: UUID, actor: CaseWorker, command: Body[IdentifyBarrier], desk: AtDesk) -> Response:
    """Record a barrier, by the list of the day."""
    return answer(await desk.ask(Case, case_id, command, by=actor))


@router.post(
    "/barriers/status",
    openapi_extra=shown(
        {
            "barrier": "0198f0c2-0000-7000-8000-000000000015",
            "status": "RESOLVED",
            "changed_on": "2026-05-20",
        }
    ),
)
async def change_barrier_status(
    case_id: UUID, actor: CaseWorker, command: Body[ChangeBarrierStatus], desk: AtDesk
) -> Response:
    """Say what became of a barrier."""
    return answer(await desk.ask(Case, case_id, command, by=actor))


@router.post(
    "/barriers/category",
    openapi_extra=shown(
        {
            "barrier": "0198f0c2-0000-7000-8000-000000000015",
            "category": "HOUSING",
        }
    ),
)
async def recategorise_barrier(
    case_id: UUID, actor: CaseWorker, command: Body[RecategoriseBarrier], desk: AtDesk
) -> Response:
    """Give a barrier the category that it should have had."""
    return answer(await desk.ask(Case, case_id, command, by=actor))
