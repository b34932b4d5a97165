"""The schema, as numbered SQL files applied once and in order by the owner of the database."""

from functools import partial
from hashlib import sha256
from importlib.resources import files
from itertools import takewhile
from time import sleep
from typing import Final

from eventstore.connections import DEADLINE_SECONDS, Connection, connect
from eventstore.deadlines import within
from eventstore.patience import LOCK_TIMEOUT, RETRY_SECONDS, patiently

PATIENCE_SECONDS: Final = 600.0

LEDGER = """
CREATE SCHEMA IF NOT EXISTS migration;
CREATE TABLE IF NOT EXISTS migration.applied (
    number integer PRIMARY KEY,
    name text NOT NULL,
    digest text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
GRANT USAGE ON SCHEMA migration TO PUBLIC;
GRANT SELECT ON migration.applied TO PUBLIC;
"""


class SchemaEdited(Exception):
    """A schema file that was applied before has been edited since; write a new one instead."""


class SchemaNewer(Exception):
    """The database was migrated by a later release than this one."""


def migrate(dsn: str) -> list[str]:
    """Apply what is missing, each file in a transaction of its own, and return the names applied.

    Two at once wait for each other. Raises `SchemaEdited` or `SchemaNewer` before anything is touched, and
    `InUse` if an open transaction held a table of ours for ten minutes; asked again, it goes on where it was.
    """
    with connect(dsn, deadline=None, name="as-cms migrate") as owner:
        _await_turn(owner)
        with within(DEADLINE_SECONDS):
            owner.execute(LEDGER)
            missing = _missing(scripts(), _applied(owner))
        for script in missing:
            patiently(owner, partial(_apply, owner, *script), PATIENCE_SECONDS)
    return [name for _, name, _ in missing]


def _await_turn(owner: Connection) -> None:
    """Wait until nobody else migrates. Each look has a deadline: a server that hangs is not taken for another one."""
    while True:
        with within(DEADLINE_SECONDS):
            if owner.execute("SELECT pg_try_advisory_lock(4243, 0)").fetchall()[0][0]:
                return
        sleep(RETRY_SECONDS)


def pending(connection: Connection) -> list[str]:
    """Return the names of the schema files that this database still lacks."""
    ledger = connection.execute("SELECT to_regclass('migration.applied')").fetchone()
    applied = _applied(connection) if ledger and ledger[0] else {}
    return [name for _, name, _ in _missing(scripts(), applied)]


def scripts() -> list[tuple[int, str, str]]:
    """Return the schema files in order: number, name and text."""
    folder = files("eventstore") / "schema"
    sql = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return [(_number(name), name, (folder / name).read_text("utf-8")) for name in sql]


def _number(name: str) -> int:
    return int("".join(takewhile(str.isdigit, name)))


def _digest(sql: str) -> str:
    return sha256(sql.encode()).hexdigest()


def _applied(connection: Connection) -> dict[int, str]:
    return dict(connection.execute("SELECT number, digest FROM migration.applied").fetchall())


def _missing(known: list[tuple[int, str, str]], applied: dict[int, str]) -> list[tuple[int, str, str]]:
    if set(applied) - {number for number, _, _ in known}:
        raise SchemaNewer
    edited = [name for number, name, sql in known if applied.get(number, _digest(sql)) != _digest(sql)]
    if edited:
        raise SchemaEdited(*edited)
    return [script for script in known if script[0] not in applied]


def _apply(owner: Connection, number: int, name: str, sql: str) -> None:
    owner.execute(LOCK_TIMEOUT)
    owner.execute(sql.encode())
    owner.execute(
        "INSERT INTO migration.applied (number, name, digest) VALUES (%s, %s, %s)",
        [number, name, _digest(sql)],
    )
