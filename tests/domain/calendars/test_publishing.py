"""Publishing calendars: versions, corrections, and what is refused (BR-6)."""

from dataclasses import replace
from datetime import UTC, date, datetime
from functools import reduce
from typing import Any
from uuid import UUID

import pytest

from adapters.holiday_data import shipped_years
from domain.calendars.counting import CalendarEnds
from domain.calendars.names import AnniversarySet
from domain.calendars.publishing import (
    AnniversaryMissing,
    Calendar,
    CalendarOfAnotherSchool,
    CalendarPublished,
    DayOfAnotherYear,
    EffectiveBeforeTheLast,
    PublishCalendar,
    PublishSchoolCalendar,
    SchoolCalendar,
    SchoolCalendarPublished,
    TermsOutOfOrder,
    YearSkipped,
)
from domain.calendars.years import SchoolYear, Term
from domain.decision import Actor, Context, Known, NotRead, Ref
from domain.ids import school_calendar_id
from domain.schools.school import NoSuchSchool, School, SchoolAuthority, SchoolDetails

SET = AnniversarySet.WELLINGTON
SCHOOL, OTHER = UUID(int=1), UUID(int=6)
REGISTERED = School(
    details=SchoolDetails(
        number="100", name="Te Kura o Kauri", type="Full Primary", authority=SchoolAuthority.STATE,
        region="Wellington", territorial_authority="Wellington City", anniversary_set="WELLINGTON",
    )
)  # fmt: skip
YEAR_2026, YEAR_2027 = shipped_years()
LATE_MATARIKI = replace(
    YEAR_2026,
    public_holidays=tuple(
        replace(one, on=date(2026, 7, 17)) if one.name == "Matariki" else one for one in YEAR_2026.public_holidays
    ),
)
JANUARY, MARCH = date(2026, 1, 5), date(2026, 3, 2)
FIRST = CalendarPublished(version=1, effective_from=JANUARY, year=YEAR_2026)
SECOND = CalendarPublished(version=2, effective_from=JANUARY, year=YEAR_2027)
CORRECTED = CalendarPublished(version=3, effective_from=MARCH, year=LATE_MATARIKI)
OWN = SchoolYear(year=2026, closed=(date(2026, 5, 11),))


def nothing_else_is_read(need):
    raise NotRead(need)


CONTEXT = Context(
    actor=Actor(user=UUID(int=2), role="SYSTEM_ADMIN", organisation=UUID(int=3)),
    now=datetime(2026, 3, 1, 20, tzinfo=UTC),
    today=MARCH,
    command_id=UUID(int=4),
    stream=UUID(int=5),
    known=Known(nothing_else_is_read),
)


def fold(state, *events):
    return reduce(lambda now, event: event.evolve(now), events, state)


def publish(year, *published, effective_from=MARCH):
    command = PublishCalendar(year=year, effective_from=effective_from)
    return command.decide(fold(Calendar(), *published), CONTEXT)


def publish_school(year, *published, effective_from=MARCH, school=SCHOOL, known=REGISTERED):
    command = PublishSchoolCalendar(school=school, year=year, effective_from=effective_from)
    facts: dict[Any, Any] = {Ref(School, SCHOOL): known, Ref(School, OTHER): known}
    context = replace(CONTEXT, stream=school_calendar_id(SCHOOL), known=Known(facts.__getitem__))
    return command.decide(fold(SchoolCalendar(), *published), context)


def test_the_first_year_is_version_one():
    assert publish(YEAR_2026, effective_from=JANUARY) == [FIRST]


def test_a_year_published_twice_is_one_fact():
    assert publish(YEAR_2026, FIRST, effective_from=JANUARY) == []
    assert publish(YEAR_2026, FIRST, SECOND, effective_from=MARCH) == []
    assert publish_school(OWN, *publish_school(OWN)) == []


def test_a_school_that_is_not_registered_has_no_calendar():
    with pytest.raises(NoSuchSchool):
        publish_school(OWN, known=School())


def test_a_school_publishes_its_own_calendar_only():
    with pytest.raises(CalendarOfAnotherSchool):
        publish_school(OWN, school=OTHER)


def test_a_correction_is_a_version_more_BR_6():
    assert publish(LATE_MATARIKI, FIRST, SECOND) == [CORRECTED]


def test_taking_a_correction_back_is_a_version_of_its_own_BR_6():
    assert publish(YEAR_2026, FIRST, SECOND, CORRECTED) == [
        CalendarPublished(version=4, effective_from=MARCH, year=YEAR_2026)
    ]


def test_open_clocks_follow_the_correction_and_measurements_keep_their_version_BR_6():
    calendar = fold(Calendar(), FIRST, SECOND, CORRECTED)
    matariki, start = date(2026, 7, 10), date(2026, 7, 3)
    open_clock = calendar.on(MARCH).working_days(SET)
    measured = calendar.edition(2).working_days(SET)
    assert (open_clock.versions, open_clock.nth_after(start, 5)) == ((3,), matariki)
    assert (measured.versions, measured.nth_after(start, 5)) == ((2,), date(2026, 7, 13))


def test_a_correction_is_in_force_from_its_day_on_BR_6():
    calendar = fold(Calendar(), FIRST, SECOND, CORRECTED)
    assert calendar.on(date(2026, 3, 1)) == calendar.edition(2)
    assert calendar.on(MARCH) == calendar.edition(3)


def test_before_anything_is_in_force_nothing_is_known():
    before = fold(Calendar(), FIRST).on(date(2026, 1, 4))
    with pytest.raises(CalendarEnds):
        before.working_days(SET).counts(MARCH)


def test_a_version_that_was_never_published_cannot_be_read():
    for version in (-1, 2):
        with pytest.raises(ValueError, match="version"):
            fold(Calendar(), FIRST).edition(version)


def test_a_school_closes_on_days_of_its_own_BR_7():
    school = fold(SchoolCalendar(), *publish_school(OWN))
    edition = fold(Calendar(), FIRST).on(MARCH)
    closed_on = OWN.closed[0]
    assert not edition.school_days(SCHOOL, SET, school.on(MARCH)).counts(closed_on)
    assert edition.school_days(SCHOOL, SET, school.on(JANUARY)).counts(closed_on)
    assert edition.school_days(SCHOOL, SET, school.edition(1)).versions == (1, 1)


def test_a_school_may_publish_years_far_apart():
    first = SchoolCalendarPublished(version=1, effective_from=MARCH, year=OWN)
    assert publish_school(SchoolYear(year=2029), first) == [
        SchoolCalendarPublished(version=2, effective_from=MARCH, year=SchoolYear(year=2029))
    ]


def test_a_version_takes_effect_no_earlier_than_the_one_before():
    with pytest.raises(EffectiveBeforeTheLast):
        publish(YEAR_2026, FIRST, SECOND, CORRECTED, effective_from=JANUARY)
    with pytest.raises(EffectiveBeforeTheLast):
        publish_school(SchoolYear(year=2026), *publish_school(OWN), effective_from=JANUARY)


def test_what_holds_from_march_cannot_be_made_to_hold_from_january():
    with pytest.raises(EffectiveBeforeTheLast):
        publish(LATE_MATARIKI, FIRST, CORRECTED, effective_from=JANUARY)


def test_no_year_is_skipped():
    with pytest.raises(YearSkipped):
        publish(YEAR_2027, replace(FIRST, year=replace(YEAR_2026, year=2025)))


def test_a_year_before_the_first_may_be_added():
    assert [event.version for event in publish(YEAR_2026, replace(SECOND, version=1))] == [2]


@pytest.mark.parametrize(
    "year",
    [
        replace(YEAR_2026, year=2027),
        replace(YEAR_2026, easter_tuesday=date(2027, 3, 30)),
        replace(YEAR_2026, oia_excluded=YEAR_2027.oia_excluded),
        replace(YEAR_2026, terms=YEAR_2027.terms),
        replace(YEAR_2026, public_holidays=YEAR_2027.public_holidays),
        replace(YEAR_2026, anniversaries=YEAR_2027.anniversaries),
    ],
)
def test_a_year_holds_its_own_days_only(year):
    with pytest.raises(DayOfAnotherYear):
        publish(year)


def test_a_school_year_holds_its_own_days_only():
    for year in (
        SchoolYear(year=2026, closed=(date(2027, 5, 3),)),
        SchoolYear(year=2026, terms=YEAR_2027.terms),
    ):
        with pytest.raises(DayOfAnotherYear):
            publish_school(year)


@pytest.mark.parametrize(
    "terms",
    [
        YEAR_2026.terms[::-1],
        (Term(number=1, opens_on=date(2026, 4, 2), closes_on=date(2026, 2, 2)),),
    ],
)
def test_terms_follow_one_another(terms):
    with pytest.raises(TermsOutOfOrder):
        publish(replace(YEAR_2026, terms=terms))
    with pytest.raises(TermsOutOfOrder):
        publish_school(SchoolYear(year=2026, terms=terms))


def test_every_anniversary_set_has_its_day_BR_7():
    with pytest.raises(AnniversaryMissing):
        publish(replace(YEAR_2026, anniversaries=YEAR_2026.anniversaries[1:]))


def test_any_history_folds_even_one_that_would_be_refused_today():
    odd = replace(YEAR_2026, year=2031, anniversaries=(), terms=YEAR_2026.terms[::-1])
    calendar = fold(Calendar(), FIRST, replace(FIRST, year=odd, version=2, effective_from=date(2020, 1, 1)))
    assert calendar.edition(2).working_days(SET).known_to == date(2026, 12, 31)
