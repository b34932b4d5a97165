"""When the clocks of a case start and when they are due: working days of its catchment (BR-5, BR-7, BR-45 to BR-49)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Final
from uuid import UUID

from domain.calendars.counting import CalendarEnds, Days, shown_to_school
from domain.calendars.names import AnniversarySet
from domain.calendars.publishing import Calendar, SchoolCalendar
from domain.calendars.years import Edition
from domain.cases.case import Case, CaseType
from domain.cases.clocks import Clock, ClockKind, Due, Episode
from domain.cases.facts import rules
from domain.catchments.catchment import Catchment
from domain.decision import Context
from domain.ids import calendar_id, school_calendar_id
from domain.policies.policy import ClockStart, PolicyValues
from domain.schools.school import School, SchoolAuthority

NATIONAL: Final = calendar_id("national")

_ALLOWED: Final[Mapping[ClockKind, Callable[[PolicyValues], int]]] = {
    ClockKind.SCHOOL_MEETING: lambda policy: policy.school_meeting_days,
    ClockKind.WHANAU_MEETING: lambda policy: policy.whanau_meeting_days,
}


def starting(case: Case, point: ClockStart, context: Context) -> tuple[Clock, ...]:
    """Return the clocks that start at this point, each once in an episode, whoever has the case by then (BR-46)."""
    kinds = (kind for kind, start in _starts(case.type, rules(context)) if start is point)
    return tuple(_clock(case, kind, context) for kind in kinds if not case.episode.has(kind))


def dues(case: Case, context: Context) -> tuple[Due, ...]:
    """Return when each running clock of the case is due, by today's calendar and without its standstills (BR-49)."""
    return tuple(_due(case, clock, context) for clock in case.episode.running)


def _starts(type_: CaseType, policy: PolicyValues) -> Iterable[tuple[ClockKind, ClockStart]]:
    """A NEN has no school to meet, and its referral is its allocation: CIT's time does not count (BR-48)."""
    if type_ is CaseType.NEN:
        return [(ClockKind.WHANAU_MEETING, ClockStart.ALLOCATED)]
    return [
        (ClockKind.WHANAU_MEETING, ClockStart.SUBMITTED),
        (ClockKind.SCHOOL_MEETING, policy.school_meeting_from),
    ]


def _clock(case: Case, kind: ClockKind, context: Context) -> Clock:
    days = _ALLOWED[kind](rules(context))
    clock = Clock(started_on=context.today, days=days, due=Due(kind=kind))
    return replace(clock, due=_due(case, clock, context))


def _due(case: Case, clock: Clock, context: Context) -> Due:
    due_on = _due_on(case.episode, clock, _working_days(case, context))
    if due_on is None or clock.kind is not ClockKind.SCHOOL_MEETING or case.school is None:
        return Due(kind=clock.kind, due_on=due_on)
    return _due_at_school(due_on, case.school, context)


def _due_on(episode: Episode, clock: Clock, working: Days) -> date | None:
    """The day a clock is due; None where the calendar ends: it is recalculated once that year is published (BR-6)."""
    try:
        return working.due(clock.started_on, clock.days, episode.standstills)
    except CalendarEnds:
        return None


def _due_at_school(due_on: date, school: UUID, context: Context) -> Due:
    """The day the school meeting is due, and the school's next open day if it is closed then (BR-5)."""
    due = Due(kind=ClockKind.SCHOOL_MEETING, due_on=due_on)
    rolls = rules(context).school_meeting_rolls_to_school_day
    try:
        shown = shown_to_school(due_on, _school_days(school, context), rolls=rolls)
    except CalendarEnds:
        return due
    return replace(due, due_on=shown.due_on, school_day_on=shown.school_day_on if shown.school_closed else None)


def _working_days(case: Case, context: Context) -> Days:
    """Working days skip the anniversary of the case's catchment (BR-7), of its school while it has none."""
    area = context.fact(Catchment, case.catchment).details if case.catchment else None
    area_set = area.anniversary_set if area else None
    return _in_force(context).working_days(_set(area_set or _school_set(case.school, context)))


def _school_days(school: UUID, context: Context) -> Days:
    details = context.fact(School, school).details
    own = context.fact(SchoolCalendar, school_calendar_id(school)).on(context.today)
    closed = details is None or details.authority is not SchoolAuthority.PRIVATE
    named = _set(_school_set(school, context))
    return _in_force(context).school_days(school, named, own, easter_tuesday_closed=closed)


def _school_set(school: UUID | None, context: Context) -> str | None:
    details = context.fact(School, school).details if school else None
    return details.anniversary_set if details else None


def _set(code: str | None) -> AnniversarySet:
    """The set that a code names; the largest where a list names none, because a clock is never lost."""
    return AnniversarySet(code) if code in set(AnniversarySet) else AnniversarySet.AUCKLAND


def _in_force(context: Context) -> Edition:
    return context.fact(Calendar, NATIONAL).on(context.today)
