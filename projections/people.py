"""People: students, caregivers and users, one row each, with their personal values in clear until they are erased.

The only model that other questions join for the name of a person. It is keyed by whose values it holds.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.sealed import Sealed
from domain.students.caring import (
    CareBegun,
    CareEnded,
    CaregiverNameCorrected,
    CaregiverRegistered,
)
from domain.students.correcting import StudentDetailCorrected
from domain.students.enrolling import StudentEnrolled, StudentWithdrawn
from domain.students.merging import NsnMerged, NsnReplaced
from domain.students.registering import StudentRegistered
from domain.students.student import Enrolment, Student, StudentDetails
from domain.text import PersonName
from domain.users.inviting import UserDetailsChanged, UserInvited
from domain.users.user import UserDetails
from eventstore.log import Recorded
from projections.model import Model


class Kind(StrEnum):
    """What a person is to the service."""

    STUDENT = "STUDENT"
    CAREGIVER = "CAREGIVER"
    USER = "USER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Of the three sealed fields, the one that is meant by `kind` is there."""

    person_id: UUID
    kind: Kind
    student: Sealed[StudentDetails] | None = None
    caregiver: Sealed[PersonName] | None = None
    user: Sealed[UserDetails] | None = None
    enrolments: tuple[Enrolment, ...] = ()
    cares_for: tuple[UUID, ...] = ()
    merged_into: UUID | None = None


project: Final = Model("people", Row, key=("person_id",), subject="person_id")


@project.on(StudentRegistered)
def student_registered(row: Row | None, event: StudentRegistered, recorded: Recorded) -> Row:
    return Row(person_id=recorded.stream, kind=Kind.STUDENT, student=event.details)


@project.on(StudentDetailCorrected, NsnReplaced)
def student_corrected(row: Row, event: StudentDetailCorrected | NsnReplaced, recorded: Recorded) -> Row:
    return replace(row, student=event.details)


@project.on(NsnMerged)
def student_merged(row: Row, event: NsnMerged, recorded: Recorded) -> Row:
    return replace(row, merged_into=event.master)


@project.on(StudentEnrolled)
def student_enrolled(row: Row, event: StudentEnrolled, recorded: Recorded) -> Row:
    return replace(row, enrolments=(*row.enrolments, Enrolment(school=event.school, from_on=event.from_on)))


@project.on(StudentWithdrawn)
def student_withdrawn(row: Row, event: StudentWithdrawn, recorded: Recorded) -> Row:
    return replace(row, enrolments=tuple(_left(each, event) for each in row.enrolments))


@project.on(CaregiverRegistered)
def caregiver_registered(row: Row | None, event: CaregiverRegistered, recorded: Recorded) -> Row:
    return Row(person_id=recorded.stream, kind=Kind.CAREGIVER, caregiver=event.name)


@project.on(CaregiverNameCorrected)
def caregiver_corrected(row: Row, event: CaregiverNameCorrected, recorded: Recorded) -> Row:
    return replace(row, caregiver=event.name)


@project.on(CareBegun)
def care_begun(row: Row, event: CareBegun, recorded: Recorded) -> Row:
    return replace(row, cares_for=(*row.cares_for, event.student))


@project.on(CareEnded)
def care_ended(row: Row, event: CareEnded, recorded: Recorded) -> Row:
    return replace(row, cares_for=tuple(each for each in row.cares_for if each != event.student))


@project.on(UserInvited)
def user_invited(row: Row | None, event: UserInvited, recorded: Recorded) -> Row:
    return replace(row or Row(person_id=recorded.stream, kind=Kind.USER), user=event.details)


@project.on(UserDetailsChanged)
def user_changed(row: Row, event: UserDetailsChanged, recorded: Recorded) -> Row:
    return replace(row, user=event.details)


def _left(enrolment: Enrolment, event: StudentWithdrawn) -> Enrolment:
    if (enrolment.school, enrolment.from_on) != (event.school, event.enrolled_on):
        return enrolment
    return replace(
        enrolment,
        last_attended_on=event.last_day_of_attendance,
        withdrawn_on=event.withdrawn_on,
        reason=event.reason,
    )


def enrolled_at(row: Row, day: date) -> UUID | None:
    """Return the school on whose roll a student is on a day (BR-60)."""
    return Student(enrolments=row.enrolments).enrolled_at(day)
