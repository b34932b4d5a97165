"""Lists of cases: one statement serves a tile, its list, its export and its count, so that they cannot disagree.

Content is as at the moment; who may see a case is judged by how it stands now: `seen` is the condition on the present
row, called `now`, that rights put. A case with its clocks is a `Listed`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final
from uuid import UUID

from psycopg.sql import SQL, Composable, Composed, Literal

from eventstore.connections import Connection
from projections import cases, clocks
from projections.asking import Given, ask
from projections.model import Model
from projections.moments import AsAt, parked_among

MODELS: Final[tuple[Model[Any], ...]] = (cases.project, clocks.project)
"""What `moment` has to be asked for these questions."""

EVERY: Final = SQL("TRUE")
FIRST: Final = 50
PIECE: Final = 1_000
"""How many cases of a whole list are read by one statement."""

_FROM: Final = SQL("""
  FROM service.cases c {now} WHERE {scope} AND {seen}
""")

_NOW: Final = SQL("""
CROSS JOIN LATERAL (
    SELECT c.* WHERE c.to_position IS NULL
     UNION ALL
    SELECT n.* FROM service.cases n WHERE c.to_position IS NOT NULL AND n.case_id = c.case_id AND n.to_position IS NULL
) AS now
""")  # most cases have not changed since, and need no looking up
_AMONG: Final = SQL("""
(c.case_id IN (SELECT now.case_id FROM service.cases now WHERE now.to_position IS NULL AND {seen})) IS TRUE
""")  # IS TRUE has it made once and looked into: of how many rows there were, the planner knows too little to do so
_SAME: Final = SQL("CROSS JOIN LATERAL (SELECT c.*) AS now")  # where the moment is now, and nothing needs joining

_PAGE: Final = SQL("""
SELECT {columns}, {day} - c.status_since, k.next_due_on, coalesce(k.breached, 0) FROM (
    SELECT c.* {source} {after} ORDER BY c.status_since, c.case_id LIMIT {limit}
) c LEFT JOIN LATERAL (
    SELECT min(k.due_on) FILTER (WHERE k.met_on IS NULL AND k.ended_on IS NULL) AS next_due_on,
           count(*) FILTER (WHERE {breached}) AS breached
      FROM service.clocks k
     WHERE k.case_id = c.case_id AND k.episode = c.episode AND k.kind IS NOT NULL AND {clocks}
) k ON TRUE ORDER BY c.status_since, c.case_id
""")


class OfOneProvider(Composed):
    """A condition on the present row that only cases of one provider fulfil, found by index."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A case as at a moment: since how many days it stands as it does, and its clocks of the present episode."""

    case: cases.Row
    days: int
    next_due_on: date | None
    breached: int

    @property
    def place(self) -> "Place":
        """What the next page begins after."""
        return self.case.status_since, self.case.case_id


Place = tuple[date, UUID]
Ask = Callable[[Place | None, int], list[Listed]]
"""What answers some cases of a list: those after a place, so many at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many cases there are by status, and how many of them stand still because they could not be folded."""

    by_status: Mapping[str, int]
    parked: int

    @property
    def all(self) -> int:
        return sum(self.by_status.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which cases are meant: a condition on the row `c`, as at a moment, and its parameters."""

    condition: Composable
    parameters: Mapping[str, Any]
    seen: Composable = field(default_factory=lambda: EVERY)
    now: Composable = field(default_factory=lambda: _NOW)

    def within(self, also: Composable, **more: Any) -> "Scope":
        """Return the cases of this scope for which something more holds."""
        both = SQL("{} AND {}").format(self.condition, also)
        return replace(self, condition=both, parameters={**self.parameters, **more})

    @property
    def source(self) -> Composed:
        return _FROM.format(now=self.now, scope=self.condition, seen=self.seen)


def with_field(name: str, value: UUID, at: AsAt, seen: Composable = EVERY) -> Scope:
    """Return the cases that had this id in this field at the moment, found by index."""
    condition = at.rows_with(cases.project, "c", name, name)
    if cases.project.name in at.present:
        now = _SAME
    elif name == "provider" and isinstance(seen, OfOneProvider):
        now, seen = SQL(""), _AMONG.format(seen=seen)
    else:
        now = _NOW
    return Scope(condition=condition, parameters={name: value}, seen=seen, now=now)


def page(db: Connection, scope: Scope, at: AsAt, *, after: Place | None = None, limit: int = FIRST) -> list[Listed]:
    """Return a page of the cases in scope, those first that have stood as they do for longest."""
    query = _PAGE.format(
        columns=cases.project.listed("c"),
        day=Given(at.day),
        source=scope.source,
        after=SQL("AND (c.status_since, c.case_id) > (%(after_since)s, %(after_case)s)") if after else SQL(""),
        limit=Literal(limit),
        breached=clocks.breached("k", at.day),
        clocks=at.rows(clocks.project, "k"),
    )
    place = {"after_since": after[0], "after_case": after[1]} if after else {}
    found = ask(db, query, {**scope.parameters, **place})
    return [
        Listed(case=cases.project.read(row[:-3]), days=row[-3], next_due_on=row[-2], breached=row[-1]) for row in found
    ]


def whole(some: Ask, piece: int = PIECE) -> Iterator[Sequence[Listed]]:
    """Return the whole list in pieces: what its pages show, one after another."""
    place: Place | None = None
    while found := some(place, piece):
        yield found
        place = found[-1].place


def tally(db: Connection, scope: Scope) -> Tally:
    """Count the cases in scope by status."""
    query = SQL("SELECT c.status, count(*), count(*) FILTER (WHERE {parked}) {source} GROUP BY 1").format(
        parked=parked_among(cases.project, "c"), source=scope.source
    )
    found = ask(db, query, scope.parameters).fetchall()
    return Tally(by_status={status: count for status, count, _ in found}, parked=sum(row[2] for row in found))
