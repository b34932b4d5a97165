"""Figures: the numbers of all processes, for whoever may read them; at a port of their own if there is one."""

import hmac
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self

from fastapi import APIRouter, HTTPException, Request, Response

from api.addresses import loopback
from api.http.audiences import PUBLIC
from api.http.metrics import TYPE, Numbers, text, together
from api.http.problems import Problem
from api.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Scraper:
    """Who may read the numbers: whoever brings the token that is set; without one, whoever reaches them.

    In production without one that is this machine alone, at a port of their own; else nobody.
    """

    token: str | None
    anybody: bool

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return who may read them by these settings. Raises BadSettings for a token that cannot be read."""
        token = settings.shown_token()
        inside = settings.metrics_port is not None and loopback(settings.metrics_host)
        return cls(token=token, anybody=not token and (inside or not settings.production))

    def require(self, request: Request) -> None:
        """Raise a 401 problem for another token, and a 404 if nobody may read them."""
        if self.anybody:
            return
        if self.token is None:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self.token}".encode()):
            raise Problem(
                status=HTTPStatus.UNAUTHORIZED,
                code="MetricsTokenInvalid",
                title="The numbers are read with a token of their own.",
                headers={"WWW-Authenticate": "Bearer"},
            )


router = APIRouter(tags=["health"], dependencies=[PUBLIC])


@router.get("/metrics", response_class=Response)
def metrics(request: Request) -> Response:
    """Counts and times of requests, the length of the writer's line, and how long the issuer's keys are good still."""
    state = request.app.state
    state.scraper.require(request)
    return Response(text(together(state.numbers())), media_type=TYPE)


def numbers_of(state: Any) -> Numbers:
    """Return what this process has counted, and how it stands."""
    writer, keys = state.service.writer, state.door.fetched
    if keys:
        keys.look()  # nobody else does where nobody comes, and the keys would seem to go bad
    good = {"issuer_keys_good_seconds": int(keys.good_seconds)} if keys else {}
    counted: Numbers = state.metrics.numbers(commands_waiting=writer.waiting, writer_turns=writer.turns, **good)
    return counted
