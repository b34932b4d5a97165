"""Clocks: the deadline ledger, one row for each clock of an episode, and one for the episode itself (BR-82).

A clock that is late is no event: `late_by` is asked with a day. The due days were decided when the events were, and
stand in them. Times that do not count are kept, so that anybody can count again (BR-49).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from psycopg.sql import SQL, Composed, Identifier

from domain.calendars.counting import Standstill
from domain.cases.allocating import CaseAllocated
from domain.cases.assigning import CaseManagerAssigned
from domain.cases.changing_type import CaseTypeChanged
from domain.cases.clocks import Clock, ClockKind, Due, ended
from domain.cases.closing import CaseClosed
from domain.cases.meeting import SchoolMeetingHeld, WhanauMeetingHeld
from domain.cases.opening import CaseCreated
from domain.cases.pausing import CasePaused, CaseResumed, CaseResumedInQueue
from domain.cases.recalculating import DeadlineRecalculated
from domain.cases.reopening import CaseReopened
from eventstore.log import Recorded
from projections.asking import Given
from projections.model import Changed, Model, Rows


class Ending(StrEnum):
    """Why a clock stopped that nobody met: neither met nor breached, unless it was due before."""

    CLOSED = "CLOSED"
    TYPE_CHANGED = "TYPE_CHANGED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`number` counts the rows of a case. No `kind` is the episode: from its opening to its closing, due on no day."""

    case_id: UUID
    number: int
    episode: int
    kind: ClockKind | None
    started_on: date  # day 0
    days: int | None = None  # working days allowed
    due_on: date | None = None  # nothing while nobody can name it
    school_day_on: date | None = None  # the first school day from then on, if the school is closed that day (BR-5)
    standstills: tuple[Standstill, ...] = ()
    met_on: date | None = None
    ended_on: date | None = None
    ending: Ending | None = None


project: Final = Model("clocks", Row, key=("case_id", "number"), present=(("kind", "due_on"), ("due_on",)))


def begun(rows: Rows[Row], clocks: Iterable[Clock], recorded: Recorded, *, episode: int | None = None) -> Changed[Row]:
    """Return the rows of clocks that start, in the present episode if no other is named."""
    present = _episode(rows) if episode is None else episode
    for number, clock in enumerate(clocks, start=max(rows, default=0) + (1 if episode is None else 2)):
        yield _due(
            Row(
                case_id=recorded.stream,
                number=number,
                episode=present,
                kind=clock.kind,
                started_on=clock.started_on,
                days=clock.days,
            ),
            clock.due,
        )


def opened(rows: Rows[Row], on: date, clocks: Iterable[Clock], recorded: Recorded, *, episode: int) -> Changed[Row]:
    """Return the rows of an episode that begins: its own, and its clocks."""
    first = max(rows, default=0) + 1
    yield Row(case_id=recorded.stream, number=first, episode=episode, kind=None, started_on=on)
    yield from begun(rows, clocks, recorded, episode=episode)


@project.on(CaseCreated)
def created(rows: Rows[Row], event: CaseCreated, recorded: Recorded) -> Changed[Row]:
    return opened(rows, event.opened_on, event.clocks, recorded, episode=1)


@project.on(CaseReopened)
def reopened(rows: Rows[Row], event: CaseReopened, recorded: Recorded) -> Changed[Row]:
    return opened(rows, event.reopened_on, event.clocks, recorded, episode=event.episode)


@project.on(CaseAllocated, CaseManagerAssigned)
def started(rows: Rows[Row], event: CaseAllocated | CaseManagerAssigned, recorded: Recorded) -> Changed[Row]:
    return begun(rows, event.clocks, recorded)


@project.on(CaseTypeChanged)
def type_changed(rows: Rows[Row], event: CaseTypeChanged, recorded: Recorded) -> Changed[Row]:
    """Clocks that ran end with the old type, neither met nor breached (BR-48)."""
    on = recorded.decided_on
    over = [replace(row, ended_on=on, ending=Ending.TYPE_CHANGED) for row in _running(rows)]
    return [*over, *begun(rows, event.clocks, recorded)]


@project.on(CasePaused)
def paused(rows: Rows[Row], event: CasePaused, recorded: Recorded) -> Changed[Row]:
    """The clocks named stand still from this day, which no longer counts (BR-49)."""
    still = Standstill(from_on=event.paused_on)
    return [
        replace(row, due_on=None, school_day_on=None, standstills=(*row.standstills, still))
        for row in _running(rows)
        if row.kind in event.stopped
    ]


@project.on(CaseResumed, CaseResumedInQueue)
def resumed(rows: Rows[Row], event: CaseResumed | CaseResumedInQueue, recorded: Recorded) -> Changed[Row]:
    dues = {due.kind: due for due in event.due}
    return [
        _due(replace(row, standstills=ended(row.standstills, event.resumed_on)), dues[row.kind])
        for row in _running(rows)
        if row.kind in dues
    ]


@project.on(DeadlineRecalculated)
def recalculated(rows: Rows[Row], event: DeadlineRecalculated, recorded: Recorded) -> Changed[Row]:
    return [_due(row, event.due) for row in _running(rows) if row.kind is event.due.kind]


@project.on(SchoolMeetingHeld, WhanauMeetingHeld)
def met(rows: Rows[Row], event: SchoolMeetingHeld | WhanauMeetingHeld, recorded: Recorded) -> Changed[Row]:
    """The clock that it meets, on the earliest day that anybody recorded, however late they did (BR-52)."""
    mine = [row for row in _of_episode(rows) if row.kind is event.meets and row.ending is not Ending.TYPE_CHANGED]
    if event.meets is None or not mine:
        return []
    row = mine[-1]
    on = min(event.held_on, row.met_on or event.held_on)
    return [replace(row, met_on=on, ended_on=None, ending=None)]


@project.on(CaseClosed)
def closed(rows: Rows[Row], event: CaseClosed, recorded: Recorded) -> Changed[Row]:
    over = [_over(row, event.closed_on) for row in _running(rows)]
    episode = [
        replace(row, ended_on=event.closed_on, ending=Ending.CLOSED) for row in _of_episode(rows) if not row.kind
    ]
    return [*over, *episode]


def breached(alias: str, day: date) -> Composed:
    """Return the condition of a clock that was due before a day and not met by its due day (BR-45, BR-46)."""
    return SQL(
        "({a}.due_on < {day} AND coalesce({a}.met_on, 'infinity') > {a}.due_on"
        " AND coalesce({a}.ended_on, 'infinity') > {a}.due_on)"
    ).format(a=Identifier(alias), day=Given(day))


def _episode(rows: Rows[Row]) -> int:
    return max((row.episode for row in rows.values()), default=1)


def _of_episode(rows: Rows[Row]) -> list[Row]:
    """Return the rows of the present episode, in their order."""
    present = _episode(rows)
    return sorted((row for row in rows.values() if row.episode == present), key=lambda row: row.number)


def _running(rows: Rows[Row]) -> list[Row]:
    """Return the clocks of the present episode that nobody has met yet."""
    return [row for row in _of_episode(rows) if row.kind and row.met_on is None and row.ending is None]


def _due(row: Row, due: Due) -> Row:
    return replace(row, due_on=due.due_on, school_day_on=due.school_day_on)


def _over(row: Row, on: date) -> Row:
    return replace(row, standstills=ended(row.standstills, on), ended_on=on, ending=Ending.CLOSED)
