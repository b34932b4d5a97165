"""Contacting over HTTP: every attempt to reach somebody."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer
from api.http.audiences import CaseWorker
from api.http.bodies import Body
from api.http.routes import shown
from domain.cases.case import Case
from domain.cases.contacting import RecordContactAttempt

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["contacting"])


@router.post(
    "/contact-attempts",
    openapi_extra=shown(
        {
            "attempt": "0198f0c2-0000-7000-8000-000000000014",
            "channel": "PHONE",
            "target": "WHANAU",
            "outcome": "LEFT_MESSAGE",
            "attempted_on": "2026-05-05",
        }
    ),
)
async def record_contact_attempt(
    case_id: UUID, actor: CaseWorker, command: Body[RecordContactAttempt], desk: AtDesk
) -> Response:
    """Record an attempt to reach somebody."""
    return answer(await desk.ask(Case, case_id, command, by=actor))
