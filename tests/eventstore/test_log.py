"""The log: gapless, immutable, in the order of recording, and appended group by group."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest

from eventstore.batch import Appended, Batch
from eventstore.connections import connect
from eventstore.log import Log, UnsafeSetting, head, position_at, tail
from tests.eventstore.roles import as_role, as_service
from tests.eventstore.stock import stock_recorder

NOON = datetime(2026, 5, 4, 0, 0, tzinfo=UTC)  # noon in Auckland
MONDAY = date(2026, 5, 4)


class Appender:
    """Appends small batches as the service does, on one connection."""

    def __init__(self, dsn: str) -> None:
        self.log = Log(as_service(dsn))
        self.connection = connect(as_service(dsn))

    def batch(self, at: datetime = NOON, day: date | None = MONDAY) -> Batch:
        return Batch(at, day)

    def send(self, batch: Batch) -> Appended:
        return self.log.append(batch, self.connection)


@pytest.fixture
def appender(migrated: str) -> Iterator[Appender]:
    appender = Appender(migrated)
    yield appender
    appender.connection.close()
    appender.log.close()


def one_event(batch: Batch, group: int = 0, *, stream: UUID | None = None, version: int = 1) -> UUID:
    stream = stream or uuid4()
    batch.read(group, stream, version - 1)
    batch.event(
        group,
        stream=stream,
        version=version,
        type="Counted",
        schema=1,
        command=uuid4(),
        envelope=b"{}",
        data=b"{}",
    )
    return stream


def test_positions_are_1_2_3_without_a_gap_although_appends_fail_between(appender: Appender) -> None:
    for version in (1, 1, 2):
        batch = appender.batch()
        one_event(batch, stream=UUID(int=7), version=version)
        appender.send(batch)
        unreadable = appender.batch()
        one_event(unreadable, stream="no stream")  # type: ignore[arg-type] # that is what fails
        with pytest.raises(psycopg.DataError):
            appender.send(unreadable)
    assert [event.position for event in tail(appender.connection, 0, 10)] == [1, 2]


def test_one_conflict_among_many_commands_does_not_fail_its_neighbours(appender: Appender) -> None:
    batch = appender.batch()
    for group in range(5):
        one_event(batch, group, version=9 if group == 2 else 1)
    appended = appender.send(batch)
    assert appended.collided == {2}
    assert [event.position for event in tail(appender.connection, 0, 10)] == [1, 2, 3, 4]


def test_the_answers_of_those_behind_a_conflict_name_the_positions_really_given(appender: Appender) -> None:
    batch, commands = appender.batch(), [uuid4() for _ in range(3)]
    for group, command in enumerate(commands):
        one_event(batch, group, version=5 if group == 1 else 1)
        batch.answer(group, command=command, body=b"", answer=b"{}")
    appender.send(batch)
    kept = dict(appender.connection.execute("SELECT command_id, position FROM log.answers").fetchall())
    assert kept == {commands[0]: 1, commands[2]: 2}


def test_recorded_at_never_decreases_with_position_although_a_clock_goes_back(appender: Appender) -> None:
    for minutes in (0, 3, -60, 1):
        batch = appender.batch(NOON + timedelta(minutes=minutes))
        one_event(batch)
        appender.send(batch)
    instants = [event.recorded_at for event in tail(appender.connection, 0, 10)]
    assert instants == sorted(instants)
    assert instants[-1] == NOON + timedelta(minutes=3)


def test_an_instant_names_exactly_one_position(appender: Appender) -> None:
    for minutes in (0, 0, 5):
        batch = appender.batch(NOON + timedelta(minutes=minutes))
        one_event(batch)
        appender.send(batch)
    asked = [NOON - timedelta(seconds=1), NOON, NOON + timedelta(minutes=4), NOON + timedelta(minutes=5)]
    assert [position_at(appender.connection, instant) for instant in asked] == [0, 2, 2, 3]
    assert head(appender.connection) == (3, NOON + timedelta(minutes=5))


def test_what_was_decided_before_midnight_in_auckland_is_not_recorded_after_it(appender: Appender) -> None:
    past_midnight = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)  # midnight of 5 May in Auckland
    batch = appender.batch(past_midnight, MONDAY)
    one_event(batch)
    assert appender.send(batch).day_moved
    assert head(appender.connection)[0] == 0


def test_a_claim_is_not_taken_again_before_it_was_released(appender: Appender) -> None:
    collisions = []
    for version, held in ((0, True), (1, True), (1, False), (2, False), (2, True)):
        batch = appender.batch()
        one_event(batch)
        batch.read_claim(0, b"name", version)
        batch.write_claim(0, key=b"name", version=version, holder=uuid4(), held=held, command=uuid4())
        collisions.append(bool(appender.send(batch).collided))
    assert collisions == [False, True, False, True, False]


def test_a_claim_that_moved_since_it_was_read_collides(appender: Appender) -> None:
    for expected in (False, True):
        batch = appender.batch()
        one_event(batch)
        batch.read_claim(0, b"name", 0)
        batch.write_claim(0, key=b"name", version=0, holder=uuid4(), held=True, command=uuid4())
        assert bool(appender.send(batch).collided) is expected


def test_who_only_read_a_claim_collides_once_it_was_taken(appender: Appender) -> None:
    taking = appender.batch()
    one_event(taking)
    taking.write_claim(0, key=b"name", version=0, holder=uuid4(), held=True, command=uuid4())
    appender.send(taking)
    reading = appender.batch()
    one_event(reading)
    reading.read_claim(0, b"name", 0)
    assert appender.send(reading).collided == {0}


def test_a_command_that_was_answered_meanwhile_collides_and_disturbs_nobody(appender: Appender) -> None:
    command = uuid4()
    for expected in (frozenset[int](), frozenset({0})):
        batch = appender.batch()
        one_event(batch, 0)
        batch.answer(0, command=command, body=b"", answer=b"{}")
        one_event(batch, 1)
        assert appender.send(batch).collided == expected


def test_events_sealed_with_a_key_that_is_no_longer_alive_are_not_appended(appender: Appender) -> None:
    batch = appender.batch()
    one_event(batch)
    batch.sealed_with(0, uuid4())
    assert appender.send(batch).collided == {0}


@pytest.mark.parametrize(
    "change", ["UPDATE log.events SET type = 'X'", "DELETE FROM log.events", "TRUNCATE log.events"]
)
def test_nobody_changes_an_event_not_even_the_owner(appender: Appender, migrated: str, change: str) -> None:
    batch = appender.batch()
    one_event(batch)
    appender.send(batch)
    with psycopg.connect(migrated) as owner, pytest.raises(psycopg.errors.InsufficientPrivilege):
        owner.execute(change)


@pytest.mark.parametrize("role", ["service", "followers", "keys", "erasure", "expiry", "rotation"])
def test_no_role_may_change_the_log_or_owns_anything(migrated: str, role: str) -> None:
    with psycopg.connect(as_role(migrated, role), autocommit=True) as connection:
        for change in ("UPDATE log.events SET type = 'X'", "DELETE FROM log.events", "TRUNCATE log.events"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(change)
        owned = connection.execute("SELECT count(*) FROM pg_class WHERE relowner = current_role::regrole").fetchone()
    assert owned == (0,)


@pytest.mark.parametrize("role", ["followers", "keys", "erasure", "expiry", "rotation"])
def test_only_the_service_appends(migrated: str, role: str) -> None:
    batch = Batch(NOON, MONDAY)
    one_event(batch)
    log = Log(as_service(migrated))
    with connect(as_role(migrated, role)) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        log.append(batch, connection)
    log.close()


MAINTENANCE = "LOCK TABLE {} IN SHARE UPDATE EXCLUSIVE MODE"  # as VACUUM, ANALYZE and CREATE INDEX CONCURRENTLY do


def test_maintenance_of_the_events_table_does_not_stall_an_append(appender: Appender, migrated: str) -> None:
    with psycopg.connect(migrated) as maintenance:
        maintenance.execute(MAINTENANCE.format("log.events"))
        batch = appender.batch()
        one_event(batch)
        assert appender.send(batch).first == 1


def test_the_same_maintenance_stalls_the_stock_recorder_of_the_library(database: str) -> None:
    recorder = stock_recorder(database)
    recorder.create_table()
    with psycopg.connect(database) as maintenance, psycopg.connect(database) as writer:
        maintenance.execute(MAINTENANCE.format("stored_events"))
        writer.execute("SET lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            writer.execute(recorder.lock_table_statements[1])
    recorder.datastore.close()


def test_a_subscription_does_not_sleep_through_a_lost_notification(appender: Appender) -> None:
    appender.log.channel_name = "elsewhere"  # as if every NOTIFY came between a read and LISTEN
    with appender.log.subscribe(gt=0) as subscription:
        batch = appender.batch()
        one_event(batch)
        appender.send(batch)
        assert next(subscription).id == 1


def test_to_listen_in_vain_costs_no_connection(migrated: str) -> None:
    with connect(migrated) as listening:
        assert list(listening.notifies(timeout=0.01)) == []
        assert listening.execute("SELECT 1").fetchone() == (1,)


def test_the_unsafe_setting_of_the_library_is_refused_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTGRES_ENABLE_DB_FUNCTIONS", "y")
    with pytest.raises(UnsafeSetting):
        Log("")


def test_the_environment_names_no_other_database_to_the_library(migrated: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTGRES_DBNAME", "elsewhere")
    monkeypatch.setenv("POSTGRES_SCHEMA", "elsewhere")
    log = Log(as_service(migrated))
    assert log.max_notification_id() is None
    log.close()
