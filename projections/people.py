"""People: what students and users are called, one row each, with their names in clear until they are erased.

The only model that other questions join for the name of a person, and for on whose roll a student is. It is keyed by
whose name it holds. Whatever else is known of a person stays sealed in the log until a question needs it.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.sealed import Sealed, Unknown
from domain.students.correcting import StudentDetailCorrected
from domain.students.enrolling import StudentEnrolled, StudentWithdrawn
from domain.students.merging import NsnReplaced
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
    USER = "USER"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The enrolments are a student's: they decide which school sees their case (BR-60)."""

    person_id: UUID
    kind: Kind
    name: Sealed[PersonName] | None
    enrolments: tuple[Enrolment, ...] = ()


project: Final = Model("people", Row, key=("person_id",), subject="person_id")


@project.on(StudentRegistered)
def student_registered(row: Row | None, event: StudentRegistered, recorded: Recorded) -> Row:
    return Row(person_id=recorded.stream, kind=Kind.STUDENT, name=_name(event.details))


@project.on(StudentDetailCorrected, NsnReplaced)
def student_corrected(row: Row, event: StudentDetailCorrected | NsnReplaced, recorded: Recorded) -> Row:
    return replace(row, name=_name(event.details))


@project.on(StudentEnrolled)
def student_enrolled(row: Row, event: StudentEnrolled, recorded: Recorded) -> Row:
    return replace(row, enrolments=(*row.enrolments, Enrolment(school=event.school, from_on=event.from_on)))


@project.on(StudentWithdrawn)
def student_withdrawn(row: Row, event: StudentWithdrawn, recorded: Recorded) -> Row:
    return replace(row, enrolments=tuple(_left(each, event) for each in row.enrolments))


@project.on(UserInvited)
def user_invited(row: Row | None, event: UserInvited, recorded: Recorded) -> Row:
    return Row(person_id=recorded.stream, kind=Kind.USER, name=_name(event.details))


@project.on(UserDetailsChanged)
def user_changed(row: Row, event: UserDetailsChanged, recorded: Recorded) -> Row:
    return replace(row, name=_name(event.details))


def _name(details: Sealed[StudentDetails] | Sealed[UserDetails]) -> Sealed[PersonName]:
    """Return the name alone of what is sealed whole."""

    def opened() -> PersonName | Unknown:
        whole = details.open()
        return whole if isinstance(whole, Unknown) else whole.name

    return Sealed(details.subject, details.data_class, opened, lazy=True)


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
