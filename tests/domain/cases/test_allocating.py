"""A provider gets the case (BR-30 to BR-32, BR-134)."""

from dataclasses import replace
from uuid import UUID

import pytest

from domain.cases.allocating import (
    AllocateCase,
    AllocationBasis,
    AllocationFailed,
    AlreadyAllocated,
    CaseMovedToCatchmentProvider,
    Failure,
    MoveToCatchmentProvider,
    NoProviderContracted,
    NoSuchProvider,
    ReasonNeeded,
    WhyNotInSchool,
)
from domain.cases.case import Case, NoSuchCase, NotNow, Provision
from domain.cases.status import Status
from domain.catchments.catchment import Catchment
from domain.decision import Ref
from tests.domain.cases.scenes import (
    ALLOCATED,
    ASSIGNED,
    AWHI,
    CREATED,
    IN_SCHOOL,
    KAURI_ITSELF,
    MANAGER,
    NEN_ALLOCATED,
    NEN_CREATED,
    NORTH,
    PAUSED,
    SCHOOL_CLOCK,
    TAUTOKO,
    catchment,
    closed,
    given,
)

FAILED = AllocationFailed(catchment=NORTH, reason=Failure.NO_CONTRACT)
NOBODY_CONTRACTED = {Ref(Catchment, NORTH): catchment("NORTH", None)}
MOVE = MoveToCatchmentProvider(reason=WhyNotInSchool.COMPLEX_NEED)
MOVED = CaseMovedToCatchmentProvider(provider=AWHI, catchment=NORTH, reason=WhyNotInSchool.COMPLEX_NEED, manager=None)


def test_the_ministry_allocates_a_waiting_case_to_the_provider_now_contracted_BR_32():
    given(CREATED, FAILED).when(AllocateCase()).then(ALLOCATED)


def test_the_referral_of_a_nen_is_its_allocation_and_it_has_no_school_to_meet_BR_48():
    given(NEN_CREATED, FAILED).when(AllocateCase()).then(NEN_ALLOCATED)


def test_a_waiting_case_waits_on_while_nobody_is_contracted_BR_32():
    given(CREATED, FAILED).knowing(NOBODY_CONTRACTED).when(AllocateCase()).then_refused(NoProviderContracted)


def test_the_ministry_names_another_provider_for_a_reason():
    outcome = given(CREATED, FAILED).when(AllocateCase(provider=TAUTOKO, reason="The nearest one."))
    (event,) = outcome.events
    assert (event.provider, event.basis) == (TAUTOKO, AllocationBasis.CIT_OVERRIDE)
    assert event.reason.open() == "The nearest one."


def test_in_school_provision_named_by_the_ministry_is_that_provision():
    asked = AllocateCase(provider=KAURI_ITSELF, reason="The school has room.")
    (event,) = given(CREATED, FAILED).when(asked).events
    assert event.provision is Provision.ISP


def test_another_provider_without_a_reason_is_refused():
    given(CREATED, FAILED).when(AllocateCase(provider=TAUTOKO)).then_refused(ReasonNeeded, "reason")


def test_a_provider_nobody_registered_is_refused():
    asked = AllocateCase(provider=UUID(int=9), reason="Why not?")
    given(CREATED, FAILED).when(asked).then_refused(NoSuchProvider, "provider")


def test_allocating_twice_is_one_fact():
    given(CREATED, FAILED).when(AllocateCase()).then_asked_again().then_nothing()


def test_a_case_in_a_queue_goes_to_nobody_else_without_a_transfer():
    asked = AllocateCase(provider=TAUTOKO, reason="The nearest one.")
    given(CREATED, ALLOCATED).when(asked).then_refused(AlreadyAllocated)


@pytest.mark.parametrize("history", [(CREATED, ALLOCATED, ASSIGNED), (CREATED, ALLOCATED, closed())])
def test_only_a_waiting_case_is_allocated(history):
    given(*history).when(AllocateCase()).then_refused(NotNow)


def test_a_case_that_does_not_exist_is_not_allocated():
    given().when(AllocateCase()).then_refused(NoSuchCase)


def test_in_school_provision_hands_a_case_to_the_catchment_for_a_reason_BR_134():
    given(CREATED, IN_SCHOOL).when(MOVE).then(MOVED)


def test_the_manager_in_school_loses_the_case_that_moves_and_is_named_BR_134():
    outcome = given(CREATED, IN_SCHOOL, ASSIGNED).when(MOVE).then(replace(MOVED, manager=MANAGER))
    case = given(CREATED, IN_SCHOOL, ASSIGNED, *outcome.events).state
    assert (case.status, case.manager, case.last_manager) == (Status.PROVIDER_QUEUE, None, MANAGER)


def test_moving_out_of_the_school_starts_no_clock_again_BR_46():
    case = given(CREATED, IN_SCHOOL, MOVED).state
    assert SCHOOL_CLOCK in case.episode.clocks
    assert len(case.episode.clocks) == 2


def test_moving_twice_is_one_fact():
    given(CREATED, IN_SCHOOL).when(MOVE).then_asked_again().then_nothing()


def test_a_paused_case_resumes_before_it_moves():
    given(CREATED, IN_SCHOOL, ASSIGNED, PAUSED).when(MOVE).then_refused(NotNow)


def test_nothing_moves_where_nobody_is_contracted():
    given(CREATED, IN_SCHOOL).knowing(NOBODY_CONTRACTED).when(MOVE).then_refused(NoProviderContracted)


def test_a_waiting_case_is_with_nobody():
    assert Case().provider is None
    assert given(CREATED, FAILED).state.status is Status.UNALLOCATED
