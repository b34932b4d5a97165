"""Who somebody is, as a signed token proves it: a person (by their login) and the organisation they come from.

What they may do is no claim of a token: roles are grants in the log.
"""

import base64
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from adapters.public_keys import usable

ALGORITHMS: Final = ("ES256", "RS256", "EdDSA", "Ed25519")
"""Signatures by a private key only, so that the published key can never be taken for a shared secret."""

LEEWAY_SECONDS: Final = 30
LONGEST_TOKEN: Final = 8_192
LONGEST_SUBJECT: Final = 200
LONGEST_LIFETIME: Final = 3_600
UNTYPED: Final = "none"
"""How a list of types names a token that says nothing of its type: no token can say so of itself."""
TYPES: Final = f"JWT at+jwt {UNTYPED}"
"""What a token may say it is. A logout token or a proof of possession is signed by the same key."""
_OF_SIGNING_IN: Final = frozenset({"nonce", "at_hash", "c_hash", "s_hash"})
"""Claims of an ID token (OpenID Connect), which tells the client who signed in and opens nothing."""
_USES: Final = ("typ", "token_use")
"""Claims by which some issuers say what a token is for."""
_HEADERS: Final = frozenset({"alg", "kid", "typ"})
_PART: Final = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Proven:
    """What a token proves; `role` is the role that it is narrowed to, if it is."""

    subject: str
    organisation: UUID
    role: str | None = None


class NotProven(Exception):
    """The token proves nothing: unsigned, of another issuer or audience, expired, or without a claim that we need."""


class KeyUnknown(NotProven):
    """The token names a key that the issuer had not published when it was looked at last."""


class Published(Protocol):
    """Keys that an issuer may replace."""

    @property
    def latest(self) -> KeySet:
        """The keys as they are by now; raise KeysOutdated if nobody knows."""


class Tokens:
    """Judges bearer tokens of one issuer for one audience. Times are UNIX seconds of the system's own clock."""

    def __init__(
        self,
        keys: KeySet | Published,
        *,
        issuer: str,
        audience: str,
        longest: int = LONGEST_LIFETIME,
        types: frozenset[str | None] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.keys = usable(keys) if isinstance(keys, KeySet) else keys
        self._longest = longest
        self._types = types_in(TYPES) if types is None else types
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

    @property
    def _latest(self) -> KeySet:
        return self.keys if isinstance(self.keys, KeySet) else self.keys.latest

    def prove(self, token: str) -> Proven:
        """Return what the token proves; raise NotProven, which repeats nothing of it, or KeysOutdated."""
        if len(token) > LONGEST_TOKEN:
            raise NotProven
        try:
            head = _plain_head(token)
            if _type(head) not in self._types:
                raise NotProven
            claims = jwt.decode(token, _known(self._latest, head), algorithms=ALGORITHMS).claims
            self._claims.validate(claims)
            if not 0 < claims["exp"] - claims["iat"] <= self._longest:
                raise NotProven
            _require_access(claims)
            return _proven(claims)
        except (JoseError, ValueError, TypeError, RecursionError, OverflowError):
            raise NotProven from None


def _known(keys: KeySet, head: dict[str, Any]) -> KeySet:
    """Return the keys; raise KeyUnknown if the token names one that is not among them."""
    if "kid" in head and all(key.kid != head["kid"] for key in keys):
        raise KeyUnknown
    return keys


def types_in(text: str) -> frozenset[str | None]:
    """Return the types in a list parted by blanks; None stands for a token that says nothing of its type."""
    return frozenset(None if name.lower() == UNTYPED else _kind(name) for name in text.split())


def _kind(name: str) -> str:
    """Return the name of a media type as it is compared (RFC 7515, 4.1.9)."""
    return name.upper().removeprefix("APPLICATION/")


def _plain_head(token: str) -> dict[str, Any]:
    """Return the header of a token; raise NotProven for one that two readers could read differently."""
    head, claims, mark = token.split(".")
    said, _ = _read_once(head), _read_once(claims)
    _plain(mark)
    if said.keys() - _HEADERS:
        raise NotProven
    return said


def _type(head: dict[str, Any]) -> str | None:
    return _kind(str(head["typ"])) if "typ" in head else None


def _require_access(claims: dict[str, Any]) -> None:
    """Raise NotProven for an ID token: of the same issuer and audience, and made for the client alone."""
    if claims.keys() & _OF_SIGNING_IN or any(str(claims.get(use)).upper() == "ID" for use in _USES):
        raise NotProven


def _read_once(part: str) -> dict[str, Any]:
    read = json.loads(_plain(part).decode(), object_pairs_hook=_once, parse_constant=_no_number)
    if not isinstance(read, dict):
        raise NotProven
    json.dumps(read, ensure_ascii=False).encode()  # half a character cannot be written
    return read


def _plain(part: str) -> bytes:
    """Return what is written in base64url; there is one way to write it (RFC 7515)."""
    if not _PART.fullmatch(part):
        raise NotProven
    read = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if base64.urlsafe_b64encode(read).rstrip(b"=") != part.encode():
        raise NotProven
    return read


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise NotProven
    return dict(pairs)


def _no_number(said: str) -> None:
    raise NotProven


def _proven(claims: dict[str, Any]) -> Proven:
    subject, organisation, role = claims["sub"], claims["org"], claims.get("role")
    if not 1 <= len(subject) <= LONGEST_SUBJECT or not isinstance(organisation, str):
        raise NotProven
    if not isinstance(role, str | None):
        raise NotProven
    return Proven(subject=subject, organisation=_id(organisation), role=role)


def _id(text: str) -> UUID:
    read = UUID(text)
    if str(read) != text.lower():
        raise NotProven
    return read
