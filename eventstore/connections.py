"""Connections to PostgreSQL that never wait for ever: every answer has a deadline, even from a server that hangs."""

from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from math import inf
from selectors import EVENT_READ, DefaultSelector
from threading import Lock, Thread
from time import monotonic
from typing import Any, Final, Self, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import IdleInTransactionSessionTimeout, ReadOnlySqlTransaction, TransactionTimeout
from psycopg.rows import RowFactory, tuple_row
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from eventstore.deadlines import left, within

Answer = TypeVar("Answer")
Connection = psycopg.Connection[Any]

DEADLINE_SECONDS = 2.0
"""How long one statement of a request may take. statement_timeout does not help against a stopped server."""

IN_TRANSACTION_SECONDS = 10.0
"""How long a session may sit in an open transaction without a word: what it has locked holds others up."""

WAIT_SECONDS = 1.5
"""How long somebody waits at most to be lent a connection."""

ANSWERS_SECONDS = 0.5
"""What a server that lives takes at most to answer nothing."""

REFUSED_SECONDS = 0.5
"""How long everybody is refused after there was no connection for somebody."""

RECONNECT_SECONDS = 2.0
"""How long one attempt to reach the database goes on; then a pool is thrown away, and whoever asks next tries anew."""

MOST_WAITING = 200
"""How many stand in line for a connection at once; whoever else comes is told at once."""


class Unavailable(Exception):
    """The database does not answer at the moment; nothing is known of what was asked last."""


AWAY: Final = (
    psycopg.OperationalError,  # SQLSTATE classes 08, 40, 53, 55, 57, 58, and every line that breaks
    psycopg.InterfaceError,
    ReadOnlySqlTransaction,
    IdleInTransactionSessionTimeout,
    TransactionTimeout,
    Unavailable,
)
"""Whatever says that the database is away, or is not the one that it was: its answer is to ask again, not to refuse."""


class DeadlineConnection(psycopg.Connection[Any]):
    """A connection whose every wait ends: after `deadline` seconds it is closed and `OperationalError` raised.

    It ends earlier if the answer that it is for is due.
    """

    deadline: float | None = DEADLINE_SECONDS

    def wait(self, gen: Generator[Any, Any, Answer], interval: float = 0.1, timeout: float | None = None) -> Answer:
        """Drive one exchange with the server, for no longer than the deadline.

        Whoever names a time of their own listens, as the library does for notifications: then silence is an answer.
        """
        if timeout is not None:
            return super().wait(gen, interval, timeout)
        limit = left(inf if self.deadline is None else self.deadline)
        try:
            return super().wait(gen, interval, None if limit == inf else limit)
        except psycopg.errors._WaitTimeout:  # noqa: SLF001 - the only name it has
            self.pgconn.finish()
            msg = "the server did not answer in time"
            raise psycopg.OperationalError(msg) from None

    def is_alive(self, end: float) -> bool:
        """Say whether the server answers before an instant of the monotonic clock; if not, this is closed.

        However late it is, it is given a moment: one that is merely busy is not dead.
        """
        try:
            with within(max(end - monotonic(), ANSWERS_SECONDS)):
                ConnectionPool.check_connection(self)
        except psycopg.Error:
            self.close()
            return False
        return True


def connect(
    dsn: str,
    *,
    deadline: float | None = DEADLINE_SECONDS,
    name: str = "as-cms",
    in_transaction: float = IN_TRANSACTION_SECONDS,
    idle: float | None = None,
    writes: bool = True,
) -> DeadlineConnection:
    """Open an autocommitted connection in UTC; `deadline=None` is for jobs, which may wait.

    Of several hosts that a DSN names, it is to the one that can be written; `writes=False` takes a single one as it is.

    The server ends the session by itself once a statement takes longer than the deadline, nothing is said within an
    open transaction for `in_transaction` seconds, or nothing at all for `idle` seconds: whoever is gone holds nothing.
    """
    conninfo = _conninfo(dsn, name, deadline, in_transaction=in_transaction, idle=idle, writes=writes)
    connection = DeadlineConnection.connect(conninfo, autocommit=True, prepare_threshold=2)
    connection.deadline = deadline
    return connection


class Pool:
    """Lends connections as long as the process lives, however long the database was away. Closed until it is opened.

    The library's pool keeps in line whoever gave up waiting, refuses new callers because of them, and ends up with no
    connection and no attempt to get one; after a cut it hands out dead connections one by one. So a pool that hands out
    a dead one, or gave up reaching the database, is thrown away with all that it has, and the next one begins anew.
    """

    def __init__(self, conninfo: str, *, size: int, rows: RowFactory[Any]) -> None:
        self._conninfo = conninfo
        self._size = size
        self._rows = rows
        self._lock = Lock()
        self._present: ConnectionPool[DeadlineConnection] | None = None
        self._closed = True
        self._refused_until = 0.0

    def open(self, *_: object) -> None:
        """Begin to connect, and return at once, whatever the library would have us wait for."""
        self._closed = False
        self._pool()

    def close(self) -> None:
        """Lend nothing any more; what is lent is closed when it comes back."""
        with self._lock:
            self._closed, present, self._present = True, self._present, None
        if present:
            present.close()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def connection(self, timeout: float = WAIT_SECONDS) -> Generator[Connection]:
        """Lend a connection that was alive a moment ago, within `timeout` seconds. Raises PoolTimeout."""
        timeout = left(timeout)
        if monotonic() < self._refused_until:
            raise PoolTimeout("nobody was given a connection a moment ago")
        pool, lent = self._lend(monotonic() + timeout, patient=timeout >= WAIT_SECONDS)
        try:
            with lent:
                yield lent
        except ReadOnlySqlTransaction:
            self._throw_away(pool)  # as this session is, so are the others, for as long as they live
            raise
        finally:
            pool.putconn(lent)

    def _lend(self, end: float, *, patient: bool) -> tuple[ConnectionPool[DeadlineConnection], DeadlineConnection]:
        """Lend one and say whose it is. If a patient one is not lent any, whoever asks next is refused at once.

        A crowd larger than the service's threads would be told one batch after the other otherwise. Somebody who had
        little time says nothing about the others.
        """
        while True:
            pool = self._pool()
            try:
                lent = pool.getconn(end - monotonic())
            except PoolClosed:
                continue  # thrown away while we stood in line: there is another
            except (PoolTimeout, TooManyRequests) as none:
                if patient or isinstance(none, TooManyRequests):
                    self._refused_until = monotonic() + REFUSED_SECONDS
                raise
            if lent.is_alive(end):
                return pool, lent
            pool.putconn(lent)
            self._throw_away(pool)

    def _pool(self) -> ConnectionPool[DeadlineConnection]:
        """Return the present pool, or a new one. Raises PoolTimeout once closed."""
        with self._lock:
            if self._closed:
                raise PoolTimeout("this pool is closed")
            if self._present is None:
                self._present = self._make()
            return self._present

    def _make(self) -> ConnectionPool[DeadlineConnection]:
        return ConnectionPool(
            self._conninfo,
            connection_class=DeadlineConnection,
            kwargs={"autocommit": True, "row_factory": self._rows},
            min_size=1,
            max_size=self._size,
            max_waiting=MOST_WAITING,
            reconnect_timeout=RECONNECT_SECONDS,
            reconnect_failed=self._throw_away,
            open=True,
        )

    def _throw_away(self, pool: ConnectionPool[Any]) -> None:
        """Let go of a pool, unless somebody has; to close it takes a moment, and nobody waits for that."""
        with self._lock:
            if self._present is not pool:
                return
            self._present = None
        Thread(target=pool.close, name="closing", daemon=True).start()


def pool(dsn: str, *, size: int = 8, name: str = "as-cms reads", rows: RowFactory[Any] = tuple_row) -> Pool:
    """Return a closed pool of at most `size` connections for reads, whose name the server shows."""
    return Pool(_conninfo(dsn, name, DEADLINE_SECONDS, writes=False), size=size, rows=rows)


def heard(descriptors: Iterable[int], seconds: float) -> bool:
    """Wait until there is something to be read from one of these, and say whether there is. Of any number of files."""
    with DefaultSelector() as selector:
        for each in descriptors:
            selector.register(each, EVENT_READ)
        return bool(selector.select(seconds))


@contextmanager
def available() -> Generator[None]:
    """Turn every way in which a database can be away into `Unavailable`."""
    try:
        yield
    except Unavailable:
        raise
    except AWAY as away:
        raise Unavailable from away


def _conninfo(
    dsn: str,
    name: str,
    deadline: float | None,
    *,
    in_transaction: float = IN_TRANSACTION_SECONDS,
    idle: float | None = None,
    writes: bool = True,
) -> str:
    """Return how to connect: what our side notices by itself, and what the server notices when our side is gone."""
    given = conninfo_to_dict(dsn)
    said = str(given.get("options") or "")
    limits = {
        "statement_timeout": deadline and deadline + 1,  # we have given up by then
        "idle_in_transaction_session_timeout": in_transaction,
        "idle_session_timeout": idle,
        "client_connection_check_interval": 2,
        "tcp_user_timeout": 8 if deadline else 60,  # a job may be too busy to read for a while
    }
    held = " ".join(f"-c {setting}={int(seconds * 1000)}" for setting, seconds in limits.items() if seconds)
    options = {
        "connect_timeout": "2",
        "application_name": name,
        "keepalives_idle": "5",
        "keepalives_interval": "1",
        "keepalives_count": "3",
        "tcp_user_timeout": "5000",
        "options": f"{said} {held} {_SERVERS_KEEPALIVE}".strip(),
        "target_session_attrs": given.get("target_session_attrs") or _target(given, writes=writes),
    }
    return make_conninfo(dsn, **options)


def _target(given: Mapping[str, Any], *, writes: bool) -> str:
    """Return which server is meant. Of several, readers mean the one that is written: rights are judged by its log."""
    several = "," in f"{given.get('host') or ''}{given.get('hostaddr') or ''}{given.get('port') or ''}"
    return "read-write" if writes or several else "any"


_SERVERS_KEEPALIVE = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=1 -c tcp_keepalives_count=3"
"""A machine that is gone is noticed in 8 s; the kernel alone takes two hours."""
