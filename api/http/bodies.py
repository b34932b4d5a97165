"""Bodies: a command's dataclass is the body, read strictly and once.

Refused are unknown fields, anything cast (`0` as a day, `"yes"` as a boolean), names given twice, NaN, NUL, half
characters, and whatever is too long, all mistakes of a body at once.
"""

import json
from collections.abc import Mapping
from dataclasses import is_dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any, Final, Generic, TypeAlias, TypeVar, cast

from fastapi import Depends, Request
from pydantic import TypeAdapter, ValidationError
from pydantic_core import SchemaValidator

from api.http.days import stricter
from api.http.faults import fault_of
from api.http.problems import Problem, invalid
from domain.text import STRICT

T = TypeVar("T")

LARGEST_BODY: Final = 256 * 1024
"""Bytes: a form with every text at its longest in macrons fits in."""

DEEPEST: Final = 20


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
        return self.read(await _body(request))

    def read(self, body: bytes) -> T:
        """Return what these bytes say; raise a Problem that names every mistake."""
        _require_plain(body)
        try:
            return cast("T", self._validator.validate_json(body))
        except ValidationError as error:
            found = error.errors(include_url=False, include_input=False)
            raise invalid(fault_of(each, "body") for each in found) from None


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
    try:
        read = json.loads(body.decode(), object_pairs_hook=_once, parse_constant=_no_number)
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
    if len(read) < len(pairs):
        raise _Ambiguous("gives a name twice")
    return read


def _no_number(name: str) -> float:
    raise _Ambiguous("holds NaN or Infinity")


def _depth(read: object) -> int:
    inner = read.values() if isinstance(read, dict) else read if isinstance(read, list) else None
    return 0 if inner is None else 1 + max(map(_depth, inner), default=0)


def _malformed(why: str) -> Problem:
    return Problem(
        status=HTTPStatus.BAD_REQUEST, code="MalformedJson", title="The body cannot be read.", detail=f"It {why}."
    )
