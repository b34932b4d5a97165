"""The clock of the service: the system's, or outside production one of its own that can be set forward."""

import mmap
import os
import struct
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

from eventstore.writer import utc_now

_MICROSECOND: Final = timedelta(microseconds=1)
_OFFSET: Final = struct.Struct("<q")
_FILE: Final = struct.Struct("<q32s")
"""The offset in microseconds, and the SHA-256 of the name of the database whose clock it is."""


class Clock(Protocol):
    """Tells the time in UTC."""

    def __call__(self) -> datetime: ...


class ClockBehind(Exception):
    """The clock is behind the last thing recorded: time does not run backwards in the log."""


class NotFresh(Exception):
    """A clock of its own begins on a fresh database only; this one holds events of the system's time."""


system: Final[Clock] = utc_now


class OwnClock:
    """A clock that runs ahead of the system's, or behind it, by what a file says: every process tells one time."""

    def __init__(self, file: Path) -> None:
        with file.open("r+b") as opened:
            self._shared = mmap.mmap(opened.fileno(), 0)

    @classmethod
    def begin(cls, file: Path, at: datetime, *, of: str = "") -> "OwnClock":
        """Make the file of a clock that says `at` now; one that this database has already is left as it is.

        One process at a time may ask this.
        """
        owner = sha256(of.encode()).digest()
        if not (file.exists() and file.read_bytes()[_OFFSET.size :] == owner):
            draft = file.with_name(f"{file.name}.{os.getpid()}")
            draft.write_bytes(_FILE.pack((at - utc_now()) // _MICROSECOND, owner))
            draft.replace(file)
        return cls(file)

    def __call__(self) -> datetime:
        return utc_now() + self._offset

    def set(self, at: datetime) -> None:
        """Let it say `at` from now on, in every process. Raises ClockBehind if it says more already."""
        offset = at.astimezone(UTC) - utc_now()
        if offset < self._offset:
            raise ClockBehind(ClockBehind.__doc__)
        self._shared[: _OFFSET.size] = _OFFSET.pack(offset // _MICROSECOND)

    def close(self) -> None:
        self._shared.close()

    @property
    def _offset(self) -> timedelta:
        (microseconds,) = _OFFSET.unpack(self._shared[: _OFFSET.size])
        return timedelta(microseconds=microseconds)
