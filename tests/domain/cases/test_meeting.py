"""Meeting the school and whānau: the clocks of first contact (BR-45 to BR-47, BR-52, BR-136)."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from domain.cases.case import BeforeTheCase, InTheFuture, NoSuchCase, NotNow
from domain.cases.clocks import ClockKind
from domain.cases.meeting import (
    HealthIsATopic,
    MeetingKind,
    MeetingMissed,
    MissedBecause,
    Mode,
    NobodyMet,
    NotScheduled,
    RecordMissedMeeting,
    RecordSchoolMeeting,
    RecordWhanauMeeting,
    Relevance,
    RelevanceNeeded,
    ScheduleMeeting,
    SchoolMeetingHeld,
    SchoolMeetingScheduled,
    TimeWithoutZone,
    Topic,
    WhanauMeetingHeld,
    WhanauMeetingScheduled,
)
from domain.sealed import DataClass
from tests.domain.cases.scenes import (
    FIRST_DAY,
    HANA,
    NEN_ALLOCATED,
    NEN_CREATED,
    OPEN,
    closed,
    given,
)
from tests.domain.given import note

MEETING, ANOTHER = UUID(int=401), UUID(int=402)
AT = datetime(2026, 5, 7, 22, 0, tzinfo=UTC)
NEXT_DAY = date(2026, 5, 8)
SCHEDULE = ScheduleMeeting(meeting=MEETING, kind=MeetingKind.SCHOOL, at=AT, mode=Mode.IN_PERSON)
SCHEDULED = SchoolMeetingScheduled(meeting=MEETING, at=AT, mode=Mode.IN_PERSON)
MEET_SCHOOL = RecordSchoolMeeting(meeting=MEETING, held_on=NEXT_DAY, topics=(Topic.BARRIERS,))
MET_SCHOOL = SchoolMeetingHeld(
    meeting=MEETING,
    held_on=NEXT_DAY,
    topics=(Topic.BARRIERS,),
    note=None,
    health_note=None,
    health_relevant_to=None,
    legal_basis=None,
    meets=ClockKind.SCHOOL_MEETING,
)
MEET_BOTH = RecordWhanauMeeting(meeting=MEETING, held_on=NEXT_DAY, student_met=True, whanau_met=True)
MET_BOTH = WhanauMeetingHeld(
    meeting=MEETING,
    held_on=NEXT_DAY,
    student_met=True,
    whanau_met=True,
    note=None,
    meets=ClockKind.WHANAU_MEETING,
)
open_case = given(*OPEN).on(NEXT_DAY)


def kinds(clocks):
    return {clock.kind for clock in clocks}


def test_a_meeting_is_agreed():
    open_case.when(SCHEDULE).then(SCHEDULED).then_asked_again().then_nothing()


def test_a_whanau_meeting_is_agreed():
    asked = replace(SCHEDULE, kind=MeetingKind.WHANAU)
    open_case.when(asked).then(WhanauMeetingScheduled(meeting=MEETING, at=AT, mode=Mode.IN_PERSON))


def test_a_meeting_moves_to_another_time():
    later = AT + timedelta(days=1)
    moved = replace(SCHEDULED, at=later)
    given(*OPEN, SCHEDULED).when(replace(SCHEDULE, at=later)).then(moved).then_asked_again().then_nothing()


def test_a_meeting_that_was_held_is_not_agreed_again():
    given(*OPEN, SCHEDULED, MET_SCHOOL).when(replace(SCHEDULE, at=AT + timedelta(days=3))).then_nothing()


def test_a_time_of_day_names_its_zone():
    naive = replace(SCHEDULE, at=AT.replace(tzinfo=None))
    open_case.when(naive).then_refused(TimeWithoutZone, "at")


def test_meeting_the_school_meets_its_clock_BR_45():
    open_case.when(MEET_SCHOOL).then(MET_SCHOOL)
    episode = given(*OPEN, MET_SCHOOL).state.episode
    assert episode.met == {ClockKind.SCHOOL_MEETING: NEXT_DAY}
    assert kinds(episode.running) == {ClockKind.WHANAU_MEETING}


def test_meeting_the_student_and_whanau_meets_their_clock_BR_46():
    open_case.when(MEET_BOTH).then(MET_BOTH)
    assert given(*OPEN, MET_BOTH).state.episode.met == {ClockKind.WHANAU_MEETING: NEXT_DAY}


@pytest.mark.parametrize(("student_met", "whanau_met"), [(True, False), (False, True)])
def test_meeting_only_one_of_them_is_partial_and_the_clock_runs_on_BR_46(student_met, whanau_met):
    asked = replace(MEET_BOTH, student_met=student_met, whanau_met=whanau_met)
    partial = replace(MET_BOTH, student_met=student_met, whanau_met=whanau_met, meets=None)
    open_case.when(asked).then(partial)
    assert ClockKind.WHANAU_MEETING in kinds(given(*OPEN, partial).state.episode.running)


def test_meeting_nobody_is_no_meeting_BR_46():
    asked = replace(MEET_BOTH, student_met=False, whanau_met=False)
    open_case.when(asked).then_refused(NobodyMet, "student_met", "whanau_met")


@pytest.mark.parametrize(("ask", "met"), [(MEET_SCHOOL, MET_SCHOOL), (MEET_BOTH, MET_BOTH)])
def test_recording_a_meeting_twice_is_one_fact(ask, met):
    open_case.when(ask).then(met).then_asked_again().then_nothing()


@pytest.mark.parametrize(("ask", "met"), [(MEET_SCHOOL, MET_SCHOOL), (MEET_BOTH, MET_BOTH)])
def test_a_second_meeting_is_recorded_and_meets_no_clock(ask, met):
    asked = replace(ask, meeting=ANOTHER)
    given(*OPEN, met).on(NEXT_DAY).when(asked).then(replace(met, meeting=ANOTHER, meets=None))


def test_an_earlier_meeting_told_late_is_the_one_that_counts_BR_52():
    earlier = NEXT_DAY - timedelta(days=2)
    asked = replace(MEET_SCHOOL, meeting=ANOTHER, held_on=earlier)
    told = replace(MET_SCHOOL, meeting=ANOTHER, held_on=earlier)
    given(*OPEN, MET_SCHOOL).on(NEXT_DAY).when(asked).then(told)
    assert given(*OPEN, MET_SCHOOL, told).state.episode.met == {ClockKind.SCHOOL_MEETING: earlier}


@pytest.mark.parametrize("ask", [MEET_SCHOOL, MEET_BOTH])
def test_a_meeting_is_not_recorded_before_it_is_held_BR_52(ask):
    given(*OPEN).on(NEXT_DAY - timedelta(days=1)).when(ask).then_refused(InTheFuture)


@pytest.mark.parametrize("ask", [MEET_SCHOOL, MEET_BOTH])
def test_a_meeting_before_the_case_is_no_part_of_it(ask):
    before = FIRST_DAY - timedelta(days=1)
    given(*OPEN).when(replace(ask, held_on=before)).then_refused(BeforeTheCase)


@pytest.mark.parametrize("ask", [SCHEDULE, MEET_SCHOOL, MEET_BOTH])
def test_a_closed_case_takes_no_new_meeting_BR_50(ask):
    given(*OPEN, closed()).on(NEXT_DAY).when(ask).then_refused(NotNow)


@pytest.mark.parametrize("ask", [SCHEDULE, MEET_SCHOOL, MEET_BOTH])
def test_nobody_meets_about_a_case_that_does_not_exist(ask):
    given().on(NEXT_DAY).when(ask).then_refused(NoSuchCase)


@pytest.mark.parametrize("cause", list(MissedBecause))
def test_a_missed_meeting_says_why_and_the_clock_runs_on_BR_47(cause):
    asked = RecordMissedMeeting(meeting=MEETING, because=cause)
    missed = MeetingMissed(meeting=MEETING, because=cause)
    given(*OPEN, SCHEDULED).when(asked).then(missed).then_asked_again().then_nothing()
    assert given(*OPEN, SCHEDULED, missed).state.episode == given(*OPEN).state.episode


def test_a_meeting_nobody_agreed_is_not_missed_BR_47():
    asked = RecordMissedMeeting(meeting=MEETING, because=MissedBecause.PROVIDER)
    open_case.when(asked).then_refused(NotScheduled, "meeting")


def test_a_nen_has_no_school_clock_to_meet_BR_45():
    case = given(NEN_CREATED, NEN_ALLOCATED).on(NEXT_DAY)
    case.when(MEET_SCHOOL).then(replace(MET_SCHOOL, meets=None))


def test_health_information_carries_its_legal_basis_BR_136():
    asked = replace(
        MEET_SCHOOL,
        topics=(Topic.HEALTH,),
        health_note="Asthma, worse in winter.",
        health_relevant_to=Relevance.ATTENDANCE,
    )
    (event,) = open_case.when(asked).events
    assert event.legal_basis == "HIPC_2020"
    assert event.health_note == note("Asthma, worse in winter.", DataClass.HEALTH, MEETING, about=(HANA,))
    assert event.health_note.about == (HANA,)


def test_health_information_says_why_it_matters_BR_136():
    asked = replace(MEET_SCHOOL, topics=(Topic.HEALTH,))
    open_case.when(asked).then_refused(RelevanceNeeded, "health_relevant_to")


def test_a_health_note_belongs_to_its_topic_BR_136():
    asked = replace(MEET_SCHOOL, health_note="Asthma.", health_relevant_to=Relevance.ATTENDANCE)
    open_case.when(asked).then_refused(HealthIsATopic, "topics")


def test_a_note_is_sealed_under_a_key_of_its_own():
    (event,) = open_case.when(replace(MEET_SCHOOL, note="The principal spoke first.")).events
    assert event.note == note("The principal spoke first.", DataClass.NARRATIVE, MEETING, about=(HANA,))
    assert event.note.about == (HANA,)
