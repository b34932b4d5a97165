"""The schema is applied once and in order, and a database that another release made is left alone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import sleep

import psycopg
import pytest

from eventstore import migrations
from eventstore.connections import connect
from eventstore.migrations import SchemaEdited, SchemaNewer, migrate, pending
from tests.proxy import Proxy, proxied


def applied(dsn: str) -> list[int]:
    with psycopg.connect(dsn) as db:
        return [number for (number,) in db.execute("SELECT number FROM migration.applied ORDER BY applied_at, number")]


def test_the_files_are_numbered_from_one_without_a_gap_and_applied_in_order(migrated: str):
    numbers = applied(migrated)
    assert numbers == [*range(1, len(numbers) + 1)]


def test_a_second_migration_finds_nothing_to_do(migrated: str):
    before = applied(migrated)
    assert migrate(migrated) == []
    assert applied(migrated) == before


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ("UPDATE migration.applied SET digest = 'of another text' WHERE number = 3", SchemaEdited),
        (
            "INSERT INTO migration.applied (number, name, digest) VALUES (9999, '9999_later.sql', 'of a later one')",
            SchemaNewer,
        ),
    ],
)
def test_a_database_of_another_release_is_not_touched(migrated: str, change: str, refusal: type[Exception]):
    with psycopg.connect(migrated, autocommit=True) as owner:
        owner.execute("DELETE FROM migration.applied WHERE number = 8")
        owner.execute(change.encode())
        before = applied(migrated)
        with pytest.raises(refusal):
            migrate(migrated)
        with pytest.raises(refusal):
            pending(owner)
    assert applied(migrated) == before


def test_a_migration_never_has_questions_stand_in_line_behind_it(migrated: str, monkeypatch: pytest.MonkeyPatch):
    """An analyst reads for long; whoever wants to change the table waits without a place in the line."""
    wider = [*migrations.scripts(), (9999, "9999_wider.sql", "ALTER TABLE log.events ADD COLUMN wider int")]
    monkeypatch.setattr(migrations, "scripts", lambda: wider)
    with ThreadPoolExecutor() as beside, psycopg.connect(migrated) as analyst, connect(migrated) as question:
        analyst.execute("SELECT FROM log.events")
        migrating = beside.submit(migrate, migrated)
        for _ in range(20):
            question.execute("SELECT FROM log.events LIMIT 1")
            sleep(0.05)
        assert not migrating.done()
        analyst.rollback()
        assert migrating.result() == ["9999_wider.sql"]


@pytest.mark.parametrize("outage", [Proxy.refuse, Proxy.swallow])
def test_a_migration_of_a_database_that_is_away_says_so(migrated: str, outage: Callable[[Proxy], None]):
    with proxied(migrated) as (proxy, through):
        outage(proxy)
        with pytest.raises(psycopg.OperationalError):
            migrate(through)


def test_a_migration_that_another_one_keeps_waiting_notices_that_the_database_hangs(migrated: str):
    with proxied(migrated) as (proxy, through), psycopg.connect(migrated, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(4243, 0)")
        with ThreadPoolExecutor() as beside:
            waiting = beside.submit(migrate, through)
            while not proxy.joined:
                sleep(0.01)
            proxy.swallow()
            with pytest.raises(psycopg.OperationalError):
                waiting.result()
