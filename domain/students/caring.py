"""Caregivers: who of the whānau cares for a student, and what they are to them."""

from dataclasses import dataclass, replace
from typing import TypeAlias
from uuid import UUID

from domain.codesets.code_set import require_codes
from domain.decision import Context, Decision, Part, Ref, Refused
from domain.sealed import DataClass, Sealed
from domain.students.caregiver import Caregiver
from domain.students.student import Student
from domain.text import STRICT, Code, PersonName, ShortText


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Tie:
    """What a caregiver is to a student."""

    __pydantic_config__ = STRICT

    relation: Code  # of `Relation`
    legal_status: ShortText | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterCaregiver:
    """Open a stream for a caregiver."""

    __pydantic_config__ = STRICT

    name: PersonName

    def decide(self, caregiver: Caregiver, context: Context) -> list["CaregiverRegistered"]:
        name = Sealed(context.stream, DataClass.IDENTITY, self.name)
        return [] if caregiver.name else [CaregiverRegistered(name=name, registered_by=context.actor.user)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaregiverRegistered:
    """A caregiver is known to the service by name; students and contact details are told apart."""

    name: Sealed[PersonName]
    registered_by: UUID | None = None  # nobody, if a request told of them, which says of whom they care for as well

    def evolve(self, caregiver: Caregiver) -> Caregiver:
        return replace(caregiver, name=self.name, registered_by=self.registered_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectCaregiverName:
    """Replace the name that is recorded of a caregiver by the right one."""

    __pydantic_config__ = STRICT

    name: PersonName

    def decide(self, caregiver: Caregiver, context: Context) -> list["CaregiverNameCorrected"]:
        require_caregiver(caregiver)
        name = Sealed(context.stream, DataClass.IDENTITY, self.name)
        return [] if caregiver.name == name else [CaregiverNameCorrected(name=name)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaregiverNameCorrected:
    """The name recorded of a caregiver was wrong, and this is the right one (BR-113)."""

    name: Sealed[PersonName]

    def evolve(self, caregiver: Caregiver) -> Caregiver:
        return replace(caregiver, name=self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCaregiver:
    """Say that somebody cares for this student."""

    __pydantic_config__ = STRICT

    caregiver: UUID
    tie: Tie

    def decide(self, student: Student, context: Context) -> Decision:
        student.require()
        require_caregiver(context.fact(Caregiver, self.caregiver))
        if self.caregiver in student.caregivers:
            return Decision()
        require_codes(context, "Relation", self.tie.relation, field="relation")
        tie = Sealed(context.stream, DataClass.IDENTITY, self.tie)
        linked = CaregiverLinked(caregiver=self.caregiver, tie=tie)
        return _in_both(linked, CareBegun(student=context.stream), self.caregiver, context)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaregiverLinked:
    """Somebody cares for the student; what they are to each other is sealed."""

    caregiver: UUID
    tie: Sealed[Tie]  # what the caregiver is to the student

    def evolve(self, student: Student) -> Student:
        ever = dict.fromkeys((*student.caregivers_ever, self.caregiver))
        return replace(student, caregivers=(*student.caregivers, self.caregiver), caregivers_ever=(*ever,))


@dataclass(frozen=True, slots=True, kw_only=True)
class CareBegun:
    """The caregiver cares for a student: what `CaregiverLinked` says there, in the caregiver's own stream."""

    student: UUID

    def evolve(self, caregiver: Caregiver) -> Caregiver:
        return replace(caregiver, students=(*caregiver.students, self.student), registered_by=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnlinkCaregiver:
    """Say that somebody does not care for this student any more."""

    __pydantic_config__ = STRICT

    caregiver: UUID

    def decide(self, student: Student, context: Context) -> Decision:
        if self.caregiver not in student.caregivers:
            return Decision()
        ended = CareEnded(student=context.stream)
        return _in_both(CaregiverUnlinked(caregiver=self.caregiver), ended, self.caregiver, context)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaregiverUnlinked:
    """Somebody does not care for the student any more; their own stream stays."""

    caregiver: UUID

    def evolve(self, student: Student) -> Student:
        return replace(student, caregivers=tuple(each for each in student.caregivers if each != self.caregiver))


@dataclass(frozen=True, slots=True, kw_only=True)
class CareEnded:
    """The caregiver cares for a student no more: what `CaregiverUnlinked` says there, in the caregiver's own stream."""

    student: UUID

    def evolve(self, caregiver: Caregiver) -> Caregiver:
        return replace(caregiver, students=tuple(each for each in caregiver.students if each != self.student))


def require_caregiver(caregiver: Caregiver) -> None:
    """Raise unless there is such a caregiver."""
    if caregiver.name is None:
        raise NoSuchCaregiver("caregiver")


def _in_both(told: "OfStudent", mirrored: "OfCaregiver", caregiver: UUID, context: Context) -> Decision:
    own = Part(Ref(Student, context.stream), (told,))
    return Decision(parts=(own, Part(Ref(Caregiver, caregiver), (mirrored,))))


class NoSuchCaregiver(Refused):
    """There is no such caregiver."""


OfStudent: TypeAlias = CaregiverLinked | CaregiverUnlinked
OfCaregiver: TypeAlias = CaregiverRegistered | CaregiverNameCorrected | CareBegun | CareEnded
Command: TypeAlias = RegisterCaregiver | CorrectCaregiverName | LinkCaregiver | UnlinkCaregiver
Event: TypeAlias = OfStudent | OfCaregiver
