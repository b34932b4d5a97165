"""What the edge answers by itself, before any route is reached, stands in the document for every operation."""

import json
import socket
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from api.app import bare_app
from api.http.connections import ANSWERS, LONGEST_HEAD, LONGEST_MESSAGE, MOST_LINES, MOST_WAITING
from api.http.problems import MEDIA_TYPE
from tests.attacks.test_entering import PATIENCE, POST, Seen, answers, rest, served

APP = bare_app()
DOCUMENT = APP.openapi()
PROBLEM = DOCUMENT["components"]["schemas"]["Problem"]
ENDLESS = POST + b"Content-Length: 999999\r\n"
LIVE = b"GET /health/live HTTP/1.1\r\nHost: a\r\n"
Address = tuple[str, int]


class Hasty:
    """An application that answers before it has read the body."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        head: list[Any] = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": b""})


class Never:
    """An application that answers nobody until they are gone."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass


@pytest.fixture(scope="module")
def ours() -> Iterator[Address]:
    """Our routes and layers, with nothing behind them."""
    with served(APP) as address:
        yield address


@pytest.fixture(scope="module")
def theirs() -> Iterator[Address]:
    """Any application at all behind our connections."""
    with served(Seen()) as address:
        yield address


def sent(address: Address, request: bytes) -> HTTPResponse:
    with socket.create_connection(address, timeout=PATIENCE) as client:
        client.sendall(request)
        return read(client)


def read(client: socket.socket) -> HTTPResponse:
    answer = HTTPResponse(client)
    answer.begin()
    return answer


def too_slow(address: Address) -> HTTPResponse:
    with served(Seen(), head_seconds=0.5) as hasty:
        return sent(hasty, POST)


def too_long(address: Address) -> HTTPResponse:
    """Send the body when it is asked for, so that every byte of it is counted as one of a body."""
    with socket.create_connection(address, PATIENCE) as client:
        client.sendall(ENDLESS + b"Expect: 100-continue\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")
        client.sendall(b"x" * LONGEST_MESSAGE)
        return read(client)


def one_too_many(address: Address) -> HTTPResponse:
    with served(Seen(), connections=1) as (host, port), socket.create_connection((host, port), PATIENCE) as first:
        first.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert read(first).status == 200
        with socket.create_connection((host, port), PATIENCE) as second:
            return read(second)


OF_CONNECTIONS: dict[int, tuple[str, Callable[[Address], HTTPResponse]]] = {
    400: ("NotHttp", lambda address: sent(address, b"Kia ora\r\n\r\n")),
    408: ("TooSlow", too_slow),
    413: ("BodyTooLarge", too_long),
    431: ("HeadTooLarge", lambda address: sent(address, POST + b"X: x\r\n" * MOST_LINES + b"\r\n")),
    503: ("TooManyConnections", one_too_many),
}
OF_LAYERS: dict[int, tuple[str, Callable[[Address], HTTPResponse]]] = {
    422: ("InvalidInput", lambda address: sent(address, LIVE + b"Acting-Role: x\r\nActing-Role: y\r\n\r\n")),
    500: ("InternalError", lambda address: sent(address, b"GET /health/ready HTTP/1.1\r\nHost: a\r\n\r\n")),
}
OPERATIONS = [(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods]


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_operation_names_what_the_edge_answers_by_itself(path: str, method: str):
    answered = DOCUMENT["paths"][path][method]["responses"]
    for status in {*OF_CONNECTIONS, *OF_LAYERS}:
        assert answered[str(status)]["content"] == {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}


def test_what_a_connection_can_be_answered_is_tried_here():
    assert OF_CONNECTIONS.keys() == {int(status) for status in ANSWERS}


@pytest.mark.parametrize("status", OF_CONNECTIONS)
def test_what_ends_a_connection_is_said_in_the_shape_of_the_document(theirs: Address, status: int):
    code, ask = OF_CONNECTIONS[status]
    require_problem(ask(theirs), status, code)


@pytest.mark.parametrize("status", OF_LAYERS)
def test_what_the_layers_refuse_is_said_in_the_shape_of_the_document(ours: Address, status: int):
    code, ask = OF_LAYERS[status]
    require_problem(ask(ours), status, code)


def require_problem(answer: HTTPResponse, status: int, code: str) -> None:
    said = json.loads(answer.read())
    assert (answer.status, answer.headers["content-type"]) == (status, MEDIA_TYPE)
    assert (said["status"], said["code"]) == (status, code)
    assert {*PROBLEM["required"]} <= said.keys() <= PROBLEM["properties"].keys()


@pytest.mark.parametrize(
    "body", [b"", b"x" * LONGEST_MESSAGE, b"x" * 10], ids=["that stops", "that is too long", "that goes on"]
)
def test_what_was_answered_is_not_answered_again(body: bytes):
    """A second answer would be taken for that to the next request."""
    with served(Hasty(), body_seconds=0.5) as address, socket.create_connection(address, PATIENCE) as client:
        client.sendall(ENDLESS + b"\r\n")
        assert client.recv(12) == b"HTTP/1.1 200"
        client.sendall(body)
        assert b"HTTP/1.1" not in rest(client)


def test_who_has_too_many_requests_waiting_is_cut_off_without_a_word():
    """The answers to those before are due first, and nothing may be taken for one of them."""
    with served(Never()) as address:
        assert answers(address, (LIVE + b"\r\n") * (MOST_WAITING + 2)) == b""


def test_a_head_that_is_too_long_is_answered_as_one_of_too_many_lines(theirs: Address):
    require_problem(sent(theirs, POST + b"X: " + b"x" * LONGEST_HEAD), 431, "HeadTooLarge")
