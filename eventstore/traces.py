"""Traces: the proof of an erasure, as far as the log, its keys, its journal and the server's files go.

Each place is looked at as it is now. What only whoever runs the database can see or reach is named for them.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from psycopg.errors import InsufficientPrivilege

from domain.sealed import DataClass
from eventstore.connections import Connection
from eventstore.journal import Journal
from eventstore.sealing import Whose


class Finding(StrEnum):
    """What came of looking at a place."""

    NOTHING = "NOTHING"
    TRACE = "TRACE"  # something is there, or could come back
    OPERATOR = "OPERATOR"  # whoever runs the database has to see to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A place, what was found there, how many, and what that means."""

    place: str
    finding: Finding
    count: int = 0
    says: str


_GONE: Final = "SELECT subject, data_class FROM keys.destroyed WHERE %(subject)s IN (subject, cause) ORDER BY 1, 2"
_AUTHORITIES: Final = "SELECT DISTINCT authority FROM keys.destroyed WHERE cause = %(subject)s ORDER BY 1"
_LIVING: Final = """
SELECT count(*) FROM keys.subject_keys k JOIN keys.destroyed d USING (subject, data_class)
 WHERE %(subject)s IN (d.subject, d.cause)
"""
_NAMED: Final = "SELECT count(*) FROM keys.about WHERE person = %(subject)s AND data_class = ANY(%(classes)s)"
_CLAIMED: Final = "SELECT count(*) FROM log.claims WHERE holder = %(subject)s"
_SAMPLED: Final = """
SELECT count(*) FROM pg_stats
 WHERE (schemaname, tablename, attname) IN (('keys', 'subject_keys', 'wrapped'), ('log', 'claims', 'claim'))
"""
_UNSWEPT: Final = """
SELECT count(*) FROM keys.destroyed d LEFT JOIN keys.swept s USING (subject, data_class)
 WHERE %(subject)s IN (d.subject, d.cause) AND s.subject IS NULL
"""
_WAL: Final = """
WITH stood AS (
    SELECT max(s.wal) AS wal FROM keys.swept s JOIN keys.destroyed d USING (subject, data_class)
     WHERE %(subject)s IN (d.subject, d.cause))
SELECT count(*) FILTER (WHERE substr(f.name, 9) <= substr(pg_walfile_name(stood.wal), 9)),
       count(*) FILTER (WHERE current_setting('wal_recycle') = 'on'
                          AND substr(f.name, 9) > substr(pg_walfile_name(pg_current_wal_insert_lsn()), 9))
  FROM stood LEFT JOIN pg_ls_waldir() f ON f.name ~ '^[0-9A-F]{24}$'
"""
_SENT: Final = """
SELECT current_setting('archive_mode') <> 'off', (SELECT count(*) FROM pg_replication_slots),
       (SELECT count(*) FROM pg_stat_replication)
"""


def destroyed(db: Connection, subject: UUID) -> list[Whose]:
    """Return what was destroyed with a subject: its own classes, and those of notes and drafts about it."""
    return [(whose, DataClass(name)) for whose, name in db.execute(_GONE, {"subject": subject})]


def of_keys(db: Connection, journal: Journal, subject: UUID) -> Iterator[Trace]:
    """Look at the journal, at keys, at whom keys are about and at claims. `db` is the owner's."""
    gone = destroyed(db, subject)
    own = [name for whose, name in gone if whose == subject]
    yield _journal(journal, subject, own, [name for (name,) in db.execute(_AUTHORITIES, {"subject": subject})])
    notes = len({whose for whose, _ in gone} - {subject})
    yield _counted(
        "keys", _count(db, _LIVING, subject), "keys that open", f"{len(gone)} destroyed; {notes} notes and drafts"
    )
    about = _count(db, _NAMED, subject, classes=[str(each) for each in own])
    yield _counted("whom keys are about", about, "notes and drafts about them that open", "no note or draft is left")
    if DataClass.IDENTITY in own:
        yield _counted(
            "claims", _count(db, _CLAIMED, subject), "claims that name them", "no number or login is claimed"
        )
    samples = _count(db, _SAMPLED, subject)
    yield _counted("statistics of keys", samples, "columns with samples", "none are kept of keys and claims")


def of_files(db: Connection, subject: UUID) -> Trace:
    """Say whether every table that had held them was written anew. `db` is the owner's."""
    waiting = _count(db, _UNSWEPT, subject)
    return _counted("files of tables", waiting, "not swept yet: `attendance erase --all`", "all written anew since")


def of_wal(db: Connection, subject: UUID) -> Trace:
    """Look at the write-ahead log, if `db` may."""
    place = "write-ahead log"
    try:
        former, recycled = db.execute(_WAL, {"subject": subject}).fetchall()[0]
    except InsufficientPrivilege:
        says = "not looked at: this takes pg_monitor; let a checkpoint remove the segments of before"
        return Trace(place=place, finding=Finding.OPERATOR, says=says)
    if recycled:
        says = "segments recycled for later may hold what was in them: wal_recycle = off, and a checkpoint"
        return Trace(place=place, finding=Finding.OPERATOR, count=recycled, says=says)
    if former:
        says = "segments of before: pg_switch_wal(), and a checkpoint"
        return Trace(place=place, finding=Finding.OPERATOR, count=former, says=says)
    return Trace(place=place, finding=Finding.NOTHING, says="every segment began afterwards")


def of_copies(db: Connection) -> Iterator[Trace]:
    """Name what left the server: the archive, replicas, and copies of which the database knows nothing."""
    archived, slots, replicas = db.execute(_SENT).fetchall()[0]
    keeps = f"replication slots: {slots}; replicas: {replicas}"
    sent = slots or replicas
    yield Trace(
        place="archive of the write-ahead log",
        finding=Finding.OPERATOR if archived else Finding.NOTHING,
        says="there is one: remove what is older than the sweep" if archived else "archive_mode is off",
    )
    yield Trace(
        place="replicas",
        finding=Finding.OPERATOR if sent else Finding.NOTHING,
        says=f"{keeps}; the same is looked at on each" if sent else "none is connected, and no slot keeps anything",
    )
    yield Trace(
        place="backups, snapshots and exports",
        finding=Finding.OPERATOR,
        says="older ones hold keys: remove them in their time; restored, they are erased again before anybody reads",
    )


def _journal(journal: Journal, subject: UUID, own: Collection[DataClass], authorities: Collection[str]) -> Trace:
    entered = {each for entry in journal.entries() if entry.subject == subject for each in entry.classes}
    missing = len({*own} - entered)
    says = "destroyed and not entered: a restore would bring it back" if missing else f"under {', '.join(authorities)}"
    return Trace(
        place="erasure journal", finding=Finding.TRACE if missing else Finding.NOTHING, count=missing, says=says
    )


def _counted(place: str, count: int, found: str, nothing: str) -> Trace:
    finding = Finding.TRACE if count else Finding.NOTHING
    return Trace(place=place, finding=finding, count=count, says=found if count else nothing)


def _count(db: Connection, query: str, subject: UUID, **more: Any) -> int:
    return int(db.execute(query.encode(), {"subject": subject, **more}).fetchall()[0][0])
