"""Whom a request may name: the students on the school's own roll, their caregivers, and its own Primary Contacts.

A draft is judged by it as the submitted request is: what it names ties the keys of those people to it.
"""

from uuid import UUID

from domain.cases.facts import require_primary_contact
from domain.decision import Context, Refused
from domain.requests.form import Form
from domain.students.caring import NoSuchCaregiver
from domain.students.student import Student


def require_own_people(form: Form, school: UUID, context: Context) -> None:
    """Raise naming the field if the form names somebody whom the school could not ask support for, or not name."""
    require_enrolled(form.student, school, context)
    known = context.fact(Student, form.student).caregivers if form.student else ()
    if not set(form.caregivers) <= set(known):
        raise NoSuchCaregiver("whanau")
    if form.primary_contact:
        require_primary_contact(form.primary_contact, school, context)


def require_enrolled(student: UUID | None, school: UUID, context: Context) -> None:
    """Raise unless the student, if one is named, is on the school's roll today."""
    if student and context.fact(Student, student).enrolled_at(context.today) != school:
        raise NotEnrolledAtSchool("student")


class NotEnrolledAtSchool(Refused):
    """A school asks for support for the students on its own roll."""
