"""Who somebody is, as a signed token proves it: a person (by their login) and the organisation they come from.

What they may do is no claim of a token: roles are grants in the log.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from adapters.public_keys import unfit

ALGORITHMS: Final = ("ES256", "RS256", "EdDSA", "Ed25519")
"""Signatures by a private key only, so that the published key can never be taken for a shared secret."""

LEEWAY_SECONDS: Final = 30
LONGEST_TOKEN: Final = 8_192
LONGEST_SUBJECT: Final = 200
_PUBLIC_KEYS: Final = frozenset({"EC", "RSA", "OKP"})


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Proven:
    """What a token proves; `role` is the role that it is narrowed to, if it is."""

    subject: str
    organisation: UUID
    role: str | None = None


class NotProven(Exception):
    """The token proves nothing: unsigned, of another issuer or audience, expired, or without a claim that we need."""


class UnusableKeys(ValueError):
    """The key set holds no public key that signatures can be checked with, or holds a secret."""


class Tokens:
    """Judges bearer tokens of one issuer for one audience. Times are UNIX seconds of the system's own clock."""

    def __init__(self, keys: KeySet, *, issuer: str, audience: str, now: Callable[[], float] = time.time) -> None:
        if not keys.keys or any(key.key_type not in _PUBLIC_KEYS for key in keys):
            raise UnusableKeys("a key set needs public keys, and only those")
        self._keys = keys
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(now()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            org={"essential": True},
        )

    def prove(self, token: str) -> Proven:
        """Return what the token proves; raise NotProven, which repeats nothing of it."""
        if len(token) > LONGEST_TOKEN:
            raise NotProven
        try:
            claims = jwt.decode(token, self._keys, algorithms=ALGORITHMS).claims
            self._claims.validate(claims)
            return _proven(claims)
        except (JoseError, ValueError, TypeError, RecursionError):
            raise NotProven from None


def key_set(file: Path) -> KeySet:
    """Read a JSON Web Key Set (RFC 7517); raise UnusableKeys if it is none."""
    try:
        keys = KeySet.import_key_set(json.loads(file.read_text(encoding="utf-8")))
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        raise UnusableKeys("the file holds no JSON Web Key Set") from None
    if why := unfit(keys):
        raise UnusableKeys(why)
    return keys


def _proven(claims: dict[str, Any]) -> Proven:
    subject, organisation, role = claims["sub"], claims["org"], claims.get("role")
    if not 1 <= len(subject) <= LONGEST_SUBJECT or not isinstance(organisation, str):
        raise NotProven
    if not isinstance(role, str | None):
        raise NotProven
    return Proven(subject=subject, organisation=UUID(organisation), role=role)
