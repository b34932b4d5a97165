"""Programs: the commands of `attendance` that run beside this process, each stopped in the end."""

import os
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

PROGRAM_LINE: Final = "from api.cli import main; main()"
SERVING: Final = "Serving on "
PATIENCE_SECONDS: Final = 30.0
"""How long a program has to stop when it is asked to."""


class DidNotServe(Exception):
    """The service did not come up; its log says why."""


@contextmanager
def program(log: Path, *arguments: str) -> Generator[subprocess.Popen[str]]:
    """Run a command of the program `attendance` beside this process, and stop it at the end."""
    with log.open("a") as said:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-c", PROGRAM_LINE, *arguments],
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            start_new_session=True,  # Ctrl-C is for us, who stop everything in order
        )
    try:
        yield process
    finally:
        _stop(process)


def address_of(process: subprocess.Popen[str], log: Path) -> str:
    """Wait until a service says where it serves. Raises DidNotServe."""
    for line in process.stdout or ():
        if line.startswith(SERVING):
            return line.removeprefix(SERVING).strip()
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    raise DidNotServe(lines[-1] if lines else DidNotServe.__doc__)


def _stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.communicate(timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()


@contextmanager
def variables(**values: str) -> Generator[None]:
    """Set environment variables for this process and the programs that it starts."""
    before = dict(os.environ)
    os.environ.update(values)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
