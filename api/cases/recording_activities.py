"""Activities over HTTP (BR-52, BR-63)."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer
from api.http.audiences import CaseWorker
from api.http.bodies import Body
from api.http.routes import shown
from domain.cases.case import Case
from domain.cases.recording_activities import CorrectActivity, RecordActivity

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["recording activities"])


@router.post(
    "/activities",
    openapi_extra=shown(
        {
            "activity": "0198f0c2-0000-7000-8000-000000000019",
            "kind": "HOME_VISIT",
            "occurred_on": "2026-05-08",
            "minutes": 45,
            "shared": True,
        }
    ),
)
async def record_activity(case_id: UUID, actor: CaseWorker, command: Body[RecordActivity], desk: AtDesk) -> Response:
    """Record what was done and when; private to the provider unless it is shared."""
    return answer(await desk.ask(Case, case_id, command, by=actor))


@router.post(
    "/activities/correct",
    openapi_extra=shown(
        {
            "correction": "0198f0c2-0000-7000-8000-000000000020",
            "activity": "0198f0c2-0000-7000-8000-000000000019",
            "kind": "HOME_VISIT",
            "occurred_on": "2026-05-07",
            "reason": "Wrong day",
        }
    ),
)
async def correct_activity(case_id: UUID, actor: CaseWorker, command: Body[CorrectActivity], desk: AtDesk) -> Response:
    """Say what really was done; a closed case takes corrections, and nothing else."""
    return answer(await desk.ask(Case, case_id, command, by=actor))
