"""Reach: which keys the erasure of people takes along, whom else these tell of, and who must be kept."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from domain.privacy.holding import LegalHoldLifted, LegalHoldPlaced
from domain.sealed import DataClass
from eventstore.connections import Connection
from eventstore.sealing import Whose

_OWN: Final = """
SELECT subject, data_class FROM keys.subject_keys WHERE subject = ANY(%s) AND data_class = ANY(%s) ORDER BY 1, 2
"""

_ABOUT: Final = """
SELECT n.subject, n.data_class, n.person FROM keys.about n
  JOIN (SELECT DISTINCT subject, data_class FROM keys.about WHERE person = ANY(%s) AND data_class = ANY(%s)) AS doomed
 USING (subject, data_class) ORDER BY 1, 2, 3
"""

_HELD: Final = """
SELECT stream FROM log.events WHERE stream = ANY(%(people)s) AND type = ANY(%(types)s)
 GROUP BY stream HAVING count(*) FILTER (WHERE type = %(placed)s) > count(*) FILTER (WHERE type <> %(placed)s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The keys of some people that are alive, those of notes and drafts about them, and whom else these are about."""

    keys: tuple[Whose, ...]
    notes: tuple[Whose, ...]
    others: tuple[UUID, ...]


def reach(db: Connection, people: Collection[UUID], classes: Iterable[DataClass]) -> Reach:
    """Return what goes with some people's data of these classes. `db` may read whom keys are about."""
    asked = [list(people), [str(each) for each in classes]]
    own = db.execute(_OWN, asked).fetchall()
    about = db.execute(_ABOUT, asked).fetchall()
    return Reach(
        keys=tuple((subject, DataClass(name)) for subject, name in own),
        notes=tuple(dict.fromkeys((subject, DataClass(name)) for subject, name, _ in about)),
        others=tuple(sorted({person for *_, person in about} - set(people))),
    )


def held(db: Connection, people: Iterable[UUID]) -> tuple[UUID, ...]:
    """Return who of them is under a legal hold. `db` may read which types of events stand in which stream."""
    placed, lifted = LegalHoldPlaced.__name__, LegalHoldLifted.__name__
    asked = {"people": list(people), "types": [placed, lifted], "placed": placed}
    return tuple(sorted(stream for (stream,) in db.execute(_HELD, asked)))
