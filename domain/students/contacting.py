"""Contact details of a student or a caregiver: in the stream, and under the key, of whom they reach."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TypeAlias, TypeVar
from uuid import UUID

from domain.catchments.catchment import Catchment, NoSuchCatchment
from domain.decision import Context, Refused
from domain.sealed import DataClass, Sealed
from domain.students.caregiver import Caregiver
from domain.students.student import Contact, Student
from domain.text import STRICT, Address, Email, Phone, ShortText

Person = TypeVar("Person", Student, Caregiver)


class Confidence(StrEnum):
    """How sure whoever recorded it was."""

    CONFIRMED = "CONFIRMED"
    LIKELY = "LIKELY"
    UNSURE = "UNSURE"


class ContactEnd(StrEnum):
    """Why a contact detail is not used any more."""

    SUPERSEDED = "SUPERSEDED"
    FOUND_DEAD = "FOUND_DEAD"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ContactDetail:
    """What reaches a person: exactly one of the four."""

    __pydantic_config__ = STRICT

    phone: Phone | None = None
    email: Email | None = None
    address: Address | None = None
    other: ShortText | None = None

    @property
    def given(self) -> int:
        """How many of the four there are."""
        return sum(each is not None for each in (self.phone, self.email, self.address, self.other))


@dataclass(frozen=True, slots=True, kw_only=True)
class AddContactDetail:
    """Record a way to reach a person. The caller gives its id, so that a retry is recognised."""

    __pydantic_config__ = STRICT

    contact: UUID
    detail: ContactDetail
    from_on: date
    source: ShortText
    confidence: Confidence = Confidence.LIKELY
    catchment: UUID | None = None  # only of an address where the person lives

    def decide(self, person: Person, context: Context) -> list["ContactDetailAdded"]:
        if any(each.id == self.contact for each in person.contacts):
            return []
        if self.detail.given != 1:
            raise NotOneDetail("detail")
        if self.catchment and not self.detail.address:
            raise OnlyAddressesLieSomewhere("catchment")
        if self.catchment and not context.fact(Catchment, self.catchment).defined:
            raise NoSuchCatchment("catchment")
        return [
            ContactDetailAdded(
                contact=self.contact,
                detail=Sealed(context.stream, DataClass.CONTACT, self.detail),
                source=Sealed(context.stream, DataClass.CONTACT, self.source),
                from_on=self.from_on,
                confidence=self.confidence,
                catchment=self.catchment,
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDetailAdded:
    """A way to reach the person became known: from whom, and how surely it is theirs."""

    contact: UUID
    detail: Sealed[ContactDetail]
    source: Sealed[str]  # from whom it is known
    from_on: date  # since when it reaches them
    confidence: Confidence
    catchment: UUID | None = None  # of an address where the person lives (BR-33)

    def evolve(self, person: Person) -> Person:
        new = Contact(id=self.contact, from_on=self.from_on, catchment=self.catchment)
        return replace(person, contacts=(*person.contacts, new))


@dataclass(frozen=True, slots=True, kw_only=True)
class EndContactDetail:
    """Stop using a way to reach a person: there is a better one, or nobody answers there."""

    __pydantic_config__ = STRICT

    contact: UUID
    why: ContactEnd

    def decide(self, person: Person, context: Context) -> list["ContactDetailEnded"]:
        known = next((each for each in person.contacts if each.id == self.contact), None)
        if known is None:
            raise NoSuchContact("contact")
        return [] if known.ended else [ContactDetailEnded(contact=self.contact, why=self.why)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactDetailEnded:
    """A way to reach the person is used no more: there is a better one, or nobody answers there."""

    contact: UUID
    why: ContactEnd

    def evolve(self, person: Person) -> Person:
        return replace(
            person,
            contacts=tuple(replace(each, ended=True) if each.id == self.contact else each for each in person.contacts),
        )


class NotOneDetail(Refused):
    """A contact detail is one telephone number, e-mail address, address or other way."""


class OnlyAddressesLieSomewhere(Refused):
    """Only an address lies in a catchment."""


class NoSuchContact(Refused):
    """There is no such contact detail."""


Command: TypeAlias = AddContactDetail | EndContactDetail
Event: TypeAlias = ContactDetailAdded | ContactDetailEnded
