"""Naming: what the ids in an answer are called, as at its moment; an erased person is called nothing."""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from psycopg.rows import tuple_row
from psycopg.sql import SQL

from eventstore.connections import Connection
from projections import people, providers, schools
from projections.model import Model
from projections.moments import AsAt

MODELS: Final[tuple[Model[Any], ...]] = (people.project, schools.project, providers.project)
"""What `moment` has to be asked for these names."""

_NAMED: Final = SQL("""
SELECT p.person_id, p.student, p."user", NULL FROM service.people p WHERE p.person_id = ANY(%(ids)s) AND {people}
 UNION ALL
SELECT s.school_id, NULL, NULL, s.name FROM service.schools s WHERE s.school_id = ANY(%(ids)s) AND {schools}
 UNION ALL
SELECT o.provider_id, NULL, NULL, o.name FROM service.providers o WHERE o.provider_id = ANY(%(ids)s) AND {providers}
""")
_CODED: Final = SQL("""
SELECT s.number FROM service.schools s WHERE s.school_id = %(id)s AND {schools}
 UNION ALL
SELECT o.code FROM service.providers o WHERE o.provider_id = %(id)s AND {providers}
""")
_LOAD: Final = {column.name: column.kind.load for column in people.project.columns}


def names_of(db: Connection, ids: Iterable[UUID | None], at: AsAt) -> Mapping[UUID, str]:
    """Return the names of students, users, schools and providers by their ids; those that have none are left out."""
    query = _NAMED.format(
        people=at.rows(people.project, "p"),
        schools=at.rows(schools.project, "s"),
        providers=at.rows(providers.project, "o"),
    )
    wanted = list({some for some in ids if some})
    cursor = db.cursor(row_factory=tuple_row).execute(query, {"ids": wanted})
    return {some: name for some, student, user, place in cursor if (name := place or _called(student, user))}


def code_of(db: Connection, place: UUID, at: AsAt) -> str:
    """Return the public number of a school, or the code of a provider; empty if it was not registered by then."""
    query = _CODED.format(schools=at.rows(schools.project, "s"), providers=at.rows(providers.project, "o"))
    found = db.cursor(row_factory=tuple_row).execute(query, {"id": place}).fetchone()
    return str(found[0]) if found else ""


def _called(student: Any, user: Any) -> str | None:
    held = _LOAD["student"](student) or _LOAD["user"](user)
    return held.name.full if held else None
