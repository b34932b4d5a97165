"""Cursors: where a list goes on, opaque to whoever carries it, and true of one question at one position only."""

import base64
import binascii
import hmac
import json
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

from fastapi import Query

from api.http.faults import Fault
from api.http.problems import Problem, invalid
from eventstore.sealing import Digests

_MARK: Final = 16
"""Bytes of the digest that a cursor carries."""

Limit: TypeAlias = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
After: TypeAlias = Annotated[str | None, Query(max_length=1_000, description="The `next` of the page before.")]
Key: TypeAlias = tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The position that a list is read at, and the key of the last row that was shown."""

    position: int
    key: Key


def cursor(question: str, place: Place, digests: Digests) -> str:
    """Return the cursor of a place in the answer to a question; `question` names the route and its filters."""
    said = json.dumps([place.position, *place.key], separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_mark(question, said, digests) + said).rstrip(b"=").decode()


def place(question: str, carried: str, digests: Digests) -> Place:
    """Return the place of a cursor; raise a problem for one that we did not make, or made for another question."""
    try:
        raw = base64.b64decode(carried + "=" * (-len(carried) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _unreadable() from None
    mark, said = raw[:_MARK], raw[_MARK:]
    if not hmac.compare_digest(mark, _mark(question, said, digests)):
        raise _unreadable()
    position, *key = json.loads(said)
    return Place(position=position, key=tuple(key))


def _mark(question: str, said: bytes, digests: Digests) -> bytes:
    return digests.body(b"cursor:" + question.encode() + b"\0" + said)[:_MARK]


def _unreadable() -> Problem:
    message = "is no cursor of this list"
    return invalid([Fault(source="query", pointer="/after", code="not_a_cursor", message=message)])
