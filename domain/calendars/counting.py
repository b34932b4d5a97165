"""Counting in the days of one calendar: due days, days gone by, standstills (BR-2, BR-5, BR-49).

Whatever counts is a method of `Days`, which names its calendar: nobody can add days without one (BR-1).
"""

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from domain.calendars.names import CALENDAR, CalendarName
from domain.decision import Refused

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standstill:
    """A time that does not count: a pause, or a time back with CIT (BR-49).

    The day it begins is excluded, the day it ends counts; None means that it still lasts.
    """

    from_on: date
    until_on: date | None = None


class Days(ABC):
    """The days of one calendar. Days outside what the calendar knows raise `CalendarEnds`, never a guess."""

    __slots__ = ()

    name: CalendarName
    versions: tuple[int, ...]

    @abstractmethod
    def _before(self, day: date) -> int:
        """How many days of this calendar lie before `day`."""

    @abstractmethod
    def _at(self, place: int) -> date:
        """The day that has `place` days of this calendar up to and including itself."""

    def counts(self, day: date) -> bool:
        """Whether this day is one of the calendar's."""
        return self._up_to(day) > self._before(day)

    def first_on_or_after(self, day: date) -> date:
        """Return `day` if it counts, else the next day that does (BR-5)."""
        return self._at(self._before(day) + 1)

    def count(self, after: date, until: date) -> int:
        """How many days count after `after`, up to and including `until`; negative if that is earlier."""
        return self._up_to(until) - self._up_to(after)

    def nth_after(self, start: date, n: int) -> date:
        """Return the n-th day that counts after `start`, which is itself day 0 (BR-2).

        ValueError if n is negative: deadlines count forward.
        """
        if n < 0:
            raise ValueError("deadlines count forward")
        return self._at(self._up_to(start) + n) if n else start

    def due(self, start: date, n: int, standstills: Iterable[Standstill] = ()) -> date | None:
        """Return the n-th day that counts after `start` outside the standstills (BR-49).

        None while a clock stands still: it has no due day until somebody says when it goes on.
        """
        left = n
        for still in _apart(start, standstills):
            before = self.count(start, still.from_on - ONE_DAY)
            if left <= before:
                break
            if still.until_on is None:
                return None
            start, left = still.until_on - ONE_DAY, left - before
        return self.nth_after(start, left)

    def elapsed(self, start: date, until: date, standstills: Iterable[Standstill] = ()) -> int:
        """How many days count after `start`, up to and including `until`, outside the standstills."""
        after = until + ONE_DAY
        excluded = (
            self.count(still.from_on - ONE_DAY, min(still.until_on or after, after) - ONE_DAY)
            for still in _apart(start, standstills)
            if still.from_on <= until
        )
        return self.count(start, until) - sum(excluded)

    def _up_to(self, day: date) -> int:
        return self._before(day + ONE_DAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedDays(Days):
    """Days that a calendar lists, in order, known from one day to another (both included)."""

    name: CalendarName
    versions: tuple[int, ...]  # of the national calendar and, for a school day, of the school's own
    days: tuple[date, ...]
    known_from: date
    known_to: date

    def _before(self, day: date) -> int:
        if not self.known_from <= day <= self.known_to + ONE_DAY:
            raise CalendarEnds(self.name.kind)
        return bisect_left(self.days, day)

    def _at(self, place: int) -> date:
        if not 1 <= place <= len(self.days):
            raise CalendarEnds(self.name.kind)
        return self.days[place - 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryDay(Days):
    """The calendar on the wall: every day counts, and it never ends."""

    name: CalendarName = CALENDAR
    versions: tuple[int, ...] = ()

    def _before(self, day: date) -> int:
        return day.toordinal() - 1

    def _at(self, place: int) -> date:
        return date.fromordinal(place)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDue:
    """How a due day is shown to a school: with the first day from then on which the school is open (BR-5)."""

    due_on: date
    school_day_on: date
    school_closed: bool


def shown_to_school(due_on: date, school: Days, *, rolls: bool = False) -> ShownDue:
    """Show a due day to a school; it moves only if `P:schoolMeetingRollsToSchoolDay` says so (BR-5)."""
    open_on = school.first_on_or_after(due_on)
    return ShownDue(due_on=open_on if rolls else due_on, school_day_on=open_on, school_closed=open_on != due_on)


def _apart(start: date, standstills: Iterable[Standstill]) -> Iterator[Standstill]:
    """The standstills after `start`, in order, cut where they overlap: no day is excluded twice."""
    reached = start + ONE_DAY
    for still in sorted(standstills, key=lambda one: one.from_on):
        if still.until_on is not None and still.until_on <= reached:
            continue
        yield Standstill(from_on=max(still.from_on, reached), until_on=still.until_on)
        if still.until_on is None:
            return
        reached = still.until_on


class CalendarEnds(Refused):
    """The calendar says nothing about a day that this needs; the Ministry publishes that year first."""
