"""Identity: who asks, and as what. The token proves the person and the organisation; grants in the log decide.

The role that somebody acts in is the one that the token is narrowed to, or else the one in the header
`Acting-Role`. Neither gives any right: whoever does not hold the role today is refused.
"""

from asyncio import shield, wrap_future
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from math import inf
from typing import Annotated, Final
from uuid import UUID

from anyio import move_on_after, to_thread
from fastapi import Depends, Header, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from adapters.fetched_keys import SOONEST_SECONDS, FetchedKeys
from adapters.identity import KeyUnknown, NotProven, Proven, Tokens
from adapters.public_keys import KeysOutdated
from api.http.problems import Problem
from api.http.strictness import require_strict_parameters
from domain.authority import NotAllowed
from domain.decision import Actor, Source
from domain.rights import TABLE, Action
from domain.users.user import Role
from eventstore.deadlines import left

SCHEME: Final = HTTPBearer(auto_error=False, bearerFormat="JWT", description="A token of the identity provider.")

FindUser = Callable[[str], UUID | None]
"""Who comes with a login; None if nobody does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What the service knows people by."""

    tokens: Tokens
    fetched: FetchedKeys | None
    user_of: FindUser
    known: Callable[[str], UUID | None]

    async def enter(self, token: str) -> tuple[Proven, UUID]:
        """Return what the token proves, and whose login it names; raise NotProven, or KeysOutdated."""
        proven = await self._proven(token)
        user = self.known(proven.subject) or await to_thread.run_sync(self.user_of, proven.subject)
        if user is None:
            raise NotProven
        return proven, user

    async def _proven(self, token: str) -> Proven:
        """Judge the token, and again if keys could be fetched for it; who waits for them holds no thread."""
        try:
            return self.tokens.prove(token)
        except (KeyUnknown, KeysOutdated):
            fetching = self.fetched and self.fetched.renew()
            if not fetching:
                raise
        with move_on_after(left(inf)):
            await shield(wrap_future(fetching))
        return self.tokens.prove(token)


class Audience:
    """Who may ask a route: the roles that may do one of these actions to something. Which things, the permit judges."""

    def __init__(self, *actions: Action) -> None:
        self.actions = actions
        self.roles = frozenset(role for action in actions for role in TABLE[action])

    async def __call__(
        self,
        request: Request,
        bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(SCHEME)],
        acting_role: Annotated[Role | None, Header(description="The role to act in, if the token names none.")] = None,
    ) -> Actor:
        """Return who asks; raise a 401 problem, or NotAllowed to a role that can never ask this."""
        proven, user = await _entered(request, bearer)
        require_strict_parameters(request)
        role = proven.role or acting_role
        if role not in self.roles:
            raise NotAllowed
        source = Source.SYSTEM if role == Role.SYSTEM else Source.PORTAL
        return Actor(user=user, role=Role(role), organisation=proven.organisation, source=source)


async def public(request: Request) -> None:
    """Declare that anybody may ask a route, without a token."""
    require_strict_parameters(request)


async def _entered(request: Request, bearer: HTTPAuthorizationCredentials | None) -> tuple[Proven, UUID]:
    if bearer is None or not bearer.credentials:
        raise _unauthenticated("TokenMissing", "This needs a bearer token.", "Bearer")
    door: Door = request.app.state.door
    try:
        return await door.enter(bearer.credentials)
    except NotProven:
        raise _unauthenticated(
            "TokenInvalid", "The token proves nothing here.", 'Bearer error="invalid_token"'
        ) from None
    except KeysOutdated:
        raise Problem(
            status=HTTPStatus.SERVICE_UNAVAILABLE,
            code="KeysOutdated",
            title="The issuer has published no keys for so long that no token can be judged; try again shortly.",
            headers={"Retry-After": str(int(SOONEST_SECONDS))},
        ) from None


def _unauthenticated(code: str, title: str, challenge: str) -> Problem:
    return Problem(status=HTTPStatus.UNAUTHORIZED, code=code, title=title, headers={"WWW-Authenticate": challenge})
