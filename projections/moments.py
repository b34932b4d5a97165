"""Moments: at which position of the log, and on which day, an answer is true; one moment for all that it is made of.

A question asks within `moment(...)`: its models are held, their lowest position is the answer's, and every statement
sees the same snapshot. Where a model stands at that position exactly, its present rows are those of the moment; where
it does not, or an earlier moment is asked for, the versions are chosen by position.
Time passing is no event: what is late by now is computed from the day.
"""

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final

from psycopg.sql import SQL, Composed, Identifier, Literal

from domain.days import auckland_day
from domain.decision import Refused
from eventstore.connections import Connection
from eventstore.deadlines import left
from eventstore.log import head, position_at
from projections.asking import Given
from projections.generations import hashed, sql
from projections.model import Model

PATIENCE_SECONDS: Final = 2.0

_STANDING: Final = """
SELECT p.model, p.position, p.shape,
       (SELECT e.recorded_at FROM log.events e WHERE e.position > p.position ORDER BY e.position LIMIT 1),
       EXISTS (SELECT FROM projection.parked_now k WHERE k.model = p.model)
  FROM projection.positions p WHERE p.state = 'live'
"""
_HELD: Final = SQL("""
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
LOCK TABLE {views} IN ACCESS SHARE MODE;
{standing} AND p.model IN ({models})
""")  # one journey for all three
_UNSETTLED: Final = SQL("""
(SELECT e.stream FROM log.events e WHERE e.position > {position}
  UNION ALL SELECT k.stream FROM projection.parked_now k WHERE k.model IN ({models}))
""")


class NotYetProjected(Exception):
    """What was asked for is recorded, and not yet shown; ask again in a moment."""


class MomentAhead(Refused):
    """How things will stand is not known yet: ask for a moment that has passed."""


class NoSuchPosition(Refused):
    """The log has not come to this position yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a model has come, how long what it has not folded has been recorded, and whether streams are parked."""

    position: int
    shape: str
    behind: timedelta
    parked: bool

    @property
    def settled(self) -> bool:
        """Whether every stream has been folded to its end."""
        return not self.behind and not self.parked


@dataclass(frozen=True, slots=True, kw_only=True)
class AsAt:
    """The moment of an answer: a position of the log, and the Auckland day by which what is late is judged.

    `present` names the models whose present rows are exactly those of the moment; `standing` is how each stands now.
    """

    position: int
    day: date
    present: frozenset[str] = frozenset()
    standing: Mapping[str, Standing] = field(default_factory=dict)

    @property
    def behind(self) -> timedelta:
        """How far the model that is furthest behind the log is behind it."""
        return max((each.behind for each in self.standing.values()), default=timedelta())

    def lag(self, models: Iterable[Model[Any]]) -> timedelta:
        """Return the same of some of the models."""
        return max((self.standing[model.name].behind for model in models), default=timedelta())

    def unsettled(self, models: Collection[Model[Any]]) -> Composed | None:
        """Return what selects the streams that one of these models has not folded to their end; None if there is none.

        Nothing is looked for as long as all have kept up, however long the log is.
        """
        standing = [self.standing[model.name] for model in models]
        if all(each.settled for each in standing):
            return None
        return _UNSETTLED.format(
            position=Given(min(each.position for each in standing)),
            models=SQL(", ").join(Literal(model.name) for model in models),
        )

    def rows(self, model: Model[Any], alias: str) -> Composed:
        """Return the condition by which a statement sees a model's rows as at this moment."""
        if model.name in self.present:
            return Composed([Identifier(alias, "to_position"), SQL(" IS NULL")])
        return SQL("({since} <= {at} AND ({until} IS NULL OR {until} > {at}))").format(
            since=Identifier(alias, "from_position"),
            until=Identifier(alias, "to_position"),
            at=Given(self.position),
        )

    def rows_with(self, model: Model[Any], alias: str, name: str, parameter: str) -> Composed:
        """Return the same for the rows whose field is the named parameter: found by index, in the past as well."""
        field, value = Identifier(alias, name), sql(f"%({parameter})s")
        same = SQL("{} = {}").format(field, value)
        if model.name in self.present or name not in model.past:
            return SQL("{} AND {}").format(same, self.rows(model, alias))
        kind = next(column.kind.sql for column in model.columns if column.name == name)
        number = sql(hashed(model, name, f'"{alias}"."{name}"'))
        wanted = sql(hashed(model, name, f"%({parameter})s::{kind}"))
        return SQL(
            "{same} AND int8range({number}, {number}, '[]') @> {wanted} AND int8range({since}, {until}) @> {at}::bigint"
        ).format(
            same=same, number=number, wanted=wanted, at=Given(self.position),
            since=Identifier(alias, "from_position"), until=Identifier(alias, "to_position"),
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which moment is asked for: an instant (with its time zone), a position, or neither for now.

    `at_least` is a position that the answer has to include, as a command answered it to whoever asks now.
    """

    instant: datetime | None = None
    position: int | None = None
    at_least: int = 0


NOW: Final = Asked()


@contextmanager
def moment(
    db: Connection,
    models: Collection[Model[Any]],
    asked: Asked = NOW,
    *,
    now: datetime,
    patience: float = PATIENCE_SECONDS,
) -> Iterator[AsAt]:
    """Ask these models as at one moment, within a transaction that sees one snapshot. `now` is the service's clock.

    Raises NotYetProjected if they do not come to it within `patience` seconds; MomentAhead and NoSuchPosition.
    """
    least = _least(db, asked, now)
    end = time.monotonic() + left(patience)
    while True:
        with db.transaction():
            standing = _held(db, models, now)
            if min(each.position for each in standing.values()) >= least:
                yield _as_at(db, standing, asked, now)
                return
        if time.monotonic() >= end:
            raise NotYetProjected
        time.sleep(0.01)


def standing_of(db: Connection, now: datetime) -> Mapping[str, Standing]:
    """Return how every model stands that has a table, by its name."""
    return _standing(db.execute(_STANDING).fetchall(), now)


def parked(db: Connection, models: Collection[Model[Any]]) -> int:
    """Return how many streams these models could not fold: what they would show may be missing or behind."""
    query = "SELECT count(*) FROM projection.parked_now WHERE model = ANY(%s)"
    return int(db.execute(query, [[model.name for model in models]]).fetchall()[0][0])


def parked_among(model: Model[Any], alias: str) -> Composed:
    """Return the condition by which a statement counts the rows in its scope that stand still.

    A stream parked at its very first event has no row, and is in nobody's scope: `parked` counts it.
    """
    return SQL("{} IN (SELECT p.stream FROM projection.parked_now p WHERE p.model = {})").format(
        Identifier(alias, model.key[0]), Literal(model.name)
    )


def _least(db: Connection, asked: Asked, now: datetime) -> int:
    """Return the position that the models must have come to before the question can be answered."""
    if asked.position is not None and not 1 <= asked.position <= head(db)[0]:
        raise NoSuchPosition("position")
    if asked.instant is None:
        return max(asked.at_least, asked.position or 0)
    if asked.instant >= now:
        raise MomentAhead("as_at")
    return max(asked.at_least, position_at(db, asked.instant))


def _held(db: Connection, models: Collection[Model[Any]], now: datetime) -> Mapping[str, Standing]:
    """Hold the models' views, then take the snapshot, and return how each model stands in it.

    In this order: a swap between snapshot and statement would show a table whose latest rows the snapshot lacks.
    """
    held = _HELD.format(
        views=sql(", ".join(model.view for model in models)),
        standing=sql(_STANDING),
        models=SQL(", ").join(Literal(model.name) for model in models),
    )
    return _standing(db.execute(held, prepare=False).set_result(-1).fetchall(), now)


def _standing(rows: Iterable[tuple[str, int, str, datetime | None, bool]], now: datetime) -> Mapping[str, Standing]:
    return {
        model: Standing(position=position, shape=shape, behind=_age(since, now), parked=parked)
        for model, position, shape, since, parked in rows
    }


def _age(since: datetime | None, now: datetime) -> timedelta:
    """Return for how long something has been recorded; what is never is no time at all, if clocks differ."""
    return max(now - since, timedelta.resolution) if since else timedelta()


def _as_at(db: Connection, standing: Mapping[str, Standing], asked: Asked, now: datetime) -> AsAt:
    if asked.instant is not None:
        position, day = position_at(db, asked.instant), auckland_day(asked.instant)
    elif asked.position is not None:
        position, day = asked.position, _day_of(db, asked.position)
    else:
        position, day = min(each.position for each in standing.values()), auckland_day(now)
    present = frozenset(name for name, each in standing.items() if each.position == position)
    return AsAt(position=position, day=day, present=present, standing=standing)


def _day_of(db: Connection, position: int) -> date:
    day: date = db.execute("SELECT decided_on FROM log.events WHERE position = %s", [position]).fetchall()[0][0]
    return day
