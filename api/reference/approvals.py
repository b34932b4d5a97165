"""Approvals over HTTP: an administrator asks for what takes two, and another one approves it or does not (ADR 19)."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer, made
from api.http.audiences import Administrator
from api.http.bodies import Body
from api.http.routes import shown
from domain.users.approval import Approval
from domain.users.approving import Approve, AskForLogin, AskForRole, Decline, Withdraw

router = APIRouter(prefix="/v1/approvals", tags=["approvals"])


@router.post(
    "/role",
    openapi_extra=shown(
        {
            "user": "0198f0c2-0000-7000-8000-000000000010",
            "role": "AUDITOR",
            "organisation": "0198f0c2-0000-7000-8000-000000000001",
            "from_on": "2026-05-04",
            "to_on": "2026-08-03",
            "reason": "The yearly audit.",
        }
    ),
)
async def ask_for_role(actor: Administrator, command: Body[AskForRole], desk: AtDesk) -> Response:
    """Ask another administrator to approve a role that one alone does not give; answers `id`."""
    done = await desk.open(Approval, command, by=actor)
    return made(done, "/v1/approvals", done.stream)


@router.post(
    "/login",
    openapi_extra=shown(
        {
            "user": "0198f0c2-0000-7000-8000-000000000010",
            "login": "wiremu.parata",
        }
    ),
)
async def ask_for_login(actor: Administrator, command: Body[AskForLogin], desk: AtDesk) -> Response:
    """Ask another administrator to approve that somebody comes with another login; answers `id`."""
    done = await desk.open(Approval, command, by=actor)
    return made(done, "/v1/approvals", done.stream)


@router.post(
    "/{approval_id}/approve",
    openapi_extra=shown(
        {
            "login": "wiremu.parata",
        }
    ),
)
async def approve(approval_id: UUID, actor: Administrator, command: Body[Approve], desk: AtDesk) -> Response:
    """Approve what another administrator asked for, naming the login that the person comes with."""
    return answer(await desk.ask(Approval, approval_id, command, by=actor))


@router.post("/{approval_id}/decline", openapi_extra=shown({"reason": "No audit was agreed on."}))
async def decline(approval_id: UUID, actor: Administrator, command: Body[Decline], desk: AtDesk) -> Response:
    """Decline what another administrator asked for."""
    return answer(await desk.ask(Approval, approval_id, command, by=actor))


@router.post("/{approval_id}/withdraw", openapi_extra=shown({"reason": "The audit was put off."}))
async def withdraw(approval_id: UUID, actor: Administrator, command: Body[Withdraw], desk: AtDesk) -> Response:
    """Withdraw what one asked for oneself."""
    return answer(await desk.ask(Approval, approval_id, command, by=actor))
