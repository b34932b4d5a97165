"""Problems: every answer that is no success, in the form of RFC 9457, without a word of what was sent."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from itertools import islice
from typing import Final

import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from api.http.faults import Fault, fault_of
from domain.authority import NotAllowed, NotFound
from domain.cases.case import NoSuchCase
from domain.catchments.catchment import NoSuchCatchment
from domain.decision import Refused
from domain.requests.form import RequestIncomplete
from domain.requests.request import NoSuchRequest
from domain.schools.school import NoSuchSchool
from domain.students.caring import NoSuchCaregiver
from domain.students.student import NoSuchStudent
from domain.users.user import NoSuchUser
from eventstore.connections import AWAY
from eventstore.requests import IdempotencyKeyReused, Stale
from eventstore.states import ForeignStream
from projections import moments

log = structlog.get_logger()

MOST_FAULTS: Final = 50
"""So many mistakes are named in one answer."""

MEDIA_TYPE: Final = "application/problem+json"
RETRY_SECONDS: Final = "2"

STATUSES: Final[Mapping[type[Refused], HTTPStatus]] = {
    NotAllowed: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    NoSuchCase: HTTPStatus.NOT_FOUND,
    NoSuchRequest: HTTPStatus.NOT_FOUND,
    NoSuchSchool: HTTPStatus.NOT_FOUND,
    NoSuchCatchment: HTTPStatus.NOT_FOUND,
    NoSuchStudent: HTTPStatus.NOT_FOUND,
    NoSuchCaregiver: HTTPStatus.NOT_FOUND,
    NoSuchUser: HTTPStatus.NOT_FOUND,
    Stale: HTTPStatus.PRECONDITION_FAILED,
    IdempotencyKeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    RequestIncomplete: HTTPStatus.UNPROCESSABLE_ENTITY,
    moments.MomentAhead: HTTPStatus.UNPROCESSABLE_ENTITY,
    moments.NoSuchPosition: HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""Which refusals are no conflict with how things stand. Each other one is: 409."""

_ELSEWHERE: Final = frozenset({NoSuchSchool, NoSuchCatchment, NoSuchStudent, NoSuchCaregiver, NoSuchUser})
"""If these name a field, what does not exist is not what was addressed."""


@dataclass(kw_only=True, eq=False)
class Problem(Exception):
    """A no of the service itself; the domain's no is a `Refused`."""

    status: HTTPStatus
    code: str
    title: str
    detail: str | None = None
    errors: tuple[Fault, ...] = ()
    headers: Mapping[str, str] | None = None

    def answer(self) -> Response:
        """Return it as a response."""
        body = {
            "type": f"/problems/{slug(self.code)}",
            "title": self.title,
            "status": int(self.status),
            "code": self.code,
        }
        more = {"detail": self.detail} if self.detail else {}
        errors = {"errors": [asdict(one) for one in self.errors]} if self.errors else {}
        content = json.dumps(body | more | errors, ensure_ascii=False).encode()
        return Response(content, int(self.status), dict(self.headers or {}), MEDIA_TYPE)


def slug(code: str) -> str:
    """Return `NotUnderSix` as `not-under-six`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", code).lower()


def of_refusal(refused: Refused) -> Problem:
    """Return the domain's no as a problem: its first line is the title, the rest is the detail."""
    title, _, rest = refused.message.partition("\n")
    return Problem(
        status=_status(refused),
        code=refused.code,
        title=title,
        detail=" ".join(rest.split()) or None,
        errors=tuple(_named(field, refused) for field in refused.fields),
    )


def _status(refused: Refused) -> HTTPStatus:
    if refused.fields and type(refused) in _ELSEWHERE:
        return HTTPStatus.CONFLICT
    return STATUSES.get(type(refused), HTTPStatus.CONFLICT)


def _named(field: str, refused: Refused) -> Fault:
    missing = isinstance(refused, RequestIncomplete)
    code, message = ("missing", "is missing") if missing else ("refused", "is refused by this rule")
    source = "query" if type(refused).__module__ == moments.__name__ else "body"
    return Fault(source=source, pointer="/" + field.replace(".", "/"), code=code, message=message)


def unavailable() -> Problem:
    """Nothing is known of what was asked; the same key makes it safe to ask again."""
    return Problem(
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        code="Unavailable",
        title="The service cannot answer at the moment; try again shortly, with the same Idempotency-Key.",
        headers={"Retry-After": RETRY_SECONDS},
    )


def unexpected() -> Problem:
    """Our own mistake: nothing of it is told."""
    return Problem(
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
        code="InternalError",
        title="The service made a mistake; it has been recorded.",
    )


def foreign() -> Problem:
    """The log keeps something of another kind where the service looked: nothing that the asker did."""
    return Problem(
        status=HTTPStatus.INTERNAL_SERVER_ERROR,
        code="ForeignStream",
        title="Something else is recorded where the service keeps what this needs; the operators have been told.",
    )


def invalid(faults: Iterable[Fault]) -> Problem:
    """Everything that is wrong with what was sent, at once, up to so many mistakes."""
    named = tuple(islice(faults, MOST_FAULTS + 1))
    return Problem(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        code="InvalidInput",
        title="What was sent has mistakes.",
        detail=f"There are more than the {MOST_FAULTS} that are named." if len(named) > MOST_FAULTS else None,
        errors=named[:MOST_FAULTS],
    )


def install(app: FastAPI) -> None:
    """Answer every exception that a request can end with by a problem."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(Refused, _refused)
    for away in AWAY:
        app.add_exception_handler(away, _unavailable)
    app.add_exception_handler(ForeignStream, _foreign)
    app.add_exception_handler(moments.NotYetProjected, _not_yet)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - Starlette calls a handler with what it is for
    return error.answer()


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)  # noqa: S101 - registered for that class only
    request.state.rule = error.code
    return of_refusal(error).answer()


async def _unavailable(request: Request, error: Exception) -> Response:
    return unavailable().answer()


async def _foreign(request: Request, error: Exception) -> Response:
    assert isinstance(error, ForeignStream)  # noqa: S101 - registered for that class only
    request.state.rule = "ForeignStream"
    log.error("foreign_stream", kind=error.kind, stream=str(error.stream))
    return foreign().answer()


async def _not_yet(request: Request, error: Exception) -> Response:
    return Problem(
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        code="NotYetProjected",
        title=" ".join((error.__doc__ or "").split()),
        headers={"Retry-After": "1"},
    ).answer()


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for that class only
    return invalid(fault_of(each) for each in error.errors()).answer()


async def _http(request: Request, error: Exception) -> Response:
    """Answer what the framework refuses by itself: no such path, another method, a body too long."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for that class only
    status = HTTPStatus(error.status_code)
    code = _FRAMEWORK.get(status, status.phrase.title().replace(" ", ""))
    return Problem(status=status, code=code, title=f"{status.phrase}.", headers=error.headers).answer()


_FRAMEWORK: Final = {
    HTTPStatus.NOT_FOUND: "NotFound",
    HTTPStatus.METHOD_NOT_ALLOWED: "MethodNotAllowed",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "BodyTooLarge",
}
