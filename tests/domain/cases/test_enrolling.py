"""A case learns where its student is enrolled, and nothing moves by itself (BR-20, BR-42, BR-60, BR-85, BR-133)."""

from dataclasses import replace
from datetime import date

from domain.cases.case import NoSuchCase, active_case_of
from domain.cases.enrolling import (
    CaseNoticeOfEnrolment,
    CaseNoticeOfLeaving,
    ClosedCaseNoticeOfRoll,
    NoteEnrolment,
    TransferSuggested,
    WhyTransfer,
)
from domain.cases.reopening import ReopenCase, WhyAgain
from domain.decision import Ref
from domain.schools.school import School
from domain.students.student import Student
from tests.domain.cases.scenes import (
    ALLOCATED,
    ASSIGNED,
    CONTACT,
    CREATED,
    HANA,
    IN_SCHOOL,
    KAURI,
    NEN_ALLOCATED,
    NEN_CREATED,
    NORTH,
    OPEN,
    RIMU,
    SOUTH,
    closed,
    given,
    school,
    student,
)
from tests.domain.given import STREAM

MAY = date(2026, 5, 1)
AT_RIMU = {Ref(Student, HANA): student(at=RIMU, since=MAY)}
NOWHERE = {Ref(Student, HANA): student(at=None)}
MOVED = CaseNoticeOfEnrolment(school=RIMU, enrolled_on=MAY, previous_school=KAURI, primary_contact=None)
FOLLOWED = ClosedCaseNoticeOfRoll(school=RIMU, previous_school=KAURI)
LEFT = CaseNoticeOfLeaving(school=KAURI, previous_contact=CONTACT)
SUGGESTED = TransferSuggested(catchment=SOUTH, why=WhyTransfer.OTHER_CATCHMENT)


def test_a_case_whose_student_stays_learns_nothing():
    given(*OPEN).when(NoteEnrolment()).then_nothing()


def test_the_case_moves_to_the_new_school_and_its_provider_stays_BR_20_BR_42():
    given(*OPEN).knowing(AT_RIMU).when(NoteEnrolment()).then(MOVED, SUGGESTED)
    before, after = given(*OPEN).state, given(*OPEN, MOVED, SUGGESTED).state
    assert (after.school, after.primary_contact) == (RIMU, None)
    assert (after.provider, after.manager, after.status) == (before.provider, before.manager, before.status)


def test_learning_it_twice_is_one_fact():
    given(*OPEN).knowing(AT_RIMU).when(NoteEnrolment()).then_asked_again().then_nothing()


def test_a_school_in_the_same_catchment_suggests_no_transfer_BR_42():
    near = {**AT_RIMU, Ref(School, RIMU): school("200", "Rimu", NORTH)}
    given(*OPEN).knowing(near).when(NoteEnrolment()).then(MOVED)


def test_in_school_provision_ends_at_the_gate_of_its_school_BR_42():
    near = {**AT_RIMU, Ref(School, RIMU): school("200", "Rimu", NORTH)}
    suggested = TransferSuggested(catchment=NORTH, why=WhyTransfer.OTHER_PROVISION)
    given(CREATED, IN_SCHOOL, ASSIGNED).knowing(near).when(NoteEnrolment()).then(MOVED, suggested)


def test_a_case_without_a_provider_needs_no_transfer():
    given(CREATED).knowing(AT_RIMU).when(NoteEnrolment()).then(MOVED)


def test_a_student_who_leaves_takes_the_case_from_the_primary_contact_BR_60():
    given(*OPEN).knowing(NOWHERE).when(NoteEnrolment()).then(LEFT).then_asked_again().then_nothing()
    case = given(*OPEN, LEFT).state
    assert (case.school, case.enrolled_at, case.primary_contact) == (KAURI, None, None)


def test_a_student_who_comes_back_is_at_the_school_again():
    back = CaseNoticeOfEnrolment(
        school=KAURI, enrolled_on=date(2020, 1, 1), previous_school=KAURI, primary_contact=None
    )
    given(*OPEN, LEFT).when(NoteEnrolment()).then(back)


def test_the_school_sees_a_nen_from_the_day_of_enrolment_and_it_stays_one_BR_85_BR_133():
    case = given(NEN_CREATED, NEN_ALLOCATED, LEFT).knowing(AT_RIMU)
    case.when(NoteEnrolment()).then(MOVED)


def test_a_closed_case_goes_to_the_readers_of_the_next_school_BR_61_BR_133():
    case = given(*OPEN, closed()).knowing(AT_RIMU)
    case.when(NoteEnrolment()).then(FOLLOWED).then_asked_again().then_nothing()


def test_nothing_else_of_a_closed_case_changes_BR_50():
    """The school it was closed at and its Primary Contact are history, and no clock starts."""
    before, after = given(*OPEN, closed()).state, given(*OPEN, closed(), FOLLOWED).state
    assert after == replace(before, enrolled_at=RIMU)


def test_a_closed_case_whose_student_is_on_no_roll_is_read_by_no_school_BR_60():
    nowhere = ClosedCaseNoticeOfRoll(school=None, previous_school=KAURI)
    case = given(*OPEN, closed()).knowing(NOWHERE)
    case.when(NoteEnrolment()).then(nowhere).then_asked_again().then_nothing()
    assert given(*OPEN, closed(), nowhere).state == replace(given(*OPEN, closed()).state, enrolled_at=None)


def test_a_student_who_comes_back_finds_the_closed_case_as_it_was_left_BR_61():
    back = ClosedCaseNoticeOfRoll(school=KAURI, previous_school=RIMU)
    given(*OPEN, closed(), FOLLOWED).when(NoteEnrolment()).then(back)
    assert given(*OPEN, closed(), FOLLOWED, back).state == given(*OPEN, closed()).state


def test_a_closed_case_that_went_to_another_school_is_reopened_there_without_a_contact_BR_82():
    case = given(*OPEN, closed(), FOLLOWED).knowing(AT_RIMU).claimed({active_case_of(HANA): STREAM}, held=False)
    again, *_ = case.when(ReopenCase(reason=WhyAgain.WHANAU_ASKED)).events
    assert (again.school, again.primary_contact) == (RIMU, None)


def test_a_case_that_is_none_learns_nothing():
    given().when(NoteEnrolment()).then_refused(NoSuchCase)


def test_a_case_in_the_queue_learns_it_too():
    given(CREATED, ALLOCATED).knowing(AT_RIMU).when(NoteEnrolment()).then(MOVED, SUGGESTED)
