"""Registering a student: the same NSN registers once, and whoever asks again is told who it is (BR-117)."""

from dataclasses import dataclass, replace
from typing import TypeAlias

from domain.decision import Context, Decision, Part, Ref
from domain.sealed import DataClass, Sealed
from domain.students.identity import held_by, nsn_claim, require_sound
from domain.students.student import Student, StudentDetails
from domain.text import STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterStudent:
    """Open a stream for a student; answers `student`, which is another if the NSN is known already."""

    __pydantic_config__ = STRICT

    details: StudentDetails

    def decide(self, student: Student, context: Context) -> Decision:
        if student.registered:
            return Decision(answer={"student": context.stream})
        known = self.details.nsn and held_by(self.details.nsn, context)
        if known:
            return Decision(answer={"student": known})
        require_sound(self.details, context)
        happened = StudentRegistered(details=Sealed(context.stream, DataClass.IDENTITY, self.details))
        claims = {nsn_claim(self.details.nsn): context.stream} if self.details.nsn else {}
        parts = (Part(Ref(Student, context.stream), (happened,)),)
        return Decision(parts=parts, take=claims, answer={"student": context.stream})


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentRegistered:
    """A student is known to the service; the NSN, if there is one, is in the sealed details (BR-117)."""

    details: Sealed[StudentDetails]

    def evolve(self, student: Student) -> Student:
        return replace(student, details=self.details)


Command: TypeAlias = RegisterStudent
Event: TypeAlias = StudentRegistered
