"""Naming the Primary Contact over HTTP (BR-13, BR-143)."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer
from api.http.audiences import AttendanceLead
from api.http.bodies import Body
from api.http.routes import shown
from domain.cases.case import Case
from domain.cases.naming_contact import NamePrimaryContact

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["naming contact"])


@router.post(
    "/primary-contact",
    openapi_extra=shown(
        {
            "user": "0198f0c2-0000-7000-8000-000000000005",
        }
    ),
)
async def name_primary_contact(
    case_id: UUID, actor: AttendanceLead, command: Body[NamePrimaryContact], desk: AtDesk
) -> Response:
    """Name the Primary Contact of a CA case, or another one."""
    return answer(await desk.ask(Case, case_id, command, by=actor))
