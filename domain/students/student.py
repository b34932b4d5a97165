"""A student, as later decisions need them: details sealed under their own key, and enrolments by date."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar
from uuid import UUID

from domain.bounds import AFew
from domain.decision import Refused
from domain.sealed import UNKNOWN, Sealed, Unknown
from domain.text import STRICT, Code, Nsn, PersonName


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class StudentDetails:
    """Who a student is. Sealed whole, the NSN in it (BR-117)."""

    __pydantic_config__ = STRICT

    name: PersonName
    born_on: date
    nsn: Nsn | None = None
    gender: Code | None = None  # of `Gender`
    ethnicities: AFew[Code] = ()  # of `Ethnicity`


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrolment:
    """A time on the roll of one school."""

    school: UUID
    from_on: date
    last_attended_on: date | None = None  # LDA: the last day attended, never the day of leaving the roll (BR-27)
    withdrawn_on: date | None = None  # the first day off the roll
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """A way to reach a person; what it says stays sealed."""

    id: UUID
    from_on: date
    catchment: UUID | None = None  # of an address where the person lives (BR-33)
    ended: bool = False  # superseded, or found dead


@dataclass(frozen=True, slots=True, kw_only=True)
class Student:
    TOLD_BY_VERSION: ClassVar = True
    """How far this stream has come shows an enrolment, so decisions that used it do not say how far (ADR 14)."""

    details: Sealed[StudentDetails] | None = None
    enrolments: tuple[Enrolment, ...] = ()
    contacts: tuple[Contact, ...] = ()
    caregivers: tuple[UUID, ...] = ()
    caregivers_ever: tuple[UUID, ...] = ()  # whoever cares for them, or did
    merged_into: UUID | None = None  # the student whose NSN is the master of this one's (BR-118)
    aliases: tuple[UUID, ...] = ()  # the students whose NSN has this one's as its master (BR-118)
    legal_holds: tuple[UUID, ...] = ()  # nothing of them is destroyed as long as there is one

    @property
    def registered(self) -> bool:
        return self.details is not None

    def require(self) -> StudentDetails:
        """Return who the student is; raise if there is none, or if what was known was destroyed."""
        if not self.registered:
            raise NoSuchStudent
        known = self.known_details()
        if isinstance(known, Unknown):
            raise StudentForgotten
        return known

    def enrolment_on(self, day: date) -> Enrolment | None:
        """Return the enrolment of a day: the one begun last, unless the student is off the roll again."""
        last = self.last_enrolment(day)
        off = last is None or (last.withdrawn_on is not None and last.withdrawn_on <= day)
        return None if off else last

    def enrolled_at(self, day: date) -> UUID | None:
        """Return the school on whose roll the student is on the day; None if on no roll."""
        enrolment = self.enrolment_on(day)
        return enrolment.school if enrolment else None

    def last_enrolment(self, day: date) -> Enrolment | None:
        """Return the enrolment begun last by the day, left or not: a NEN's last school."""
        begun = [each for each in self.enrolments if each.from_on <= day]
        return max(reversed(begun), key=lambda each: each.from_on, default=None)

    def lives_in(self, day: date) -> UUID | None:
        """Return the catchment of the student's address on the day, as far as known (BR-33)."""
        begun = [each for each in self.contacts if each.catchment and not each.ended and each.from_on <= day]
        latest = max(reversed(begun), key=lambda each: each.from_on, default=None)
        return latest.catchment if latest else None

    def known_details(self) -> StudentDetails | Unknown:
        """Return who they are; UNKNOWN if never registered or if the key was destroyed."""
        return self.details.open() if self.details else UNKNOWN

    def born_on(self) -> date | Unknown:
        details = self.known_details()
        return UNKNOWN if isinstance(details, Unknown) else details.born_on


class NoSuchStudent(Refused):
    """There is no such student."""


class StudentForgotten(Refused):
    """The details of this student were destroyed."""
