"""Naming the Primary Contact: the one person of the school who works with the Case Manager (BR-13, BR-143)."""

from dataclasses import dataclass, replace
from typing import TypeAlias
from uuid import UUID

from domain.cases.case import Case, CaseType
from domain.cases.facts import contacts_school, require_primary_contact
from domain.cases.status import ACTIVE
from domain.decision import Context, Refused
from domain.text import STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class NamePrimaryContact:
    """Name the Primary Contact of a CA case, or another one."""

    __pydantic_config__ = STRICT

    user: UUID

    def decide(self, case: Case, context: Context) -> list["SchoolPrimaryContactNamed | SchoolPrimaryContactChanged"]:
        case.require(*ACTIVE)
        if case.type is CaseType.NEN or case.school is None:
            raise NoSchoolToContact
        if case.primary_contact == self.user:
            return []
        require_primary_contact(self.user, case.school, context)
        if case.primary_contact is None:
            return [SchoolPrimaryContactNamed(user=self.user)]
        return [SchoolPrimaryContactChanged(user=self.user, previous=case.primary_contact)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolPrimaryContactNamed:
    """A case that had no Primary Contact has one, who works with the Case Manager for the school (BR-143)."""

    user: UUID

    def evolve(self, case: Case) -> Case:
        return replace(case, primary_contact=self.user)


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolPrimaryContactChanged:
    """Another person is Primary Contact; the one before loses the cases they saw as such (BR-60, BR-143)."""

    user: UUID
    previous: UUID

    def evolve(self, case: Case) -> Case:
        return replace(case, primary_contact=self.user)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotePrimaryContactLeft:
    """A system's: the Primary Contact no longer holds such a role at the school, so the case has none (BR-143)."""

    __pydantic_config__ = STRICT

    def decide(self, case: Case, context: Context) -> list["SchoolPrimaryContactLeft"]:
        case.require(*ACTIVE)
        if case.primary_contact is None or _still(case, case.primary_contact, context):
            return []
        return [SchoolPrimaryContactLeft(previous=case.primary_contact)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolPrimaryContactLeft:
    """The case has no Primary Contact: the Attendance Leads get its notices until they name one (BR-143)."""

    previous: UUID

    def evolve(self, case: Case) -> Case:
        return replace(case, primary_contact=None)


def _still(case: Case, user: UUID, context: Context) -> bool:
    return case.school is not None and contacts_school(user, case.school, context)


class NoSchoolToContact(Refused):
    """A case of a student on no roll has no Primary Contact until a school asks for support."""


Command: TypeAlias = NamePrimaryContact | NotePrimaryContactLeft
Event: TypeAlias = SchoolPrimaryContactNamed | SchoolPrimaryContactChanged | SchoolPrimaryContactLeft
