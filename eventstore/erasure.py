"""Erasure: a person's data is destroyed by destroying its keys, and again after a restore of an older copy.

The entry in the journal comes first: from there, what was half done is done again, and what a restore
brought back.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from domain.sealed import DataClass
from eventstore.connections import Connection
from eventstore.journal import Erasure, Journal
from eventstore.keyring import CHANNEL
from eventstore.reach import held, reach

# The log's lock as well: an append that saw the keys alive is stored before they go.
_LOCK: Final = "SELECT log.lock(), keys.lock()"

# Notes and drafts are found here, before their keys go: whom they are about goes with the keys.
_BURY: Final = """
INSERT INTO keys.destroyed (subject, data_class, cause, destroyed_at, authority)
SELECT doomed.subject, doomed.data_class, %(subject)s, %(at)s, %(authority)s FROM (
    SELECT %(subject)s::uuid AS subject, unnest(%(classes)s::text[]) AS data_class
    UNION
    SELECT a.subject, a.data_class FROM keys.about a
     WHERE a.person = %(subject)s AND a.data_class = ANY (%(classes)s::text[])) AS doomed
ON CONFLICT DO NOTHING
"""

_DESTROY: Final = """
DELETE FROM keys.subject_keys k USING keys.destroyed d
 WHERE %(subject)s IN (d.subject, d.cause) AND d.subject = k.subject AND d.data_class = k.data_class
"""

_RELEASE: Final = "DELETE FROM log.claims WHERE holder = %(subject)s"

_ERASED: Final = "SELECT subject FROM keys.destroyed WHERE cause = %(subject)s UNION SELECT %(subject)s ORDER BY 1"

_TELL: Final = "SELECT pg_notify(%s, subject::text) FROM unnest(%s::uuid[]) AS subject"


class UnderHold(Exception):
    """Somebody whom this would take along is under a legal hold; nothing was destroyed. Names who, by their ids."""

    def __init__(self, people: tuple[UUID, ...]) -> None:
        super().__init__(f"under a legal hold: {', '.join(map(str, people))}")
        self.people = people


def destroy(db: Connection, journal: Journal, *erasures: Erasure) -> tuple[UUID, ...]:
    """Destroy the keys of each subject and class, and those of every note and draft that is about them.

    `db` has the rights of as_cms_erasure. Returns everything that cannot be read any more, so that read
    models can blank it; the same again when it is repeated. With the class identity the subject's claims go
    too. Raises UnderHold, before anything is written, if anybody whom it would take along is under a legal hold.
    """
    with db.transaction():
        db.execute(_LOCK)  # a statement of its own: the next ones see what was committed before
        _require_no_hold(db, erasures)
        for erasure in erasures:
            journal.append(erasure)
        return _all_of(db, erasures)


def reapply(db: Connection, journal: Journal) -> tuple[UUID, ...]:
    """Destroy once more whatever the journal names: after a restore, and harmless at any time.

    Returns everything that cannot be read any more on its account.
    """
    return tuple(dict.fromkeys(each for erasure in journal.entries() for each in _again(db, erasure)))


def outstanding(db: Connection, journal: Journal) -> list[Erasure]:
    """Return the entries of the journal that this database has not carried out: it is older than they are.

    `db` may read keys.destroyed.
    """
    entries = journal.entries()
    subjects = list({entry.subject for entry in entries})
    found = db.execute("SELECT subject, data_class FROM keys.destroyed WHERE subject = ANY(%s)", [subjects]).fetchall()
    done = {(subject, DataClass(name)) for subject, name in found}
    return [entry for entry in entries if any((entry.subject, each) not in done for each in entry.classes)]


def _require_no_hold(db: Connection, erasures: Iterable[Erasure]) -> None:
    reached = [(erasure.subject, reach(db, [erasure.subject], erasure.classes).others) for erasure in erasures]
    people = {person for subject, others in reached for person in (subject, *others)}
    if kept := held(db, people):
        raise UnderHold(kept)


def _again(db: Connection, erasure: Erasure) -> tuple[UUID, ...]:
    with db.transaction():
        db.execute(_LOCK)
        return _destroy(db, erasure)


def _all_of(db: Connection, erasures: Iterable[Erasure]) -> tuple[UUID, ...]:
    return tuple(dict.fromkeys(each for erasure in erasures for each in _destroy(db, erasure)))


def _destroy(db: Connection, erasure: Erasure) -> tuple[UUID, ...]:
    order = {
        "subject": erasure.subject,
        "classes": [str(each) for each in erasure.classes],
        "at": erasure.at,
        "authority": erasure.authority,
    }
    db.execute(_BURY, order)
    db.execute(_DESTROY, order)
    if DataClass.IDENTITY in erasure.classes:
        db.execute(_RELEASE, order)
    erased = tuple(subject for (subject,) in db.execute(_ERASED, order))
    db.execute(_TELL, [CHANNEL, list(erased)])
    return erased
