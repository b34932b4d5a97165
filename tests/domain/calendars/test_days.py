"""Which day it is in Auckland, birthdays (BR-74) and months (BR-81)."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.days import AUCKLAND, LeapBirthday, auckland_day, birthday, months_after


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        ("2026-06-30T11:59:59.999999", "2026-06-30"),  # winter: 12 hours ahead
        ("2026-06-30T12:00:00", "2026-07-01"),
        ("2026-01-31T10:59:59.999999", "2026-01-31"),  # summer: 13 hours ahead
        ("2026-01-31T11:00:00", "2026-02-01"),
        ("2026-04-04T10:59:59", "2026-04-04"),  # summer time ends on Sunday 5 April, a day of 25 hours
        ("2026-04-04T11:00:00", "2026-04-05"),
        ("2026-04-05T11:59:59", "2026-04-05"),
        ("2026-04-05T12:00:00", "2026-04-06"),
        ("2026-09-26T11:59:59", "2026-09-26"),  # summer time begins on Sunday 27 September, a day of 23 hours
        ("2026-09-26T12:00:00", "2026-09-27"),
        ("2026-09-27T10:59:59", "2026-09-27"),
        ("2026-09-27T11:00:00", "2026-09-28"),
    ],
)
def test_the_day_turns_at_midnight_in_auckland(instant, day):
    assert auckland_day(datetime.fromisoformat(instant).replace(tzinfo=UTC)) == date.fromisoformat(day)


def test_the_zone_in_which_an_instant_is_told_does_not_matter():
    instant = datetime(2026, 4, 5, 12, 0, tzinfo=UTC)
    for zone in (ZoneInfo("America/New_York"), ZoneInfo("Pacific/Chatham"), timezone(timedelta(hours=-11))):
        assert auckland_day(instant.astimezone(zone)) == date(2026, 4, 6)


def test_an_instant_without_a_zone_is_no_instant():
    with pytest.raises(ValueError, match="zone"):
        auckland_day(datetime(2026, 4, 5, 12, 0))  # noqa: DTZ001 - the very thing that is refused


@given(st.dates(date(2020, 1, 1), date(2040, 12, 31)))
def test_every_day_lasts_from_midnight_to_midnight(day):
    midnight = datetime(day.year, day.month, day.day, tzinfo=AUCKLAND).astimezone(UTC)
    assert auckland_day(midnight) == day
    assert auckland_day(midnight - timedelta(microseconds=1)) == day - timedelta(days=1)


@pytest.mark.parametrize(
    ("born", "sixth"),
    [
        ("2020-02-29", "2026-03-01"),
        ("2020-02-28", "2026-02-28"),
        ("2020-03-01", "2026-03-01"),
        ("2021-05-04", "2027-05-04"),
    ],
)
def test_the_sixth_birthday_BR_74(born, sixth):
    assert birthday(date.fromisoformat(born), 6, LeapBirthday.MAR1) == date.fromisoformat(sixth)


def test_a_leap_birthday_falls_where_the_policy_says_BR_74():
    born = date(2020, 2, 29)
    assert birthday(born, 6, LeapBirthday.FEB28) == date(2026, 2, 28)
    assert birthday(born, 8, LeapBirthday.FEB28) == birthday(born, 8, LeapBirthday.MAR1) == date(2028, 2, 29)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2026-11-30", 3, "2027-02-28"),
        ("2027-11-30", 3, "2028-02-29"),
        ("2026-03-31", 3, "2026-06-30"),
        ("2026-09-15", 3, "2026-12-15"),
        ("2026-10-01", 3, "2027-01-01"),
        ("2026-12-31", 12, "2027-12-31"),
        ("2026-05-04", 0, "2026-05-04"),
    ],
)
def test_months_later_are_clamped_to_the_end_of_the_month_BR_81(day, months, later):
    assert months_after(date.fromisoformat(day), months) == date.fromisoformat(later)
