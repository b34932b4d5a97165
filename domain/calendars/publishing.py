"""Publishing calendars: years and corrections are data with versions; old versions stay readable (BR-6)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from typing import Protocol, TypeAlias, TypeVar
from uuid import UUID

from domain.calendars.names import AnniversarySet
from domain.calendars.years import CalendarYear, Edition, SchoolEdition, SchoolYear, Term
from domain.decision import Context, Refused
from domain.ids import school_calendar_id
from domain.schools.school import School
from domain.text import STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """The country's calendar: every year and correction ever published, in order."""

    published: tuple["CalendarPublished", ...] = ()

    def on(self, day: date) -> Edition:
        """Return the calendar in force on a day: what open clocks are counted by."""
        return self.edition(_version_on(day, self.published))

    def edition(self, version: int) -> Edition:
        """Return the calendar as it stood at a version: what a closed measurement was counted by (BR-6)."""
        latest = _latest(_up_to(version, self.published))
        return Edition(version=version, years=tuple(latest[year].year for year in sorted(latest)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolCalendar:
    """One school's own dates: every year and correction that it ever published, in order."""

    published: tuple["SchoolCalendarPublished", ...] = ()

    def on(self, day: date) -> SchoolEdition:
        """Return the school's own dates in force on a day."""
        return self.edition(_version_on(day, self.published))

    def edition(self, version: int) -> SchoolEdition:
        """Return the school's own dates as they stood at a version (BR-6)."""
        latest = _latest(_up_to(version, self.published))
        return SchoolEdition(version=version, years=tuple(latest[year].year for year in sorted(latest)))


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishCalendar:
    """Publish, or correct, what holds in the whole country for one year."""

    __pydantic_config__ = STRICT

    year: CalendarYear
    effective_from: date

    def decide(self, calendar: Calendar, context: Context) -> list["CalendarPublished"]:
        if _holds(self, calendar.published):
            return []
        _require_order(self.effective_from, calendar.published)
        _require_terms(self.year)
        _require_days_in_year(self.year.year, _days(self.year))
        _require_every_set(self.year)
        _require_adjoining(self.year.year, calendar.published)
        version = len(calendar.published) + 1
        return [CalendarPublished(version=version, effective_from=self.effective_from, year=self.year)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarPublished:
    """One year of the national calendar, new or corrected; clocks are counted by it from `effective_from` (BR-6)."""

    version: int  # counted from 1, through all years
    effective_from: date
    year: CalendarYear

    def evolve(self, calendar: Calendar) -> Calendar:
        return replace(calendar, published=(*calendar.published, self))


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishSchoolCalendar:
    """Publish, or correct, one school's own terms and closed days of one year."""

    __pydantic_config__ = STRICT

    school: UUID
    year: SchoolYear
    effective_from: date

    def decide(self, own: SchoolCalendar, context: Context) -> list["SchoolCalendarPublished"]:
        if context.stream != school_calendar_id(self.school):
            raise CalendarOfAnotherSchool("school")
        context.fact(School, self.school).require()
        if _holds(self, own.published):
            return []
        _require_order(self.effective_from, own.published)
        _require_terms(self.year)
        _require_days_in_year(self.year.year, [*_bounds(self.year.terms), *self.year.closed])
        version = len(own.published) + 1
        return [SchoolCalendarPublished(version=version, effective_from=self.effective_from, year=self.year)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolCalendarPublished:
    """One year of a school's own terms and closed days, new or corrected; it counts from `effective_from` (BR-6)."""

    version: int  # counted from 1, through all years
    effective_from: date
    year: SchoolYear

    def evolve(self, school: SchoolCalendar) -> SchoolCalendar:
        return replace(school, published=(*school.published, self))


class Published(Protocol):
    """What both published events have in common."""

    @property
    def effective_from(self) -> date: ...
    @property
    def year(self) -> CalendarYear | SchoolYear: ...


P = TypeVar("P", bound=Published)


def _version_on(day: date, published: Iterable[Published]) -> int:
    return sum(one.effective_from <= day for one in published)


def _up_to(version: int, published: tuple[P, ...]) -> tuple[P, ...]:
    if not 0 <= version <= len(published):
        raise ValueError("no such version of the calendar")
    return published[:version]


def _latest(published: Iterable[P]) -> dict[int, P]:
    """The last that was published of each year."""
    return {one.year.year: one for one in published}


def _holds(asked: Published, published: Iterable[Published]) -> bool:
    """Whether the last that was published of this year says just this, and is in force by then."""
    last = _latest(published).get(asked.year.year)
    return last is not None and last.year == asked.year and last.effective_from <= asked.effective_from


def _require_order(effective_from: date, published: Sequence[Published]) -> None:
    if published and effective_from < published[-1].effective_from:
        raise EffectiveBeforeTheLast("effective_from")


def _require_terms(year: CalendarYear | SchoolYear) -> None:
    bounds = _bounds(year.terms)
    if any(later < earlier for earlier, later in pairwise(bounds)):
        raise TermsOutOfOrder("year.terms")


def _require_days_in_year(year: int, days: Iterable[date]) -> None:
    if any(day.year != year for day in days):
        raise DayOfAnotherYear("year")


def _require_every_set(year: CalendarYear) -> None:
    if {day.anniversary_set for day in year.anniversaries} != set(AnniversarySet):
        raise AnniversaryMissing("year.anniversaries")


def _require_adjoining(year: int, published: Iterable[Published]) -> None:
    known = {one.year.year for one in published}
    if known and not known & {year - 1, year, year + 1}:
        raise YearSkipped("year.year")


def _bounds(terms: Iterable[Term]) -> list[date]:
    return [day for term in terms for day in (term.opens_on, term.closes_on)]


def _days(year: CalendarYear) -> list[date]:
    days = [day.on for day in year.public_holidays] + [day.on for day in year.anniversaries]
    summer = [day for span in year.oia_excluded for day in (span.first_on, span.last_on)]
    return [*days, *summer, *_bounds(year.terms), year.easter_tuesday]


class CalendarOfAnotherSchool(Refused):
    """This is the calendar of another school."""


class EffectiveBeforeTheLast(Refused):
    """A calendar takes effect no earlier than the one that was published before it."""


class TermsOutOfOrder(Refused):
    """Terms follow one another, and each opens before it closes."""


class DayOfAnotherYear(Refused):
    """A calendar year holds the days of that year only."""


class AnniversaryMissing(Refused):
    """A calendar year names the anniversary day of each of the twelve sets."""


class YearSkipped(Refused):
    """A calendar year adjoins one that is already published: nobody can count across a gap."""


Command: TypeAlias = PublishCalendar | PublishSchoolCalendar
Event: TypeAlias = CalendarPublished | SchoolCalendarPublished
