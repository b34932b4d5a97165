"""Disclosing: what was recorded of a person before it was corrected is read for a reason, and that is kept (BR-113)."""

from dataclasses import dataclass
from typing import TypeAlias, TypeVar

from domain.decision import Context, Refused
from domain.sealed import DataClass, Sealed
from domain.students.caregiver import Caregiver
from domain.students.student import Student
from domain.text import STRICT, LongText
from domain.users.user import User

Person = TypeVar("Person", Student, Caregiver, User)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFormerDetails:
    """Have shown what was recorded of a person before it was corrected; why it was read is recorded first."""

    __pydantic_config__ = STRICT

    reason: LongText

    def decide(self, person: Person, context: Context) -> list["FormerDetailsRead"]:
        if _known(person) is None:
            raise NobodyThere
        return [FormerDetailsRead(reason=Sealed(context.stream, DataClass.NARRATIVE, self.reason))]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerDetailsRead:
    """Whoever the envelope names read what was recorded of the person before it was corrected; never what that was."""

    reason: Sealed[str]  # why it had to be read

    def evolve(self, person: Person) -> Person:
        return person


def _known(person: Student | Caregiver | User) -> object:
    return person.name if isinstance(person, Caregiver) else person.details


class NobodyThere(Refused):
    """There is no such person."""


Command: TypeAlias = ReadFormerDetails
Event: TypeAlias = FormerDetailsRead
