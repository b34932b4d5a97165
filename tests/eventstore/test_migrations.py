"""The schema is applied once and in order, and a database that another release made is left alone."""

import psycopg
import pytest

from eventstore.migrations import SchemaEdited, SchemaNewer, migrate, pending


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
