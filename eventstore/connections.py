"""Connections to PostgreSQL that never wait for ever: every answer has a deadline, even from a server that hangs."""

from collections.abc import Generator
from contextlib import contextmanager
from time import monotonic
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.rows import RowFactory, tuple_row
from psycopg_pool import ConnectionPool, PoolTimeout

Answer = TypeVar("Answer")
Connection = psycopg.Connection[Any]

DEADLINE_SECONDS = 2.0
"""How long one statement of a request may take. statement_timeout does not help against a stopped server."""


REFUSED_SECONDS = 0.5
"""How long a pool refuses everybody after it had no connection for somebody."""


class Unavailable(Exception):
    """The database does not answer at the moment; nothing is known of what was asked last."""


class DeadlineConnection(psycopg.Connection[Any]):
    """A connection whose every wait ends: after `deadline` seconds it is closed and `OperationalError` raised."""

    deadline: float | None = DEADLINE_SECONDS

    def wait(self, gen: Generator[Any, Any, Answer], interval: float = 0.1, timeout: float | None = None) -> Answer:
        """Drive one exchange with the server, for no longer than the deadline."""
        try:
            return super().wait(gen, interval, self.deadline if timeout is None else timeout)
        except psycopg.errors._WaitTimeout:  # noqa: SLF001 - the only name it has
            self.pgconn.finish()
            msg = "the server did not answer in time"
            raise psycopg.OperationalError(msg) from None


def connect(dsn: str, *, deadline: float | None = DEADLINE_SECONDS, name: str = "as-cms") -> DeadlineConnection:
    """Open an autocommitted connection in UTC; `deadline=None` is for followers and jobs, which may wait."""
    connection = DeadlineConnection.connect(_conninfo(dsn, name), autocommit=True, prepare_threshold=2)
    connection.deadline = deadline
    return connection


class Pool(ConnectionPool[Connection]):
    """A pool in whose line nobody waits behind others who have waited in vain.

    When somebody found no connection in time, whoever asks in the next moment is refused at once: a crowd larger than
    the service's threads would be told one batch after the other, each after a whole wait of its own.
    """

    _refused_until = 0.0

    def getconn(self, timeout: float | None = None) -> Connection:
        """Lend a connection. Raises PoolTimeout."""
        if monotonic() < self._refused_until:
            raise PoolTimeout("nobody was given a connection a moment ago")
        try:
            return super().getconn(timeout)
        except PoolTimeout:
            self._refused_until = monotonic() + REFUSED_SECONDS
            raise


def pool(dsn: str, *, size: int = 8, name: str = "as-cms reads", rows: RowFactory[Any] = tuple_row) -> Pool:
    """Return a closed pool of such connections for reads; a caller waits 2 s at most for a free one."""
    return Pool(
        _conninfo(dsn, name),
        connection_class=DeadlineConnection,
        kwargs={"autocommit": True, "row_factory": rows},
        min_size=1,
        max_size=size,
        timeout=2.0,
        reconnect_timeout=5.0,
        max_waiting=200,
        check=ConnectionPool.check_connection,
        open=False,
    )


@contextmanager
def available() -> Generator[None]:
    """Turn every way in which a database can be away into `Unavailable`."""
    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError, PoolTimeout) as away:
        raise Unavailable from away


def _conninfo(dsn: str, name: str) -> str:
    options = {
        "connect_timeout": "2",
        "application_name": name,
        "keepalives_idle": "5",
        "keepalives_interval": "1",
        "keepalives_count": "3",
        "tcp_user_timeout": "5000",
    }
    return make_conninfo(dsn, **options)
