"""Providers over HTTP: contracted organisations, and funded schools."""

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, made
from api.http.audiences import ReferenceKeeper
from api.http.bodies import Body
from api.http.routes import shown
from domain.providers.provider import Provider
from domain.providers.registering import RegisterProvider

router = APIRouter(prefix="/v1/providers", tags=["providers"])


@router.post(
    "",
    openapi_extra=shown(
        {
            "details": {
                "code": "KAPITI_TAUTOKO",
                "name": "Kāpiti Tautoko",
                "kind": "CATCHMENT",
                "region": "Wellington",
                "anniversary_set": "WELLINGTON",
            },
        }
    ),
)
async def register_provider(actor: ReferenceKeeper, command: Body[RegisterProvider], desk: AtDesk) -> Response:
    """Say what a provider is; its id follows from its code."""
    done = await desk.named(Provider, command.details.id, command, by=actor)
    return made(done, "/v1/providers", done.stream)
