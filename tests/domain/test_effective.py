"""What holds on a day: the first day, the last day, and no last day."""

from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.effective import PeriodEndsBeforeItBegins, holds, on, overlap, require_order


@dataclass(frozen=True)
class Term:
    from_on: date
    to_on: date | None = None


FIRST, LAST, ONE = date(2026, 2, 2), date(2026, 4, 2), timedelta(days=1)


def test_the_first_and_the_last_day_count_and_the_days_beside_them_do_not():
    term = Term(FIRST, LAST)
    assert [holds(term, day) for day in (FIRST - ONE, FIRST, LAST, LAST + ONE)] == [False, True, True, False]


def test_what_has_no_last_day_holds_for_ever():
    assert holds(Term(FIRST), date.max)


def test_of_several_the_one_recorded_last_holds():
    terms = [Term(FIRST), Term(LAST)]
    assert on(terms, LAST) is terms[1]
    assert on(terms, LAST - ONE) is terms[0]
    assert on(terms, FIRST - ONE) is None


def test_the_last_day_may_be_the_first_and_not_before_it():
    require_order(FIRST, FIRST)
    require_order(FIRST, None)
    with pytest.raises(PeriodEndsBeforeItBegins):
        require_order(FIRST, FIRST - ONE)


days = st.dates(date(2026, 1, 1), date(2026, 1, 12))
periods = st.builds(Term, days, st.none() | days).filter(lambda p: p.to_on is None or p.from_on <= p.to_on)


@given(periods, periods)
def test_two_overlap_exactly_if_both_hold_on_some_day(one, other):
    any_day = any(holds(one, FIRST_OF + ONE * n) and holds(other, FIRST_OF + ONE * n) for n in range(14))
    assert overlap(one, other) == overlap(other, one) == any_day


FIRST_OF = date(2026, 1, 1)
