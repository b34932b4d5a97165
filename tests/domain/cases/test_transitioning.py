"""Attendance is steady, the school leads, the manager stays at hand (BR-53, BR-75, BR-76)."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from domain.cases.case import BeforeTheCase, CaseType, InTheFuture, NoSuchCase, NotNow, SchoolNotConsulted
from domain.cases.changing_type import CaseTypeChanged
from domain.cases.consulting import ConsultSchool, Talk, View
from domain.cases.enrolling import CaseNoticeOfEnrolment
from domain.cases.status import Status
from domain.cases.transitioning import (
    CaseMovedToTransition,
    CaseReturnedToOpen,
    EndsBeforeItBegins,
    MoreHelp,
    MoveToTransition,
    ReturnToOpen,
    Steady,
)
from domain.codesets.code_set import UnknownCode
from domain.sealed import DataClass
from tests.domain.cases.scenes import (
    ALLOCATED,
    ASSIGNED,
    CREATED,
    FIRST_DAY,
    HANA,
    IN_TRANSITION,
    KAURI,
    MANAGER,
    NEN_ALLOCATED,
    NEN_CREATED,
    OPEN,
    PAUSED,
    RIMU,
    closed,
    consulted,
    given,
)
from tests.domain.given import note

CONSULT = ConsultSchool(
    consultation=UUID(int=501), step="TRANSITION", consulted_on=FIRST_DAY, who="the principal", view=View.AGREES
)
ASKED = consulted("TRANSITION")
STEP_BACK = MoveToTransition(basis=Steady.ATTENDANCE_STEADY)
HELP = ReturnToOpen(reason=MoreHelp.SCHOOL_ASKED)
HELPED = CaseReturnedToOpen(reason=MoreHelp.SCHOOL_ASKED)


def test_the_school_is_asked_with_whom_when_and_what_it_said_BR_53():
    (event,) = given(*OPEN).when(CONSULT).then(ASKED).events
    assert event.talk == note(Talk(who="the principal"), DataClass.NARRATIVE, UUID(int=501), about=(HANA,))
    assert event.talk.about == (HANA,)


def test_telling_the_same_talk_twice_is_one_fact():
    given(*OPEN).when(CONSULT).then_asked_again().then_nothing()


def test_a_step_that_nobody_knows_is_not_asked_about():
    asked = ConsultSchool(
        consultation=UUID(int=502), step="HOLIDAY", consulted_on=FIRST_DAY, who="them", view=View.NO_VIEW
    )
    given(*OPEN).when(asked).then_refused(UnknownCode, "step")


@pytest.mark.parametrize(
    ("day", "refusal"),
    [(FIRST_DAY + timedelta(days=1), InTheFuture), (FIRST_DAY - timedelta(days=1), BeforeTheCase)],
)
def test_the_school_was_asked_between_the_referral_and_today_BR_53(day, refusal):
    asked = ConsultSchool(consultation=UUID(int=502), step="CLOSE", consulted_on=day, who="them", view=View.NO_VIEW)
    given(*OPEN).when(asked).then_refused(refusal)


def test_a_closed_case_takes_no_consultation_BR_50():
    given(*OPEN, closed()).when(CONSULT).then_refused(NotNow)


def test_the_manager_steps_back_once_the_school_was_asked_BR_75():
    given(*OPEN, ASKED).when(STEP_BACK).then(IN_TRANSITION)
    case = given(*OPEN, ASKED, IN_TRANSITION).state
    assert (case.status, case.manager) == (Status.TRANSITION, MANAGER)


def test_nobody_steps_back_before_the_school_is_asked_BR_53():
    given(*OPEN).when(STEP_BACK).then_refused(SchoolNotConsulted)


def test_asking_about_another_step_is_not_enough_BR_53():
    given(*OPEN, consulted("CLOSE")).when(STEP_BACK).then_refused(SchoolNotConsulted)


def test_the_case_of_a_student_on_no_roll_has_no_school_to_ask_BR_53():
    given(NEN_CREATED, NEN_ALLOCATED, ASSIGNED).when(STEP_BACK).then(IN_TRANSITION)


def test_stepping_back_twice_is_one_fact():
    given(*OPEN, ASKED).when(STEP_BACK).then_asked_again().then_nothing()


def test_a_transition_ends_no_earlier_than_it_begins():
    early = MoveToTransition(basis=Steady.ENGAGED_WITH_SCHOOL, expected_end_on=FIRST_DAY - timedelta(days=1))
    given(*OPEN, ASKED).when(early).then_refused(EndsBeforeItBegins, "expected_end_on")


def test_a_transition_may_say_when_it_is_expected_to_end():
    until = date(2026, 6, 30)
    asked = MoveToTransition(basis=Steady.ENGAGED_WITH_SCHOOL, expected_end_on=until)
    event = CaseMovedToTransition(basis=Steady.ENGAGED_WITH_SCHOOL, expected_end_on=until)
    given(*OPEN, ASKED).when(asked).then(event)


@pytest.mark.parametrize("history", [(CREATED, ALLOCATED), (*OPEN, PAUSED), (*OPEN, closed())])
def test_only_an_open_case_moves_to_transition_BR_75(history):
    given(*history).when(STEP_BACK).then_refused(NotNow)


def test_work_begins_again_when_the_school_needs_more_help_BR_76():
    given(*OPEN, ASKED, IN_TRANSITION).when(HELP).then(HELPED).then_asked_again().then_nothing()
    assert given(*OPEN, ASKED, IN_TRANSITION, HELPED).state.status is Status.OPEN


def test_the_school_is_asked_again_after_work_began_again_BR_53():
    given(*OPEN, ASKED, IN_TRANSITION, HELPED).when(STEP_BACK).then_refused(SchoolNotConsulted)


def test_a_new_school_is_asked_even_if_the_one_before_was_BR_53():
    moved = CaseNoticeOfEnrolment(school=RIMU, enrolled_on=FIRST_DAY, previous_school=KAURI, primary_contact=None)
    given(*OPEN, ASKED, moved).when(STEP_BACK).then_refused(SchoolNotConsulted)


def test_a_case_that_became_a_ca_has_a_school_to_ask_BR_53():
    became = CaseTypeChanged(type=CaseType.CA, school=KAURI, primary_contact=None, request=None, clocks=())
    case = given(NEN_CREATED, NEN_ALLOCATED, ASSIGNED, became)
    case.when(STEP_BACK).then_refused(SchoolNotConsulted)


def test_a_paused_case_does_not_return_from_transition():
    given(*OPEN, PAUSED).when(HELP).then_refused(NotNow)


@pytest.mark.parametrize("ask", [CONSULT, STEP_BACK, HELP])
def test_nothing_is_asked_of_a_case_that_does_not_exist(ask):
    given().when(ask).then_refused(NoSuchCase)
