"""Every attempt to reach somebody is recorded, whatever came of it (BR-50, BR-52)."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from domain.cases.case import BeforeTheCase, InTheFuture, NoSuchCase, NotNow
from domain.cases.contacting import ContactAttempted, RecordContactAttempt, Target
from domain.codesets.code_set import UnknownCode
from domain.sealed import DataClass
from tests.domain.cases.scenes import CREATED, FIRST_DAY, HANA, OPEN, PAUSED, closed, given
from tests.domain.given import note

CALL = RecordContactAttempt(
    attempt=UUID(int=801), channel="PHONE", target=Target.WHANAU, outcome="NO_ANSWER", attempted_on=FIRST_DAY
)
CALLED = ContactAttempted(
    attempt=UUID(int=801),
    channel="PHONE",
    target=Target.WHANAU,
    outcome="NO_ANSWER",
    attempted_on=FIRST_DAY,
    note=None,
)


@pytest.mark.parametrize("stage", [(CREATED,), OPEN, (*OPEN, PAUSED)])
def test_an_attempt_is_recorded_while_the_case_is_active_BR_50(stage):
    given(*stage).when(CALL).then(CALLED).then_asked_again().then_nothing()


def test_an_attempt_may_be_told_late_with_the_day_it_was_made_BR_52():
    given(*OPEN).on(FIRST_DAY + timedelta(days=30)).when(CALL).then(CALLED)


def test_an_attempt_is_not_told_before_it_is_made_BR_52():
    tomorrow = replace(CALL, attempted_on=FIRST_DAY + timedelta(days=1))
    given(*OPEN).when(tomorrow).then_refused(InTheFuture)


def test_an_attempt_before_the_case_is_no_part_of_it():
    before = replace(CALL, attempted_on=FIRST_DAY - timedelta(days=1))
    given(*OPEN).when(before).then_refused(BeforeTheCase)


def test_a_code_nobody_knows_is_refused():
    given(*OPEN).when(replace(CALL, channel="PIGEON")).then_refused(UnknownCode, "channel")
    given(*OPEN).when(replace(CALL, outcome="PIGEON")).then_refused(UnknownCode, "outcome")


def test_what_was_said_is_sealed_under_a_key_of_its_own():
    (event,) = given(*OPEN).when(replace(CALL, note="An aunt answered.")).events
    assert event.note == note("An aunt answered.", DataClass.NARRATIVE, UUID(int=801), about=(HANA,))
    assert event.note.about == (HANA,)


def test_a_closed_case_takes_no_attempt_BR_50():
    given(*OPEN, closed()).when(CALL).then_refused(NotNow)


def test_nobody_is_contacted_for_a_case_that_does_not_exist():
    given().when(CALL).then_refused(NoSuchCase)
