"""Entering: what somebody without a token can do to the service by the bytes and the time of one connection."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from api.http.connections import LONGEST_HEAD, LONGEST_MESSAGE, MOST_LINES, Guarded, Limits

PATIENCE = 60
GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"


class Seen:
    """An application that reads each body and answers with the names of the headers."""

    def __init__(self) -> None:
        self.requests = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests += 1
        while (message := await receive()).get("more_body"):
            pass
        if message["type"] == "http.disconnect":
            return
        said = json.dumps([name.decode() for name, _ in scope["headers"]]).encode()
        head: list[Any] = [(b"content-length", str(len(said)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": said})


@contextmanager
def served(app: Any, protocol: type[Guarded] = Guarded, **limits: Any) -> Iterator[tuple[str, int]]:
    """Serve an application behind our protocol; lends the address."""
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=partial(protocol, limits=Limits(**limits)),  # type: ignore[arg-type] # what makes one
        lifespan="off",
        log_config=None,
        timeout_keep_alive=1,
    )
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def seen() -> Seen:
    return Seen()


@pytest.fixture(scope="module")
def quick(seen: Seen) -> Iterator[tuple[str, int]]:
    """A service that waits half a second for everything."""
    with served(seen, head_seconds=0.5, body_seconds=0.5) as address:
        yield address


def answers(address: tuple[str, int], *sent: bytes) -> bytes:
    """Send this, and return everything until the service closes."""
    with socket.create_connection(address, timeout=PATIENCE) as client:
        try:
            for each in sent:
                client.sendall(each)
        except OSError:
            return b"cut"
        return rest(client)


def rest(client: socket.socket) -> bytes:
    said = b""
    try:
        while part := client.recv(65_536):
            said += part
    except ConnectionError:
        pass
    return said


def status(said: bytes) -> str:
    return said[9:12].decode()


def endless(address: tuple[str, int], begun: bytes, piece: bytes) -> int:
    """Send without end, and return how much was sent before the service cut it."""
    with socket.create_connection(address, timeout=PATIENCE) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        client.sendall(begun)
        sent = 0
        try:
            while sent < 64 * 1024 * 1024:
                client.sendall(piece)
                sent += len(piece)
        except OSError:
            pass
        return sent


@pytest.mark.parametrize(
    ("begun", "piece"),
    [
        (GET + b"X: ", b"x" * 65_536),
        (b"GET /", b"x" * 65_536),
        (GET, b"X: x\r\n" * 10_000),
        (b"", b"\r\n" * 30_000),
        (CHUNKED + b"1;", b"x" * 65_536),
        (CHUNKED + b"0\r\nX: ", b"x" * 65_536),
        (CHUNKED + b"0\r\n", b"X: x\r\n" * 10_000),
        (CHUNKED, b"1\r\nx\r\n" * 10_000),
        (POST + b"Content-Length: 99999999\r\n\r\n", b"x" * 65_536),
    ],
    ids=["a value", "a path", "lines", "nothing", "an extension", "a trailer", "trailers", "chunks", "a body"],
)
def test_what_has_no_end_is_cut(quick: tuple[str, int], begun: bytes, piece: bytes):
    assert endless(quick, begun, piece) < 16 * 1024 * 1024


def test_the_parser_is_never_fed_more_than_a_head_may_have():
    """Bytes, not time: what the parser keeps is what it was fed."""
    fed: list[int] = []

    class Counting(Guarded):
        def _feed(self, piece: bytes) -> None:
            fed.append(len(piece))
            super()._feed(piece)

    with served(Seen(), Counting) as address:
        endless(address, GET + b"X: ", b"x" * 65_536)
    assert sum(fed) == LONGEST_HEAD


def test_a_head_of_16_KiB_is_the_longest(quick: tuple[str, int]):
    def padded(length: int) -> bytes:
        end = b"\r\nConnection: close\r\n\r\n"
        return GET + b"X: " + b"x" * (length - len(GET) - 3 - len(end)) + end

    assert status(answers(quick, padded(LONGEST_HEAD))) == "200"
    assert status(answers(quick, padded(LONGEST_HEAD + 1))) == "431"


def test_a_hundred_lines_are_the_most(quick: tuple[str, int]):
    lines = b"X: x\r\n" * (MOST_LINES - 2)
    assert status(answers(quick, GET + lines + b"Connection: close\r\n\r\n")) == "200"
    assert status(answers(quick, GET + lines + b"X: x\r\nConnection: close\r\n\r\n")) == "431"


@pytest.mark.parametrize(
    "begun", [b"", b"GET", GET, GET + b"X: ", POST + b"Content-Length: 9\r\n\r\nx", CHUNKED + b"1"]
)
def test_what_stops_is_ended_and_others_are_served_meanwhile(quick: tuple[str, int], begun: bytes):
    with socket.create_connection(quick, timeout=PATIENCE) as slow:
        slow.sendall(begun)
        assert status(answers(quick, GET + b"Connection: close\r\n\r\n")) == "200"
        assert status(rest(slow)) == "408"


@pytest.mark.parametrize("begun", [GET + b"X: ", POST + b"Content-Length: 9999\r\n\r\n"])
def test_who_dribbles_is_ended(quick: tuple[str, int], begun: bytes):
    with socket.create_connection(quick, timeout=PATIENCE) as client:
        client.sendall(begun)
        sent = 0
        try:
            while sent < 1_000:
                client.sendall(b"x")
                sent += 1
                time.sleep(0.02)
        except OSError:
            pass
    assert sent < 1_000


def test_a_connection_on_which_nothing_more_is_asked_is_closed(quick: tuple[str, int]):
    assert status(answers(quick, GET + b"\r\n")) == "200"


@pytest.mark.parametrize(
    "sent",
    [
        POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        POST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx",
        POST + b"Content-Length: 1, 1\r\n\r\nx",
        POST + b"Content-Length: +1\r\n\r\nx",
        POST + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        POST + b"X: x\r\n folded\r\n\r\n",
        POST + b"X: x\rY: y\r\n\r\n",
        POST + b"X: x\nContent-Length: 1\r\n\r\nx",
        POST + b"X\x00: x\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: a\r\n\r\n",
        b"GET /\xc4\x81 HTTP/1.1\r\nHost: a\r\n\r\n",
        CHUNKED + b"0x1\r\nx\r\n0\r\n\r\n",
        CHUNKED + b"fffffffffffffffff\r\nx",
    ],
)
def test_what_two_readers_would_read_differently_is_refused(quick: tuple[str, int], sent: bytes):
    assert status(answers(quick, sent)) == "400"


def test_a_trailer_is_no_header(quick: tuple[str, int]):
    said = answers(quick, CHUNKED + b"0\r\n", b"Authorization: Bearer x\r\n\r\n")
    assert status(said) == "200"
    assert b"authorization" not in said


def test_who_asks_for_another_protocol_is_answered_in_this_one_and_for_the_last_time(quick: tuple[str, int]):
    said = answers(quick, GET + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + GET + b"\r\n")
    assert said.count(b"HTTP/1.1 200") == 1


def test_who_expects_to_be_asked_for_the_body_is(quick: tuple[str, int]):
    with socket.create_connection(quick, timeout=PATIENCE) as client:
        client.sendall(POST + b"Content-Length: 1\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")
        client.sendall(b"x")
        assert status(rest(client)) == "200"


def test_a_thousand_requests_at_once_are_not_kept(seen: Seen, quick: tuple[str, int]):
    before = seen.requests
    answers(quick, (GET + b"\r\n") * 1_000)
    assert seen.requests - before < 100


def test_those_beyond_are_answered_503_and_others_are_served(seen: Seen):
    with served(seen, connections=2) as address:
        kept = [socket.create_connection(address, timeout=PATIENCE) for _ in range(2)]
        for each in kept:  # answered: so both are counted
            each.sendall(GET + b"\r\n")
            assert each.recv(12) == b"HTTP/1.1 200"
        assert status(answers(address)) == "503"
        for each in kept:
            each.close()


def test_a_long_message_is_ended_with_an_answer_that_names_nothing_of_it(quick: tuple[str, int]):
    said = answers(quick, POST + b"Content-Length: 9999999\r\n\r\n", b"x" * 2 * LONGEST_MESSAGE)
    assert said == b"cut" or status(said) == "413"
