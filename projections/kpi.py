"""The KPI report: how the clocks of cases went, each episode measured apart (BR-45 to BR-49, BR-52, BR-82)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composable, Composed, Literal

from domain.cases.clocks import ClockKind
from eventstore.connections import Connection
from projections import cases, clocks
from projections.lists import EVERY
from projections.moments import AsAt


class Outcome(StrEnum):
    """How a clock went, as at a day."""

    MET = "MET"
    MET_LATE = "MET_LATE"
    BREACHED = "BREACHED"  # due before the day, and not met yet, or never
    RUNNING = "RUNNING"
    STANDING_STILL = "STANDING_STILL"  # or due in a year whose calendar is not published
    ENDED = "ENDED"  # with the case or its type, before it was due: neither met nor breached


_OUTCOME: Final = SQL("""
CASE WHEN k.met_on <= k.due_on OR (k.met_on IS NOT NULL AND k.due_on IS NULL) THEN 'MET'
     WHEN k.met_on IS NOT NULL THEN 'MET_LATE'
     WHEN {breached} THEN 'BREACHED'
     WHEN k.ended_on IS NOT NULL THEN 'ENDED'
     WHEN k.due_on IS NULL THEN 'STANDING_STILL'
     ELSE 'RUNNING' END
""")

_CLOCKS: Final = SQL("""
  FROM service.clocks k
  JOIN service.cases c ON c.case_id = k.case_id AND {cases}
  JOIN service.cases now ON now.case_id = k.case_id AND now.to_position IS NULL
 WHERE k.kind IS NOT NULL AND {clocks} AND k.started_on BETWEEN %(first)s AND %(last)s AND {seen} AND {whose}
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """How many clocks of one kind went one way."""

    kind: ClockKind
    outcome: Outcome
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Clocks that started from the first day to the last, both included."""

    first: date
    last: date


def summary(
    db: Connection, period: Period, at: AsAt, *, provider: UUID | None = None, seen: Composable = EVERY
) -> list[Measure]:
    """Count the clocks that started in a period, of all cases or one provider's, by how they went."""
    query = SQL("SELECT k.kind, {outcome}, count(*) {clocks} GROUP BY 1, 2 ORDER BY 1, 2").format(
        outcome=_outcome(at), clocks=_clocks(at, provider, seen)
    )
    found = db.cursor(row_factory=tuple_row).execute(query, _parameters(period, provider))
    return [Measure(kind=ClockKind(kind), outcome=Outcome(out), count=count) for kind, out, count in found]


def clocks_of(
    db: Connection,
    period: Period,
    at: AsAt,
    kind: ClockKind,
    outcome: Outcome,
    *,
    provider: UUID | None = None,
    seen: Composable = EVERY,
) -> list[clocks.Row]:
    """Return the very clocks that a measure counts."""
    query = SQL("SELECT {columns} {clocks} AND k.kind = {kind} AND {outcome} = {wanted} ORDER BY 1, 2").format(
        columns=clocks.project.listed("k"),
        clocks=_clocks(at, provider, seen),
        kind=Literal(str(kind)),
        outcome=_outcome(at),
        wanted=Literal(str(outcome)),
    )
    cursor = db.cursor(row_factory=tuple_row).execute(query, _parameters(period, provider))
    return [clocks.project.read(row) for row in cursor]


def _outcome(at: AsAt) -> Composed:
    return _OUTCOME.format(breached=clocks.breached("k", at.day))


def _clocks(at: AsAt, provider: UUID | None, seen: Composable) -> Composed:
    return _CLOCKS.format(
        cases=at.rows(cases.project, "c"),
        clocks=at.rows(clocks.project, "k"),
        seen=seen,
        whose=SQL("c.provider = %(provider)s") if provider else EVERY,
    )


def _parameters(period: Period, provider: UUID | None) -> dict[str, object]:
    return {"first": period.first, "last": period.last, "provider": provider}
