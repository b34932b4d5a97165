"""No reader of the log ever misses an event: the test passes on our log and fails on the library's unsafe insert."""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from threading import Event, Thread
from typing import Any
from uuid import UUID, uuid4

import psycopg
from eventsourcing.persistence import Notification, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder

from eventstore.batch import STATEMENT
from eventstore.log import Log, batch_of
from tests.eventstore.roles import as_service
from tests.eventstore.stock import stock_recorder

WRITERS, STREAMS_EACH, EVENTS_EACH = 4, 25, 4


def events_of(stream: UUID, count: int = EVENTS_EACH) -> list[StoredEvent]:
    return [StoredEvent(stream, version, "Counted", b"{}") for version in range(1, count + 1)]


def unsafe_recorder(dsn: str) -> PostgresApplicationRecorder:
    """The library's recorder, inserting through its database function."""
    return stock_recorder(dsn, functions=True)


def our_recorder(dsn: str) -> Log:
    return Log(as_service(dsn))


def write(kind: Callable[[str], Any], dsn: str, streams: list[UUID]) -> None:
    recorder = kind(dsn)
    for stream in streams:
        recorder.insert_events(events_of(stream))
    recorder.datastore.close()


@contextmanager
def append_left_open(kind: Callable[[str], Any], dsn: str, stream: UUID) -> Iterator[None]:
    """Append one event in a transaction that is committed only at the end."""
    with psycopg.connect(dsn) as connection:
        if kind is our_recorder:
            connection.execute(STATEMENT, batch_of(events_of(stream, 1)).arguments())
        else:
            connection.execute(
                "SELECT es_insert_events_uuid(ARRAY[ROW(%s, 1, 'Counted', '{}'::bytea)::stored_event_uuid])",
                [stream],
            )
        yield


class LiveReader:
    """Follows a log by position, as every follower does."""

    def __init__(self, recorder: Any) -> None:
        self.seen: list[Notification] = []
        self._recorder = recorder
        self._enough = Event()
        self._thread = Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        while not self._enough.wait(0.001):
            self._pull()

    def _pull(self) -> None:
        last = self.seen[-1].id if self.seen else 0
        self.seen += self._recorder.select_notifications(last, 500, inclusive_of_start=False)

    def finish(self) -> list[tuple[UUID, int]]:
        """Read to the end and return the stream and version of all that was seen, in its order."""
        self._enough.set()
        self._thread.join()
        self._pull()
        return [(UUID(str(event.originator_id)), event.originator_version) for event in self.seen]


Seen = list[tuple[UUID, int]]
"""Streams and versions."""


def followed(kind: Callable[[str], Any], dsn: str) -> tuple[Seen, set[tuple[UUID, int]]]:
    """Write from several processes, one append left open meanwhile; say what a live reader saw, and what it missed."""
    shares = [[uuid4() for _ in range(STREAMS_EACH)] for _ in range(WRITERS)]
    reader_recorder, slow = kind(dsn), uuid4()
    reader, spawn = LiveReader(reader_recorder), multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=write, args=(kind, dsn, share)) for share in shares]
    with append_left_open(kind, dsn, slow):
        for writer in writers:
            writer.start()
        wait_until_written_or_waiting(dsn, reader, writers)
    for writer in writers:
        writer.join()
    written = {(s, v) for share in shares for s in share for v in range(1, EVENTS_EACH + 1)} | {(slow, 1)}
    seen = reader.finish()
    reader_recorder.datastore.close()
    return seen, written.difference(seen)


def in_order(seen: Seen) -> bool:
    """Whether each stream was seen from its first version on, once and without a gap."""
    latest: dict[UUID, int] = {}
    for stream, version in seen:
        if version != latest.get(stream, 0) + 1:
            return False
        latest[stream] = version
    return True


def wait_until_written_or_waiting(dsn: str, reader: LiveReader, writers: Sequence[BaseProcess]) -> None:
    """Wait until writers wait for the lock that the open append holds, or have overtaken it before a reader's eyes."""
    held_up = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with psycopg.connect(dsn, autocommit=True) as connection:
        while not reader.seen and any(writer.is_alive() for writer in writers):
            waiting = connection.execute(held_up).fetchone()
            if waiting and waiting[0]:
                return


def test_a_live_reader_of_our_log_sees_every_event_although_an_append_is_left_open(migrated: str) -> None:
    seen, missed = followed(our_recorder, migrated)
    assert missed == set()
    assert in_order(seen)


def test_the_same_test_finds_the_loss_in_the_insert_function_of_the_library(database: str) -> None:
    recorder = unsafe_recorder(database)
    recorder.create_table()
    recorder.datastore.close()
    _, missed = followed(unsafe_recorder, database)
    assert missed != set()
