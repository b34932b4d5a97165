"""Enrolling and withdrawing: on the roll of which school, and the last day attended (BR-27, BR-133)."""

from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias
from uuid import UUID

from domain.codesets.code_set import require_codes
from domain.decision import Context, Refused
from domain.schools.school import NoSuchSchool, School
from domain.students.student import Enrolment, Student
from domain.text import STRICT, Code


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEnrolment:
    """Put a student on the roll of a school, which takes them off every other."""

    __pydantic_config__ = STRICT

    school: UUID
    from_on: date

    def decide(self, student: Student, context: Context) -> list["StudentEnrolled"]:
        student.require()
        if not context.fact(School, self.school).registered:
            raise NoSuchSchool("school")
        if student.enrolled_at(self.from_on) == self.school or self._known(student):
            return []
        return [StudentEnrolled(school=self.school, from_on=self.from_on)]

    def _known(self, student: Student) -> bool:
        return any((each.school, each.from_on) == (self.school, self.from_on) for each in student.enrolments)


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentEnrolled:
    """The student is on the roll of a school and off every other; it sees the case from that day (BR-60, BR-133)."""

    school: UUID
    from_on: date

    def evolve(self, student: Student) -> Student:
        new = Enrolment(school=self.school, from_on=self.from_on)
        return replace(student, enrolments=(*student.enrolments, new))


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordWithdrawal:
    """Take a student off the roll of a school; the last day attended may lie long before."""

    __pydantic_config__ = STRICT

    school: UUID
    last_day_of_attendance: date
    withdrawn_on: date
    reason: Code

    def decide(self, student: Student, context: Context) -> list["StudentWithdrawn"]:
        if self.last_day_of_attendance > self.withdrawn_on:
            raise AttendedAfterWithdrawal("last_day_of_attendance")
        left = _enrolment(student, self.school, self.withdrawn_on)
        if left is None:
            raise NotOnThisRoll("school")
        happened = StudentWithdrawn(
            school=self.school,
            enrolled_on=left.from_on,
            last_day_of_attendance=self.last_day_of_attendance,
            withdrawn_on=self.withdrawn_on,
            reason=self.reason,
        )
        if happened.evolve(student) == student:
            return []
        require_codes(context, "WithdrawalReason", self.reason, field="reason")
        return [happened]


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentWithdrawn:
    """The student is off the school's roll; told again, it corrects the days that were told before (BR-27)."""

    school: UUID
    enrolled_on: date  # names the enrolment that ended
    last_day_of_attendance: date
    withdrawn_on: date  # the first day off the roll
    reason: str  # a code of `WithdrawalReason`

    def evolve(self, student: Student) -> Student:
        return replace(student, enrolments=tuple(self._left(each) for each in student.enrolments))

    def _left(self, enrolment: Enrolment) -> Enrolment:
        if (enrolment.school, enrolment.from_on) != (self.school, self.enrolled_on):
            return enrolment
        return replace(
            enrolment,
            last_attended_on=self.last_day_of_attendance,
            withdrawn_on=self.withdrawn_on,
            reason=self.reason,
        )


def _enrolment(student: Student, school: UUID, day: date) -> Enrolment | None:
    begun = [each for each in student.enrolments if each.school == school and each.from_on <= day]
    return max(begun, key=lambda each: each.from_on, default=None)


class AttendedAfterWithdrawal(Refused):
    """The last day of attendance is the last day attended and cannot lie after the withdrawal."""


class NotOnThisRoll(Refused):
    """The student was not on the roll of this school."""


Command: TypeAlias = RecordEnrolment | RecordWithdrawal
Event: TypeAlias = StudentEnrolled | StudentWithdrawn
