"""Users over HTTP: who they are, and which roles they hold, for how long."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer, made
from api.http.audiences import Administrator, Granter, Inviter
from api.http.bodies import Body
from api.http.routes import shown
from domain.users.granting import GrantRole, RevokeRole
from domain.users.inviting import ChangeUserDetails, InviteUser
from domain.users.training import RecordTrainingPassed
from domain.users.user import User

router = APIRouter(prefix="/v1/users", tags=["users"])


@router.post(
    "",
    openapi_extra=shown(
        {
            "details": {
                "name": {
                    "family_name": "Parata",
                    "given_names": "Wiremu",
                },
                "email": "wiremu.parata@example.nz",
                "login": "wiremu.parata",
            },
        }
    ),
)
async def invite_user(actor: Inviter, command: Body[InviteUser], desk: AtDesk) -> Response:
    """Open a stream for a user; answers `user`. Only administrators are told another if the login is known already."""
    done = await desk.open(User, command, by=actor)
    return made(done, "/v1/users", done.ids["user"])


@router.post(
    "/{user_id}/details",
    openapi_extra=shown(
        {
            "details": {
                "name": {
                    "family_name": "Parata",
                    "given_names": "Wiremu",
                },
                "email": "wiremu.parata@example.nz",
                "login": "wiremu.parata",
            },
        }
    ),
)
async def change_user_details(
    user_id: UUID, actor: Administrator, command: Body[ChangeUserDetails], desk: AtDesk
) -> Response:
    """Correct a user's name or addresses; another login is asked for under `/v1/approvals`."""
    return answer(await desk.ask(User, user_id, command, by=actor))


@router.post(
    "/{user_id}/training",
    openapi_extra=shown(
        {
            "passed_on": "2026-01-20",
        }
    ),
)
async def record_training_passed(
    user_id: UUID, actor: Administrator, command: Body[RecordTrainingPassed], desk: AtDesk
) -> Response:
    """Record that a user passed the online training."""
    return answer(await desk.ask(User, user_id, command, by=actor))


@router.post(
    "/{user_id}/grant",
    openapi_extra=shown(
        {
            "role": "CASE_MANAGER",
            "organisation": "0198f0c2-0000-7000-8000-000000000004",
            "from_on": "2026-01-05",
        }
    ),
)
async def grant_role(user_id: UUID, actor: Granter, command: Body[GrantRole], desk: AtDesk) -> Response:
    """Give somebody a role in an organisation, for a time; some roles are asked for under `/v1/approvals`."""
    return answer(await desk.ask(User, user_id, command, by=actor))


@router.post(
    "/{user_id}/revoke",
    openapi_extra=shown(
        {
            "role": "CASE_MANAGER",
            "organisation": "0198f0c2-0000-7000-8000-000000000004",
        }
    ),
)
async def revoke_role(user_id: UUID, actor: Granter, command: Body[RevokeRole], desk: AtDesk) -> Response:
    """Take a role in an organisation away, at once."""
    return answer(await desk.ask(User, user_id, command, by=actor))
