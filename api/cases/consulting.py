"""Consulting over HTTP: the school is asked before a major step (BR-53)."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer
from api.http.audiences import CaseWorker
from api.http.bodies import Body
from api.http.routes import shown
from domain.cases.case import Case
from domain.cases.consulting import ConsultSchool

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["consulting"])


@router.post(
    "/consult-school",
    openapi_extra=shown(
        {
            "consultation": "0198f0c2-0000-7000-8000-000000000013",
            "step": "TRANSITION",
            "consulted_on": "2026-05-20",
            "who": "Tumuaki",
            "view": "AGREES",
        }
    ),
)
async def consult_school(case_id: UUID, actor: CaseWorker, command: Body[ConsultSchool], desk: AtDesk) -> Response:
    """Record that the school was asked about a step before it is taken."""
    return answer(await desk.ask(Case, case_id, command, by=actor))
