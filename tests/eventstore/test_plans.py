"""Plans made while the log was empty serve a full one: what an exchange reads does not grow with the tables."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from uuid import UUID, uuid4

import psycopg
import pytest

from eventstore.batch import Batch
from eventstore.connections import Connection, connect
from eventstore.log import Log
from tests.eventstore.roles import as_service

NOON = datetime(2026, 5, 4, 0, 0, tzinfo=UTC)
COMMANDS = 20

SCANNED = """
SELECT (SELECT sum(seq_scan) FROM pg_stat_user_tables WHERE schemaname IN ('log', 'keys')),
       (SELECT sum(idx_tup_read) FROM pg_stat_user_indexes WHERE schemaname IN ('log', 'keys'))
"""


@pytest.fixture
def log(migrated: str) -> Iterator[Log]:
    """A log whose tables are known to be empty to the planner."""
    with psycopg.connect(migrated, autocommit=True) as owner:
        owner.execute("VACUUM ANALYZE")
    log = Log(as_service(migrated))
    yield log
    log.close()


def scanned(watcher: Connection, connection: Connection, exchange: Callable[[], object]) -> tuple[int, int]:
    """How many whole tables, and how many entries of indexes, an exchange reads."""
    before = counted(watcher, connection)
    exchange()
    after = counted(watcher, connection)
    return after[0] - before[0], after[1] - before[1]


def counted(watcher: Connection, connection: Connection) -> tuple[int, int]:
    connection.execute("SELECT pg_stat_force_next_flush()")
    row = watcher.execute(SCANNED).fetchone()
    assert row is not None
    return int(row[0]), int(row[1])


def batch() -> Batch:
    """Commands that append to new streams, take claims and have answers; one more is sealed with a lost key."""
    batch = Batch(NOON)
    for group in range(COMMANDS):
        stream, command, claim = uuid4(), uuid4(), uuid4().bytes
        batch.read(group, stream, 0)
        batch.read_claim(group, claim, 0)
        batch.event(group, stream=stream, version=1, type="X", schema=1, command=command, envelope=b"{}", data=b"{}")
        batch.write_claim(group, key=claim, version=0, holder=stream, held=True, command=command)
        batch.answer(group, command=command, body=b"", answer=b"{}")
    batch.sealed_with(COMMANDS, uuid4())
    return batch


def test_an_append_reads_no_more_of_a_full_log_than_of_an_empty_one(log: Log, migrated: str) -> None:
    with connect(as_service(migrated)) as connection, connect(migrated) as watcher:
        costs = [scanned(watcher, connection, lambda: log.append(batch(), connection)) for _ in range(30)]
    assert {tables for tables, _ in costs} == {0}
    assert max(entries for _, entries in costs) <= 2 * COMMANDS


def test_a_turn_reads_no_more_of_a_full_log_than_of_an_empty_one(log: Log, migrated: str) -> None:
    ids = [UUID(int=i) for i in range(COMMANDS)]
    with connect(as_service(migrated)) as connection, connect(migrated) as watcher:
        costs = []
        for _ in range(10):
            read = partial(log.read, connection, ids, ids, [0] * COMMANDS, [one.bytes for one in ids])
            costs.append(scanned(watcher, connection, read))
            for _ in range(3):
                log.append(batch(), connection)
    assert {tables for tables, _ in costs} == {0}
    assert max(entries for _, entries in costs) <= COMMANDS
