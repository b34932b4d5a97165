"""Cases close for a reason that holds, never for age, silence or lack of room (BR-53, BR-77 to BR-80)."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from domain.cases.allocating import AllocationFailed, Failure
from domain.cases.case import (
    BarrierStatus,
    ClosureReason,
    InTheFuture,
    NoSuchCase,
    NotNow,
    SchoolNotConsulted,
    active_case_of,
)
from domain.cases.clocks import ClockKind
from domain.cases.closing import (
    CHOICES,
    CRITERIA,
    FACTUAL,
    CloseCase,
    DayOfChoiceNeeded,
    JustificationNeeded,
    LeavingSupportMissing,
    NotSixteen,
    OnlyFactsCloseNow,
    PathwayNotConfirmed,
)
from domain.cases.exploring_pathways import EducationPathwayConfirmed, EducationPathwayProposed
from domain.cases.facts import BirthDateUnknown
from domain.cases.identifying_barriers import BarrierIdentified, BarrierSource, BarrierStatusChanged
from domain.cases.status import Status
from domain.decision import Ref
from domain.students.student import Student
from tests.domain.cases.scenes import (
    ALLOCATED,
    ASSIGNED,
    CREATED,
    FIRST_DAY,
    HANA,
    IN_TRANSITION,
    MANAGER,
    NEN_ALLOCATED,
    NEN_CREATED,
    NORTH,
    OPEN,
    PAUSED,
    closed,
    consulted,
    forgotten,
    given,
    student,
)

ASKED = consulted("CLOSE")
STEADY = (*OPEN, ASKED, IN_TRANSITION)
ATTENDING = CloseCase(reason=ClosureReason.ATTENDING_REGULARLY)
CHOSE = CloseCase(reason=ClosureReason.STUDENT_16PLUS_CHOSE_TO_STOP, chose_on=FIRST_DAY)
PATHWAY = CloseCase(reason=ClosureReason.OTHER_PATHWAY_CONFIRMED)
EXEMPT = CloseCase(reason=ClosureReason.EARLY_LEAVING_EXEMPTION)
PROPOSED = EducationPathwayProposed(pathway=UUID(int=601), kind="WORK_TRAINING", proposed_on=FIRST_DAY, note=None)
CONFIRMED = EducationPathwayConfirmed(pathway=UUID(int=601), confirmed_on=FIRST_DAY)
WANTS_TO_LEAVE = BarrierIdentified(
    barrier=UUID(int=602),
    category="WANTS_TO_LEAVE_SCHOOL",
    source=BarrierSource.STUDENT,
    identified_on=FIRST_DAY,
    severity=None,
    note=None,
)
CHANGED_MIND = BarrierStatusChanged(
    barrier=UUID(int=602), status=BarrierStatus.RESOLVED, changed_on=FIRST_DAY, reason=None
)


def born(day):
    return {Ref(Student, HANA): student(born_on=day)}


SIXTEEN_TODAY, SIXTEEN_TOMORROW = born(date(2010, 5, 4)), born(date(2010, 5, 5))
FIFTEEN_TODAY, FIFTEEN_TOMORROW = born(date(2011, 5, 4)), born(date(2011, 5, 5))


@pytest.mark.parametrize("reason", sorted(CRITERIA))
def test_a_case_in_transition_closes_when_a_criterion_holds_BR_77(reason):
    given(*STEADY).when(CloseCase(reason=reason)).then(closed(reason=reason))


def test_a_closed_case_frees_the_students_claim_and_keeps_its_last_manager_BR_86():
    outcome = given(*STEADY).when(ATTENDING)
    assert outcome.decision.release == (active_case_of(HANA),)
    case = given(*STEADY, *outcome.events).state
    assert (case.status, case.manager, case.last_manager) == (Status.CLOSED, None, MANAGER)


def test_closing_twice_is_one_fact():
    given(*STEADY).when(ATTENDING).then_asked_again().then_nothing()


@pytest.mark.parametrize("reason", sorted(CRITERIA))
def test_no_criterion_closes_a_ca_before_its_school_is_asked_BR_53(reason):
    given(*OPEN, IN_TRANSITION).when(CloseCase(reason=reason)).then_refused(SchoolNotConsulted)


def test_asking_the_school_about_the_transition_is_not_asking_about_closing_BR_53():
    given(*OPEN, consulted("TRANSITION"), IN_TRANSITION).when(ATTENDING).then_refused(SchoolNotConsulted)


def test_the_case_of_a_student_on_no_roll_has_no_school_to_ask_BR_53():
    given(NEN_CREATED, NEN_ALLOCATED, ASSIGNED, IN_TRANSITION).when(ATTENDING).then(closed())


@pytest.mark.parametrize("reason", sorted(FACTUAL))
@pytest.mark.parametrize(
    "stage",
    [
        (CREATED, AllocationFailed(catchment=NORTH, reason=Failure.NO_CONTRACT)),
        (CREATED, ALLOCATED),
        OPEN,
        (*OPEN, PAUSED),
        (*OPEN, IN_TRANSITION),
    ],
)
def test_a_fact_closes_a_case_from_anywhere_and_needs_nobodys_view_BR_77(reason, stage):
    assert given(*stage).when(CloseCase(reason=reason)).events[0].reason is reason


@pytest.mark.parametrize("reason", sorted(CRITERIA | CHOICES))
@pytest.mark.parametrize("stage", [(CREATED, ALLOCATED), (*OPEN, PAUSED)])
def test_only_a_fact_closes_a_case_that_nobody_works_BR_77(reason, stage):
    asked = CloseCase(reason=reason, justification="Done.", chose_on=FIRST_DAY)
    given(*stage, ASKED, PROPOSED, CONFIRMED).when(asked).then_refused(OnlyFactsCloseNow)


def test_an_open_case_closes_with_a_justification_and_is_looked_at_again_BR_78():
    (event,) = given(*OPEN, ASKED).when(replace(ATTENDING, justification="Back since March.")).events
    assert event.skipped_transition
    assert (event.justification.open(), event.justification.about) == ("Back since March.", (HANA,))


def test_an_open_case_does_not_close_without_a_justification_BR_78():
    given(*OPEN, ASKED).when(ATTENDING).then_refused(JustificationNeeded, "justification")


def test_skipping_the_transition_does_not_skip_asking_the_school_BR_78():
    given(*OPEN).when(replace(ATTENDING, justification="Back.")).then_refused(SchoolNotConsulted)


def test_from_the_sixteenth_birthday_a_student_may_choose_to_stop_BR_79():
    expected = replace(closed(reason=CHOSE.reason), chose_on=FIRST_DAY)
    given(*STEADY).knowing(SIXTEEN_TODAY).when(CHOSE).then(expected)


def test_the_day_before_nobody_may_choose_to_stop_BR_79():
    given(*STEADY).knowing(SIXTEEN_TOMORROW).when(CHOSE).then_refused(NotSixteen)


def test_a_choice_made_before_the_birthday_is_none_BR_79():
    asked = replace(CHOSE, chose_on=date(2026, 5, 3))
    given(*STEADY).knowing(SIXTEEN_TODAY).when(asked).then_refused(NotSixteen)


def test_the_choice_has_its_day_BR_79():
    asked = replace(CHOSE, chose_on=None)
    given(*STEADY).knowing(SIXTEEN_TODAY).when(asked).then_refused(DayOfChoiceNeeded, "chose_on")


def test_nobody_chooses_tomorrow_BR_79():
    asked = replace(CHOSE, chose_on=date(2026, 5, 5))
    given(*STEADY).knowing(SIXTEEN_TODAY).when(asked).then_refused(InTheFuture, "chose_on")


def test_a_birth_date_that_was_destroyed_proves_no_choice_BR_79():
    nobody = {Ref(Student, HANA): forgotten(student())}
    given(*STEADY).knowing(nobody).when(CHOSE).then_refused(BirthDateUnknown)


@pytest.mark.parametrize("reason", sorted(CRITERIA))
def test_the_criteria_hold_after_sixteen_too_BR_79(reason):
    given(*STEADY).knowing(SIXTEEN_TODAY).when(CloseCase(reason=reason)).then(closed(reason=reason))


@pytest.mark.parametrize("word", ["AGE_ALONE", "NO_CONTACT", "CAPACITY", "TURNING_16"])
def test_there_is_no_such_reason_BR_80(word):
    with pytest.raises(ValueError, match="is not a valid"):
        ClosureReason(word)


def test_a_confirmed_pathway_closes_a_case_BR_79():
    given(*STEADY, PROPOSED, CONFIRMED).when(PATHWAY).then(closed(reason=PATHWAY.reason))


@pytest.mark.parametrize("history", [(), (PROPOSED,)])
def test_a_pathway_that_nobody_confirmed_does_not_BR_79(history):
    given(*STEADY, *history).when(PATHWAY).then_refused(PathwayNotConfirmed)


def test_a_student_of_fifteen_who_leaves_early_is_first_offered_a_pathway_BR_80():
    given(*STEADY).knowing(FIFTEEN_TODAY).when(EXEMPT).then_refused(LeavingSupportMissing)
    given(*STEADY, PROPOSED).knowing(FIFTEEN_TODAY).when(EXEMPT).then(closed(reason=EXEMPT.reason))


def test_a_student_of_fifteen_who_wants_to_leave_is_first_offered_a_pathway_BR_80():
    wants = given(*STEADY, WANTS_TO_LEAVE).knowing(FIFTEEN_TODAY)
    wants.when(ATTENDING).then_refused(LeavingSupportMissing)
    given(*STEADY, WANTS_TO_LEAVE, CHANGED_MIND).knowing(FIFTEEN_TODAY).when(ATTENDING).then(closed())


def test_a_younger_student_is_not_yet_near_sixteen_BR_80():
    given(*STEADY, WANTS_TO_LEAVE).knowing(FIFTEEN_TOMORROW).when(ATTENDING).then(closed())


def test_where_nobody_can_know_the_age_a_pathway_is_offered_BR_80():
    nobody = {Ref(Student, HANA): forgotten(student())}
    given(*STEADY, WANTS_TO_LEAVE).knowing(nobody).when(ATTENDING).then_refused(LeavingSupportMissing)


def test_a_fact_that_has_nothing_to_do_with_leaving_needs_no_offer_BR_80():
    moved = CloseCase(reason=ClosureReason.LEFT_NEW_ZEALAND)
    given(*STEADY, WANTS_TO_LEAVE).knowing(FIFTEEN_TODAY).when(moved).then(closed(reason=moved.reason))


def test_a_pause_ends_when_the_case_is_closed_BR_49():
    episode = given(*OPEN, PAUSED, closed(on=date(2026, 5, 8))).state.episode
    assert [still.until_on for still in episode.standstills] == [date(2026, 5, 8)]
    assert {clock.kind for clock in episode.running} == set(ClockKind)


def test_a_case_that_does_not_exist_is_not_closed():
    given().when(ATTENDING).then_refused(NoSuchCase)


def test_cit_closes_what_it_reviews_and_nobody_else_does():
    reviewed = replace(given(*OPEN).state, status=Status.CIT_REVIEW)
    with pytest.raises(NotNow):
        ATTENDING.decide(reviewed, given(*OPEN).context())
