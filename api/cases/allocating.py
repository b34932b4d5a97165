"""Allocating over HTTP: a provider gets the case (BR-30 to BR-32, BR-134)."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer
from api.http.audiences import CentralInvestigations, WorkflowLead
from api.http.bodies import Body
from api.http.routes import shown
from domain.cases.allocating import AllocateCase, MoveToCatchmentProvider
from domain.cases.case import Case

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["allocating"])


@router.post("/allocate", openapi_extra=shown({}))
async def allocate_case(
    case_id: UUID, actor: CentralInvestigations, command: Body[AllocateCase], desk: AtDesk
) -> Response:
    """Give a case that waits with the Ministry to the provider now contracted, or to a named one for a reason."""
    return answer(await desk.ask(Case, case_id, command, by=actor))


@router.post(
    "/move-to-catchment",
    openapi_extra=shown(
        {
            "reason": "COMPLEX_NEED",
        }
    ),
)
async def move_to_catchment_provider(
    case_id: UUID, actor: WorkflowLead, command: Body[MoveToCatchmentProvider], desk: AtDesk
) -> Response:
    """Hand a case of in-school provision to the catchment's provider."""
    return answer(await desk.ask(Case, case_id, command, by=actor))
