"""Boards: a folder in which each of several processes leaves its numbers, so that any of them can tell those of all.

What was counted by one that is gone is told still, for a sum that falls would be read as one that began anew.
"""

import json
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Final
from uuid import uuid4

import structlog

from api.http.metrics import Numbers

EVERY_SECONDS: Final = 1.0
"""How often a process leaves its numbers."""
GONE_SECONDS: Final = 15.0
"""How a process stands is told no longer when it has left nothing for so long."""


log = structlog.get_logger()


class Board:
    """The numbers of all processes, in a folder that is theirs alone; each has a name of its own in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own = folder / f"{uuid4()}.json"

    def leave(self, numbers: Numbers) -> None:
        """Put our numbers in the place of those from before."""
        requests = [[*key, count] for key, count in numbers.requests.items()]
        draft = self._own.with_suffix(f".{uuid4().hex}")
        draft.write_text(json.dumps({"requests": requests, "times": numbers.times, "gauges": numbers.gauges}))
        draft.replace(self._own)

    def read(self) -> list[Numbers]:
        """Return the numbers of each process."""
        return [_read(file) for file in self._folder.glob("*.json")]

    @contextmanager
    def kept(self, numbers: Callable[[], Numbers]) -> Generator[None]:
        """Leave our numbers every second until the block ends, and then what we counted alone."""
        stop = Event()

        def keep() -> None:
            while not stop.wait(EVERY_SECONDS):
                self._try_to_leave(numbers())

        thread = Thread(target=keep, name="figures", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
            self._try_to_leave(replace(numbers(), gauges={}))

    def _try_to_leave(self, numbers: Numbers) -> None:
        try:
            self.leave(numbers)
        except OSError as error:  # a disk that is full is no reason to serve nobody
            log.error("figures_not_left", error=type(error).__name__)  # noqa: TRY400 - where it happened is known


def _read(file: Path) -> Numbers:
    said = json.loads(file.read_text())
    requests = {(method, route, status): count for method, route, status, count in said["requests"]}
    stands = time.time() - file.stat().st_mtime <= GONE_SECONDS
    return Numbers(requests=requests, times=said["times"], gauges=said["gauges"] if stands else {})
