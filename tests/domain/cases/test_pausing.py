"""Whānau of a five-year-old choose to wait, and work stops until six (BR-49, BR-70 to BR-74)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.cases.assigning import CaseManagerReleased, Handover
from domain.cases.case import InTheFuture, NotNow
from domain.cases.clocks import ClockKind, Due
from domain.cases.facts import BirthDateUnknown
from domain.cases.pausing import (
    AttestationMissing,
    Attestations,
    CaseResumed,
    CaseResumedInQueue,
    NotUnderSix,
    PauseCase,
    ResumeCase,
    ResumeWhenDue,
    StillEnrolled,
    Trigger,
    why,
)
from domain.cases.status import Status
from domain.decision import Ref
from domain.policies.policy import SERVICE_POLICY, LeapBirthday, Policy, PolicyValues, PolicyVersion
from domain.sealed import UNKNOWN, DataClass, Sealed
from domain.students.student import Student
from tests.domain.cases.scenes import (
    ALL_FOUR,
    ALLOCATED,
    CREATED,
    HANA,
    LONG_AGO,
    MANAGER,
    OPEN,
    PAUSED,
    RIMU,
    closed,
    forgotten,
    given,
    student,
)

PAUSE = PauseCase(attestations=ALL_FOUR)
WEDNESDAY, FRIDAY = date(2026, 5, 6), date(2026, 5, 8)
DUE_AGAIN = (
    Due(kind=ClockKind.WHANAU_MEETING, due_on=date(2026, 5, 20)),
    Due(kind=ClockKind.SCHOOL_MEETING, due_on=date(2026, 5, 13)),
)
RELEASED = CaseManagerReleased(previous_manager=MANAGER, reason=Handover.MANAGER_LEFT)


def five(born_on=date(2020, 9, 1), at=None):
    """A child who turns six on 1 September 2026, on no roll."""
    return {Ref(Student, HANA): student(born_on, at=at)}


def secret(trigger):
    return Sealed(HANA, DataClass.IDENTITY, trigger.value.ljust(len("RE_ENROLLED")))


def resumed(trigger, on=FRIDAY, due=DUE_AGAIN):
    return CaseResumed(resumed_on=on, due=due, trigger=secret(trigger))


def test_work_on_a_five_year_olds_case_stops_once_all_four_are_attested_BR_70():
    given(*OPEN).knowing(five()).on(WEDNESDAY).when(PAUSE).then(PAUSED)
    assert given(*OPEN, PAUSED).state.status is Status.PAUSED


def test_every_missing_attestation_is_named_at_once_BR_70():
    asked = PauseCase(attestations=Attestations(whanau_contacted_on=date(2026, 5, 2)))
    outcome = given(*OPEN).knowing(five()).when(asked)
    outcome.then_refused(AttestationMissing, "located_on", "safe_and_informed_on", "withdrawn_on")


@pytest.mark.parametrize("missing", ["located_on", "whanau_contacted_on", "safe_and_informed_on", "withdrawn_on"])
def test_each_of_the_four_is_needed_BR_70(missing):
    asked = PauseCase(attestations=replace(ALL_FOUR, **{missing: None}))
    given(*OPEN).knowing(five()).when(asked).then_refused(AttestationMissing, missing)


def test_nobody_attests_what_is_still_to_come_BR_70():
    asked = PauseCase(attestations=replace(ALL_FOUR, located_on=FRIDAY))
    given(*OPEN).knowing(five()).on(WEDNESDAY).when(asked).then_refused(InTheFuture, "located_on")


def test_nobody_is_paused_on_their_sixth_birthday_BR_71():
    given(*OPEN).knowing(five(date(2020, 5, 6))).on(WEDNESDAY).when(PAUSE).then_refused(NotUnderSix)


def test_a_child_is_paused_up_to_the_day_before_the_sixth_birthday_BR_71():
    given(*OPEN).knowing(five(date(2020, 5, 7))).on(WEDNESDAY).when(PAUSE).then(PAUSED)


def test_a_child_on_a_roll_is_not_paused_BR_73():
    given(*OPEN).knowing(five(at=RIMU)).when(PAUSE).then_refused(StillEnrolled)


def test_a_child_whose_birth_date_was_destroyed_is_not_paused():
    nobody = {Ref(Student, HANA): forgotten(student(at=None))}
    given(*OPEN).knowing(nobody).when(PAUSE).then_refused(BirthDateUnknown)


def test_pausing_twice_is_one_fact():
    given(*OPEN).knowing(five()).on(WEDNESDAY).when(PAUSE).then_asked_again().then_nothing()


@pytest.mark.parametrize("history", [(CREATED,), (CREATED, ALLOCATED), (*OPEN, closed())])
def test_only_work_that_goes_on_can_stop(history):
    given(*history).knowing(five()).when(PAUSE).then_refused(NotNow)


def test_a_clock_that_stands_still_is_due_on_no_day_BR_49():
    assert {clock.due.due_on for clock in given(*OPEN, PAUSED).state.episode.clocks} == {None}


def test_a_pause_from_wednesday_to_friday_moves_the_school_meeting_by_two_days_BR_49():
    paused = given(*OPEN, PAUSED).knowing(five()).on(FRIDAY)
    paused.when(ResumeCase()).then(resumed(Trigger.MANUAL))
    case = given(*OPEN, PAUSED, resumed(Trigger.MANUAL)).state
    assert [clock.due for clock in case.episode.clocks] == list(DUE_AGAIN)


def test_two_pauses_are_both_excluded_BR_49():
    monday, tuesday = date(2026, 5, 11), date(2026, 5, 12)
    again = replace(PAUSED, paused_on=monday)
    history = (*OPEN, PAUSED, resumed(Trigger.MANUAL), again)
    (event,) = given(*history).knowing(five()).on(tuesday).when(ResumeCase()).events
    assert {due.kind: due.due_on for due in event.due}[ClockKind.SCHOOL_MEETING] == date(2026, 5, 14)


def test_the_provider_resumes_at_any_time_BR_72():
    given(*OPEN, PAUSED).knowing(five()).on(FRIDAY).when(ResumeCase()).then(resumed(Trigger.MANUAL))
    assert given(*OPEN, PAUSED, resumed(Trigger.MANUAL)).state.status is Status.OPEN


def test_resuming_twice_is_one_fact():
    given(*OPEN, PAUSED).knowing(five()).on(FRIDAY).when(ResumeCase()).then_asked_again().then_nothing()


def test_a_case_without_a_manager_resumes_into_the_queue_BR_37():
    event = CaseResumedInQueue(resumed_on=FRIDAY, due=DUE_AGAIN, trigger=secret(Trigger.MANUAL))
    paused = given(*OPEN, PAUSED, RELEASED).knowing(five()).on(FRIDAY)
    paused.when(ResumeCase()).then(event).then_asked_again().then_nothing()
    assert given(*OPEN, PAUSED, RELEASED, event).state.status is Status.PROVIDER_QUEUE


def test_work_goes_on_by_itself_on_the_sixth_birthday_BR_71():
    paused = given(*OPEN, PAUSED).knowing(five(date(2020, 5, 8)))
    paused.on(FRIDAY - timedelta(days=1)).when(ResumeWhenDue()).then_nothing()
    paused.on(FRIDAY).when(ResumeWhenDue()).then(resumed(Trigger.TURNED_SIX))


def test_work_goes_on_by_itself_once_the_child_is_enrolled_BR_71():
    paused = given(*OPEN, PAUSED).knowing(five(at=RIMU)).on(FRIDAY)
    paused.when(ResumeWhenDue()).then(resumed(Trigger.RE_ENROLLED))


def test_enrolled_on_the_sixth_birthday_work_goes_on_once_BR_71():
    both = given(*OPEN, PAUSED).knowing(five(date(2020, 5, 8), at=RIMU)).on(FRIDAY)
    both.when(ResumeWhenDue()).then(resumed(Trigger.RE_ENROLLED)).then_asked_again().then_nothing()


def test_a_sixth_birthday_on_29_february_comes_on_1_march_of_a_common_year_BR_74():
    # born on 29 February 2024: six in 2030, for which no calendar is published yet
    paused = given(*OPEN, PAUSED).knowing(five(date(2024, 2, 29)))
    paused.on(date(2030, 2, 28)).when(ResumeWhenDue()).then_nothing()
    assert len(paused.on(date(2030, 3, 1)).when(ResumeWhenDue()).events) == 1


def test_a_policy_may_put_that_birthday_on_28_february_BR_74():
    values = PolicyValues(leap_birthday=LeapBirthday.FEB28)
    policy = Policy(versions=(PolicyVersion(version=1, effective_from=LONG_AGO, values=values),))
    paused = given(*OPEN, PAUSED).knowing({**five(date(2024, 2, 29)), Ref(Policy, SERVICE_POLICY): policy})
    assert len(paused.on(date(2030, 2, 28)).when(ResumeWhenDue()).events) == 1


def test_the_case_of_a_child_whose_birth_date_was_destroyed_stays_paused():
    nobody = {Ref(Student, HANA): forgotten(student(at=None))}
    given(*OPEN, PAUSED).knowing(nobody).on(FRIDAY).when(ResumeWhenDue()).then_nothing()


def test_a_case_that_is_not_paused_has_nothing_to_wait_for():
    given(*OPEN).knowing(five(at=RIMU)).when(ResumeWhenDue()).then_nothing()


def test_a_closed_case_does_not_resume():
    given(*OPEN, closed()).when(ResumeCase()).then_refused(NotNow)


def test_why_work_goes_on_is_sealed_at_one_length_because_turned_six_is_a_birth_date():
    told = [resumed(trigger) for trigger in Trigger]
    assert [why(event) for event in told] == list(Trigger)
    assert len({len(event.trigger.open()) for event in told}) == 1
    assert len({repr(event) for event in told}) == 1


def test_why_work_went_on_is_unknown_once_the_key_is_destroyed():
    gone = replace(resumed(Trigger.MANUAL), trigger=Sealed(HANA, DataClass.IDENTITY, lambda: UNKNOWN, lazy=True))
    assert why(gone) is UNKNOWN


def test_no_day_in_a_pause_gives_the_birth_date_away():
    (one,) = given(*OPEN).knowing(five(date(2020, 9, 1))).on(WEDNESDAY).when(PAUSE).events
    (other,) = given(*OPEN).knowing(five(date(2021, 2, 3))).on(WEDNESDAY).when(PAUSE).events
    assert one == other
