"""Schools: registered from a list, in a catchment and funded by date."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from domain.catchments.catchment import Catchment, CatchmentDetails, NoSuchCatchment
from domain.decision import Ref
from domain.effective import PeriodEndsBeforeItBegins
from domain.ids import catchment_id, school_id
from domain.schools.funding import (
    EndIspFunding,
    FundedAlready,
    GrantIspFunding,
    IspFundingEnded,
    IspFundingGranted,
    NotFunded,
)
from domain.schools.registering import (
    ChangeSchoolDetails,
    NumberOfAnotherSchool,
    RegisterSchool,
    SchoolDetailsChanged,
    SchoolRegistered,
    SchoolRegisteredAlready,
)
from domain.schools.school import NoSuchSchool, School, SchoolAuthority, SchoolDetails
from domain.schools.zoning import AssignSchoolToCatchment, SchoolCatchmentChanged
from tests.domain.given import world

DETAILS = SchoolDetails(
    number="123",
    name="Te Kura o Waitara",
    type="Full primary",
    authority=SchoolAuthority.STATE,
    region="Taranaki, Whanganui, Manawatū",
    territorial_authority="New Plymouth District",
    anniversary_set="TARANAKI",
)
REGISTERED = SchoolRegistered(details=DETAILS)
RENAMED = replace(DETAILS, name="Te Kura o Waitara ki te Tonga")
NORTH, SOUTH = catchment_id("NORTH"), catchment_id("SOUTH")
AREA = Catchment(details=CatchmentDetails(code="NORTH", name="North", region="Taranaki", anniversary_set="TARANAKI"))
given = world(School).at(school_id("123")).knowing({Ref(Catchment, NORTH): AREA, Ref(Catchment, SOUTH): AREA})
JANUARY, JUNE, DAY = date(2026, 1, 5), date(2026, 6, 2), timedelta(days=1)


def test_importing_a_list_twice_changes_nothing():
    given().when(RegisterSchool(details=DETAILS)).then(REGISTERED).then_asked_again().then_nothing()


def test_a_school_registered_with_other_details_is_changed_and_not_registered_again():
    given(REGISTERED).when(RegisterSchool(details=RENAMED)).then_refused(SchoolRegisteredAlready)
    changed = given(REGISTERED).when(ChangeSchoolDetails(details=RENAMED))
    changed.then(SchoolDetailsChanged(details=RENAMED)).then_asked_again().then_nothing()
    given().when(ChangeSchoolDetails(details=RENAMED)).then_refused(NoSuchSchool)


def test_a_school_keeps_its_number():
    other = replace(DETAILS, number="124")
    given().when(RegisterSchool(details=other)).then_refused(NumberOfAnotherSchool, "number")
    given(REGISTERED).when(ChangeSchoolDetails(details=other)).then_refused(NumberOfAnotherSchool, "number")


def test_a_school_is_open_from_its_first_day_until_the_day_it_closes():
    details = replace(DETAILS, opened_on=JANUARY, closed_on=JUNE)
    school = given(SchoolRegistered(details=details)).state
    days = (JANUARY - DAY, JANUARY, JUNE - DAY, JUNE)
    assert [school.open_on(day) for day in days] == [False, True, True, False]
    assert given(REGISTERED).state.open_on(date.max - DAY)
    assert not School().open_on(JUNE)


def test_a_school_does_not_close_before_it_opens():
    details = replace(DETAILS, opened_on=JUNE, closed_on=JANUARY)
    given().when(RegisterSchool(details=details)).then_refused(PeriodEndsBeforeItBegins, "to_on")


ASSIGN = AssignSchoolToCatchment(catchment=NORTH, effective_on=JANUARY)
IN_NORTH = SchoolCatchmentChanged(catchment=NORTH, effective_on=JANUARY)
IN_SOUTH = SchoolCatchmentChanged(catchment=SOUTH, effective_on=JUNE)


def test_a_school_is_put_into_a_catchment_once():
    given(REGISTERED).when(ASSIGN).then(IN_NORTH).then_asked_again().then_nothing()
    given(REGISTERED, IN_NORTH).when(replace(ASSIGN, effective_on=JUNE)).then_nothing()


@pytest.mark.parametrize("told", [(IN_NORTH, IN_SOUTH), (IN_SOUTH, IN_NORTH)])
def test_the_catchment_of_a_school_is_that_of_the_day_BR_30(told):
    school = given(REGISTERED, *told).state
    days = (JANUARY - DAY, JANUARY, JUNE - DAY, JUNE, date.max)
    assert [school.catchment_on(day) for day in days] == [None, NORTH, NORTH, SOUTH, SOUTH]


def test_of_two_changes_on_one_day_the_one_recorded_last_holds():
    at_once = replace(IN_SOUTH, effective_on=JANUARY)
    assert given(REGISTERED, IN_NORTH, at_once).state.catchment_on(JANUARY) == SOUTH


def test_only_a_registered_school_lies_in_a_catchment_and_only_in_a_defined_one():
    given().when(ASSIGN).then_refused(NoSuchSchool)
    given(REGISTERED).when(replace(ASSIGN, catchment=UUID(int=9))).then_refused(NoSuchCatchment, "catchment")


GRANT = GrantIspFunding(from_on=JANUARY, to_on=JUNE)
GRANTED = IspFundingGranted(from_on=JANUARY, to_on=JUNE)


def test_funding_holds_from_its_first_to_its_last_day_BR_31():
    given(REGISTERED).when(GRANT).then(GRANTED).then_asked_again().then_nothing()
    school = given(REGISTERED, GRANTED).state
    days = (JANUARY - DAY, JANUARY, JUNE, JUNE + DAY)
    assert [school.isp_on(day) for day in days] == [False, True, True, False]
    assert given(REGISTERED, replace(GRANTED, to_on=None)).state.isp_on(date.max)


def test_funding_that_overlaps_is_refused_and_the_next_day_is_free():
    again = GrantIspFunding(from_on=JUNE)
    given(REGISTERED, GRANTED).when(again).then_refused(FundedAlready, "from_on")
    assert given(REGISTERED, GRANTED).when(replace(again, from_on=JUNE + DAY)).events


def test_funding_is_ended_on_a_last_day_once():
    end = EndIspFunding(to_on=date(2026, 3, 31))
    ended = IspFundingEnded(from_on=JANUARY, to_on=date(2026, 3, 31))
    given(REGISTERED, GRANTED).when(end).then(ended).then_asked_again().then_nothing()
    school = given(REGISTERED, GRANTED, ended).state
    assert [school.isp_on(day) for day in (date(2026, 3, 31), date(2026, 4, 1))] == [True, False]


def test_ending_one_funding_leaves_another_alone():
    later = IspFundingGranted(from_on=JUNE + DAY)
    ended = IspFundingEnded(from_on=JANUARY, to_on=date(2026, 3, 31))
    assert given(REGISTERED, GRANTED, later, ended).state.isp_on(date.max)


def test_what_is_not_funded_cannot_end_and_what_is_no_school_cannot_be_funded():
    given(REGISTERED, GRANTED).when(EndIspFunding(to_on=JUNE + DAY)).then_refused(NotFunded, "to_on")
    given().when(GRANT).then_refused(NoSuchSchool)
    backwards = GrantIspFunding(from_on=JUNE, to_on=JANUARY)
    given(REGISTERED).when(backwards).then_refused(PeriodEndsBeforeItBegins, "to_on")
