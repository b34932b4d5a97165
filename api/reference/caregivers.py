"""Caregivers over HTTP: the whānau of students, and how to reach them."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer, made
from api.http.audiences import CaregiverRegistrar, Corrector
from api.http.bodies import Body
from api.http.routes import shown
from domain.students.caregiver import Caregiver
from domain.students.caring import CorrectCaregiverName, RegisterCaregiver
from domain.students.contacting import AddContactDetail, EndContactDetail

router = APIRouter(prefix="/v1/caregivers", tags=["caregivers"])


@router.post(
    "",
    openapi_extra=shown(
        {
            "name": {
                "family_name": "Ngata",
                "given_names": "Mere",
            },
        }
    ),
)
async def register_caregiver(actor: CaregiverRegistrar, command: Body[RegisterCaregiver], desk: AtDesk) -> Response:
    """Open a stream for a caregiver; answers `id`."""
    done = await desk.open(Caregiver, command, by=actor)
    return made(done, "/v1/caregivers", done.stream)


@router.post(
    "/{caregiver_id}/correct-name",
    openapi_extra=shown(
        {
            "name": {
                "family_name": "Ngāta",
                "given_names": "Mere",
            },
        }
    ),
)
async def correct_caregiver_name(
    caregiver_id: UUID, actor: Corrector, command: Body[CorrectCaregiverName], desk: AtDesk
) -> Response:
    """Replace the name that is recorded of a caregiver by the right one."""
    return answer(await desk.ask(Caregiver, caregiver_id, command, by=actor))


@router.post(
    "/{caregiver_id}/contact-details",
    openapi_extra=shown(
        {
            "contact": "0198f0c2-0000-7000-8000-000000000030",
            "detail": {
                "phone": "021 555 0101",
            },
            "from_on": "2026-05-04",
            "source": "CA request",
        }
    ),
)
async def add_caregiver_contact(
    caregiver_id: UUID, actor: Corrector, command: Body[AddContactDetail], desk: AtDesk
) -> Response:
    """Record a way to reach a caregiver."""
    return answer(await desk.ask(Caregiver, caregiver_id, command, by=actor))


@router.post(
    "/{caregiver_id}/end-contact-detail",
    openapi_extra=shown(
        {
            "contact": "0198f0c2-0000-7000-8000-000000000030",
            "why": "SUPERSEDED",
        }
    ),
)
async def end_caregiver_contact(
    caregiver_id: UUID, actor: Corrector, command: Body[EndContactDetail], desk: AtDesk
) -> Response:
    """Stop using a way to reach a caregiver."""
    return answer(await desk.ask(Caregiver, caregiver_id, command, by=actor))
