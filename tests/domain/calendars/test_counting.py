"""Counting by the worked examples of BR-2 to BR-7, BR-49, BR-110 and BR-111, on the shipped calendars."""

from datetime import date
from uuid import UUID

import pytest

from adapters.holiday_data import shipped_years
from domain.calendars.counting import CalendarEnds, EveryDay, ShownDue, Standstill, shown_to_school
from domain.calendars.names import CALENDAR, OIA_WORKING_DAY, AnniversarySet, school_day, working_day
from domain.calendars.years import Edition, SchoolEdition, SchoolYear, Term

SCHOOL = UUID(int=1)
EDITION = Edition(version=2, years=shipped_years())
# Wellington's day, 19 January, comes before every example here: "national holidays only".
NATIONAL = AnniversarySet.WELLINGTON
WORKING = EDITION.working_days(NATIONAL)
SCHOOL_DAYS = EDITION.school_days(SCHOOL, NATIONAL)
TERMS_2026 = EDITION.years[0].terms


def day(text):
    return date.fromisoformat(text)


def opening_on(text):
    """A school's own terms of 2026, the first of which opens on another day."""
    first = Term(number=1, opens_on=day(text), closes_on=TERMS_2026[0].closes_on)
    return SchoolEdition(version=1, years=(SchoolYear(year=2026, terms=(first, *TERMS_2026[1:])),))


def school_days_in(term, days):
    return sum(term.opens_on <= one <= term.closes_on for one in days.days)


@pytest.mark.parametrize(
    ("last_attended", "due"),
    [
        ("2026-02-09", "2026-03-09"),
        ("2026-03-26", "2026-05-11"),
        ("2026-06-12", "2026-07-24"),
        ("2026-09-18", "2026-11-02"),
    ],
)
def test_the_twentieth_school_day_after_the_last_attended_BR_3(last_attended, due):
    assert SCHOOL_DAYS.nth_after(day(last_attended), 20) == day(due)


@pytest.mark.parametrize(
    ("start", "fifth", "tenth"),
    [
        ("2026-02-02", "2026-02-10", "2026-02-17"),
        ("2026-04-02", "2026-04-13", "2026-04-20"),
        ("2026-07-03", "2026-07-13", "2026-07-20"),
    ],
)
def test_working_days_skip_public_holidays_BR_4(start, fifth, tenth):
    assert WORKING.nth_after(day(start), 5) == day(fifth)
    assert WORKING.nth_after(day(start), 10) == day(tenth)


def test_the_start_is_day_nought_even_if_it_does_not_count_BR_2():
    saturday = day("2026-05-02")
    assert WORKING.nth_after(saturday, 0) == saturday
    assert WORKING.nth_after(saturday, 1) == day("2026-05-04")
    assert WORKING.nth_after(day("2026-05-04"), 1) == day("2026-05-05")


def test_a_deadline_cannot_be_counted_backward():
    with pytest.raises(ValueError, match="forward"):
        WORKING.nth_after(day("2026-05-04"), -1)


def test_a_meeting_due_in_the_break_shows_both_dates_BR_5():
    due = WORKING.nth_after(day("2026-04-02"), 5)
    assert shown_to_school(due, SCHOOL_DAYS) == ShownDue(
        due_on=day("2026-04-13"), school_day_on=day("2026-04-20"), school_closed=True
    )
    assert SCHOOL_DAYS.nth_after(day("2026-04-02"), 5) == day("2026-04-24")


def test_a_meeting_due_in_the_break_moves_if_the_policy_says_so_BR_5():
    shown = shown_to_school(day("2026-04-13"), SCHOOL_DAYS, rolls=True)
    assert (shown.due_on, shown.school_closed) == (day("2026-04-20"), True)


def test_a_meeting_due_on_a_school_day_shows_that_day_BR_5():
    monday = day("2026-05-04")
    shown = shown_to_school(monday, SCHOOL_DAYS)
    assert shown == ShownDue(due_on=monday, school_day_on=monday, school_closed=False)


@pytest.mark.parametrize(
    ("anniversary_set", "last_attended", "due"),
    [
        (AnniversarySet.TARANAKI, "2026-02-09", "2026-03-10"),
        (AnniversarySet.MARLBOROUGH, "2026-09-18", "2026-11-03"),
        (AnniversarySet.HAWKES_BAY, "2026-09-18", "2026-11-03"),
        (AnniversarySet.AUCKLAND, "2026-09-18", "2026-11-02"),  # Tairāwhiti: same region, another set
    ],
)
def test_school_days_skip_the_anniversary_of_their_own_set_only_BR_7(anniversary_set, last_attended, due):
    assert EDITION.school_days(SCHOOL, anniversary_set).nth_after(day(last_attended), 20) == day(due)


def test_working_days_skip_the_anniversary_of_their_own_set_only_BR_7():
    southland = EDITION.working_days(AnniversarySet.SOUTHLAND)
    assert southland.nth_after(day("2026-04-02"), 5) == day("2026-04-14")
    assert southland.nth_after(day("2026-04-02"), 10) == day("2026-04-21")


def test_easter_tuesday_is_a_working_day_on_which_state_schools_are_closed_BR_7():
    tuesday = day("2027-03-30")  # in term in 2027
    private = EDITION.school_days(SCHOOL, NATIONAL, easter_tuesday_closed=False)
    assert WORKING.counts(tuesday)
    assert not SCHOOL_DAYS.counts(tuesday)
    assert private.counts(tuesday)


@pytest.mark.parametrize(("number", "days"), [(1, 43), (2, 53), (3, 50), (4, 49)])
def test_school_days_of_the_terms_of_2026(number, days):
    assert school_days_in(TERMS_2026[number - 1], SCHOOL_DAYS) == days


def test_a_school_that_opens_on_26_january_has_five_days_more_and_four_in_auckland():
    own = opening_on("2026-01-26")
    first = own.years[0].terms[0]
    assert school_days_in(first, EDITION.school_days(SCHOOL, NATIONAL, own)) == 48
    assert school_days_in(first, EDITION.school_days(SCHOOL, AnniversarySet.AUCKLAND, own)) == 47


def test_the_shipped_terms_of_2027_make_the_least_year_of_380_half_days():
    assert 2 * SCHOOL_DAYS.count(day("2026-12-31"), day("2027-12-31")) == 380


def test_a_teacher_only_day_counts_for_work_and_not_for_that_school():
    monday = day("2026-05-11")
    own = SchoolEdition(version=1, years=(SchoolYear(year=2026, closed=(monday,)),))
    days = EDITION.school_days(SCHOOL, NATIONAL, own)
    assert SCHOOL_DAYS.counts(monday)
    assert WORKING.counts(monday)
    assert not days.counts(monday)
    assert days.nth_after(day("2026-05-08"), 1) == day("2026-05-12")


@pytest.mark.parametrize(("received", "due"), [("2026-11-26", "2026-12-24"), ("2026-11-27", "2027-01-18")])
def test_information_requests_do_not_count_the_summer_weeks_BR_111(received, due):
    assert EDITION.oia_working_days().nth_after(day(received), 20) == day(due)


def test_regional_days_count_for_information_requests_BR_111():
    show_day = day("2026-11-13")
    assert EDITION.oia_working_days().counts(show_day)
    assert not EDITION.working_days(AnniversarySet.CANTERBURY).counts(show_day)


def test_an_information_request_is_forwarded_by_the_calendar_of_the_providers_office_BR_110():
    thursday = day("2026-11-12")
    assert WORKING.nth_after(thursday, 2) == day("2026-11-16")
    assert EDITION.working_days(AnniversarySet.CANTERBURY).nth_after(thursday, 2) == day("2026-11-17")


ALLOCATED = day("2026-05-04")
PAUSED = Standstill(from_on=day("2026-05-06"), until_on=day("2026-05-08"))


def test_a_paused_day_is_excluded_and_the_day_of_the_resume_counts_BR_49():
    assert WORKING.due(ALLOCATED, 5) == day("2026-05-11")
    assert WORKING.due(ALLOCATED, 5, [PAUSED]) == day("2026-05-13")


@pytest.mark.parametrize(
    ("until", "gone"),
    [("2026-05-05", 1), ("2026-05-06", 1), ("2026-05-07", 1), ("2026-05-08", 2), ("2026-05-13", 5)],
)
def test_days_gone_by_leave_out_the_pause_BR_49(until, gone):
    assert WORKING.elapsed(ALLOCATED, day(until), [PAUSED]) == gone


def test_a_paused_clock_has_no_due_day_BR_49():
    assert WORKING.due(ALLOCATED, 5, [Standstill(from_on=day("2026-05-06"))]) is None


def test_a_pause_after_the_due_day_changes_nothing_BR_49():
    assert WORKING.due(ALLOCATED, 5, [Standstill(from_on=day("2026-05-12"))]) == day("2026-05-11")


def test_a_clock_paused_on_its_due_day_stands_still_BR_49():
    assert WORKING.due(ALLOCATED, 5, [Standstill(from_on=day("2026-05-11"))]) is None


def test_a_pause_that_was_over_before_the_clock_started_changes_nothing_BR_49():
    earlier = Standstill(from_on=day("2025-11-03"), until_on=day("2026-05-04"))
    assert WORKING.due(ALLOCATED, 5, [earlier]) == day("2026-05-11")
    assert WORKING.elapsed(ALLOCATED, day("2026-05-11"), [earlier]) == 5


def test_a_pause_resumed_on_the_same_day_excludes_nothing_BR_49():
    wednesday = day("2026-05-06")
    assert WORKING.due(ALLOCATED, 5, [Standstill(from_on=wednesday, until_on=wednesday)]) == day("2026-05-11")


def test_standstills_that_overlap_exclude_a_day_once_BR_49():
    overlapping = Standstill(from_on=day("2026-05-05"), until_on=day("2026-05-07"))
    assert WORKING.due(ALLOCATED, 5, [PAUSED, overlapping]) == day("2026-05-14")
    assert WORKING.elapsed(ALLOCATED, day("2026-05-14"), [PAUSED, overlapping]) == 5


def test_days_between_are_counted_either_way():
    assert WORKING.count(day("2026-04-02"), day("2026-04-13")) == 5
    assert WORKING.count(day("2026-04-13"), day("2026-04-02")) == -5


@pytest.mark.parametrize("days", [WORKING, SCHOOL_DAYS, EDITION.oia_working_days()], ids=lambda days: days.name.kind)
def test_a_calendar_refuses_days_of_which_it_knows_nothing(days):
    for unknown in ("2025-12-30", "2028-01-01"):
        with pytest.raises(CalendarEnds) as refused:
            days.counts(day(unknown))
        assert refused.value.fields == (days.name.kind,)
    with pytest.raises(CalendarEnds):
        days.nth_after(day("2027-12-17"), 20)
    with pytest.raises(CalendarEnds):
        days.count(day("2027-12-17"), day("2028-01-01"))


def test_a_calendar_knows_its_first_day_and_its_last():
    assert not WORKING.counts(day("2026-01-01"))
    assert WORKING.counts(day("2027-12-31"))


def test_an_empty_calendar_knows_nothing():
    with pytest.raises(CalendarEnds):
        Edition().working_days(NATIONAL).counts(day("2026-05-04"))


def test_school_days_are_unknown_until_the_terms_of_the_year_are_published():
    year = EDITION.years[1]
    untold = type(year)(
        year=year.year,
        public_holidays=year.public_holidays,
        anniversaries=year.anniversaries,
        easter_tuesday=year.easter_tuesday,
        oia_excluded=year.oia_excluded,
    )
    edition = Edition(version=1, years=(EDITION.years[0], untold))
    own = SchoolEdition(version=1, years=(SchoolYear(year=2027, terms=year.terms),))
    monday = day("2027-05-03")
    assert edition.working_days(NATIONAL).counts(monday)
    assert edition.school_days(SCHOOL, NATIONAL, own).counts(monday)
    with pytest.raises(CalendarEnds):
        edition.school_days(SCHOOL, NATIONAL).counts(monday)


def test_every_count_names_its_calendar_and_the_versions_it_used_BR_1():
    assert (WORKING.name, WORKING.versions) == (working_day(NATIONAL), (2,))
    assert (SCHOOL_DAYS.name, SCHOOL_DAYS.versions) == (school_day(SCHOOL), (2, 0))
    assert EDITION.oia_working_days().name == OIA_WORKING_DAY
    assert EveryDay().name == CALENDAR


def test_every_day_counts_in_the_calendar_on_the_wall():
    assert EveryDay().nth_after(day("2026-12-24"), 90) == day("2027-03-24")
    assert EveryDay().due(ALLOCATED, 5, [PAUSED]) == day("2026-05-11")
