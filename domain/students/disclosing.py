"""Disclosing: what was recorded of a person before it was corrected is read for a reason, and that is kept (BR-113)."""

from dataclasses import dataclass
from typing import TypeAlias

from domain.decision import Context
from domain.sealed import DataClass, Sealed
from domain.students.person import Person, require_registered
from domain.text import STRICT, LongText


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFormerDetails:
    """Have shown what was recorded of a person before it was corrected; why it was read is recorded first."""

    __pydantic_config__ = STRICT

    reason: LongText

    def decide(self, person: Person, context: Context) -> list["FormerDetailsRead"]:
        require_registered(person)
        return [FormerDetailsRead(reason=Sealed(context.stream, DataClass.NARRATIVE, self.reason))]


@dataclass(frozen=True, slots=True, kw_only=True)
class FormerDetailsRead:
    """Whoever the envelope names read what was recorded of the person before it was corrected; never what that was."""

    reason: Sealed[str]  # why it had to be read

    def evolve(self, person: Person) -> Person:
        return person


Command: TypeAlias = ReadFormerDetails
Event: TypeAlias = FormerDetailsRead
