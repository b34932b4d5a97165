"""What decisions about a case ask of other streams, asked in one place."""

from datetime import date
from typing import Final
from uuid import UUID

from domain.cases.case import Case
from domain.days import LeapBirthday, birthday
from domain.decision import Context, Refused
from domain.policies.policy import SERVICE_POLICY, Policy, PolicyValues
from domain.schools.school import School
from domain.sealed import DataClass, Sealed, Unknown
from domain.students.student import Student
from domain.users.user import Role, User

PRIMARY_CONTACTS: Final = frozenset({Role.SCHOOL_PRIMARY_CONTACT, Role.ATTENDANCE_LEAD})
"""Whoever holds one of these roles in a school can be a Primary Contact there (BR-13)."""


def rules(context: Context) -> PolicyValues:
    """Return the numbers of the rules in force today."""
    return context.fact(Policy, SERVICE_POLICY).in_force(context.today)


def turns(case: Case, age: int, context: Context) -> date:
    """Return the day the student turns an age (BR-74); raise `BirthDateUnknown` once nobody can know."""
    born = context.fact(Student, case.student).born_on()
    if isinstance(born, Unknown):
        raise BirthDateUnknown
    return birthday(born, age, LeapBirthday(rules(context).leap_birthday))


def enrolled_at(case: Case, context: Context) -> UUID | None:
    """Return the school on whose roll the student is today; None if on no roll."""
    return context.fact(Student, case.student).enrolled_at(context.today)


def catchment_of(school: UUID, context: Context) -> UUID | None:
    return context.fact(School, school).catchment_on(context.today)


def contacts_school(user: UUID, school: UUID, context: Context) -> bool:
    """Say whether this is an active Primary Contact or Attendance Lead of the school (BR-13)."""
    return context.fact(User, user).holds_any(PRIMARY_CONTACTS, school, context.today)


def require_primary_contact(user: UUID, school: UUID, context: Context) -> None:
    """Raise unless this is an active Primary Contact or Attendance Lead of the school (BR-13)."""
    if not contacts_school(user, school, context):
        raise NotAPrimaryContactOfTheSchool


def sealed(
    text: str | None,
    case: Case,
    context: Context,
    *,
    note: UUID | None = None,
    of: DataClass = DataClass.NARRATIVE,
) -> Sealed[str] | None:
    """Seal what somebody wrote about the student; `note` is the item that it belongs to, if it belongs to one."""
    if not text:
        return None
    return context.note(text, of, note or context.new_id("note"), about=(case.student,))


class BirthDateUnknown(Refused):
    """Nobody can know any more how old the student is, and this depends on it."""


class NotAPrimaryContactOfTheSchool(Refused):
    """The Primary Contact is one active user of the school who holds that role, or that of an Attendance Lead."""
