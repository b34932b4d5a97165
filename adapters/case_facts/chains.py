"""Chains: how many facts of a case were told, and what waits for the end of its week, both read from the log alone.

So nothing of it is kept anywhere else, and a publisher that was cut off finds the same again.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple, Self
from uuid import UUID

from psycopg.rows import tuple_row

from adapters.case_facts.telling import NOT_TOLD, QUIET_ONCE_PAUSED
from domain.days import AUCKLAND
from eventstore.connections import Connection
from eventstore.log import Recorded, position_at, tail

_INSIDE: Final = [kind.__name__ for kind in NOT_TOLD]
_QUIET: Final = [kind.__name__ for kind in QUIET_ONCE_PAUSED]

_CHAINS: Final = """
SELECT of.stream, count(e.version), pause.version IS NOT NULL
  FROM unnest(%(streams)s::uuid[], %(versions)s::int[]) AS of (stream, version)
 CROSS JOIN LATERAL (
    SELECT min(p.version) AS version FROM log.events p
     WHERE p.stream = of.stream AND p.version < of.version AND p.type = 'CasePaused') AS pause
  LEFT JOIN log.events e
    ON e.stream = of.stream AND e.version < of.version AND e.type <> ALL (%(inside)s::text[])
   AND (pause.version IS NULL OR e.version < pause.version OR e.type <> ALL (%(quiet)s::text[]))
 GROUP BY of.stream, pause.version
"""
_WAITING: Final = """
SELECT e.position, e.stream, e.version, e.type, e.schema_version, e.recorded_at, e.decided_on, e.command_id,
       e.envelope, e.data
  FROM log.events e
 WHERE e.position >= %(since)s AND e.position < %(until)s AND EXISTS (
    SELECT FROM log.events p WHERE p.stream = e.stream AND p.version < e.version AND p.type = 'CasePaused')
 ORDER BY e.position
"""


class Chain(NamedTuple):
    """How many facts of a case were told, and whether it was ever paused."""

    told: int
    paused: bool


FIRST: Final = Chain(told=0, paused=False)


@dataclass(frozen=True, slots=True)
class Week:
    """An Auckland week, Monday to Sunday, and the position of the first event in it."""

    on: date
    since: int

    @classmethod
    def of(cls, day: date, since: int) -> Self:
        return cls(day - timedelta(days=day.weekday()), since)

    @property
    def last_on(self) -> date:
        return self.on + timedelta(days=6)

    @property
    def next_on(self) -> date:
        return self.on + timedelta(days=7)


def week_after(connection: Connection, position: int) -> Week | None:
    """Return the week of the event at this position, what of it waits not being told yet; None before the first."""
    found = tail(connection, position - 1, 1) if position else []
    if not found:
        return None
    monday = Week.of(found[0].decided_on, position).on
    before = datetime.combine(monday, time(), AUCKLAND) - timedelta(microseconds=1)
    return Week(monday, position_at(connection, before) + 1)


def chains(connection: Connection, events: Iterable[Recorded]) -> dict[UUID, Chain]:
    """Return, for each stream of these events, what was told of it before the first of them, if anything was."""
    first: dict[UUID, int] = {}
    for event in events:
        first.setdefault(event.stream, event.version)
    later = {stream: version for stream, version in first.items() if version > 1}
    if not later:
        return {}
    asked = {"streams": literal(later), "versions": literal(later.values())}
    rows = connection.execute(_CHAINS, {**asked, "inside": _INSIDE, "quiet": _QUIET}, prepare=True)
    return {stream: Chain(told, paused) for stream, told, paused in rows}


def waiting(connection: Connection, since: int, until: int) -> list[Recorded]:
    """Return what was recorded of cases that had been paused before, from one position up to another."""
    cursor = connection.cursor(row_factory=tuple_row, binary=True)
    rows = cursor.execute(_WAITING, {"since": since, "until": until}, prepare=True)
    return [Recorded(*row) for row in rows]


def literal(values: Iterable[object]) -> str:
    """Return a list of plain values as PostgreSQL writes it, which is quicker than to pass them one by one."""
    return f"{{{','.join(map(str, values))}}}"
