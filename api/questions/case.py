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
from api.questions.naming import Names, names
from api.questions.reading import Answering, Moment, ReadingDesk, told
from domain.authority import NotFound
from domain.cases.clocks import ClockKind
from domain.cases.status import SHOWN
from projections import cases, clocks, naming
from projections.model import Model

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["case"])

_ROWS: Final = SQL("SELECT {columns} FROM {view} r WHERE r.case_id = %s AND {at} {more}")
_VERSION: Final = "SELECT max(version) FROM log.events WHERE stream = %s AND position <= %s"


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
    moment: Moment
    version: int
    case: cases.Row
    names: Names
    shown: ShownStatus
    clocks: list[ShownClock]


@router.get("")
def case(case_id: UUID, actor: CaseReader, at: AtMoment, desk: ReadingDesk, response: Response) -> ShownCase:
    """Show where a case stands. Its version is the ETag, for `If-Match`."""
    with desk.answer(actor, at, (cases.project, clocks.project, *naming.MODELS)) as now:
        now.require_case(case_id)
        row = next(iter(rows(now, cases.project, case_id)), None)
        if row is None:
            raise NotFound
        ledger = rows(now, clocks.project, case_id)
        version = _version(now, case_id)
        called = names(now, [row])[case_id]
    response.headers["ETag"] = etag(version)
    shown = SHOWN[row.status]
    return ShownCase(
        moment=told(now.at),
        version=version,
        case=row,
        names=called,
        shown=ShownStatus(name=shown.name, description=shown.description, school_action=shown.school_action),
        clocks=[_clock(each, now.at.day) for each in ledger if each.kind],
    )


def rows(now: Answering, model: Model[Any], case_id: UUID, more: str = "") -> list[Any]:
    """Return what a model has of a case at the moment; `more` is SQL on the row, `r`."""
    query = _ROWS.format(
        columns=model.listed("r"),
        view=SQL(model.view),
        at=now.at.rows(model, "r"),
        more=SQL(more),
    )
    return [model.read(row) for row in now.db.cursor(row_factory=tuple_row).execute(query, [case_id])]


def _version(now: Answering, case_id: UUID) -> int:
    row = now.db.execute(_VERSION, [case_id, now.at.position]).fetchone()
    return int(row[0]) if row and row[0] else 0


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
