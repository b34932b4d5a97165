"""Pathways over HTTP: what a student who means to leave is offered (BR-79, BR-80)."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer
from api.http.audiences import CaseWorker
from api.http.bodies import Body
from api.http.routes import shown
from domain.cases.case import Case
from domain.cases.exploring_pathways import ConfirmPathway, ProposePathway

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["exploring pathways"])


@router.post(
    "/pathways",
    openapi_extra=shown(
        {
            "pathway": "0198f0c2-0000-7000-8000-000000000021",
            "kind": "YOUTH_SERVICE",
            "proposed_on": "2026-05-08",
        }
    ),
)
async def propose_pathway(case_id: UUID, actor: CaseWorker, command: Body[ProposePathway], desk: AtDesk) -> Response:
    """Record that a pathway was offered to the student."""
    return answer(await desk.ask(Case, case_id, command, by=actor))


@router.post(
    "/pathways/confirm",
    openapi_extra=shown(
        {
            "pathway": "0198f0c2-0000-7000-8000-000000000021",
            "confirmed_on": "2026-05-22",
        }
    ),
)
async def confirm_pathway(case_id: UUID, actor: CaseWorker, command: Body[ConfirmPathway], desk: AtDesk) -> Response:
    """Record that the student has a place on a pathway that was proposed."""
    return answer(await desk.ask(Case, case_id, command, by=actor))
