"""The deciding writer: one thread a process that decides whatever waits and appends it in one statement (ADR 0004).

That is group commit, fairness between hot and quiet streams, and acting once, in one place and without a lock in the
callers. A lost connection leaves the outcome unknown; the same command is then decided again, and finds what it did.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime
from threading import Condition, Thread
from time import monotonic

import structlog

from eventstore.connections import AWAY, DeadlineConnection, Unavailable, connect
from eventstore.deadlines import left
from eventstore.line import Line
from eventstore.requests import Done, Outcome, Request, Waiting, settle
from eventstore.turn import Tools, Turn

Clock = Callable[[], datetime]

MOST_AT_ONCE = 64
"""How many commands one turn takes: enough to share a commit, few enough that nobody waits for long."""
MOST_OF_ONE_STREAM = 16
"""How many of them belong to one stream: the turns of a hot one are short, and others are in the next."""
MOST_WAITING = 10_000
PATIENCE_SECONDS = 2.5
"""How long a caller waits before it is told that nothing is known yet."""
AGAIN_SECONDS = 1.0
"""How long it is left alone while the database is away and nobody waits."""
LOST_TURNS = 2
"""After so many turns lost to another process, the next one is taken under the lock."""

log = structlog.get_logger()


class Busy(Unavailable):
    """Too many commands are waiting; try again shortly."""


def utc_now() -> datetime:
    """The system's clock."""
    return datetime.now(UTC)


class Writer:
    """Takes requests from any thread or event loop and answers them from its own thread."""

    def __init__(self, dsn: str, tools: Tools, clock: Clock = utc_now, *, patience: float = PATIENCE_SECONDS) -> None:
        self._dsn = dsn
        self._tools = tools
        self._clock = clock
        self._patience = patience
        self._latest: datetime | None = None
        self._line = Line()
        self._arrived = Condition()
        self._closing = False
        self._connection: DeadlineConnection | None = None
        self.away = False
        """Whether what it asked last found no database that can be written; it looks again by itself."""
        self.turns = 0
        """How many turns were begun; for those who watch over fairness."""
        self._thread = Thread(target=self._run, name="deciding writer", daemon=True)
        self._thread.start()

    def execute(self, request: Request) -> Done:
        """Wait for a command to be decided. Raises what it was refused with, `Unavailable` after `patience` seconds.

        Or earlier, if the answer is due.
        """
        future: Future[Done] = Future()
        self._submit(Waiting(request, future))
        try:
            return future.result(left(self._patience))
        except TimeoutError:
            future.cancel()
            raise Unavailable from None

    async def execute_async(self, request: Request) -> Done:
        """Do the same from an event loop."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Done] = loop.create_future()
        self._submit(Waiting(request, future, loop))
        try:
            async with asyncio.timeout(left(self._patience)):
                return await future
        except TimeoutError:
            raise Unavailable from None

    @property
    def waiting(self) -> int:
        """How many commands stand in line."""
        return len(self._line)

    @property
    def alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Finish what waits, then end the thread."""
        with self._arrived:
            self._closing = True
            self._arrived.notify()
        self._thread.join()

    def _submit(self, waiting: Waiting) -> None:
        with self._arrived:
            if self._closing or len(self._line) >= MOST_WAITING:
                raise Busy
            self._line.join(waiting)
            self._arrived.notify()

    def _run(self) -> None:
        self._look()
        while waiting := self._take():
            self._tools.states.shrink()
            self._work(waiting)
        if self._connection:
            self._connection.close()

    def _take(self) -> list[Waiting]:
        """Wait for work and take up to 64 commands; an empty list is the end. Nobody waits: look if it is back."""
        while True:
            with self._arrived:
                patience = AGAIN_SECONDS if self.away else None
                came = self._arrived.wait_for(lambda: self._line or self._closing, patience)
                taken = self._line.take(MOST_AT_ONCE, MOST_OF_ONE_STREAM)
                if taken or (self._closing and not self._line):
                    return taken
            if not came:
                self._look()

    def _look(self) -> None:
        """Find out whether there is a database that can be written."""
        try:
            self._connected().execute("SELECT")
            self.away = False
        except AWAY as away:
            self._lose(away)

    def _work(self, waiting: list[Waiting]) -> None:
        try:
            self._conclude(self._turn(waiting))
        except AWAY as away:
            self._away(waiting, away)
        except Exception as error:  # noqa: BLE001 - one bad command must not fail the others
            self._apart(waiting, error)

    def _turn(self, waiting: list[Waiting]) -> Turn:
        self.turns += 1
        connection = self._connected()
        now = self._clock()
        turn = Turn(self._tools, connection, max(now, self._latest or now))
        if max(one.lost_turns for one in waiting) < LOST_TURNS:
            turn.run(waiting)
        else:
            self._turn_under_lock(turn, waiting, connection)
        return turn

    def _turn_under_lock(self, turn: Turn, waiting: list[Waiting], connection: DeadlineConnection) -> None:
        """Two processes on one hot stream starve each other, unless one of them reads and appends under the lock."""
        with connection.transaction():
            connection.execute("SET LOCAL idle_in_transaction_session_timeout = '1s'")
            connection.execute("SELECT log.lock()")
            turn.run(waiting)

    def _conclude(self, turn: Turn) -> None:
        self.away = False
        self._latest = max(turn.at, self._latest or turn.at)
        settle(turn.outcomes)
        self._put_back(turn.again)

    def _put_back(self, waiting: list[Waiting]) -> None:
        with self._arrived:
            self._line.rejoin(waiting)

    def _connected(self) -> DeadlineConnection:
        if self._connection is None or self._connection.closed:
            self._connection = connect(self._dsn, name="as-cms writer")
        return self._connection

    def _away(self, waiting: list[Waiting], error: Exception) -> None:
        """The outcome is unknown: those who still wait are decided again, and find it out."""
        self._lose(error)
        self._tools.states.clear()
        self._put_back([one for one in waiting if not one.abandoned])
        if self._closing:
            self._fail_all()
        else:
            self._pause()

    def _lose(self, error: Exception) -> None:
        if not self.away:
            log.warning("database_away", error=type(error).__name__, waiting=self.waiting)
        self.away = True
        if self._connection:
            self._connection.close()
            self._connection = None

    def _pause(self) -> None:
        until = monotonic() + 0.2
        with self._arrived:
            self._arrived.wait_for(lambda: self._closing, max(0.0, until - monotonic()))

    def _fail_all(self) -> None:
        with self._arrived:
            while rest := self._line.take(MOST_WAITING, MOST_WAITING):
                settle((one, Unavailable()) for one in rest)

    def _apart(self, waiting: list[Waiting], error: Exception) -> None:
        """Something in this batch cannot be stored: run it one by one, so that only the culprit fails."""
        self._tools.states.clear()
        if len(waiting) == 1:
            log.error(
                "command_failed",
                command=type(waiting[0].request.command).__name__,
                error=type(error).__name__,
            )
            outcome: Outcome = (waiting[0], error)
            settle([outcome])
            return
        for one in waiting:
            self._work([one])
