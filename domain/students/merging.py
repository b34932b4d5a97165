"""Merging NSNs: the old number becomes an alias of the master, and no history moves (BR-118)."""

from dataclasses import dataclass, replace
from typing import TypeAlias
from uuid import UUID

from domain.decision import Context, Decision, Part, Ref, Refused
from domain.sealed import DataClass, Sealed
from domain.students.identity import held_by, nsn_claim
from domain.students.student import Student, StudentDetails
from domain.text import STRICT, Nsn


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MergeNsn:
    """Make an NSN the master of this student's. Answers `master`: the student who has it from now on."""

    __pydantic_config__ = STRICT

    master: Nsn

    def decide(self, student: Student, context: Context) -> Decision:
        details = student.require()
        if not details.nsn:
            raise NoNsn
        holder = held_by(self.master, context)
        if holder is None:
            return self._renumber(details, context)
        if holder == student.merged_into or nsn_claim(details.nsn) == nsn_claim(self.master):
            return Decision(answer={"master": holder})
        if holder == context.stream:
            raise MergedInACircle
        both = (NsnMerged(master=holder), context.stream), (NsnAliasAdded(alias=context.stream), holder)
        return Decision(parts=tuple(Part(Ref(Student, of), (each,)) for each, of in both), answer={"master": holder})

    def _renumber(self, details: StudentDetails, context: Context) -> Decision:
        new = Sealed(context.stream, DataClass.IDENTITY, replace(details, nsn=self.master))
        own = Part(Ref(Student, context.stream), (NsnReplaced(details=new),))
        claims = {nsn_claim(self.master): context.stream}
        return Decision(parts=(own,), take=claims, answer={"master": context.stream})


@dataclass(frozen=True, slots=True, kw_only=True)
class NsnMerged:
    """Two students turned out to be one; this one's number stays theirs as an alias (BR-118)."""

    master: UUID  # the student who they both are

    def evolve(self, student: Student) -> Student:
        return replace(student, merged_into=self.master)


@dataclass(frozen=True, slots=True, kw_only=True)
class NsnAliasAdded:
    """Another student turned out to be this one: what `NsnMerged` says there, in the master's own stream (BR-118)."""

    alias: UUID  # the student whose number is an alias of this one's

    def evolve(self, student: Student) -> Student:
        return replace(student, aliases=(*student.aliases, self.alias))


@dataclass(frozen=True, slots=True, kw_only=True)
class NsnReplaced:
    """The student got a master number that nobody had; the old one stays theirs as an alias (BR-118)."""

    details: Sealed[StudentDetails]

    def evolve(self, student: Student) -> Student:
        return replace(student, details=self.details)


class NoNsn(Refused):
    """This student has no NSN that could be merged."""


class MergedInACircle(Refused):
    """The other number was merged into this student's already."""


Command: TypeAlias = MergeNsn
Event: TypeAlias = NsnMerged | NsnAliasAdded | NsnReplaced
