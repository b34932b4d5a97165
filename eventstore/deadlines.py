"""Deadlines: how long an answer may take in all, whatever it waits for on the way, in whatever thread.

Whoever takes a request in says it once; each step then asks how much of its own time is left. Followers and jobs, of
whom nobody waits for an answer, have none.
"""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar
from time import monotonic
from typing import Final


class Deadline:
    """The end of one answer's time, on the monotonic clock."""

    __slots__ = ("_end",)

    def __init__(self, seconds: float) -> None:
        self._end = monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds until the end; 0 once it is over."""
        return max(0.0, self._end - monotonic())

    def put_off(self, seconds: float) -> None:
        """Move the end: so long somebody else was waited for."""
        self._end += seconds


_PRESENT: Final[ContextVar[Deadline | None]] = ContextVar("deadline", default=None)


@contextmanager
def within(seconds: float) -> Generator[Deadline]:
    """Have everything in this block end within so many seconds, instead of what was said before."""
    deadline = Deadline(seconds)
    before = _PRESENT.set(deadline)
    try:
        yield deadline
    finally:
        _PRESENT.reset(before)


def allow(seconds: float) -> None:
    """Give the present answer so many seconds from now, if that is longer: it is known to be more work."""
    deadline = _PRESENT.get()
    if deadline:
        deadline.put_off(max(0.0, seconds - deadline.left))


def left(seconds: float) -> float:
    """Return how much of a step's own time there is before the whole answer is due."""
    deadline = _PRESENT.get()
    return seconds if deadline is None else min(seconds, deadline.left)
