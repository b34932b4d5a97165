"""Followers: whoever does something with every event of the log, in order, from a position that they keep themselves.

The loop never ends by itself. A database that is away is waited for; a gap in the positions, or a type that this
program does not know, halts the follower: it stays up, is not ready, says why, and lets go of its turn so that a newer
release can take over. Of several copies one works and the others wait.
"""

import contextlib
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from time import monotonic
from typing import Any, Final, Protocol

from eventstore.codec import UnknownType
from eventstore.connections import AWAY, Connection, connect, heard
from eventstore.log import CHANNEL, POLL_SECONDS, Recorded, head, tail

DEADLINE_SECONDS: Final = 30.0
"""How long one statement of a follower may take; a server that hangs is then left for a new connection."""

GONE_SECONDS: Final = 8.0
"""After so long without a word the server takes a follower for gone, and gives its turn to another copy."""

LONGEST_PAUSE: Final = 5.0

_OURS: Final = "SELECT log.take_turn(%s)"


class Work(Protocol):
    """What a follower does. It keeps its own position, and does each event exactly once whenever it is cut off."""

    @property
    def name(self) -> str:
        """By which copies of the same work know each other."""

    def begin(self, connection: Connection, /) -> int:
        """Return the position after which to go on; asked at the start and after every trouble. May raise Halt."""

    def take(self, connection: Connection, events: Sequence[Recorded], /) -> int:
        """Do these events in order, and keep the position along; return where to go on. May raise Halt."""


class Halt(Exception):
    """The follower cannot go on as it is. The message is for operators and names no value of an event."""


class Removed(Halt):
    """Events were removed from the log: positions have a gap."""


class State(StrEnum):
    """How a follower is."""

    STARTING = "starting"
    WAITING = "waiting"  # another copy works
    FOLLOWING = "following"
    AWAY = "away"  # the database does not answer
    HALTED = "halted"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How a follower is, how far it has come, and how many events it is behind the log (None: not known).

    `since` is an instant of the monotonic clock.
    """

    name: str
    state: State = State.STARTING
    position: int | None = None
    behind: int | None = None
    reason: str | None = None
    since: float = field(default_factory=monotonic, compare=False)

    @property
    def ready(self) -> bool:
        """Whether it follows. One that waits does not know whether the copy that has its turn does anything."""
        return self.state is State.FOLLOWING

    @property
    def seconds(self) -> float:
        """How long it has been in this state."""
        return monotonic() - self.since


class Follower:
    """Runs one piece of work: `run()` in this thread until `stop()`, or `start()` in one of its own."""

    def __init__(
        self, dsn: str, work: Work, *, batch: int = 1_000, poll: float = POLL_SECONDS, gone: float = GONE_SECONDS
    ) -> None:
        """`gone`: after so many seconds without a word to the database another copy takes over."""
        self.health = Health(name=work.name)
        self._gone = gone
        self._dsn = dsn
        self._work = work
        self._batch = batch
        self._poll = poll
        self._stopping = threading.Event()
        self._bell, self._ear = socket.socketpair()
        self._woken = False
        self._troubles = 0
        self._thread: threading.Thread | None = None

    @property
    def ready(self) -> bool:
        return self.health.ready

    def start(self) -> None:
        """Run in a thread."""
        self._thread = threading.Thread(target=self.run, name=f"follower {self._work.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the batch in hand, and wait for that if we started a thread."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._bell.send(b"!")
        if self._thread and self._thread is not threading.current_thread():
            self._thread.join()

    def run(self) -> None:
        """Follow until told to stop, whatever happens."""
        while not self._stopping.is_set():
            try:
                with opened(self._dsn, self._work.name, self._gone) as connection:
                    self._turn(connection)
            except Exception as error:  # noqa: BLE001 - a follower never exits
                self._say(State.AWAY if isinstance(error, AWAY) else State.HALTED, error)
                self._stopping.wait(min(LONGEST_PAUSE, 0.1 * 2**self._troubles))
                self._troubles = min(self._troubles + 1, 6)
        self._say(State.STOPPED)
        self._bell.close()
        self._ear.close()

    def _turn(self, connection: Connection) -> None:
        """Wait until it is our turn, and follow."""
        connection.add_notify_handler(self._wake)
        connection.execute(f"LISTEN {CHANNEL}")
        if self._ours(connection):
            self._follow(connection)

    def _ours(self, connection: Connection) -> bool:
        """Wait until no other copy works; the turn is ours for as long as the connection lives. False if stopped."""
        while not self._stopping.is_set():
            row = connection.execute(_OURS, [self._work.name]).fetchone()
            if row and row[0]:
                return True
            self._say(State.WAITING)
            self._stopping.wait(self._poll)
        return False

    def _follow(self, connection: Connection) -> None:
        position = self._work.begin(connection)
        while not self._stopping.is_set():
            self._woken = False  # before the read: what is told from now on may not be in it
            events = tail(connection, position, self._batch)
            if events:
                require_whole(position, events)
                position = self._work.take(connection, events)
            full = len(events) == self._batch
            self._following(connection, position, behind=None if full else 0)
            if not events:
                self._sleep(connection)

    def _following(self, connection: Connection, position: int, *, behind: int | None) -> None:
        if behind is None:
            behind = max(0, head(connection)[0] - position)
        self._troubles = 0
        self._be(State.FOLLOWING, position=position, behind=behind)

    def _sleep(self, connection: Connection) -> None:
        """Wait for a notice, for the poll, or to be stopped."""
        if not self._woken:
            heard([connection.fileno(), self._ear.fileno()], self._poll)

    def _wake(self, _: object) -> None:
        self._woken = True

    def _say(self, state: State, error: Exception | None = None) -> None:
        reason = None if error is None else _reason(error)
        self._be(state, position=self.health.position, reason=reason)

    def _be(self, state: State, **how: Any) -> None:
        before = self.health
        since = before.since if before.state is state else monotonic()
        self.health = Health(name=before.name, state=state, since=since, **how)


def opened(dsn: str, name: str, gone: float = GONE_SECONDS) -> Connection:
    """Open the session of a follower, which lives only as long as something is heard of it."""
    return connect(dsn, deadline=DEADLINE_SECONDS, name=name, in_transaction=gone, idle=gone)


def require_whole(position: int, events: Sequence[Recorded]) -> None:
    """Raise Removed unless the events follow this position, and each other, without a gap."""
    found = [position, *(event.position for event in events)]
    for before, after in pairwise(found):
        if after != before + 1:
            raise Removed(f"after position {before} comes {after}: events were removed from the log")


def _reason(error: Exception) -> str:
    """Name what is wrong; only errors of our own carry a message, others might carry a value."""
    ours = isinstance(error, Halt | UnknownType)
    return f"{type(error).__name__}: {error}" if ours else type(error).__name__
