"""Schools over HTTP: the Ministry's list, catchments, and funding for provision of their own."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer, made
from api.http.audiences import ReferenceKeeper
from api.http.bodies import Body
from api.http.routes import shown
from domain.ids import school_id
from domain.schools.funding import EndIspFunding, GrantIspFunding
from domain.schools.registering import ChangeSchoolDetails, RegisterSchool
from domain.schools.school import School
from domain.schools.zoning import AssignSchoolToCatchment

router = APIRouter(prefix="/v1/schools", tags=["schools"])


@router.post(
    "",
    openapi_extra=shown(
        {
            "details": {
                "number": "1234",
                "name": "Te Kura o Ōtaki",
                "type": "Contributing",
                "authority": "STATE",
                "region": "Wellington",
                "territorial_authority": "Kāpiti Coast District",
                "anniversary_set": "WELLINGTON",
            },
        }
    ),
)
async def register_school(actor: ReferenceKeeper, command: Body[RegisterSchool], desk: AtDesk) -> Response:
    """Open the stream of a school; its id follows from its number."""
    done = await desk.named(School, school_id(command.details.number), command, by=actor)
    return made(done, "/v1/schools", done.stream)


@router.post(
    "/{school_id}/details",
    openapi_extra=shown(
        {
            "details": {
                "number": "1234",
                "name": "Te Kura o Ōtaki",
                "type": "Contributing",
                "authority": "STATE",
                "region": "Wellington",
                "territorial_authority": "Kāpiti Coast District",
                "anniversary_set": "WELLINGTON",
            },
        }
    ),
)
async def change_school_details(
    school_id: UUID, actor: ReferenceKeeper, command: Body[ChangeSchoolDetails], desk: AtDesk
) -> Response:
    """Say what a school is now; its number stays."""
    return answer(await desk.ask(School, school_id, command, by=actor))


@router.post(
    "/{school_id}/catchment",
    openapi_extra=shown(
        {
            "catchment": "0198f0c2-0000-7000-8000-000000000003",
            "effective_on": "2026-05-04",
        }
    ),
)
async def assign_school_to_catchment(
    school_id: UUID, actor: ReferenceKeeper, command: Body[AssignSchoolToCatchment], desk: AtDesk
) -> Response:
    """Put a school into a catchment, from a day on."""
    return answer(await desk.ask(School, school_id, command, by=actor))


@router.post(
    "/{school_id}/isp-funding",
    openapi_extra=shown(
        {
            "from_on": "2026-01-05",
            "to_on": "2027-12-31",
        }
    ),
)
async def grant_isp_funding(
    school_id: UUID, actor: ReferenceKeeper, command: Body[GrantIspFunding], desk: AtDesk
) -> Response:
    """Fund a school's own provision from a day on."""
    return answer(await desk.ask(School, school_id, command, by=actor))


@router.post(
    "/{school_id}/end-isp-funding",
    openapi_extra=shown(
        {
            "to_on": "2026-12-31",
        }
    ),
)
async def end_isp_funding(
    school_id: UUID, actor: ReferenceKeeper, command: Body[EndIspFunding], desk: AtDesk
) -> Response:
    """Say which day is the last of a school's funding."""
    return answer(await desk.ask(School, school_id, command, by=actor))
