"""A caregiver: one of the whānau of one or more students, whose own details live in their own stream."""

from dataclasses import dataclass
from uuid import UUID

from domain.sealed import Sealed
from domain.students.student import Contact
from domain.text import PersonName


@dataclass(frozen=True, slots=True, kw_only=True)
class Caregiver:
    name: Sealed[PersonName] | None = None
    contacts: tuple[Contact, ...] = ()
    students: tuple[UUID, ...] = ()  # who may reach a caregiver follows from the students they care for
    registered_by: UUID | None = None  # who may say of whom they care for, until somebody has
    legal_holds: tuple[UUID, ...] = ()  # nothing of them is destroyed as long as there is one
