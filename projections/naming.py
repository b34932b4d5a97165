"""Naming: what the ids in an answer are called.

People are called by their present name, whatever moment is asked for (BR-113), places by the one that they had then.
An erased person is called nothing, and one whose stream stands still neither.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from psycopg.rows import tuple_row
from psycopg.sql import SQL

from domain.text import PersonName
from eventstore.connections import Connection
from projections import people, providers, schools
from projections.model import Model
from projections.moments import AsAt

MODELS: Final[tuple[Model[Any], ...]] = (people.project, schools.project, providers.project)
"""What `moment` has to be asked for these names."""

_NAMED: Final = SQL("""
SELECT p.person_id, p.name, NULL FROM service.people p WHERE p.person_id = ANY(%(ids)s) AND p.to_position IS NULL
   AND NOT EXISTS (SELECT FROM keys.destroyed d WHERE d.subject = p.person_id AND d.data_class = 'identity')
   AND NOT EXISTS (SELECT FROM projection.parked_now k WHERE k.model = 'people' AND k.stream = p.person_id)
 UNION ALL
SELECT s.school_id, NULL, s.name FROM service.schools s WHERE s.school_id = ANY(%(ids)s) AND {schools}
 UNION ALL
SELECT o.provider_id, NULL, o.name FROM service.providers o WHERE o.provider_id = ANY(%(ids)s) AND {providers}
""")
_CODED: Final = SQL("""
SELECT s.number FROM service.schools s WHERE s.school_id = %(id)s AND {schools}
 UNION ALL
SELECT o.code FROM service.providers o WHERE o.provider_id = %(id)s AND {providers}
""")
_LOAD: Final = {column.name: column.kind.load for column in people.project.columns}["name"]


def names_of(db: Connection, ids: Iterable[UUID | None], at: AsAt) -> Mapping[UUID, str]:
    """Return the names of students, users, schools and providers by their ids; those without one are left out."""
    query = _NAMED.format(
        schools=at.rows(schools.project, "s"),
        providers=at.rows(providers.project, "o"),
    )
    wanted = list({some for some in ids if some})
    cursor = db.cursor(row_factory=tuple_row).execute(query, {"ids": wanted})
    return {some: name for some, person, place in cursor if (name := place or _called(person))}


def code_of(db: Connection, place: UUID, at: AsAt) -> str:
    """Return the public number of a school, or the code of a provider; empty if it was not registered by then."""
    query = _CODED.format(schools=at.rows(schools.project, "s"), providers=at.rows(providers.project, "o"))
    found = db.cursor(row_factory=tuple_row).execute(query, {"id": place}).fetchone()
    return str(found[0]) if found else ""


def _called(person: Any) -> str | None:
    held: PersonName | None = _LOAD(person)
    return held.full if held else None
