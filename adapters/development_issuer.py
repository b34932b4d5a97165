"""An issuer of tokens for development, demo and tests: its key lies in a file, and whoever has that is anybody.

It refuses to exist in production.
"""

import json
import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

ISSUER: Final = "as-cms-development"
LIFETIME: Final = timedelta(hours=1)


class NotInProduction(Exception):
    """The development issuer lets anybody be anybody; production names the issuer of its identity provider."""


class DevelopmentIssuer:
    """Signs tokens with a key of its own, which is made when it is first needed and readable by its owner only."""

    def __init__(
        self, file: Path, *, production: bool, audience: str = "as-cms", now: Callable[[], float] = time.time
    ) -> None:
        if production:
            raise NotInProduction
        self._audience = audience
        self._now = now
        self._key = _key_in(file)

    @property
    def keys(self) -> KeySet:
        """The public key."""
        public = self._key.as_dict(private=False)
        return KeySet.import_key_set({"keys": [public]})

    def token(
        self, *, subject: str, organisation: UUID, role: str | None = None, lifetime: timedelta = LIFETIME
    ) -> str:
        """Return a token for a person, whom their login names, of an organisation, in a role if one is given."""
        issued = int(self._now())
        claims = {
            "iss": ISSUER,
            "aud": self._audience,
            "iat": issued,
            "exp": issued + int(lifetime.total_seconds()),
            "sub": subject,
            "org": str(organisation),
        }
        narrowed = {"role": role} if role else {}
        return jwt.encode({"alg": "ES256", "kid": self._key.kid, "typ": "at+jwt"}, claims | narrowed, self._key)


def _key_in(file: Path) -> ECKey:
    if not file.exists():
        _make(file)
    return ECKey.import_key(json.loads(file.read_text(encoding="utf-8")))


def _make(file: Path) -> None:
    """Write a new key; of two who do so at once one wins, and both read the winner's."""
    file.parent.mkdir(parents=True, exist_ok=True)
    key = ECKey.generate_key("P-256", auto_kid=True)
    own = file.with_suffix(f".{os.getpid()}")
    descriptor = os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        json.dump(key.as_dict(private=True), opened)
    try:
        os.link(own, file)
    except FileExistsError:
        return
    finally:
        own.unlink()
