"""What was done, late or corrected: both days are kept (BR-50, BR-52)."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from domain.cases.case import BeforeTheCase, InTheFuture, NoSuchCase, NotNow
from domain.cases.recording_activities import (
    ActivityRecorded,
    CorrectActivity,
    NoSuchActivity,
    NotADuration,
    RecordActivity,
)
from domain.codesets.code_set import UnknownCode
from tests.domain.cases.scenes import CREATED, FIRST_DAY, HANA, OPEN, closed, given

VISIT = UUID(int=811)
RECORD = RecordActivity(activity=VISIT, kind="HOME_VISIT", occurred_on=FIRST_DAY, minutes=45)
RECORDED = ActivityRecorded(
    activity=VISIT, kind="HOME_VISIT", occurred_on=FIRST_DAY, minutes=45, note=None, shared=False
)
CORRECT = CorrectActivity(
    correction=UUID(int=812),
    activity=VISIT,
    kind="PHONE_CALL",
    occurred_on=FIRST_DAY,
    minutes=10,
    reason="It was a call.",
)


@pytest.mark.parametrize("stage", [(CREATED,), OPEN])
def test_an_activity_is_recorded_while_the_case_is_active_BR_50(stage):
    given(*stage).when(RECORD).then(RECORDED).then_asked_again().then_nothing()


def test_an_activity_entered_late_keeps_the_day_it_happened_BR_52():
    given(*OPEN).on(FIRST_DAY + timedelta(days=20)).when(RECORD).then(RECORDED)


@pytest.mark.parametrize("shared", [True, False])
def test_an_activity_says_whether_the_school_sees_it_BR_63(shared):
    (event,) = given(*OPEN).when(replace(RECORD, shared=shared)).events
    assert event.shared is shared


@pytest.mark.parametrize("command", [RECORD, CORRECT])
@pytest.mark.parametrize(("days", "refusal"), [(1, InTheFuture), (-1, BeforeTheCase)])
def test_it_happened_between_the_referral_and_today_BR_52(command, days, refusal):
    asked = replace(command, occurred_on=FIRST_DAY + timedelta(days=days))
    history = (*OPEN, RECORDED) if command is CORRECT else OPEN
    given(*history).when(asked).then_refused(refusal)


@pytest.mark.parametrize("minutes", [0, -5, 24 * 60 + 1])
def test_it_lasted_some_minutes_and_no_longer_than_a_day(minutes):
    given(*OPEN).when(replace(RECORD, minutes=minutes)).then_refused(NotADuration, "minutes")


def test_a_kind_nobody_knows_is_refused():
    given(*OPEN).when(replace(RECORD, kind="HOLIDAY")).then_refused(UnknownCode, "kind")


def test_a_closed_case_takes_no_new_activity_BR_50():
    given(*OPEN, closed()).when(RECORD).then_refused(NotNow)


@pytest.mark.parametrize("end", [(), (closed(),)])
def test_a_correction_is_taken_even_by_a_closed_case_and_says_why_BR_50(end):
    outcome = given(*OPEN, RECORDED, *end).when(CORRECT)
    (event,) = outcome.events
    assert (event.activity, event.kind, event.minutes) == (VISIT, "PHONE_CALL", 10)
    assert (event.reason.open(), event.reason.about) == ("It was a call.", (HANA,))
    outcome.then_asked_again().then_nothing()


@pytest.mark.parametrize("shared", [True, False])
def test_a_correction_is_shared_if_the_activity_is_BR_63(shared):
    (event,) = given(*OPEN, replace(RECORDED, shared=shared)).when(CORRECT).events
    assert event.shared is shared


def test_only_what_was_recorded_can_be_corrected():
    given(*OPEN).when(CORRECT).then_refused(NoSuchActivity, "activity")


def test_a_correction_is_no_activity_to_correct():
    (event,) = given(*OPEN, RECORDED).when(CORRECT).events
    again = replace(CORRECT, correction=UUID(int=813), activity=UUID(int=812))
    given(*OPEN, RECORDED, event).when(again).then_refused(NoSuchActivity, "activity")


@pytest.mark.parametrize("command", [RECORD, CORRECT])
def test_nothing_is_recorded_in_a_case_that_does_not_exist(command):
    given().when(command).then_refused(NoSuchCase)
