"""The same case within three months, as its next episode (BR-81 to BR-83)."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from domain.cases.assigning import CaseManagerAssigned
from domain.cases.case import CaseType, ClosureReason, NoSuchCase, NotNow, Provision, active_case_of
from domain.cases.clocks import ClockKind
from domain.cases.reopening import (
    AnotherCaseIsActive,
    CaseReopened,
    NotTheLastCase,
    ReopenCase,
    WhyAgain,
    WindowPassed,
)
from domain.cases.status import Status
from domain.catchments.catchment import Catchment
from domain.decision import Ref
from domain.policies.policy import SERVICE_POLICY, ClockStart, Policy, PolicyValues, PolicyVersion, ReopenTarget
from domain.students.student import Student
from domain.users.user import Role, User
from tests.domain.cases.scenes import (
    ALLOCATED,
    ASSIGNED,
    AWHI,
    CONTACT,
    CREATED,
    HANA,
    IN_SCHOOL,
    KAURI,
    MANAGER,
    NEN_ALLOCATED,
    NEN_CREATED,
    NORTH,
    OPEN,
    RIMU,
    SOUTH,
    TAUTOKO,
    catchment,
    closed,
    given,
    student,
    user,
)
from tests.domain.given import STREAM

REOPEN = ReopenCase(reason=WhyAgain.CLOSED_IN_ERROR)
MINE = {active_case_of(HANA): STREAM}
NOVEMBER = closed(on=date(2026, 11, 30))


def was(*events):
    return given(*events).claimed(MINE, held=False)


def test_a_case_goes_on_as_its_next_episode_BR_82():
    outcome = was(*OPEN, closed()).on(date(2026, 6, 8)).when(REOPEN)
    again, allocated = outcome.events
    assert isinstance(again, CaseReopened)
    assert (again.episode, again.closed_on, again.reopened_on) == (2, date(2026, 5, 4), date(2026, 6, 8))
    assert again.primary_contact == CONTACT
    assert outcome.decision.take == MINE
    assert allocated.provider == ALLOCATED.provider
    assert given(*OPEN, closed(), again, allocated).state.status is Status.PROVIDER_QUEUE


def test_each_episode_is_measured_apart_BR_82():
    again, allocated = was(*OPEN, closed()).on(date(2026, 6, 8)).when(REOPEN).events
    episode = given(*OPEN, closed(), again, allocated).state.episode
    assert {clock.kind: clock.due.due_on for clock in episode.clocks} == {
        ClockKind.WHANAU_MEETING: date(2026, 6, 22),
        ClockKind.SCHOOL_MEETING: date(2026, 6, 15),
    }
    assert (episode.number, episode.met, episode.standstills) == (2, {}, ())


def test_reopening_twice_is_one_fact():
    was(*OPEN, closed()).when(REOPEN).then_asked_again().then_nothing()


@pytest.mark.parametrize("day", [date(2026, 12, 1), date(2027, 2, 28)])
def test_a_case_closed_on_30_november_reopens_to_the_last_of_february_BR_81(day):
    assert was(*OPEN, NOVEMBER).on(day).when(REOPEN).events


def test_the_day_after_it_does_not_BR_81():
    was(*OPEN, NOVEMBER).on(date(2027, 3, 1)).when(REOPEN).then_refused(WindowPassed)


def test_a_case_does_not_reopen_beside_another_active_one_BR_86():
    other = {active_case_of(HANA): UUID(int=77)}
    given(*OPEN, closed()).claimed(other).when(REOPEN).then_refused(AnotherCaseIsActive)


def test_only_the_last_closed_case_reopens_BR_83():
    other = {active_case_of(HANA): UUID(int=77)}
    given(*OPEN, closed()).claimed(other, held=False).when(REOPEN).then_refused(NotTheLastCase)


def test_it_reopens_with_the_provider_now_right_BR_82():
    moved = {Ref(Student, HANA): student(at=RIMU)}
    again, allocated = was(*OPEN, closed()).knowing(moved).when(REOPEN).events
    assert (again.school, again.primary_contact, again.catchment) == (RIMU, None, SOUTH)
    assert allocated.provider == TAUTOKO


def policy(**values):
    version = PolicyVersion(version=1, effective_from=date.min, values=PolicyValues(**values))
    return {Ref(Policy, SERVICE_POLICY): Policy(versions=(version,))}


BACK_TO_THE_MANAGER = policy(reopen_target=ReopenTarget.OPEN)


def test_where_the_policy_says_so_whoever_worked_it_last_works_it_on_BR_82():
    again, allocated, assigned = was(*OPEN, closed()).knowing(BACK_TO_THE_MANAGER).when(REOPEN).events
    assert assigned == CaseManagerAssigned(manager=MANAGER)
    stands = given(*OPEN, closed(), again, allocated, assigned).state
    assert (stands.status, stands.manager, stands.provider) == (Status.OPEN, MANAGER, ALLOCATED.provider)


def test_a_clock_that_starts_with_the_manager_starts_again_as_well_BR_45_BR_82():
    values = policy(reopen_target=ReopenTarget.OPEN, school_meeting_from=ClockStart.ASSIGNED)
    *_, assigned = was(*OPEN, closed()).knowing(values).when(REOPEN).events
    assert [clock.kind for clock in assigned.clocks] == [ClockKind.SCHOOL_MEETING]


@pytest.mark.parametrize(
    "otherwise",
    [
        {Ref(User, MANAGER): user(Role.CASE_MANAGER, AWHI, to_on=date(2026, 5, 3))},  # left
        {Ref(Student, HANA): student(at=RIMU)},  # another provider is now right
        {Ref(Catchment, NORTH): catchment("NORTH", None)},  # none is
    ],
    ids=["the manager left", "another provider", "no provider"],
)
def test_without_a_manager_of_the_provider_now_right_it_waits_all_the_same_BR_82(otherwise):
    events = was(*OPEN, closed()).knowing(BACK_TO_THE_MANAGER | otherwise).when(REOPEN).events
    assert len(events) == 2
    assert given(*OPEN, closed(), *events).state.manager is None


def test_a_case_that_nobody_ever_worked_waits_for_its_first_manager_BR_82():
    nobody = replace(closed(), last_manager=None)
    events = was(CREATED, ALLOCATED, nobody).knowing(BACK_TO_THE_MANAGER).when(REOPEN).events
    assert given(CREATED, ALLOCATED, nobody, *events).state.status is Status.PROVIDER_QUEUE


def test_without_a_contract_it_reopens_and_waits_with_the_ministry_BR_32():
    nobody = {Ref(Catchment, NORTH): catchment("NORTH", None)}
    again, failed = was(*OPEN, closed()).knowing(nobody).when(REOPEN).events
    assert given(*OPEN, closed(), again, failed).state.status is Status.UNALLOCATED


def test_in_school_provision_that_is_funded_no_more_is_not_chosen_again_BR_31():
    again, _ = was(CREATED, IN_SCHOOL, ASSIGNED, closed()).when(REOPEN).events
    assert again.provision is Provision.CATCHMENT


def test_a_student_on_no_roll_goes_on_at_the_last_school():
    nowhere = {Ref(Student, HANA): student(at=None)}
    again, _ = was(*OPEN, closed()).knowing(nowhere).when(REOPEN).events
    assert again.school == KAURI


def test_a_nen_goes_on_through_cit_and_not_here_BR_83():
    was(NEN_CREATED, NEN_ALLOCATED, ASSIGNED, closed()).when(REOPEN).then_refused(NotNow)


def test_an_active_case_is_open_already():
    given(*OPEN).when(REOPEN).then_nothing()


def test_a_case_that_does_not_exist_does_not_reopen():
    given().when(REOPEN).then_refused(NoSuchCase)


def test_the_type_stays():
    again, _ = was(*OPEN, closed(reason=ClosureReason.DUPLICATE)).when(REOPEN).events
    assert again.type is CaseType.CA
