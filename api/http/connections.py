"""Connections: what one of them may take before anybody knows who asks. Bytes of a head, its lines, time, and how many.

The parser keeps whatever is sent until a head is complete, so it is fed no more than a head may have.
"""

from asyncio import Handle, Transport
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, cast

import structlog
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from api.http.problems import Problem

log = structlog.get_logger()

LONGEST_HEAD: Final = 16 * 1024
"""Bytes of the request line and headers together."""
MOST_LINES: Final = 100
LONGEST_MESSAGE: Final = 512 * 1024
"""Bytes after a head: twice the longest body, with what frames it. Beyond, it is not even thrown away."""
MOST_WAITING: Final = 16
"""Requests that a client sends before the first is answered. Beyond, nothing is said: their answers are due first."""
LINGER_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a deployment allows."""

    head_seconds: float = 10.0
    body_seconds: float = 30.0
    connections: int = 1_000


class TooMuch(Exception):
    """A head has too many lines, or too many requests wait for their answers; the parser passes it on."""


class Guarded(HttpToolsProtocol):
    """Uvicorn's protocol, which ends what is too long, too slow or too many."""

    def __init__(self, *arguments: Any, limits: Limits, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._limits = limits
        self._fed = 0  # bytes of the head or of what follows it
        self._in_body = False
        self._refusal = HTTPStatus.BAD_REQUEST
        self._deadline: Handle | None = None
        self._stuck: Handle | None = None
        self._answering: RequestResponseCycle | None = None  # `cycle` is of the request that came last

    # The connection

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        if len(self.connections) > self._limits.connections:
            self._end(HTTPStatus.SERVICE_UNAVAILABLE)
        else:
            self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_deadline()
        self.resume_writing()
        self._unset_keepalive_if_required()
        self._let_go()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        while data and not self.transport.is_closing():
            room = min(self._longest() - self._fed, LONGEST_HEAD)
            self._feed(data[:room])
            data = data[room:]

    def pause_writing(self) -> None:
        """Give somebody who does not read their answer as long as for a body."""
        super().pause_writing()
        self._stuck = self.loop.call_later(self._limits.body_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._stuck:
            self._stuck.cancel()

    # What the parser finds

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_body:
            return  # trailers say nothing: the request was judged by its head
        if len(self.headers) >= MOST_LINES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        if len(self.pipeline) >= MOST_WAITING:
            self._refuse(HTTPStatus.TOO_MANY_REQUESTS)
        super().on_headers_complete()
        if self.parser.should_upgrade():
            self.cycle.keep_alive = False  # what follows is in no protocol of ours
        self._in_body, self._fed = True, 0
        self._within(self._limits.body_seconds)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_body, self._fed = False, 0
        self._forget_deadline()

    def send_400_response(self, msg: str) -> None:
        self._end(self._refusal)

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: whoever wants another protocol is answered in this one."""

    # Limits

    def _longest(self) -> int:
        return LONGEST_MESSAGE if self._in_body else LONGEST_HEAD

    def _feed(self, piece: bytes) -> None:
        if not self._in_body and self._deadline is None:
            self._await_head()
        self._fed += len(piece)
        super().data_received(piece)
        if self._fed >= self._longest():
            self._end(_TOO_LONG[self._in_body])

    def _await_head(self) -> None:
        self._within(self._limits.head_seconds)

    def _within(self, seconds: float) -> None:
        self._forget_deadline()
        self._deadline = self.loop.call_later(seconds, self._late)

    def _forget_deadline(self) -> None:
        if self._deadline:
            self._deadline.cancel()
        self._deadline = None

    def _late(self) -> None:
        self._end(HTTPStatus.REQUEST_TIMEOUT)

    def _refuse(self, status: HTTPStatus) -> None:
        self._refusal = status
        raise TooMuch

    def _end(self, status: HTTPStatus) -> None:
        """Close, with an answer if it cannot be taken for that to another request."""
        if self.transport.is_closing():
            return
        log.info("connection ended", status=int(status))
        if status in ANSWERS and self._may_answer():
            self.transport.write(_answer(status))
        self._let_go()
        self._forget_deadline()
        self.transport.close()
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def _let_go(self) -> None:
        """Tell whoever works on an answer, or waits to, that nobody waits for it."""
        for cycle in (self._answering, self.cycle):
            if cycle and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()

    def _may_answer(self) -> bool:
        if self._in_body:
            return not self.cycle.response_started and not self.pipeline
        asked: RequestResponseCycle | None = self.cycle  # none before the first request
        return asked is None or asked.response_complete


_TOO_LONG: Final = {False: HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, True: HTTPStatus.REQUEST_ENTITY_TOO_LARGE}

ANSWERS: Final = {
    HTTPStatus.BAD_REQUEST: ("NotHttp", "This is no HTTP that everybody would read alike."),
    HTTPStatus.REQUEST_TIMEOUT: ("TooSlow", "The request took too long to arrive."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("BodyTooLarge", "The body is too long."),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: ("HeadTooLarge", "The headers are too long or too many."),
    HTTPStatus.SERVICE_UNAVAILABLE: ("TooManyConnections", "Too many connections are open; try again shortly."),
}
"""Code and title of what a connection can be answered, whatever was asked; the document names them everywhere."""


def _answer(status: HTTPStatus) -> bytes:
    code, title = ANSWERS[status]
    answer = Problem(status=status, code=code, title=title, headers={"Connection": "close"}).answer()
    lines = [name + b": " + value + b"\r\n" for name, value in answer.raw_headers]
    return b"".join([STATUS_LINE[int(status)], *lines, b"\r\n", cast("bytes", answer.body)])
