"""The request form: what a school may fill in, and what must be there before it can be submitted (BR-12)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from domain.bounds import AFew, YearLevel
from domain.cases.case import Provision
from domain.decision import Refused
from domain.text import STRICT, Address, Code, Email, LongText, PersonName, Phone

YEAR_LEVELS: Final = range(16)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class WhanauContact:
    """Somebody of the whānau, and how to reach them; `caregiver` if the student's record knows them already."""

    __pydantic_config__ = STRICT

    caregiver: UUID | None = None
    name: PersonName | None = None
    relation: Code | None = None  # of `Relation`
    phone: Phone | None = None
    email: Email | None = None

    @property
    def named(self) -> bool:
        return self.caregiver is not None or self.name is not None

    @property
    def reachable(self) -> bool:
        return self.phone is not None or self.email is not None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Form:
    """A request as far as it is filled in. Name and birth date are those of the student's record, and shown from it."""

    __pydantic_config__ = STRICT

    student: UUID | None = None
    year_level: YearLevel | None = None
    student_phone: Phone | None = None
    student_email: Email | None = None
    whanau: AFew[WhanauContact] = ()
    home_address: Address | None = None
    address_unknown: bool = False
    alternative_address: Address | None = None
    basis: Code | None = None  # chronic, a pattern, exceptional: the category of the reason (BR-15)
    reason: LongText | None = None  # a short factual note
    exceptional_reason: LongText | None = None
    actions_taken: LongText | None = None
    strategies_tried: bool = False
    plan_made_on: date | None = None  # the individual attendance plan
    indicators: AFew[Code] = ()  # strong, may, consider (BR-138)
    wait_reasons: AFew[Code] = ()  # BR-16
    stops: AFew[Code] = ()  # BR-14
    primary_contact: UUID | None = None
    provision: Provision | None = None
    whanau_told: bool | None = None  # of the referral (BR-139)

    @property
    def caregivers(self) -> tuple[UUID, ...]:
        """The caregivers whom the form names by their record."""
        return tuple(contact.caregiver for contact in self.whanau if contact.caregiver)

    def missing(self) -> Iterator[str]:
        """The names of the fields that a submitted request cannot do without, beside those of the student's record."""
        needed = (
            "student",
            "year_level",
            "basis",
            "reason",
            "actions_taken",
            "primary_contact",
            "whanau_told",
        )
        yield from (name for name in needed if getattr(self, name) is None)
        if not any(contact.named for contact in self.whanau):
            yield "whanau"
        if not (self.student_reachable or any(contact.reachable for contact in self.whanau)):
            yield "contact_details"
        if self.home_address is None and not self.address_unknown:
            yield "home_address"
        if self.basis == EXCEPTIONAL and not self.exceptional_reason:
            yield "exceptional_reason"

    @property
    def student_reachable(self) -> bool:
        return self.student_phone is not None or self.student_email is not None


EXCEPTIONAL: Final = "EXCEPTIONAL"
"""The basis that stands without a plan, and with a reason of its own (BR-15, BR-16)."""


class RequestIncomplete(Refused):
    """The request cannot be submitted yet; these fields are missing. A draft keeps what there is."""
