"""A corrected calendar or policy moves the due days of clocks that still run (BR-5, BR-6, BR-7)."""

from dataclasses import replace
from datetime import date

import pytest

from domain.calendars.publishing import Calendar, CalendarPublished, SchoolCalendar, SchoolCalendarPublished
from domain.calendars.years import PublicHoliday, SchoolYear, Term
from domain.cases.case import NotNow
from domain.cases.clocks import ClockKind, Due
from domain.cases.deadlines import NATIONAL, dues
from domain.cases.meeting import SchoolMeetingHeld
from domain.cases.recalculating import DeadlineRecalculated, RecalculateDeadlines
from domain.catchments.catchment import Catchment
from domain.decision import Ref
from domain.ids import calendar_id
from domain.policies.policy import SERVICE_POLICY, Policy, PolicyValues, PolicyVersion
from domain.schools.school import School, SchoolAuthority
from tests.domain.cases.scenes import (
    ALLOCATED,
    ASSIGNED,
    AWHI,
    CREATED,
    FIRST_DAY,
    KAURI,
    LONG_AGO,
    NORTH,
    OPEN,
    PAUSED,
    SCHOOL_CLOCK,
    WHANAU_CLOCK,
    calendar,
    catchment,
    clock,
    closed,
    given,
    school,
)

MET_SCHOOL = SchoolMeetingHeld(
    meeting=CREATED.request,
    held_on=FIRST_DAY,
    topics=(),
    note=None,
    health_note=None,
    health_relevant_to=None,
    legal_basis=None,
    meets=ClockKind.SCHOOL_MEETING,
)
SCHOOL_LATER = DeadlineRecalculated(due=Due(kind=ClockKind.SCHOOL_MEETING, due_on=date(2026, 5, 12)))
WHANAU_LATER = DeadlineRecalculated(due=Due(kind=ClockKind.WHANAU_MEETING, due_on=date(2026, 5, 19)))


def corrected(effective_from=FIRST_DAY):
    """The calendar with another public holiday, on Friday 8 May 2026."""
    year = next(one.year for one in calendar().published if one.year.year == 2026)
    holiday = PublicHoliday(on=date(2026, 5, 8), name="A day for everybody")
    again = replace(year, public_holidays=(*year.public_holidays, holiday))
    published = CalendarPublished(version=99, effective_from=effective_from, year=again)
    return {Ref(Calendar, NATIONAL): Calendar(published=(*calendar().published, published))}


def test_each_running_clock_learns_its_new_due_day_BR_6():
    case = given(*OPEN).knowing(corrected())
    case.when(RecalculateDeadlines()).then(WHANAU_LATER, SCHOOL_LATER).then_asked_again().then_nothing()


def test_a_clock_that_was_met_keeps_what_it_was_measured_by_BR_6():
    given(*OPEN, MET_SCHOOL).knowing(corrected()).when(RecalculateDeadlines()).then(WHANAU_LATER)


def test_a_correction_counts_from_its_day_BR_6():
    given(*OPEN).knowing(corrected(date(2026, 5, 5))).when(RecalculateDeadlines()).then_nothing()


def test_without_a_correction_nothing_moves_BR_6():
    given(*OPEN).when(RecalculateDeadlines()).then_nothing()


def test_a_clock_that_stands_still_stays_due_on_no_day_BR_49():
    given(*OPEN, PAUSED).knowing(corrected()).on(date(2026, 5, 7)).when(RecalculateDeadlines()).then_nothing()


def test_a_closed_case_keeps_its_measurements_BR_6():
    given(*OPEN, closed()).knowing(corrected()).when(RecalculateDeadlines()).then_refused(NotNow)


def test_a_day_beyond_the_published_calendar_is_named_once_it_is_published_BR_6():
    unknown = clock(ClockKind.WHANAU_MEETING, FIRST_DAY, 10, None)
    case = given(replace(CREATED, clocks=(unknown,)), ALLOCATED)
    case.when(RecalculateDeadlines()).then(DeadlineRecalculated(due=WHANAU_CLOCK.due))
    case.knowing({Ref(Calendar, NATIONAL): Calendar()}).when(RecalculateDeadlines()).then_nothing()


def due_of_referral(day, facts=()):
    """When the school meeting of a case allocated on this day is due."""
    begun = replace(SCHOOL_CLOCK, started_on=day)
    world = given(CREATED, replace(ALLOCATED, clocks=(begun,)), ASSIGNED).on(day).knowing(dict(facts))
    return {due.kind: due for due in dues(world.state, world.context())}[ClockKind.SCHOOL_MEETING]


def test_a_meeting_due_while_the_school_is_closed_names_its_next_open_day_BR_5():
    due = due_of_referral(date(2026, 4, 2))
    assert (due.due_on, due.school_day_on) == (date(2026, 4, 13), date(2026, 4, 20))


def test_a_policy_may_move_it_to_that_day_BR_5():
    rolling = PolicyValues(school_meeting_rolls_to_school_day=True)
    policy = Policy(versions=(PolicyVersion(version=1, effective_from=LONG_AGO, values=rolling),))
    due = due_of_referral(date(2026, 4, 2), {Ref(Policy, SERVICE_POLICY): policy}.items())
    assert (due.due_on, due.school_day_on) == (date(2026, 4, 20), date(2026, 4, 20))


@pytest.mark.parametrize(
    ("authority", "opens_on"), [(SchoolAuthority.STATE, date(2026, 4, 8)), (SchoolAuthority.PRIVATE, None)]
)
def test_easter_tuesday_is_a_working_day_on_which_state_schools_are_closed_BR_7(authority, opens_on):
    kauri = school("100", "Kauri", NORTH)
    long_term = Term(number=1, opens_on=date(2026, 2, 2), closes_on=date(2026, 4, 10))
    own = SchoolCalendarPublished(
        version=1, effective_from=date(2026, 1, 1), year=SchoolYear(year=2026, terms=(long_term,))
    )
    facts = {
        Ref(School, KAURI): replace(kauri, details=replace(kauri.details, authority=authority)),
        Ref(SchoolCalendar, calendar_id(f"school-{KAURI}")): SchoolCalendar(published=(own,)),
    }
    due = due_of_referral(date(2026, 3, 27), facts.items())
    assert (due.due_on, due.school_day_on) == (date(2026, 4, 7), opens_on)


def test_a_meeting_due_on_a_school_day_names_one_day_only_BR_5():
    assert due_of_referral(FIRST_DAY).school_day_on is None


def test_working_days_skip_the_anniversary_of_the_catchment_not_of_the_school_BR_7():
    southland = {Ref(Catchment, NORTH): catchment("NORTH", AWHI, "SOUTHLAND")}
    assert due_of_referral(date(2026, 4, 2), southland.items()).due_on == date(2026, 4, 14)
