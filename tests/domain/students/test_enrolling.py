"""Enrolling and withdrawing: on which roll a student is on a day."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations
from uuid import UUID

from hypothesis import given as over
from hypothesis import strategies as st

from domain.codesets.code_set import CodeEntry, CodeSet, UnknownCode
from domain.decision import Ref
from domain.ids import code_set_id, school_id
from domain.schools.school import NoSuchSchool, School, SchoolAuthority, SchoolDetails
from domain.sealed import DataClass, Sealed
from domain.students.enrolling import (
    AttendedAfterWithdrawal,
    NotOnThisRoll,
    RecordEnrolment,
    RecordWithdrawal,
    StudentEnrolled,
    StudentWithdrawn,
)
from domain.students.registering import StudentRegistered
from domain.students.student import NoSuchStudent, Student, StudentDetails
from domain.text import PersonName
from tests.domain.given import STREAM, fold, world

A, B = school_id("1"), school_id("2")
SCHOOL = School(
    details=SchoolDetails(
        number="1",
        name="Kura",
        type="Full primary",
        authority=SchoolAuthority.STATE,
        region="Waikato",
        territorial_authority="Hamilton",
        anniversary_set="AUCKLAND",
    )
)
REASONS = CodeSet(codes=(CodeEntry(code="CONTINUOUS_ABSENCE", label_en="Continuous absence"),))
given = world(Student).knowing(
    {Ref(School, A): SCHOOL, Ref(School, B): SCHOOL, Ref(CodeSet, code_set_id("WithdrawalReason")): REASONS}
)
DETAILS = StudentDetails(name=PersonName(family_name="Ngata"), born_on=date(2015, 3, 1))
REGISTERED = StudentRegistered(details=Sealed(STREAM, DataClass.IDENTITY, DETAILS))
FEBRUARY, APRIL = date(2026, 2, 2), date(2026, 4, 20)
AT_A = StudentEnrolled(school=A, from_on=FEBRUARY)
AT_B = StudentEnrolled(school=B, from_on=APRIL)
LEAVE = RecordWithdrawal(
    school=A,
    last_day_of_attendance=date(2026, 3, 2),
    withdrawn_on=date(2026, 3, 30),
    reason="CONTINUOUS_ABSENCE",
)
LEFT = StudentWithdrawn(
    school=A,
    enrolled_on=FEBRUARY,
    last_day_of_attendance=date(2026, 3, 2),
    withdrawn_on=date(2026, 3, 30),
    reason="CONTINUOUS_ABSENCE",
)
DAY = timedelta(days=1)


def test_a_student_is_on_the_roll_from_the_day_of_enrolment_and_not_the_day_before_BR_133():
    student = given(REGISTERED).when(RecordEnrolment(school=A, from_on=FEBRUARY)).then(AT_A).world
    after = given(REGISTERED, AT_A).state
    assert student.state.enrolled_at(FEBRUARY) is None
    assert after.enrolled_at(FEBRUARY - DAY) is None
    assert after.enrolled_at(FEBRUARY) == after.enrolled_at(date.max) == A


def test_enrolling_at_another_school_takes_a_student_off_the_first_BR_60():
    student = given(REGISTERED, AT_A, AT_B).state
    assert [student.enrolled_at(day) for day in (APRIL - DAY, APRIL)] == [A, B]


def test_of_two_schools_told_for_one_day_the_one_told_last_is_right():
    at_b = replace(AT_B, from_on=FEBRUARY)
    assert given(REGISTERED, AT_A, at_b).state.enrolled_at(FEBRUARY) == B
    assert given(REGISTERED, at_b, AT_A).state.enrolled_at(FEBRUARY) == A


def test_leaving_the_second_school_does_not_bring_the_first_back():
    left_b = replace(LEFT, school=B, enrolled_on=APRIL, withdrawn_on=date(2026, 5, 1))
    student = given(REGISTERED, AT_A, AT_B, left_b).state
    assert student.enrolled_at(date(2026, 4, 30)) == B
    assert student.enrolled_at(date(2026, 5, 1)) is None


def test_enrolling_twice_makes_one_fact():
    given(REGISTERED).when(RecordEnrolment(school=A, from_on=FEBRUARY)).then_asked_again().then_nothing()
    given(REGISTERED, AT_A).when(RecordEnrolment(school=A, from_on=APRIL)).then_nothing()


def test_a_student_can_come_back_to_a_school_they_left():
    back = RecordEnrolment(school=A, from_on=APRIL)
    given(REGISTERED, AT_A, LEFT).when(back).then(StudentEnrolled(school=A, from_on=APRIL))
    student = given(REGISTERED, AT_A, LEFT, StudentEnrolled(school=A, from_on=APRIL)).state
    assert [student.enrolled_at(day) for day in (APRIL - DAY, APRIL)] == [None, A]


def test_only_registered_students_are_enrolled_and_only_at_registered_schools():
    given().when(RecordEnrolment(school=A, from_on=FEBRUARY)).then_refused(NoSuchStudent)
    nowhere = RecordEnrolment(school=UUID(int=9), from_on=FEBRUARY)
    given(REGISTERED).when(nowhere).then_refused(NoSuchSchool, "school")


def test_the_last_day_of_attendance_is_kept_apart_from_the_day_of_leaving_the_roll_BR_27():
    student = given(REGISTERED, AT_A).when(LEAVE).then(LEFT)
    student.then_asked_again().then_nothing()
    after = given(REGISTERED, AT_A, LEFT).state
    assert after.last_enrolment(APRIL).last_attended_on == date(2026, 3, 2)
    assert [after.enrolled_at(day) for day in (date(2026, 3, 29), date(2026, 3, 30))] == [A, None]


def test_a_last_day_of_attendance_after_the_withdrawal_is_refused_BR_27():
    same = replace(LEAVE, last_day_of_attendance=LEAVE.withdrawn_on)
    assert given(REGISTERED, AT_A).when(same).events
    after = replace(LEAVE, last_day_of_attendance=LEAVE.withdrawn_on + DAY)
    given(REGISTERED, AT_A).when(after).then_refused(AttendedAfterWithdrawal, "last_day_of_attendance")


def test_a_withdrawal_told_again_with_other_days_corrects_the_first():
    right = replace(LEAVE, last_day_of_attendance=date(2026, 3, 3))
    corrected = replace(LEFT, last_day_of_attendance=date(2026, 3, 3))
    given(REGISTERED, AT_A, LEFT).when(right).then(corrected)


def test_nobody_is_withdrawn_from_a_school_they_were_not_at():
    given(REGISTERED, AT_B).when(LEAVE).then_refused(NotOnThisRoll, "school")


def test_a_withdrawal_is_of_the_latest_enrolment_at_that_school():
    back = StudentEnrolled(school=A, from_on=APRIL)
    at_b = replace(AT_B, from_on=APRIL + DAY)
    again = replace(LEAVE, last_day_of_attendance=APRIL, withdrawn_on=APRIL + DAY)
    left = replace(LEFT, enrolled_on=APRIL, last_day_of_attendance=APRIL, withdrawn_on=APRIL + DAY)
    given(REGISTERED, AT_A, LEFT, back, at_b).when(again).then(left)
    student = given(REGISTERED, AT_A, LEFT, back, at_b, left).state
    assert student.enrolled_at(APRIL) == A
    assert student.enrolled_at(APRIL + DAY) == B


def test_a_student_can_be_withdrawn_on_the_very_day_of_enrolment():
    at_once = replace(LEAVE, last_day_of_attendance=FEBRUARY, withdrawn_on=FEBRUARY)
    outcome = given(REGISTERED, AT_A).when(at_once)
    assert given(REGISTERED, AT_A, *outcome.events).state.enrolled_at(FEBRUARY) is None


def test_a_reason_that_is_not_listed_is_refused():
    given(REGISTERED, AT_A).when(replace(LEAVE, reason="BORED")).then_refused(UnknownCode, "reason")


starts = st.lists(
    st.tuples(st.sampled_from([A, B]), st.dates(FEBRUARY, date(2026, 3, 1))),
    min_size=1,
    max_size=3,
    unique_by=lambda start: start[1],
)


@over(starts, st.dates(FEBRUARY - DAY, date(2026, 3, 2)))
def test_the_order_in_which_enrolments_are_told_does_not_matter(told, day):
    events = [StudentEnrolled(school=school, from_on=on) for school, on in told]
    answers = {fold(Student, order).enrolled_at(day) for order in permutations(events)}
    assert len(answers) == 1
