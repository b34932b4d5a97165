"""Disposals over HTTP: a Privacy Officer asks that somebody's data is destroyed, another one authorises it (BR-115).

`attendance erase` carries out what was authorised.
"""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer, made
from api.http.audiences import PrivacyOfficer
from api.http.bodies import Body
from api.http.routes import shown
from domain.privacy.disposal import Disposal
from domain.privacy.disposing import AskForDisposal, AuthoriseDisposal, DeclineDisposal, WithdrawDisposal

router = APIRouter(prefix="/v1/disposals", tags=["disposals"])


@router.post(
    "",
    openapi_extra=shown(
        {
            "person": "0198f0c2-0000-7000-8000-000000000020",
            "authority": "DA 712",
            "disposal_class": "3.2",
            "reason": "Registered by mistake: never a student in New Zealand.",
            "classes": ["identity", "contact", "narrative", "health", "safety"],
            "caregivers_too": True,
        }
    ),
)
async def ask_for_disposal(actor: PrivacyOfficer, command: Body[AskForDisposal], desk: AtDesk) -> Response:
    """Ask another Privacy Officer to authorise that somebody's personal data is destroyed; answers `id`."""
    done = await desk.open(Disposal, command, by=actor)
    return made(done, "/v1/disposals", done.stream)


@router.post("/{disposal_id}/authorise", openapi_extra=shown({}))
async def authorise_disposal(
    disposal_id: UUID, actor: PrivacyOfficer, command: Body[AuthoriseDisposal], desk: AtDesk
) -> Response:
    """Authorise what another Privacy Officer asked for; look at it first."""
    return answer(await desk.ask(Disposal, disposal_id, command, by=actor))


@router.post("/{disposal_id}/decline", openapi_extra=shown({"reason": "The inquiry still needs it."}))
async def decline_disposal(
    disposal_id: UUID, actor: PrivacyOfficer, command: Body[DeclineDisposal], desk: AtDesk
) -> Response:
    """Decline what another Privacy Officer asked for, as long as it has not begun."""
    return answer(await desk.ask(Disposal, disposal_id, command, by=actor))


@router.post("/{disposal_id}/withdraw", openapi_extra=shown({"reason": "It was the wrong person."}))
async def withdraw_disposal(
    disposal_id: UUID, actor: PrivacyOfficer, command: Body[WithdrawDisposal], desk: AtDesk
) -> Response:
    """Withdraw what one asked for oneself, as long as it has not begun."""
    return answer(await desk.ask(Disposal, disposal_id, command, by=actor))
