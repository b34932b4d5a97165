"""Pausing and resuming over HTTP (BR-70 to BR-74)."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer
from api.http.audiences import CaseWorker
from api.http.bodies import Body
from api.http.routes import shown
from domain.cases.case import Case
from domain.cases.pausing import PauseCase, ResumeCase

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["pausing"])


@router.post(
    "/pause",
    openapi_extra=shown(
        {
            "attestations": {
                "located_on": "2026-05-04",
                "whanau_contacted_on": "2026-05-05",
                "safe_and_informed_on": "2026-05-05",
                "withdrawn_on": "2026-05-06",
            },
        }
    ),
)
async def pause_case(case_id: UUID, actor: CaseWorker, command: Body[PauseCase], desk: AtDesk) -> Response:
    """Stop work on the case of a child under six who is off the roll."""
    return answer(await desk.ask(Case, case_id, command, by=actor))


@router.post("/resume", openapi_extra=shown({}))
async def resume_case(case_id: UUID, actor: CaseWorker, command: Body[ResumeCase], desk: AtDesk) -> Response:
    """Go on with a paused case: the provider may at any time."""
    return answer(await desk.ask(Case, case_id, command, by=actor))
