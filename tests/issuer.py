"""An issuer that publishes its keys over HTTP on the loopback address, and behaves as it is told."""

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from time import sleep
from typing import Any

from joserfc.jwk import ECKey


def published(*keys: Any, private: bool = False, **parameters: str) -> bytes:
    """Return a key set as it is published."""
    return json.dumps({"keys": [key.as_dict(private=private) | parameters for key in keys]}).encode()


def key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", parameters={"kid": kid})


class Clock:
    """A clock that the test sets forward."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Issuer:
    """What it answers, how often it was asked, and whether it answers at all for now."""

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drops: bool = False
    asked: int = 0
    open: Event = field(default_factory=Event)
    url: str = ""

    def __post_init__(self) -> None:
        self.open.set()

    def answer(self, body: bytes, status: int = 200, *, drops: bool = False, **headers: str) -> None:
        """Answer so from now on."""
        self.body, self.status, self.drops, self.headers = body, status, drops, headers


class Handler(BaseHTTPRequestHandler):
    """Answers whatever is asked as its issuer says."""

    issuer: Issuer

    def do_GET(self) -> None:
        self.issuer.asked += 1
        self.issuer.open.wait()
        self.send_response(self.issuer.status)
        for name, value in self.issuer.headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        for part in self.parts():
            self.wfile.write(part)

    def parts(self) -> Iterator[bytes]:
        """The body whole, or one byte now and then."""
        if not self.issuer.drops:
            yield self.issuer.body
            return
        for byte in self.issuer.body:
            yield bytes([byte])
            sleep(0.1)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Does not mind who hangs up."""

    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Say nothing: whoever bounds an answer hangs up in the middle of it."""


@contextmanager
def issuing(body: bytes, tls: ssl.SSLContext | None = None) -> Iterator[Issuer]:
    """Publish this until the block ends."""
    issuer = Issuer(body)
    with Server(("127.0.0.1", 0), type("Of", (Handler,), {"issuer": issuer})) as server:
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        issuer.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}/keys"
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield issuer
        finally:
            issuer.open.set()
            server.shutdown()


@contextmanager
def away() -> Iterator[str]:
    """An address at which nobody answers; the port is held, so that nobody else is given it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}/keys"
