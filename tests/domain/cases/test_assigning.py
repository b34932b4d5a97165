"""A Workflow Lead gives the case to a person, and takes it back (BR-35 to BR-38)."""

from dataclasses import replace

import pytest

from domain.cases.assigning import (
    AssignCaseManager,
    CaseManagerReassigned,
    CaseManagerReleased,
    CaseReturnedToQueue,
    Handover,
    NobodyToTakeOverFrom,
    NotACaseManagerOfTheProvider,
    NoteManagerLeft,
    ReassignCaseManager,
    ReturnCaseToQueue,
)
from domain.cases.case import NoSuchCase, NotNow
from domain.cases.clocks import ClockKind
from domain.cases.status import Status
from domain.decision import Ref
from domain.policies.policy import SERVICE_POLICY, ClockStart, Policy, PolicyValues, PolicyVersion
from domain.users.user import Role, User
from tests.domain.cases.scenes import (
    ALLOCATED,
    ASSIGNED,
    AWHI,
    CREATED,
    FIRST_DAY,
    IN_TRANSITION,
    LEAD,
    LONG_AGO,
    MANAGER,
    OPEN,
    OTHER_MANAGER,
    PAUSED,
    TAUTOKO_MANAGER,
    WORKFLOW_LEAD,
    closed,
    given,
    user,
)

ASSIGN = AssignCaseManager(manager=MANAGER)
REASSIGN = ReassignCaseManager(manager=OTHER_MANAGER, reason=Handover.LEAVE)
REASSIGNED = CaseManagerReassigned(manager=OTHER_MANAGER, previous_manager=MANAGER, reason=Handover.LEAVE)
RETURN = ReturnCaseToQueue(reason=Handover.MANAGER_LEFT)
RETURNED = CaseReturnedToQueue(previous_manager=MANAGER, reason=Handover.MANAGER_LEFT)
RELEASED = CaseManagerReleased(previous_manager=MANAGER, reason=Handover.MANAGER_LEFT)


def test_a_case_from_the_queue_opens_with_its_manager_BR_35():
    given(CREATED, ALLOCATED).when(ASSIGN).then(ASSIGNED)
    assert given(*OPEN).state.status is Status.OPEN


def test_a_workflow_lead_may_name_themselves_BR_35():
    asked = AssignCaseManager(manager=WORKFLOW_LEAD)
    given(CREATED, ALLOCATED).when(asked).then(replace(ASSIGNED, manager=WORKFLOW_LEAD))


@pytest.mark.parametrize("who", [TAUTOKO_MANAGER, LEAD])
def test_only_somebody_of_the_provider_gets_the_case_BR_35(who):
    asked = AssignCaseManager(manager=who)
    given(CREATED, ALLOCATED).when(asked).then_refused(NotACaseManagerOfTheProvider)


def test_somebody_who_has_left_gets_no_case_BR_35():
    left = {Ref(User, MANAGER): user(Role.CASE_MANAGER, AWHI, to_on=LONG_AGO)}
    given(CREATED, ALLOCATED).knowing(left).when(ASSIGN).then_refused(NotACaseManagerOfTheProvider)


def test_somebody_works_for_the_provider_up_to_their_last_day_BR_35():
    leaves = {Ref(User, MANAGER): user(Role.CASE_MANAGER, AWHI, to_on=FIRST_DAY)}
    given(CREATED, ALLOCATED).knowing(leaves).when(ASSIGN).then(ASSIGNED)


def test_assigning_twice_is_one_fact():
    given(CREATED, ALLOCATED).when(ASSIGN).then_asked_again().then_nothing()


@pytest.mark.parametrize("history", [(CREATED,), OPEN, (*OPEN, PAUSED), (*OPEN, closed())])
def test_a_case_is_assigned_from_the_queue_only(history):
    given(*history).when(AssignCaseManager(manager=OTHER_MANAGER)).then_refused(NotNow)


def test_a_case_that_does_not_exist_has_no_manager():
    given().when(ASSIGN).then_refused(NoSuchCase)


def test_a_policy_may_start_the_school_clock_when_a_manager_is_assigned_BR_45():
    late = PolicyValues(school_meeting_from=ClockStart.ASSIGNED)
    policy = Policy(versions=(PolicyVersion(version=1, effective_from=LONG_AGO, values=late),))
    before = (CREATED, replace(ALLOCATED, clocks=()))
    (event,) = given(*before).knowing({Ref(Policy, SERVICE_POLICY): policy}).when(ASSIGN).events
    assert [clock.kind for clock in event.clocks] == [ClockKind.SCHOOL_MEETING]


@pytest.mark.parametrize("stage", [(), (PAUSED,), (IN_TRANSITION,)])
def test_a_case_stays_where_it_stands_when_it_is_reassigned_BR_36(stage):
    before = given(*OPEN, *stage)
    before.when(REASSIGN).then(REASSIGNED)
    after = given(*OPEN, *stage, REASSIGNED).state
    assert (after.status, after.manager, after.last_manager) == (before.state.status, OTHER_MANAGER, MANAGER)


def test_reassigning_to_the_same_manager_changes_nothing_BR_36():
    given(*OPEN).when(REASSIGN).then_asked_again().then_nothing()


def test_a_case_is_not_reassigned_to_another_providers_manager_BR_36():
    asked = ReassignCaseManager(manager=TAUTOKO_MANAGER, reason=Handover.BETTER_FIT)
    given(*OPEN).when(asked).then_refused(NotACaseManagerOfTheProvider)


def test_a_paused_case_without_a_manager_is_not_reassigned():
    given(*OPEN, PAUSED, RELEASED).when(REASSIGN).then_refused(NobodyToTakeOverFrom)


def test_a_case_in_the_queue_is_assigned_and_not_reassigned():
    given(CREATED, ALLOCATED).when(REASSIGN).then_refused(NotNow)


@pytest.mark.parametrize("stage", [(), (IN_TRANSITION,)])
def test_the_case_of_a_manager_who_left_is_in_the_queue_again_BR_37(stage):
    given(*OPEN, *stage).when(RETURN).then(RETURNED)
    case = given(*OPEN, *stage, RETURNED).state
    assert (case.status, case.manager, case.last_manager) == (Status.PROVIDER_QUEUE, None, MANAGER)


LEFT = {Ref(User, MANAGER): user(Role.CASE_MANAGER, AWHI, to_on=LONG_AGO)}


@pytest.mark.parametrize(("stage", "event"), [((), RETURNED), ((IN_TRANSITION,), RETURNED), ((PAUSED,), RELEASED)])
def test_it_is_noticed_that_a_manager_left_BR_37(stage, event):
    noticed = replace(event, reason=Handover.ROLE_LOST)
    case = given(*OPEN, *stage).knowing(LEFT)
    case.when(NoteManagerLeft()).then(noticed).then_asked_again().then_nothing()


@pytest.mark.parametrize("stage", [(), (PAUSED,)])
def test_a_manager_who_works_there_keeps_the_case_BR_37(stage):
    given(*OPEN, *stage).when(NoteManagerLeft()).then_nothing()


def test_a_closed_case_has_no_manager_to_miss_BR_37():
    given(*OPEN, closed()).knowing(LEFT).when(NoteManagerLeft()).then_nothing()


def test_the_clocks_run_on_in_the_queue_BR_37():
    assert given(*OPEN, RETURNED).state.episode == given(*OPEN).state.episode


def test_a_paused_case_stays_paused_without_its_manager_BR_37():
    given(*OPEN, PAUSED).when(RETURN).then(RELEASED)
    case = given(*OPEN, PAUSED, RELEASED).state
    assert (case.status, case.manager) == (Status.PAUSED, None)


@pytest.mark.parametrize("stage", [(), (PAUSED,)])
def test_returning_twice_is_one_fact(stage):
    given(*OPEN, *stage).when(RETURN).then_asked_again().then_nothing()


def test_a_closed_case_returns_to_no_queue():
    given(*OPEN, closed()).when(RETURN).then_refused(NotNow)
