"""Civil days: which day it is in Auckland, when somebody turns an age, and the same day some months later.

None of these counts days; whoever does names a calendar (`domain.calendars.counting`, BR-1).
"""

import calendar
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

AUCKLAND: Final = ZoneInfo("Pacific/Auckland")


class LeapBirthday(StrEnum):
    """The birthday of those born on 29 February in a year without one (`P:leapBirthday`, BR-74)."""

    MAR1 = "MAR1"
    FEB28 = "FEB28"


def auckland_day(instant: datetime) -> date:
    """Return the civil day in Auckland of an instant in any zone; ValueError if the instant names no zone."""
    if instant.tzinfo is None:
        raise ValueError("an instant names its time zone")
    return instant.astimezone(AUCKLAND).date()


def birthday(born: date, age: int, leap: LeapBirthday) -> date:
    """Return the day on which somebody turns `age`; the policy says when those of 29 February do (BR-74)."""
    year = born.year + age
    if (born.month, born.day) != (2, 29) or calendar.isleap(year):
        return born.replace(year=year)
    return date(year, 3, 1) if leap is LeapBirthday.MAR1 else date(year, 2, 28)


def months_after(day: date, months: int) -> date:
    """Return the same day so many months later, or the last of that month if it is shorter (BR-81)."""
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
