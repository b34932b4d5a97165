"""What a request makes of the student's case: one found, changed or reopened (BR-20, BR-81 to BR-84, BR-86)."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from domain.cases.allocating import AllocationBasis, AllocationFailed, CaseAllocated, Failure
from domain.cases.assigning import CaseManagerReleased, Handover
from domain.cases.case import Case, CaseType, Provision, active_case_of
from domain.cases.changing_type import CaseTypeChanged
from domain.cases.clocks import ClockKind
from domain.cases.enrolling import CaseNoticeOfEnrolment, TransferSuggested, WhyTransfer
from domain.cases.naming_contact import SchoolPrimaryContactLeft, SchoolPrimaryContactNamed
from domain.cases.pausing import Trigger, why
from domain.cases.reopening import CaseReopened
from domain.cases.requesting import Became
from domain.cases.status import Status
from domain.decision import Ref
from domain.policies.policy import SERVICE_POLICY, Policy, PolicyValues, PolicyVersion, ReopenTarget
from domain.requests.request import Request
from domain.requests.submitting import CaRequestMatchedToActiveCase, SubmitCaRequest
from domain.students.student import Student
from tests.domain.cases.scenes import (
    ALLOCATED,
    ASSIGNED,
    AT_KAURI,
    AT_RIMU,
    AWHI,
    CONTACT,
    COUNTRY,
    CREATED,
    FIRST_DAY,
    HANA,
    IN_TRANSITION,
    KAURI,
    KAURI_ITSELF,
    MANAGER,
    NEN_ALLOCATED,
    NEN_CREATED,
    NORTH,
    OPEN,
    PAUSED,
    RIMU,
    RIMU_CONTACT,
    SOUTH,
    TAUTOKO,
    closed,
    consulted,
    student,
)
from tests.domain.given import World, fold
from tests.domain.requests.forms import FORM, FUNDED

CASE_ID, AGAIN = UUID(int=700), UUID(int=701)
CLAIM = {active_case_of(HANA): CASE_ID}
ASK = SubmitCaRequest(form=FORM)
ASK_RIMU = SubmitCaRequest(form=replace(FORM, primary_contact=RIMU_CONTACT))
MAY = date(2026, 5, 1)
AT_RIMU_NOW = {Ref(Student, HANA): student(at=RIMU, since=MAY)}
MOVED = CaseNoticeOfEnrolment(school=RIMU, enrolled_on=MAY, previous_school=KAURI, primary_contact=None)
NAMED_AT_RIMU = SchoolPrimaryContactNamed(user=RIMU_CONTACT)
LEAVES = CaseManagerReleased(previous_manager=MANAGER, reason=Handover.MANAGER_LEFT)
UNSERVED = AllocationFailed(catchment=NORTH, reason=Failure.NO_CONTRACT)


def with_case(*history, held=True):
    """A new request for a student who has, or had, this case."""
    asking = World(Request, facts=COUNTRY, actor=AT_KAURI, stream=AGAIN)
    return asking.knowing({Ref(Case, CASE_ID): history}).claimed(CLAIM, held=held)


def of_case(outcome):
    return outcome.events_of(Ref(Case, CASE_ID))


def after(history, outcome):
    return fold(Case, (*history, *of_case(outcome)))


def types(events):
    return [type(event).__name__ for event in events]


def test_the_same_school_asking_again_is_told_of_its_active_case_BR_20():
    outcome = with_case(*OPEN).when(ASK)
    submitted, matched = outcome.events
    assert (submitted.became, submitted.case) == (Became.MATCHED, CASE_ID)
    assert matched == CaRequestMatchedToActiveCase(case=CASE_ID)
    assert of_case(outcome) == ()
    assert outcome.decision.take == {}
    assert outcome.decision.answer == {"case": CASE_ID, "request": AGAIN}


@pytest.mark.parametrize("stage", [(CREATED,), (CREATED, ALLOCATED), (*OPEN, IN_TRANSITION)])
def test_a_student_never_has_two_active_cases_BR_86(stage):
    assert with_case(*stage).when(ASK).decision.answer["case"] == CASE_ID


def test_a_case_without_a_primary_contact_gets_the_one_asked_for_BR_143():
    outcome = with_case(*OPEN, SchoolPrimaryContactLeft(previous=CONTACT)).when(ASK)
    assert of_case(outcome) == (SchoolPrimaryContactNamed(user=CONTACT),)


def test_another_school_takes_over_the_same_case_BR_20():
    outcome = with_case(*OPEN).knowing(AT_RIMU_NOW).by(AT_RIMU).when(ASK_RIMU)
    suggested = TransferSuggested(catchment=SOUTH, why=WhyTransfer.OTHER_CATCHMENT)
    assert of_case(outcome) == (MOVED, suggested, NAMED_AT_RIMU)
    case = after(OPEN, outcome)
    assert (case.school, case.primary_contact) == (RIMU, RIMU_CONTACT)
    assert (case.provider, case.manager) == (AWHI, MANAGER)


def test_a_case_that_knew_of_the_enrolment_only_gets_its_contact_BR_20():
    outcome = with_case(*OPEN, MOVED).knowing(AT_RIMU_NOW).by(AT_RIMU).when(ASK_RIMU)
    assert of_case(outcome) == (NAMED_AT_RIMU,)


def test_a_case_that_waited_with_the_ministry_goes_to_the_new_schools_provider_BR_20_BR_32():
    outcome = with_case(CREATED, UNSERVED).knowing(AT_RIMU_NOW).by(AT_RIMU).when(ASK_RIMU)
    assert types(of_case(outcome)) == ["CaseNoticeOfEnrolment", "SchoolPrimaryContactNamed", "CaseAllocated"]
    assert of_case(outcome)[-1].provider == TAUTOKO


def test_a_paused_case_goes_on_when_the_school_of_the_child_asks_BR_71():
    outcome = with_case(*OPEN, PAUSED).when(ASK)
    (resumed,) = of_case(outcome)
    assert why(resumed) is Trigger.RE_ENROLLED
    assert after((*OPEN, PAUSED), outcome).status is Status.OPEN


def test_a_closed_case_reopens_on_the_last_day_of_three_months_BR_81():
    was = with_case(*OPEN, closed(on=date(2026, 11, 30)), held=False)
    outcome = was.on(date(2027, 2, 28)).when(ASK)
    assert types(of_case(outcome)) == ["CaseReopened", "CaseAllocated"]
    assert outcome.events[0].became is Became.REOPENED
    assert outcome.decision.take == CLAIM


def test_a_day_later_a_new_case_opens_BR_81():
    was = with_case(*OPEN, closed(on=date(2026, 11, 30)), held=False)
    outcome = was.on(date(2027, 3, 1)).when(ASK)
    new = outcome.decision.answer["case"]
    assert new != CASE_ID
    assert types(outcome.events_of(Ref(Case, new))) == ["CaseCreated", "CaseAllocated"]
    assert outcome.decision.take == {active_case_of(HANA): new}


def test_a_request_on_the_day_of_closing_reopens_BR_81():
    assert with_case(*OPEN, closed(), held=False).when(ASK).decision.answer["case"] == CASE_ID


def test_it_reopens_in_the_queue_of_the_provider_now_right_as_episode_two_BR_82():
    was = with_case(*OPEN, consulted("CLOSE"), closed(), held=False).knowing(AT_RIMU_NOW).by(AT_RIMU)
    outcome = was.when(ASK_RIMU)
    case = after((*OPEN, consulted("CLOSE"), closed()), outcome)
    assert (case.status, case.provider, case.school) == (Status.PROVIDER_QUEUE, TAUTOKO, RIMU)
    assert (case.episode.number, case.primary_contact, case.consulted) == (2, RIMU_CONTACT, frozenset())
    assert {clock.kind for clock in case.episode.running} == set(ClockKind)


def test_a_reopened_case_goes_to_the_provision_now_chosen_BR_82_BR_134():
    was = with_case(*OPEN, closed(), held=False).knowing(FUNDED)
    outcome = was.when(SubmitCaRequest(form=replace(FORM, provision=Provision.ISP)))
    assert after((*OPEN, closed()), outcome).provision is Provision.ISP


def test_a_nen_that_a_provider_closed_reopens_as_a_ca_BR_83():
    history = (NEN_CREATED, NEN_ALLOCATED, ASSIGNED, closed())
    outcome = with_case(*history, held=False).when(ASK)
    assert isinstance(of_case(outcome)[0], CaseReopened)
    case = after(history, outcome)
    assert case.type is CaseType.CA
    assert {clock.kind for clock in case.episode.clocks} == set(ClockKind)


def test_a_nen_that_cit_closed_does_not_BR_83():
    by_cit = replace(fold(Case, (NEN_CREATED, closed())), status=Status.CLOSED_BY_CIT)
    asking = with_case(held=False).knowing({Ref(Case, CASE_ID): by_cit})
    assert asking.when(ASK).decision.answer["case"] != CASE_ID


NEN = (NEN_CREATED, NEN_ALLOCATED)


@pytest.mark.parametrize(
    ("stage", "status"),
    [
        (NEN, Status.PROVIDER_QUEUE),
        ((*NEN, ASSIGNED), Status.OPEN),
        ((*NEN, ASSIGNED, PAUSED), Status.OPEN),
        ((*NEN, ASSIGNED, PAUSED, LEAVES), Status.PROVIDER_QUEUE),
        ((*NEN, ASSIGNED, IN_TRANSITION), Status.OPEN),
    ],
)
def test_an_active_nen_becomes_a_ca_and_is_worked_BR_84(stage, status):
    outcome = with_case(*stage).when(ASK)
    case = after(stage, outcome)
    assert (case.type, case.status, case.primary_contact) == (CaseType.CA, status, CONTACT)
    assert case.provider == AWHI


def test_both_clocks_start_with_the_request_that_makes_a_nen_a_ca_BR_45_BR_46():
    day = date(2026, 5, 25)
    outcome = with_case(*NEN, ASSIGNED).on(day).when(ASK)
    (changed,) = of_case(outcome)
    assert isinstance(changed, CaseTypeChanged)
    assert {clock.kind: (clock.started_on, clock.due.due_on) for clock in changed.clocks} == {
        ClockKind.WHANAU_MEETING: (day, date(2026, 6, 9)),
        ClockKind.SCHOOL_MEETING: (day, date(2026, 6, 2)),
    }


def test_a_nen_under_review_goes_to_the_provider_of_the_school_BR_84():
    reviewed = replace(fold(Case, (NEN_CREATED,)), status=Status.CIT_REVIEW, catchment=SOUTH)
    outcome = with_case().knowing({Ref(Case, CASE_ID): reviewed}).when(ASK)
    changed, allocated = of_case(outcome)
    assert isinstance(allocated, CaseAllocated)
    assert (allocated.provider, allocated.catchment) == (AWHI, NORTH)
    assert allocated.basis is AllocationBasis.SCHOOL
    assert [clock.kind for clock in changed.clocks] == [ClockKind.WHANAU_MEETING]
    assert [clock.kind for clock in allocated.clocks] == [ClockKind.SCHOOL_MEETING]


def test_a_nen_of_another_catchment_stays_with_its_provider_and_a_transfer_is_suggested_BR_42():
    outcome = with_case(*NEN, ASSIGNED).knowing(AT_RIMU_NOW).by(AT_RIMU).when(ASK_RIMU)
    assert types(of_case(outcome)) == ["CaseTypeChanged", "TransferSuggested"]
    assert after((*NEN, ASSIGNED), outcome).provider == AWHI


ASK_IN_SCHOOL = SubmitCaRequest(form=replace(FORM, provision=Provision.ISP))


def test_a_nen_whose_new_school_chooses_its_own_provision_stays_and_a_transfer_is_suggested_BR_134():
    outcome = with_case(*NEN, ASSIGNED).knowing(FUNDED).when(ASK_IN_SCHOOL)
    suggested = TransferSuggested(catchment=NORTH, why=WhyTransfer.OTHER_PROVISION)
    assert of_case(outcome)[1:] == (suggested,)
    assert after((*NEN, ASSIGNED), outcome).provider == AWHI


def test_a_case_that_waits_goes_to_the_provision_now_chosen_BR_134():
    outcome = with_case(CREATED, UNSERVED).knowing(FUNDED).when(ASK_IN_SCHOOL)
    case = after((CREATED, UNSERVED), outcome)
    assert (case.provider, case.provision) == (KAURI_ITSELF, Provision.ISP)


def test_the_whanau_clock_of_the_first_day_is_not_started_again_by_a_second_request_BR_46():
    outcome = with_case(*OPEN).on(date(2026, 5, 12)).when(ASK)
    assert [clock.started_on for clock in after(OPEN, outcome).episode.clocks] == [FIRST_DAY, FIRST_DAY]


def test_a_request_that_reopens_a_case_gives_it_back_to_its_manager_if_the_policy_says_so_BR_82():
    values = PolicyValues(reopen_target=ReopenTarget.OPEN)
    policy = Policy(versions=(PolicyVersion(version=1, effective_from=date.min, values=values),))
    history = (*OPEN, closed())
    outcome = with_case(*history, held=False).knowing({Ref(Policy, SERVICE_POLICY): policy}).when(ASK)
    stands = after(history, outcome)
    assert (stands.status, stands.manager, stands.episode.number) == (Status.OPEN, MANAGER, 2)
