"""`attendance demo`: a school term played through the service, and what everybody sees of it then and earlier."""

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Annotated, Final

import typer

from api.clock import OwnClock
from api.commands.running import Failed, Stopped
from api.settings import PREFIX, variable
from api.simulation.programs import DidNotServe, address_of, program, variables
from domain.days import AUCKLAND

OPENS_AT: Final = datetime(2026, 4, 20, 5, tzinfo=AUCKLAND)
"""When the clock of the service begins: on the first morning of Term 2."""


def demo(
    cases: Annotated[int, typer.Option(min=5, max=5_000, help="How many students schools ask support for.")] = 180,
    seed: Annotated[int, typer.Option(min=0, help="The same seed plays the same term.")] = 1,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="The port to listen on; 0 is any that is free.")] = 0,
) -> None:
    """Play a school term of made-up people through the service, and show what schools and providers see of it.

    It has a database of its own, which is gone afterwards. On a terminal it stays up until Ctrl-C.
    """
    signal.signal(signal.SIGHUP, signal.getsignal(signal.SIGTERM))
    try:
        with _home() as home, _apart(home):
            _play(home, cases, seed, port)
    except (Stopped, KeyboardInterrupt):
        raise typer.Exit from None  # to be stopped is how it ends


def _play(home: Path, cases: int, seed: int, port: int) -> None:
    OwnClock.begin(home / "clock", OPENS_AT).close()
    log, began = home / "serve.log", time.monotonic()
    with program(log, "serve", "--port", str(port), "--no-project") as serving:
        demonstrating = import_module("api.simulation.demonstrating")  # takes its time, as the service does
        try:
            address = address_of(serving, log)
        except DidNotServe as error:
            raise Failed(f"the service did not start: {error}") from None
        demonstrating.demonstrate(home, address, cases, seed, began)


@contextmanager
def _home() -> Generator[Path]:
    """Lend a folder for everything there is, which is gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="attendance-demo-"))
    home.chmod(0o711)  # as root the database runs as another user, who has to pass through
    try:
        yield home
    finally:
        shutil.rmtree(home)


@contextmanager
def _apart(home: Path) -> Generator[None]:
    """Leave the settings of this machine aside: the demo has its own."""
    with variables():
        for name in [
            each for each in os.environ if each.upper().startswith(PREFIX) or each == variable("database_url")
        ]:
            del os.environ[name]
        os.environ[variable("data")] = str(home)
        yield
