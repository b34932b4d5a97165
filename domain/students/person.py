"""A person: a student, a caregiver or a user, as far as it does not matter which."""

from typing import Any, TypeVar

from domain.decision import Refused
from domain.sealed import Sealed, Unknown
from domain.students.caregiver import Caregiver
from domain.students.student import Student
from domain.users.user import User

Person = TypeVar("Person", Student, Caregiver, User)


def require_registered(person: Student | Caregiver | User) -> None:
    """Raise unless there is such a person."""
    if _who(person) is None:
        raise NobodyThere


def is_known(person: Student | Caregiver | User) -> bool:
    """Say whether there is such a person and who they are can still be read."""
    who = _who(person)
    return who is not None and not isinstance(who.open(), Unknown)


def _who(person: Student | Caregiver | User) -> Sealed[Any] | None:
    return person.name if isinstance(person, Caregiver) else person.details


class NobodyThere(Refused):
    """There is no such person."""
