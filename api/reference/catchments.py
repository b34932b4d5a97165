"""Catchments over HTTP, and who is contracted to serve them."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer, made
from api.http.audiences import ReferenceKeeper
from api.http.bodies import Body
from api.http.routes import shown
from domain.catchments.catchment import Catchment
from domain.catchments.contracting import EndContract, RecordContract
from domain.catchments.defining import DefineCatchment
from domain.ids import catchment_id

router = APIRouter(prefix="/v1/catchments", tags=["catchments"])


@router.post(
    "",
    openapi_extra=shown(
        {
            "details": {
                "code": "KAPITI",
                "name": "Kāpiti",
                "region": "Wellington",
                "anniversary_set": "WELLINGTON",
            },
        }
    ),
)
async def define_catchment(actor: ReferenceKeeper, command: Body[DefineCatchment], desk: AtDesk) -> Response:
    """Say what a catchment is; its id follows from its code."""
    done = await desk.named(Catchment, catchment_id(command.details.code), command, by=actor)
    return made(done, "/v1/catchments", done.stream)


@router.post(
    "/{catchment_id}/contracts",
    openapi_extra=shown(
        {
            "provider": "0198f0c2-0000-7000-8000-000000000004",
            "from_on": "2026-01-05",
            "funding_cents": 25000000,
        }
    ),
)
async def record_contract(
    catchment_id: UUID, actor: ReferenceKeeper, command: Body[RecordContract], desk: AtDesk
) -> Response:
    """Record who serves a catchment, for how long."""
    return answer(await desk.ask(Catchment, catchment_id, command, by=actor))


@router.post(
    "/{catchment_id}/end-contract",
    openapi_extra=shown(
        {
            "provider": "0198f0c2-0000-7000-8000-000000000004",
            "to_on": "2027-12-31",
        }
    ),
)
async def end_contract(
    catchment_id: UUID, actor: ReferenceKeeper, command: Body[EndContract], desk: AtDesk
) -> Response:
    """Say which day is the last of a contract."""
    return answer(await desk.ask(Catchment, catchment_id, command, by=actor))
