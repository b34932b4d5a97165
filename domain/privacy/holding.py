"""Holding: a legal hold keeps a person's data from being destroyed, as long as a court or an inquiry needs it."""

from dataclasses import dataclass, replace
from typing import TypeAlias
from uuid import UUID

from domain.decision import Context, Decision, Part, Ref
from domain.sealed import DataClass, Sealed
from domain.students.person import NobodyThere, Person, is_known, require_registered
from domain.text import STRICT, LongText, Reference


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceLegalHold:
    """Keep everything of a person, and every note about them, until this hold is lifted. Answers `hold`."""

    __pydantic_config__ = STRICT

    authority: Reference  # of a court, an inquiry, a request for information
    reason: LongText

    def decide(self, person: Person, context: Context) -> Decision:
        if not is_known(person):
            raise NobodyThere
        hold = context.new_id("hold")
        if hold in person.legal_holds:
            return Decision(answer={"hold": hold})
        reason = Sealed(context.stream, DataClass.IDENTITY, self.reason)
        placed = LegalHoldPlaced(hold=hold, authority=self.authority, reason=reason)
        return Decision(parts=(Part(Ref(type(person), context.stream), (placed,)),), answer={"hold": hold})


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHoldPlaced:
    """Nothing of the person is destroyed, whatever is authorised, until this hold is lifted."""

    hold: UUID
    authority: str  # a reference to the paper
    reason: Sealed[str]

    def evolve(self, person: Person) -> Person:
        return replace(person, legal_holds=(*person.legal_holds, self.hold))


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftLegalHold:
    """Lift one hold; others of the person stand."""

    __pydantic_config__ = STRICT

    hold: UUID
    authority: Reference
    reason: LongText

    def decide(self, person: Person, context: Context) -> list["LegalHoldLifted"]:
        require_registered(person)
        if self.hold not in person.legal_holds:
            return []
        reason = Sealed(context.stream, DataClass.IDENTITY, self.reason)
        return [LegalHoldLifted(hold=self.hold, authority=self.authority, reason=reason)]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalHoldLifted:
    """The hold does not stand any more."""

    hold: UUID
    authority: str
    reason: Sealed[str]

    def evolve(self, person: Person) -> Person:
        return replace(person, legal_holds=tuple(each for each in person.legal_holds if each != self.hold))


Command: TypeAlias = PlaceLegalHold | LiftLegalHold
Event: TypeAlias = LegalHoldPlaced | LegalHoldLifted
