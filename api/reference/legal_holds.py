"""Legal holds over HTTP: a Privacy Officer keeps a person's data from being destroyed, and lifts that again."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer
from api.http.audiences import PrivacyOfficer
from api.http.bodies import Body
from api.http.routes import shown
from domain.privacy.holding import LiftLegalHold, PlaceLegalHold
from domain.students.caregiver import Caregiver
from domain.students.student import Student
from domain.users.user import User

router = APIRouter(prefix="/v1", tags=["legal holds"])

_PLACED: Final = shown({"authority": "CIV-2026-404-1", "reason": "A claim against the provider."})
_LIFTED: Final = shown(
    {
        "hold": "0198f0c2-0000-7000-8000-000000000030",
        "authority": "CIV-2026-404-1",
        "reason": "The claim was settled.",
    }
)


@router.post("/students/{student_id}/legal-hold", openapi_extra=_PLACED)
async def place_legal_hold_on_student(
    student_id: UUID, actor: PrivacyOfficer, command: Body[PlaceLegalHold], desk: AtDesk
) -> Response:
    """Keep everything of a student, and every note about them, until it is lifted; answers `hold`."""
    return answer(await desk.ask(Student, student_id, command, by=actor))


@router.post("/students/{student_id}/lift-legal-hold", openapi_extra=_LIFTED)
async def lift_legal_hold_on_student(
    student_id: UUID, actor: PrivacyOfficer, command: Body[LiftLegalHold], desk: AtDesk
) -> Response:
    """Lift one hold on a student; others stand."""
    return answer(await desk.ask(Student, student_id, command, by=actor))


@router.post("/caregivers/{caregiver_id}/legal-hold", openapi_extra=_PLACED)
async def place_legal_hold_on_caregiver(
    caregiver_id: UUID, actor: PrivacyOfficer, command: Body[PlaceLegalHold], desk: AtDesk
) -> Response:
    """Keep everything of a caregiver, and every note about them, until it is lifted; answers `hold`."""
    return answer(await desk.ask(Caregiver, caregiver_id, command, by=actor))


@router.post("/caregivers/{caregiver_id}/lift-legal-hold", openapi_extra=_LIFTED)
async def lift_legal_hold_on_caregiver(
    caregiver_id: UUID, actor: PrivacyOfficer, command: Body[LiftLegalHold], desk: AtDesk
) -> Response:
    """Lift one hold on a caregiver; others stand."""
    return answer(await desk.ask(Caregiver, caregiver_id, command, by=actor))


@router.post("/users/{user_id}/legal-hold", openapi_extra=_PLACED)
async def place_legal_hold_on_user(
    user_id: UUID, actor: PrivacyOfficer, command: Body[PlaceLegalHold], desk: AtDesk
) -> Response:
    """Keep everything of a user, and every note about them, until it is lifted; answers `hold`."""
    return answer(await desk.ask(User, user_id, command, by=actor))


@router.post("/users/{user_id}/lift-legal-hold", openapi_extra=_LIFTED)
async def lift_legal_hold_on_user(
    user_id: UUID, actor: PrivacyOfficer, command: Body[LiftLegalHold], desk: AtDesk
) -> Response:
    """Lift one hold on a user; others stand."""
    return answer(await desk.ask(User, user_id, command, by=actor))
