"""What keeps the student away, and what becomes of it (BR-50, BR-51)."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from domain.cases.case import BarrierStatus, BeforeTheCase, InTheFuture, NoSuchCase, NotNow
from domain.cases.identifying_barriers import (
    BarrierIdentified,
    BarrierRecategorised,
    BarrierSource,
    BarrierStatusChanged,
    ChangeBarrierStatus,
    IdentifyBarrier,
    NoSuchBarrier,
    ReasonForBarrierNeeded,
    RecategoriseBarrier,
    Severity,
)
from domain.codesets.code_set import CodeEntry, CodeSet, UnknownCode
from domain.decision import Ref
from domain.ids import code_set_id
from domain.sealed import DataClass
from tests.domain.cases.scenes import FIRST_DAY, HANA, OPEN, closed, given
from tests.domain.given import note

BUS = UUID(int=821)
IDENTIFY = IdentifyBarrier(
    barrier=BUS,
    category="TRANSPORT",
    source=BarrierSource.WHANAU,
    identified_on=FIRST_DAY,
    severity=Severity.HIGH,
)
IDENTIFIED = BarrierIdentified(
    barrier=BUS,
    category="TRANSPORT",
    source=BarrierSource.WHANAU,
    identified_on=FIRST_DAY,
    severity=Severity.HIGH,
    note=None,
)
RESOLVE = ChangeBarrierStatus(barrier=BUS, status=BarrierStatus.RESOLVED, changed_on=FIRST_DAY)
RESOLVED = BarrierStatusChanged(barrier=BUS, status=BarrierStatus.RESOLVED, changed_on=FIRST_DAY, reason=None)
REMOVE = ChangeBarrierStatus(barrier=BUS, status=BarrierStatus.REMOVED, changed_on=FIRST_DAY)
RENAME = RecategoriseBarrier(barrier=BUS, category="BULLYING")
KNOWN = given(*OPEN, IDENTIFIED)


def test_a_barrier_carries_what_it_is_who_said_so_and_how_much_it_weighs_BR_51():
    given(*OPEN).when(IDENTIFY).then(IDENTIFIED).then_asked_again().then_nothing()
    assert KNOWN.state.barriers[BUS].status is BarrierStatus.IDENTIFIED


def test_how_much_it_weighs_may_be_left_open_BR_51():
    given(*OPEN).when(replace(IDENTIFY, severity=None)).then(replace(IDENTIFIED, severity=None))


def test_a_category_holds_from_and_to_a_day_BR_51():
    until = CodeEntry(code="TRANSPORT", label_en="Transport", valid_to=date(2026, 5, 3))
    codes = {Ref(CodeSet, code_set_id("BarrierCategory")): CodeSet(name="BarrierCategory", codes=(until,))}
    given(*OPEN).knowing(codes).when(IDENTIFY).then_refused(UnknownCode, "category")


@pytest.mark.parametrize(("days", "refusal"), [(1, InTheFuture), (-1, BeforeTheCase)])
def test_a_barrier_is_found_between_the_referral_and_today(days, refusal):
    asked = replace(IDENTIFY, identified_on=FIRST_DAY + timedelta(days=days))
    given(*OPEN).when(asked).then_refused(refusal)


def test_what_is_told_of_it_is_sealed():
    (event,) = given(*OPEN).when(replace(IDENTIFY, note="The bus was cut.")).events
    assert event.note == note("The bus was cut.", DataClass.NARRATIVE, BUS, about=(HANA,))
    assert event.note.about == (HANA,)


@pytest.mark.parametrize("status", [BarrierStatus.BEING_ADDRESSED, BarrierStatus.RESOLVED])
def test_a_barrier_becomes_something_else_BR_51(status):
    asked = replace(RESOLVE, status=status)
    KNOWN.when(asked).then(replace(RESOLVED, status=status)).then_asked_again().then_nothing()


@pytest.mark.parametrize("status", [BarrierStatus.REMOVED, BarrierStatus.CANNOT_RESOLVE])
def test_removing_one_or_giving_it_up_says_why_BR_51(status):
    asked = replace(REMOVE, status=status)
    KNOWN.when(asked).then_refused(ReasonForBarrierNeeded, "reason")
    (event,) = KNOWN.when(replace(asked, reason="A mistake.")).events
    assert (event.status, event.reason.open()) == (status, "A mistake.")


def test_a_barrier_changes_on_a_day_that_has_come():
    KNOWN.when(replace(RESOLVE, changed_on=FIRST_DAY + timedelta(days=1))).then_refused(InTheFuture)


def test_a_barrier_gets_the_category_it_should_have_had():
    event = BarrierRecategorised(barrier=BUS, category="BULLYING")
    KNOWN.when(RENAME).then(event).then_asked_again().then_nothing()
    assert given(*OPEN, IDENTIFIED, event).state.barriers[BUS].code == "BULLYING"


def test_to_a_category_nobody_knows_it_does_not_change():
    KNOWN.when(replace(RENAME, category="WEATHER")).then_refused(UnknownCode, "category")


@pytest.mark.parametrize("command", [RESOLVE, RENAME])
def test_nothing_becomes_of_a_barrier_nobody_named(command):
    given(*OPEN).when(command).then_refused(NoSuchBarrier, "barrier")


@pytest.mark.parametrize("command", [IDENTIFY, RESOLVE, RENAME])
def test_a_closed_case_takes_none_BR_50(command):
    given(*OPEN, IDENTIFIED, closed()).when(command).then_refused(NotNow)


@pytest.mark.parametrize("command", [IDENTIFY, RESOLVE, RENAME])
def test_a_case_that_does_not_exist_has_none(command):
    given().when(command).then_refused(NoSuchCase)
