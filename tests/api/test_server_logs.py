"""Whatever the program writes while it serves is one JSON object a line, and quotes nothing of what was sent."""

import json
import logging
import signal
import socket
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import structlog

from api.commands.server_logs import Structured
from tests.api.test_cli import HANG_SECONDS, PROGRAM, Place
from tests.house.tree import ROOT

CANARY = "Whetu"


@pytest.mark.parametrize("workers", [pytest.param("1", marks=pytest.mark.soak), "2"])
def test_every_line_is_structured(passable: Path, workers: str):
    place = Place(passable / "lines")
    command = [*PROGRAM, "serve", "--port", "0", "--workers", workers]
    with subprocess.Popen(
        command, cwd=ROOT, env=place.environ(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        address = urlsplit(process.stdout.readline().split()[-1])
        for sent in (f"GET /{CANARY} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", f"{CANARY}\r\n\r\n"):
            with socket.create_connection((address.hostname, address.port), timeout=HANG_SECONDS) as client:
                client.sendall(sent.encode())
                assert client.recv(12).startswith(b"HTTP/1.1 4")
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=HANG_SECONDS)
    lines = [json.loads(line) for line in said.splitlines()]
    assert {"server", "request", "connection ended"} <= {line["event"] for line in lines}
    assert CANARY not in said


def test_a_line_about_an_exception_names_its_kind_and_not_its_words():
    error = ValueError(CANARY)
    told = (ValueError, error, None)
    record = logging.LogRecord("uvicorn.error", logging.ERROR, "", 0, "Exception in\n", (), told)
    with structlog.testing.capture_logs() as lines:
        Structured().emit(record)
    assert [(line["said"], line["error"]) for line in lines] == [("Exception in", "ValueError")]
    assert CANARY not in repr(lines)
