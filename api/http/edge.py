"""The edge: what is true of every request and answer. One line in the log, one count, one id, never a body."""

import time
from typing import Any, Final
from uuid import UUID, uuid4

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.http.days import is_id
from api.http.metrics import Metrics
from api.http.problems import invalid, unexpected
from api.http.strictness import headers_given_twice
from eventstore.deadlines import Deadline, within

log = structlog.get_logger()

SAFE: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
"""What every answer says of itself."""

ANSWER_SECONDS: Final = 2.5
"""How long we work on an answer at most, whatever we wait for; so that everybody is told within 3 s."""


class Edge:
    """The outermost layer: nothing that goes wrong inside gets past it as anything but a problem."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with within(ANSWER_SECONDS) as deadline:
            await _Exchange(scope, self._metrics).run(self._app, _at_their_pace(receive, deadline), send)


class _Exchange:
    """One request and its answer."""

    def __init__(self, scope: Scope, metrics: Metrics) -> None:
        self._scope = scope
        self._metrics = metrics
        self._began = time.perf_counter()
        self._correlation = _correlation(scope)
        self._status = 0
        scope["state"] = {**scope.get("state", {}), "correlation": self._correlation}

    async def run(self, app: ASGIApp, receive: Receive, send: Send) -> None:
        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in {"X-Request-Id": str(self._correlation), **SAFE}.items():
                    headers.setdefault(name, value)
            await send(message)

        twice = headers_given_twice(Headers(scope=self._scope))
        try:
            await (invalid(twice).answer() if twice else app)(self._scope, receive, answer)
        except ClientDisconnect:
            self._status = HUNG_UP
        except Exception as error:  # noqa: BLE001 - whatever it is, the asker gets a problem and the log a line
            log.error("unexpected", error=type(error).__name__, at=_place(error), **self._names())  # noqa: TRY400 - a traceback may quote the body
            if not self._status:
                await unexpected().answer()(self._scope, receive, answer)
        finally:
            self._note()

    def _note(self) -> None:
        seconds = time.perf_counter() - self._began
        method, route = self._scope["method"], _route(self._scope)
        self._metrics.observe(method if route != NO_ROUTE else "OTHER", route, self._status, seconds)
        log.info("request", status=self._status, milliseconds=round(seconds * 1000, 1), **self._names())

    def _names(self) -> dict[str, Any]:
        rule = self._scope["state"].get("rule")
        return {
            "method": self._scope["method"],
            "route": _route(self._scope),
            "request_id": str(self._correlation),
            **({"rule": rule} if rule else {}),
        }


def _at_their_pace(receive: Receive, deadline: Deadline) -> Receive:
    """How long they take to send is not our time."""

    async def received() -> Message:
        began = time.monotonic()
        message = await receive()
        deadline.put_off(time.monotonic() - began)
        return message

    return received


NO_ROUTE: Final = "none"
HUNG_UP: Final = 499
"""What is counted when the client did not wait; nobody is answered so."""


def _route(scope: Scope) -> str:
    """Return the route's pattern: the path itself could hold anything that somebody typed."""
    return getattr(scope.get("route"), "path", NO_ROUTE)


def _correlation(scope: Scope) -> UUID:
    """Return the id that the asker gave the request, if it is a UUID, or a new one."""
    given = Headers(scope=scope).get("x-request-id", "")
    return UUID(given) if is_id(given) else uuid4()


def _place(error: BaseException) -> str:
    """Return file and line where it happened; the message might repeat what was sent."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "nowhere"
