"""How somebody stands to a case: the facts that rights depend on, and the relations (BR-60 to BR-62, BR-132).

Each relation is a plain comparison of the asker with the facts of the case, so that lists can ask it in SQL.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from domain.users.user import Role


class Standing(StrEnum):
    """Where a case stands, as far as rights go."""

    NONE = "NONE"  # there is no such case
    WITH_MINISTRY = "WITH_MINISTRY"  # CIT review, or no provider yet: no provider works it (BR-29)
    ACTIVE = "ACTIVE"
    CLOSED = "CLOSED"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepsReading:
    """A provider that lost the case and may read it still, through a last day or none (BR-29, BR-41)."""

    provider: UUID
    until_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What a right depends on. Of an action about an organisation only `organisation` and `regions` are set."""

    standing: Standing = Standing.NONE
    nen: bool = False
    school: UUID | None = None  # on whose roll the student is today (BR-60, BR-133)
    primary_contact: UUID | None = None
    provider: UUID | None = None  # responsible; of a closed case the last one
    manager: UUID | None = None
    last_manager: UUID | None = None
    kept: tuple[KeepsReading, ...] = ()
    transfer_to: UUID | None = None  # the provider that CIT approved
    cit_asked: bool = False  # a transfer or an information check is under way (BR-132)
    regions: frozenset[UUID] = frozenset()  # the regional offices that a case, or a provider, is with (domain.regions)
    prosecution: bool = False  # referred to Prosecutions, or under their advice
    organisation: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks, in which of their roles, on which Auckland day."""

    user: UUID
    role: Role
    organisation: UUID
    today: date
    office_timeline: bool = True  # the policy's word on Office Support (BR-67)


Relation: TypeAlias = Callable[[Asker, CaseFacts], bool]


def anywhere(asker: Asker, case: CaseFacts) -> bool:
    """Of every case and organisation."""
    return True


def of_own_organisation(asker: Asker, case: CaseFacts) -> bool:
    return case.organisation == asker.organisation


def of_any_case(asker: Asker, case: CaseFacts) -> bool:
    return case.standing is not Standing.NONE


def of_enrolling_school(asker: Asker, case: CaseFacts) -> bool:
    """The student is on the school's roll today (BR-60, BR-61, BR-133)."""
    return of_any_case(asker, case) and case.school == asker.organisation


def of_named_contact(asker: Asker, case: CaseFacts) -> bool:
    """Named as Primary Contact, at the school where the student is today (BR-60)."""
    return of_enrolling_school(asker, case) and case.primary_contact == asker.user


def of_provider(asker: Asker, case: CaseFacts) -> bool:
    """The provider has the case, or had it when it was closed (BR-61, BR-62)."""
    with_provider = case.standing in {Standing.ACTIVE, Standing.CLOSED}
    return with_provider and case.provider == asker.organisation


def of_manager(asker: Asker, case: CaseFacts) -> bool:
    """Assigned to the asker (BR-62)."""
    return case.standing is Standing.ACTIVE and of_provider(asker, case) and case.manager == asker.user


def of_last_manager(asker: Asker, case: CaseFacts) -> bool:
    """Closed, and the asker was the last to be assigned (BR-61)."""
    return case.standing is Standing.CLOSED and of_provider(asker, case) and case.last_manager == asker.user


def of_kept_reader(asker: Asker, case: CaseFacts) -> bool:
    """Lost to another provider or to CIT, and within the days of reading; the last counts (BR-41)."""
    return any(
        each.provider == asker.organisation and (each.until_on is None or asker.today <= each.until_on)
        for each in case.kept
    )


def of_next_provider(asker: Asker, case: CaseFacts) -> bool:
    return of_any_case(asker, case) and case.transfer_to == asker.organisation


def of_cit(asker: Asker, case: CaseFacts) -> bool:
    """A NEN, a case with the Ministry, a transfer or an information check (BR-132)."""
    asked = case.nen or case.cit_asked or case.standing is Standing.WITH_MINISTRY
    return of_any_case(asker, case) and asked


def of_region(asker: Asker, case: CaseFacts) -> bool:
    """Under a contract of the asker's regional office, or waiting in its region (BR-32, BR-132)."""
    return of_any_case(asker, case) and asker.organisation in case.regions


def of_contracting_region(asker: Asker, case: CaseFacts) -> bool:
    """Of a provider that the asker's regional office contracts (BR-131)."""
    return case.organisation is not None and asker.organisation in case.regions


def of_prosecutions(asker: Asker, case: CaseFacts) -> bool:
    return of_any_case(asker, case) and case.prosecution


def of_office_timeline(asker: Asker, case: CaseFacts) -> bool:
    """The policy may take the timeline from Office Support (BR-67)."""
    return asker.office_timeline and of_enrolling_school(asker, case)
