"""A case over HTTP: where it stands, and its clocks (BR-60 to BR-62, BR-137)."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter, Response
from psycopg.rows import tuple_row
from psycopg.sql import SQL

from api.http.asking import etag
from api.http.audiences import CaseReader
from api.http.moments import AtMoment
from api.questions.judging import OfCase
from api.questions.naming import Names, names
from api.questions.reading import Answering, Moment, ReadingDesk, told
from domain.authority import NotFound
from domain.cases.clocks import ClockKind
from domain.cases.status import SHOWN
from projections import cases, clocks, naming
from projections.model import Model
from projections.moments import Asked, NotYetProjected

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["case"])

_ROWS: Final = SQL("SELECT {columns} FROM {view} r WHERE r.case_id = %s AND {at} {more}")
_VERSION: Final = """
SELECT max(e.version), max(k.position) FROM log.events e
  LEFT JOIN projection.parked_now k ON k.model = %(model)s AND k.stream = e.stream AND k.position <= %(position)s
 WHERE e.stream = %(case)s AND e.position <= %(position)s AND (k.position IS NULL OR e.position < k.position)
"""
_PARKED: Final = "SELECT FROM projection.parked_now k WHERE k.model = %s AND k.stream = %s AND k.position <= %s"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStatus:
    """A status as schools are shown it, with the Ministry's own words (BR-137)."""

    name: str
    description: str
    school_action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownClock:
    """A deadline of the case; no `due_on` while nobody can name the day."""

    kind: ClockKind
    episode: int
    started_on: date
    due_on: date | None
    met_on: date | None
    ended_on: date | None
    breached: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCase:
    """A case as far as it could be read: one that is `parked` stands still at the version shown."""

    moment: Moment
    version: int
    parked: bool
    case: cases.Row
    names: Names
    shown: ShownStatus
    clocks: list[ShownClock]


@router.get("")
def case(case_id: UUID, actor: CaseReader, at: AtMoment, desk: ReadingDesk, response: Response) -> ShownCase:
    """Show where a case stands. Its version is the ETag, for `If-Match`."""
    with desk.answer(actor, at, (cases.project, clocks.project, *naming.MODELS)) as now:
        judged = now.require_case(case_id)
        row = next(iter(rows(now, cases.project, judged)), None)
        if row is None:
            raise _missing(now, judged, at)
        ledger = rows(now, clocks.project, judged)
        version, parked = _version(now, judged)
        called = names(now, [row])[case_id]
    response.headers["ETag"] = etag(version)
    shown = SHOWN[row.status]
    return ShownCase(
        moment=told(now.at),
        version=version,
        parked=parked,
        case=row,
        names=called,
        shown=ShownStatus(name=shown.name, description=shown.description, school_action=shown.school_action),
        clocks=[_clock(each, now.at.day) for each in ledger if each.kind],
    )


def rows(now: Answering, model: Model[Any], judged: OfCase, more: str = "") -> list[Any]:
    """Return what a model has at the moment of a case that may be read; `more` is SQL on the row, `r`."""
    query = _ROWS.format(
        columns=model.listed("r"),
        view=SQL(model.view),
        at=now.at.rows(model, "r"),
        more=SQL(more),
    )
    return [model.read(row) for row in now.db.cursor(row_factory=tuple_row).execute(query, [judged.id])]


def _missing(now: Answering, judged: OfCase, asked: Asked) -> Exception:
    """Return what to say of a case that has no row: it was not there at an earlier moment, or is not shown yet."""
    earlier = asked.position is not None or asked.instant is not None
    then, _ = _version(now, judged)
    return NotFound() if earlier and not then else NotYetProjected()


def stands_still(now: Answering, model: Model[Any], judged: OfCase) -> bool:
    """Say whether a model could not read the whole case, as far as the moment goes."""
    asked = [model.name, judged.id, now.at.position]
    return now.at.standing[model.name].parked and now.db.execute(_PARKED, asked).fetchone() is not None


def _version(now: Answering, judged: OfCase) -> tuple[int, bool]:
    """Return up to which version the case is shown, and whether it stands still there: it is no later one's ETag."""
    asked = {"model": cases.project.name, "case": judged.id, "position": now.at.position}
    row = now.db.execute(_VERSION, asked).fetchone()
    return (int(row[0]), row[1] is not None) if row and row[0] else (0, False)


def _clock(row: clocks.Row, day: date) -> ShownClock:
    assert row.kind is not None  # noqa: S101 - the episode's own row was left out
    return ShownClock(
        kind=row.kind,
        episode=row.episode,
        started_on=row.started_on,
        due_on=row.due_on,
        met_on=row.met_on,
        ended_on=row.ended_on,
        breached=_breached(row, day),
    )


def _breached(row: clocks.Row, day: date) -> bool:
    """Whether it was due before the day, and not met or over by its due day: what `clocks.breached` asks in SQL."""
    if row.due_on is None or row.due_on >= day:
        return False
    return all(on is None or on > row.due_on for on in (row.met_on, row.ended_on))
