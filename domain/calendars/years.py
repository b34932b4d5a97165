"""What calendars hold, a year at a time, and which days of it count for whom (BR-3, BR-4, BR-7, BR-111)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from itertools import takewhile
from uuid import UUID

from domain.bounds import Many, TermNumber, Year
from domain.calendars.counting import ONE_DAY, ListedDays
from domain.calendars.names import OIA_WORKING_DAY, AnniversarySet, CalendarName, school_day, working_day
from domain.text import STRICT, ShortText

SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Some days on end, the first and the last included."""

    __pydantic_config__ = STRICT

    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A school term, from its first school day to its last."""

    __pydantic_config__ = STRICT

    number: TermNumber
    opens_on: date
    closes_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicHoliday:
    """A public holiday on the day on which it falls, or on the day on which it is observed."""

    __pydantic_config__ = STRICT

    on: date
    name: ShortText


@dataclass(frozen=True, slots=True, kw_only=True)
class Anniversary:
    """The day on which one anniversary set observes its province's anniversary."""

    __pydantic_config__ = STRICT

    anniversary_set: AnniversarySet
    on: date
    name: ShortText


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarYear:
    """What holds in the whole country for one year. Without terms, its school days are not known yet."""

    __pydantic_config__ = STRICT

    year: Year
    public_holidays: Many[PublicHoliday]
    anniversaries: Many[Anniversary]
    easter_tuesday: date  # state schools are closed, others work (BR-7)
    oia_excluded: Many[Span]  # the summer weeks that the Official Information Act does not count (BR-111)
    terms: Many[Term] = ()

    def __hash__(self) -> int:
        return hash(self.year)  # cheap, because years are keys of the days worked out from them


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolYear:
    """What one school does otherwise: its own terms (none: the country's), and the days it is closed."""

    __pydantic_config__ = STRICT

    year: Year
    terms: Many[Term] = ()
    closed: Many[date] = ()

    def __hash__(self) -> int:
        return hash(self.year)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolEdition:
    """A school's own calendar as it stood at one version."""

    version: int = 0
    years: tuple[SchoolYear, ...] = ()


NOTHING_OF_ITS_OWN = SchoolEdition()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """The country's calendar as it stood at one version: the latest of each year, in order."""

    version: int = 0
    years: tuple[CalendarYear, ...] = ()

    def working_days(self, anniversary_set: AnniversarySet) -> ListedDays:
        """Monday to Friday less public holidays and the set's own day (BR-4, BR-7)."""
        name, years = working_day(anniversary_set), _on_end(self.years)
        return _listed(name, (self.version,), years, _working(years, anniversary_set))

    def oia_working_days(self) -> ListedDays:
        """Working days of the Official Information Act: no summer weeks; regional days count (BR-111)."""
        years = _on_end(self.years)
        return _listed(OIA_WORKING_DAY, (self.version,), years, _oia(years))

    def school_days(
        self,
        school_id: UUID,
        anniversary_set: AnniversarySet,
        own: SchoolEdition = NOTHING_OF_ITS_OWN,
        *,
        easter_tuesday_closed: bool = True,
    ) -> ListedDays:
        """Working days in term on which the school is open; not Easter Tuesday in state schools (BR-7)."""
        years = _on_end(_with_terms(self.years, own.years))
        days = _open(years, anniversary_set, own.years, easter_tuesday_closed=easter_tuesday_closed)
        return _listed(school_day(school_id), (self.version, own.version), years, days)


def _listed(
    name: CalendarName, versions: tuple[int, ...], years: tuple[CalendarYear, ...], days: tuple[date, ...]
) -> ListedDays:
    if not years:
        return ListedDays(name=name, versions=versions, days=(), known_from=date.max, known_to=date.min)
    first, last = date(years[0].year, 1, 1), date(years[-1].year, 12, 31)
    return ListedDays(name=name, versions=versions, days=days, known_from=first, known_to=last)


def _on_end(years: tuple[CalendarYear, ...]) -> tuple[CalendarYear, ...]:
    """The years up to the first that is missing: nobody can count across a year that nobody published."""
    counted = takewhile(lambda pair: pair[1].year == years[0].year + pair[0], enumerate(years))
    return tuple(year for _, year in counted)


def _with_terms(years: tuple[CalendarYear, ...], own: tuple[SchoolYear, ...]) -> tuple[CalendarYear, ...]:
    dated = {year.year for year in own if year.terms}
    return tuple(year for year in years if year.terms or year.year in dated)


@lru_cache(maxsize=256)
def _working(years: tuple[CalendarYear, ...], anniversary_set: AnniversarySet | None) -> tuple[date, ...]:
    """Working days of one set; of no set if it is None."""
    off = {holiday.on for year in years for holiday in year.public_holidays}
    off |= {day.on for year in years for day in year.anniversaries if day.anniversary_set == anniversary_set}
    return tuple(day for day in _weekdays(years) if day not in off)


@lru_cache(maxsize=16)
def _oia(years: tuple[CalendarYear, ...]) -> tuple[date, ...]:
    off = {day for year in years for span in year.oia_excluded for day in _each(span.first_on, span.last_on)}
    return tuple(day for day in _working(years, None) if day not in off)


@lru_cache(maxsize=4096)
def _open(
    years: tuple[CalendarYear, ...],
    anniversary_set: AnniversarySet,
    own: tuple[SchoolYear, ...],
    *,
    easter_tuesday_closed: bool,
) -> tuple[date, ...]:
    own_terms = {year.year: year.terms for year in own if year.terms}
    terms = [term for year in years for term in own_terms.get(year.year, year.terms)]
    in_term = {day for term in terms for day in _each(term.opens_on, term.closes_on)}
    closed = {day for year in own for day in year.closed}
    closed |= {year.easter_tuesday for year in years if easter_tuesday_closed}
    return tuple(day for day in _working(years, anniversary_set) if day in in_term and day not in closed)


def _weekdays(years: tuple[CalendarYear, ...]) -> Iterator[date]:
    days = (day for year in years for day in _each(date(year.year, 1, 1), date(year.year, 12, 31)))
    return (day for day in days if day.weekday() < SATURDAY)


def _each(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first) // ONE_DAY + 1))
