"""The log: every event of every stream in one order. It appends in one statement, and is read by position alone."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from json import loads
from typing import Any, NamedTuple
from uuid import UUID, uuid4

from eventsourcing.persistence import ApplicationRecorder, IntegrityError, StoredEvent, Subscription
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore, PostgresSubscription
from psycopg.rows import dict_row, tuple_row

from eventstore.batch import STATEMENT, Appended, Batch, array
from eventstore.connections import Connection, pool

CHANNEL = "log"
POLL_SECONDS = 1.0
"""How long a reader sleeps at most: a NOTIFY that comes between a read and LISTEN is lost."""

TAIL = """
SELECT position, stream, version, type, schema_version, recorded_at, decided_on, command_id, envelope, data
  FROM log.events WHERE position > %s ORDER BY position LIMIT %s
"""

STREAM = """
SELECT position, stream, version, type, schema_version, recorded_at, decided_on, command_id, envelope, data
  FROM log.events WHERE stream = %s ORDER BY version
"""

READ = "SELECT * FROM log.read(%s::uuid[], %s::uuid[], %s::int[], %s::bytea[])"


class UnsafeSetting(Exception):
    """POSTGRES_ENABLE_DB_FUNCTIONS lets readers of the log miss events for ever; unset it."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event as it stands in the log, still encoded. `recorded_at` is UTC, `decided_on` the Auckland day."""

    position: int
    stream: UUID
    version: int
    type: str
    schema_version: int
    recorded_at: datetime
    decided_on: date
    command_id: UUID
    envelope: bytes
    data: bytes


class Reading(NamedTuple):
    """What a turn of the deciding writer reads. Every row begins with a place, from 1, in the list that was asked."""

    answered: list[tuple[int, str | None, int | None, str | None]]
    """Commands answered before: digest of the body (hexadecimal), position and answer; None once they expired."""
    happened: list[tuple[int, list[tuple[str, int, Any]]]]
    """Streams with later events: type, schema version and data of each."""
    holders: list[tuple[int, int, str, bool]]
    """Claims that were ever taken: version, holder, and whether it holds them still."""


class Datastore(PostgresDatastore):
    """The library's datastore on connections of ours; every setting is passed, none is taken from the environment."""

    def __init__(self, dsn: str, size: int) -> None:
        super().__init__("", "", "", "", "", schema="log", originator_id_type="uuid", enable_db_functions=False)
        self.pool = pool(dsn, size=size, rows=dict_row)  # type: ignore[assignment]  # it adds nothing that we use

    def register_type_adapters(self) -> None:
        """Look nothing up: the append takes lists of plain types."""


class Log(PostgresApplicationRecorder):
    """The log, as a recorder of the eventsourcing library: its `insert_events` is `log.append`."""

    def __init__(self, dsn: str, *, size: int = 4) -> None:
        refuse_unsafe_settings()
        super().__init__(Datastore(dsn, size), events_table_name="notifications")
        self.channel_name = CHANNEL

    def append(self, batch: Batch, connection: Connection) -> Appended:
        """Append in one autocommitted statement (or within the caller's transaction, see `Writer`)."""
        cursor = connection.cursor(row_factory=tuple_row)
        row = cursor.execute(STATEMENT, batch.arguments(), prepare=True).fetchone()
        assert row is not None  # noqa: S101 - a function with OUT parameters answers one row
        first, at, collided, day_moved = row
        return Appended(first=first, at=at, collided=frozenset(collided or ()), day_moved=day_moved)

    def read(
        self,
        connection: Connection,
        commands: Iterable[UUID],
        streams: Iterable[UUID],
        versions: Iterable[int],
        claims: Iterable[bytes],
    ) -> Reading:
        """Read, as of one moment, what was answered, what happened after these versions, and who holds what."""
        asked = [map(str, commands), map(str, streams), map(str, versions), (f"\\x{claim.hex()}" for claim in claims)]
        row = connection.cursor(row_factory=tuple_row).execute(READ, [*map(array, asked)], prepare=True).fetchone()
        assert row is not None  # noqa: S101 - a function with OUT parameters answers one row
        return Reading(*(loads(document) if document else [] for document in row))

    def insert_events(self, stored_events: Sequence[StoredEvent], **_: Any) -> Sequence[int] | None:
        """Append what the library hands over, as one group, and return the positions.

        Raises `IntegrityError` if a stream has moved on, or the events of one do not follow each other.
        """
        if not stored_events:
            return None
        with self.datastore.get_connection() as connection:
            appended = self.append(batch_of(stored_events), connection)
        if appended.collided:
            msg = "a stream has moved on"
            raise IntegrityError(msg)
        return list(range(appended.first, appended.first + len(stored_events)))

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """Return a subscription that also polls, since a notification can be lost."""
        return PollingSubscription(recorder=self, gt=gt, topics=topics)

    def close(self) -> None:
        """Give the connections back."""
        self.datastore.close()


class PollingSubscription(PostgresSubscription):
    """The library's subscription, woken at least once a second: it would sleep through a lost notification."""

    def _loop_on_pull(self) -> None:
        try:
            while not self._has_been_stopped:
                self._pull()
                self._has_been_notified.wait(POLL_SECONDS)
        except BaseException as error:
            self._thread_error = self._thread_error or error
            self.stop()
            raise


def tail(connection: Connection, after: int, limit: int) -> list[Recorded]:
    """Return up to `limit` events after a position, in order."""
    cursor = connection.cursor(row_factory=tuple_row, binary=True)
    return [Recorded(*row) for row in cursor.execute(TAIL, [after, limit], prepare=True)]


def stream_of(connection: Connection, stream: UUID) -> list[Recorded]:
    """Return every event of a stream, in order."""
    cursor = connection.cursor(row_factory=tuple_row, binary=True)
    return [Recorded(*row) for row in cursor.execute(STREAM, [stream])]


def head(connection: Connection) -> tuple[int, datetime | None]:
    """Return the last position (0 if the log is empty) and when it was recorded (UTC)."""
    last = "SELECT position, recorded_at FROM log.events ORDER BY position DESC LIMIT 1"
    return connection.execute(last).fetchone() or (0, None)


def position_at(connection: Connection, instant: datetime) -> int:
    """Return the last position recorded at or before an instant (0 if there is none)."""
    at = "SELECT position FROM log.events WHERE recorded_at <= %s ORDER BY recorded_at DESC, position DESC LIMIT 1"
    row = connection.execute(at, [instant]).fetchone()
    return row[0] if row else 0


def refuse_unsafe_settings() -> None:
    """Raise `UnsafeSetting` if the environment asks the library for its unsafe way to insert."""
    if os.environ.get("POSTGRES_ENABLE_DB_FUNCTIONS", "").lower() in {"y", "yes", "t", "true", "on", "1"}:
        raise UnsafeSetting


def batch_of(stored_events: Iterable[StoredEvent]) -> Batch:
    """Return what the library hands over as a batch of one group; raises `IntegrityError` for gaps within a stream."""
    batch, command, heads = Batch(datetime.now(UTC)), uuid4(), dict[UUID, int]()
    for event in stored_events:
        stream, version = UUID(str(event.originator_id)), event.originator_version
        if stream not in heads:
            batch.read(0, stream, version - 1)
        elif version != heads[stream] + 1:
            msg = "the events of a stream do not follow each other"
            raise IntegrityError(msg)
        heads[stream] = version
        batch.event(
            0, stream=stream, version=version, type=event.topic, schema=1, command=command,
            envelope=b"{}", data=event.state,
        )  # fmt: skip
    return batch
