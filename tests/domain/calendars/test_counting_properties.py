"""What holds of any count: in whichever calendar, from whichever day."""

from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from adapters.holiday_data import shipped_years
from domain.calendars.counting import EveryDay, Standstill
from domain.calendars.names import AnniversarySet
from domain.calendars.years import Edition

EDITION = Edition(version=1, years=shipped_years())
calendars = st.sampled_from(
    [
        *(EDITION.working_days(anniversary_set) for anniversary_set in AnniversarySet),
        *(EDITION.school_days(UUID(int=1), anniversary_set) for anniversary_set in AnniversarySet),
        EDITION.oia_working_days(),
        EveryDay(),
    ]
)
starts = st.dates(date(2026, 1, 1), date(2026, 12, 31))
few = st.integers(1, 30)


@st.composite
def ended(draw):
    """A standstill somewhere in 2026 that was ended, perhaps on the day it began."""
    from_on = draw(starts)
    return Standstill(from_on=from_on, until_on=from_on + timedelta(days=draw(st.integers(0, 30))))


@given(calendars, starts, few)
def test_a_further_day_is_a_later_day(days, start, n):
    assert start < days.nth_after(start, n) < days.nth_after(start, n + 1)


@given(calendars, starts, st.integers(0, 30), few)
def test_a_later_start_is_never_due_earlier(days, start, later, n):
    assert days.nth_after(start, n) <= days.nth_after(start + timedelta(days=later), n)


@given(calendars, starts, few)
def test_counting_to_the_nth_day_gives_n_BR_2(days, start, n):
    due = days.nth_after(start, n)
    assert days.counts(due)
    assert days.count(start, due) == n


@given(calendars, starts)
def test_between_a_day_and_the_first_that_counts_none_counts(days, start):
    first = days.first_on_or_after(start)
    before = (start + timedelta(days=n) for n in range((first - start).days))
    assert days.counts(first)
    assert not any(days.counts(one) for one in before)


@given(calendars, starts, few, st.lists(ended(), max_size=3))
def test_standstills_never_bring_a_due_day_forward_BR_49(days, start, n, standstills):
    due = days.due(start, n, standstills)
    assert due >= days.nth_after(start, n)
    assert days.due(start, n, standstills[:-1]) <= due


@given(calendars, starts, few, st.lists(ended(), max_size=3))
def test_a_due_day_is_the_nth_outside_the_standstills_counted_one_by_one_BR_49(days, start, n, standstills):
    due = days.due(start, n, standstills)
    after = (start + timedelta(days=gone) for gone in range(1, (due - start).days + 1))
    left = [
        one
        for one in after
        if days.counts(one) and not any(still.from_on <= one < still.until_on for still in standstills)
    ]
    assert left[-1] == due
    assert len(left) == n == days.elapsed(start, due, standstills)


@given(st.sampled_from(AnniversarySet), starts, few)
def test_school_days_are_working_days_and_never_due_earlier_BR_7(anniversary_set, start, n):
    working, school = EDITION.working_days(anniversary_set), EDITION.school_days(UUID(int=1), anniversary_set)
    due = school.nth_after(start, n)
    assert working.counts(due)
    assert due >= working.nth_after(start, n)
