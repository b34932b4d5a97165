"""Correcting a student's details: the correction supersedes, nothing is edited (BR-113)."""

from dataclasses import dataclass, fields, replace
from typing import TypeAlias

from domain.decision import Claim, Context, Decision, Part, Ref, Refused
from domain.relations import of_any_case
from domain.rights import TABLE, Action
from domain.sealed import DataClass, Sealed
from domain.students.identity import held_by, nsn_claim, require_sound
from domain.students.student import Student, StudentDetails
from domain.text import STRICT, LongText
from domain.users.user import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectStudentDetails:
    """Replace what is recorded of a student by what is right, with the reason.

    The NSN stays, unless who asks sees every student: to others a refusal would tell who is known.
    """

    __pydantic_config__ = STRICT

    details: StudentDetails
    reason: LongText

    def decide(self, student: Student, context: Context) -> Decision:
        known = student.require()
        right = self.details if sees_every_student(context) else _with_nsn(known, self.details)
        if known == right:
            return Decision()
        require_sound(right, context)
        require_own_nsn(right, context)
        happened = StudentDetailCorrected(
            details=Sealed(context.stream, DataClass.IDENTITY, right),
            reason=Sealed(context.stream, DataClass.NARRATIVE, self.reason),
            changed=tuple(
                each.name for each in fields(known) if getattr(known, each.name) != getattr(right, each.name)
            ),
        )
        old, new = _claims(known), _claims(right)
        return Decision(
            parts=(Part(Ref(Student, context.stream), (happened,)),),
            take=dict.fromkeys(new - old, context.stream),
            release=tuple(old - new),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StudentDetailCorrected:
    """Something recorded of the student was wrong: these details supersede all that were before (BR-113)."""

    details: Sealed[StudentDetails]
    reason: Sealed[str]
    changed: tuple[str, ...]  # the names of the fields that are different now

    def evolve(self, student: Student) -> Student:
        return replace(student, details=self.details)


def require_own_nsn(details: StudentDetails, context: Context) -> None:
    """Raise if somebody else has the NSN."""
    if details.nsn and held_by(details.nsn, context) not in {None, context.stream}:
        raise NsnOfAnother("nsn")


def sees_every_student(context: Context) -> bool:
    """Say whether who asks may be told of any student: the roll's feed, and whoever corrects in every case."""
    corrects = TABLE[Action.CORRECT_DETAILS].get(Role(context.actor.role), ())
    return context.actor.role in TABLE[Action.FEED_ROLL] or of_any_case in corrects


def _with_nsn(known: StudentDetails, right: StudentDetails) -> StudentDetails:
    if right.nsn not in {None, known.nsn}:
        raise NsnIsOfTheRoll("nsn")
    return replace(right, nsn=known.nsn)


def _claims(details: StudentDetails) -> set[Claim]:
    return {nsn_claim(details.nsn)} if details.nsn else set()


class NsnIsOfTheRoll(Refused):
    """The NSN comes from the roll; only a privacy officer corrects it by hand."""


class NsnOfAnother(Refused):
    """Another student has this NSN; if both are one person, the NSNs are merged."""


Command: TypeAlias = CorrectStudentDetails
Event: TypeAlias = StudentDetailCorrected
