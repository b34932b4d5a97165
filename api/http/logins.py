"""Logins: which user comes with the login that a token names, found by the claim that their stream holds."""

import time
from typing import Final
from uuid import UUID

from domain.users.inviting import login_claim
from eventstore.connections import Pool, available
from eventstore.sealing import Digests

KEPT_SECONDS: Final = 30.0
"""How long a login that was found is not looked up again. Roles are not kept at all."""
MOST_KEPT: Final = 50_000

HOLDER: Final = "SELECT holder, held FROM log.claims WHERE claim = %s ORDER BY version DESC LIMIT 1"


class Logins:
    """Looks logins up by their digest, and remembers for half a minute what it found."""

    def __init__(self, lending: Pool, digests: Digests) -> None:
        self._lending = lending
        self._digests = digests
        self._kept: dict[str, tuple[UUID, float]] = {}

    def kept(self, login: str) -> UUID | None:
        """Return who comes with this login, if that was found a moment ago."""
        user, until = self._kept.get(login, (None, 0.0))
        return user if until > time.monotonic() else None

    def find(self, login: str) -> UUID | None:
        """Return who comes with this login; None if nobody does. Raises Unavailable."""
        claim = login_claim(login)
        digest = self._digests.claim(claim.kind, claim.key)
        with available(), self._lending.connection() as connection:
            row = connection.execute(HOLDER, [digest]).fetchone()
        if row is None or not row[1]:
            return None
        self._keep(login, row[0])
        return self.kept(login)

    def _keep(self, login: str, user: UUID) -> None:
        if len(self._kept) >= MOST_KEPT:
            self._kept.clear()
        self._kept[login] = (user, time.monotonic() + KEPT_SECONDS)
