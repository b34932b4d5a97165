"""Bodies: a command's dataclass is the body, read strictly and once.

Refused are unknown fields, anything cast (`0` as a day, `"yes"` as a boolean), names given twice, NaN, NUL, half
characters, and whatever is too long, all mistakes of a body at once.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from functools import cache, partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final, Generic, TypeAlias, TypeVar, cast

from anyio import CapacityLimiter, fail_after, to_thread
from fastapi import Depends, Request
from pydantic import TypeAdapter, ValidationError
from pydantic_core import SchemaValidator

from api.http.days import stricter
from api.http.faults import fault_of
from api.http.problems import Problem, invalid, unavailable
from domain.text import STRICT
from eventstore.deadlines import left

T = TypeVar("T")

LARGEST_BODY: Final = 256 * 1024
"""Bytes: a form with every text at its longest in macrons fits in."""

DEEPEST: Final = 20
MOST_NAMES: Final = 100
"""Names in one object: no command has half as many fields."""

MOST_VALUES: Final = 10_000
"""Values in one body, at any depth: the longest list of codes with all that is said of each has fewer."""

LARGE: Final = 4 * 1024
"""Bytes from which on a body is read beside the event loop, which meanwhile serves others."""

READERS: Final = 2
"""So many large bodies are read at once; the others wait in line."""

READING_SECONDS: Final = 5.0
"""How long a large body may wait and be read."""


class NotStrict(TypeError):
    """A class that is a body says so with `__pydantic_config__ = STRICT`."""


class Reader(Generic[T]):
    """Reads one class of bodies. Called by FastAPI, it takes the body of the request that is answered."""

    def __init__(self, of: type[T]) -> None:
        if not is_dataclass(of) or getattr(of, "__pydantic_config__", None) != STRICT:
            raise NotStrict(of.__name__)
        self.of = of
        self.adapter: TypeAdapter[T] = TypeAdapter(of)
        self._validator = SchemaValidator(stricter(self.adapter.core_schema))

    async def __call__(self, request: Request) -> T:
        """Return what the body says; raise a Problem."""
        _require_json(request)
        body = await _body(request)
        return self.read(body) if len(body) < LARGE else await _beside(partial(self.read, body))

    def read(self, body: bytes) -> T:
        """Return what these bytes say; raise a Problem that names every mistake."""
        _require_plain(body)
        try:
            return cast("T", self._validator.validate_json(body))
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)
            raise invalid(fault_of(each, "body") for each in found) from None


@cache
def _line() -> CapacityLimiter:
    """Return what large bodies stand in line for."""
    return CapacityLimiter(READERS)


async def _beside(read: Callable[[], T]) -> T:
    """Read a large body in a thread; raise a Problem if that takes too long."""
    try:
        with fail_after(left(READING_SECONDS)):
            return await to_thread.run_sync(read, limiter=_line(), abandon_on_cancel=True)
    except TimeoutError:
        raise unavailable() from None


if TYPE_CHECKING:
    Body: TypeAlias = Annotated[T, "read strictly from the body"]
else:

    class Body:
        """`command: Body[PauseCase]`, in the signature of a route."""

        def __class_getitem__(cls, of: type) -> object:
            return Annotated[of, Depends(Reader(of))]


def _require_json(request: Request) -> None:
    kind, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.replace(" ", "").replace('"', "").lower()
    if kind.strip().lower() != "application/json" or charset not in {"", "charset=utf-8"}:
        raise Problem(
            status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            code="NotJson",
            title="A body is application/json, in UTF-8.",
            headers={"Accept": "application/json"},
        )


async def _body(request: Request) -> bytes:
    """Read the body, no further than it may reach, and keep it for the digest of the request."""
    kept = bytearray()
    async for chunk in request.stream():
        kept += chunk
        if len(kept) > LARGEST_BODY:
            raise Problem(
                status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                code="BodyTooLarge",
                title=f"A body has {LARGEST_BODY // 1024} KiB at most.",
            )
    body = bytes(kept)
    request.state.body = body
    return body


def _require_plain(body: bytes) -> None:
    """Raise unless this is JSON that everybody reads alike: names once, numbers finite, no half characters."""
    if body.count(b":") + body.count(b",") > 2 * MOST_VALUES:  # in texts, too: those have their own bounds
        raise _malformed(f"holds more than {MOST_VALUES} values")
    try:
        read = json.loads(body.decode(), object_pairs_hook=_once, parse_constant=_no_number, parse_int=_whole)
        json.dumps(read, ensure_ascii=False).encode()
    except RecursionError:
        raise _malformed("is nested too deeply") from None
    except UnicodeError:
        raise _malformed("is not UTF-8, or holds half a character") from None
    except _Ambiguous as error:
        raise _malformed(str(error)) from None
    except ValueError:
        raise _malformed("is not JSON") from None
    if _depth(read) > DEEPEST:
        raise _malformed("is nested too deeply")


class _Ambiguous(ValueError):
    """JSON that two readers could take for two things."""


def _once(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
    read = dict(pairs)
    if len(pairs) > MOST_NAMES:
        raise _Ambiguous(f"has more than {MOST_NAMES} names in one object")
    if len(read) < len(pairs):
        raise _Ambiguous("gives a name twice")
    return read


def _whole(digits: str) -> int:
    """Read a whole number, as far as it tells that it is too large for everything."""
    if len(digits) > LONGEST_NUMBER:
        raise _Ambiguous("holds a number of more digits than anybody reads")
    return int(digits[:30])


LONGEST_NUMBER: Final = 1_000


def _no_number(name: str) -> float:
    raise _Ambiguous("holds NaN or Infinity")


def _depth(read: object) -> int:
    inner = read.values() if isinstance(read, dict) else read if isinstance(read, list) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


def _malformed(why: str) -> Problem:
    return Problem(
        status=HTTPStatus.BAD_REQUEST, code="MalformedJson", title="The body cannot be read.", detail=f"It {why}."
    )
