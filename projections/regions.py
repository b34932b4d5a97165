"""Regions: which cases are with a regional office, and those of them that wait for a provider (BR-32, BR-132)."""

from datetime import date
from typing import Any, Final
from uuid import UUID

from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from domain.cases.status import Status
from eventstore.connections import Connection
from projections import cases, catchments, providers, schools
from projections.asking import Given
from projections.lists import EVERY, FIRST, Listed, Place, Scope, Tally, page, tally
from projections.model import Model
from projections.moments import AsAt

MODELS: Final[tuple[Model[Any], ...]] = (catchments.project, schools.project, providers.project)
"""What `moment` has to be asked for to tell a region."""

_PLACES: Final = ("catchment", "school", "provider")

_WITHIN: Final = SQL("""
({office} = CASE WHEN {c}.provider IS NOT NULL THEN coalesce(
    (SELECT a.office FROM service.catchments a
      WHERE a.catchment_id = {c}.catchment AND {catchments} AND EXISTS (
            SELECT FROM jsonb_array_elements(a.contracts) AS k (it) WHERE (k.it ->> 'provider')::uuid = {c}.provider)),
    (SELECT p.office FROM service.providers p WHERE p.provider_id = {c}.provider AND {providers})
) ELSE coalesce(
    (SELECT a.office FROM service.catchments a
      WHERE {catchments} AND a.catchment_id = CASE WHEN {c}.type = 'NEN' OR {c}.school IS NULL THEN {c}.catchment ELSE (
            SELECT (z.it ->> 'catchment')::uuid
              FROM service.schools s, jsonb_array_elements(s.catchments) WITH ORDINALITY AS z (it, number)
             WHERE s.school_id = {c}.school AND {schools} AND (z.it ->> 'from_on')::date <= {day}
             ORDER BY (z.it ->> 'from_on')::date DESC, z.number DESC LIMIT 1) END),
    (SELECT s.office FROM service.schools s WHERE s.school_id = {c}.school AND {schools})
) END)
""")
_SERVING: Final = """
SELECT DISTINCT a.catchment_id FROM service.catchments a, jsonb_array_elements(a.contracts) AS k (it)
 WHERE a.to_position IS NULL AND (k.it ->> 'provider')::uuid = %(provider)s
"""
_LIES_IN: Final = SQL("""
EXISTS (SELECT FROM service.schools s, jsonb_array_elements(s.catchments) AS z (it)
         WHERE s.school_id = {c}.school AND s.to_position IS NULL AND (z.it ->> 'catchment')::uuid IN {streams})
""")


def within(case: str, office: UUID, at: AsAt) -> Composed:
    """Return the condition that a row of a case, by its alias, is with an office: `domain.regions.region_of` in SQL."""
    return _WITHIN.format(
        c=Identifier(case),
        office=Given(office),
        day=Given(at.day),
        catchments=at.rows(catchments.project, "a"),
        providers=at.rows(providers.project, "p"),
        schools=at.rows(schools.project, "s"),
    )


def within_now(case: str, office: UUID, today: date) -> Composed:
    """Return the same of how everything stands today, which is what rights are judged by."""
    return within(case, office, AsAt(position=0, day=today, present=frozenset(model.name for model in MODELS)))


def depends_on(case: str, streams: Composable) -> Composed:
    """Return the condition that one of these streams decides with which office a case is."""
    own = (SQL("({} IN {}) IS TRUE").format(Identifier(case, name), streams) for name in _PLACES)
    return SQL("({} OR {})").format(SQL(" OR ").join(own), _LIES_IN.format(c=Identifier(case), streams=streams))


def serving(db: Connection, provider: UUID) -> list[UUID]:
    """Return the catchments that a provider has, or had, a contract in, as far as is known here."""
    return [catchment for (catchment,) in db.execute(_SERVING, {"provider": provider})]


def unallocated(office: UUID, at: AsAt, seen: Composable = EVERY) -> Scope:
    """Return the cases of a region that no provider has."""
    waiting = SQL("c.status = {}").format(Literal(str(Status.UNALLOCATED)))
    every = Scope(condition=at.rows(cases.project, "c"), parameters={}, seen=seen)
    return every.within(waiting).within(within("c", office, at))


def unallocated_in(
    db: Connection,
    office: UUID,
    at: AsAt,
    *,
    seen: Composable = EVERY,
    after: Place | None = None,
    limit: int = FIRST,
) -> list[Listed]:
    """Return the cases of a region that no provider has, the longest waiting first."""
    return page(db, unallocated(office, at, seen), at, after=after, limit=limit)


def load_of(db: Connection, office: UUID, at: AsAt, *, seen: Composable = EVERY) -> Tally:
    """Count them."""
    return tally(db, unallocated(office, at, seen))
