"""A case as later decisions need it: folded from its stream, never stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.cases.clocks import Episode
from domain.cases.status import ACTIVE, Status
from domain.decision import Claim, Refused

NOBODY: Final = UUID(int=0)
"""Stands in the fields of a case that does not exist yet."""


class CaseType(StrEnum):
    """Why there is a case: chronic absence, or no school at all."""

    CA = "CA"  # chronic absence
    NEN = "NEN"  # non-enrolment notification


class Provision(StrEnum):
    """Who works the case: the catchment's provider, or the school's own in-school provision (BR-134)."""

    CATCHMENT = "CATCHMENT"
    ISP = "ISP"  # in-school provision


class ClosureReason(StrEnum):
    """Why a case is closed. Age alone, no contact and lack of capacity are no reasons (BR-79, BR-80)."""

    ATTENDING_REGULARLY = "ATTENDING_REGULARLY"
    ENGAGED_WITH_SCHOOL_SUPPORT = "ENGAGED_WITH_SCHOOL_SUPPORT"
    STUDENT_16PLUS_CHOSE_TO_STOP = "STUDENT_16PLUS_CHOSE_TO_STOP"
    OTHER_PATHWAY_CONFIRMED = "OTHER_PATHWAY_CONFIRMED"
    ENROLLED_ELSEWHERE_NO_SUPPORT_NEEDED = "ENROLLED_ELSEWHERE_NO_SUPPORT_NEEDED"
    LEFT_NEW_ZEALAND = "LEFT_NEW_ZEALAND"
    EXEMPT_HOME_EDUCATION = "EXEMPT_HOME_EDUCATION"
    EARLY_LEAVING_EXEMPTION = "EARLY_LEAVING_EXEMPTION"
    DECEASED = "DECEASED"
    DUPLICATE = "DUPLICATE"
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR"


class BarrierStatus(StrEnum):
    """What became of a barrier (BR-51)."""

    IDENTIFIED = "IDENTIFIED"
    BEING_ADDRESSED = "BEING_ADDRESSED"
    RESOLVED = "RESOLVED"
    CANNOT_RESOLVE = "CANNOT_RESOLVE"
    REMOVED = "REMOVED"  # recorded in error


@dataclass(frozen=True, slots=True, kw_only=True)
class Barrier:
    """What keeps the student away: its category, and what became of it."""

    code: str
    status: BarrierStatus


class PlanStatus(StrEnum):
    """Where a support plan stands."""

    DRAFTED = "DRAFTED"
    AGREED = "AGREED"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A support plan: where it stands, and what became of each of its actions."""

    status: PlanStatus
    actions: Mapping[UUID, str] = field(default_factory=dict)
    reviews: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The case of one student. It holds what a later decision asks, and nobody's name."""

    status: Status | None = None
    type: CaseType = CaseType.CA
    provision: Provision = Provision.CATCHMENT
    student: UUID = NOBODY
    school: UUID | None = None  # whose case it is: of enrolment, or the last one
    enrolled_at: UUID | None = None  # as far as the case has heard
    catchment: UUID | None = None
    provider: UUID | None = None
    manager: UUID | None = None
    last_manager: UUID | None = None  # of a closed case, or of one that went back to the queue
    primary_contact: UUID | None = None
    opened_on: date = date.max
    closed_on: date | None = None
    episode: Episode = field(default_factory=Episode)
    consulted: frozenset[str] = frozenset()  # steps put to the present school since work last began (BR-53)
    barriers: Mapping[UUID, Barrier] = field(default_factory=dict)
    plans: Mapping[UUID, Plan] = field(default_factory=dict)
    pathways: Mapping[UUID, bool] = field(default_factory=dict)  # proposed, and whether it is confirmed
    items: Mapping[UUID, str] = field(default_factory=dict)  # ids that callers gave, and what stands there

    def require(self, *statuses: Status) -> None:
        """Raise `NoSuchCase` before a case exists, `NotNow` unless it stands in one of these."""
        if self.status is None:
            raise NoSuchCase
        if self.status not in statuses:
            raise NotNow

    def require_day(self, on: date, today: date) -> None:
        """Raise unless this day lies between the opening of the case and today (BR-52)."""
        if on > today:
            raise InTheFuture
        if on < self.opened_on:
            raise BeforeTheCase

    def require_consulted(self, step: str) -> None:
        """Raise unless the present school of a CA was asked about the step since work last began (BR-53)."""
        if self.type is CaseType.CA and step not in self.consulted:
            raise SchoolNotConsulted

    def put(self, item: UUID, what: str) -> "Case":
        """Remember an id that a caller gave, so that telling it twice makes one fact."""
        return replace(self, items={**self.items, item: what})

    @property
    def active(self) -> bool:
        return self.status in ACTIVE


def active_case_of(student: UUID) -> Claim:
    """Which case of this student is active, or was last: at most one (BR-83, BR-86)."""
    return Claim("active-case", str(student))


class NoSuchCase(Refused):
    """There is no such case."""


class NotNow(Refused):
    """This cannot be done while the case stands as it does."""


class SchoolNotConsulted(Refused):
    """Before this step the school is consulted, and it is recorded with whom, when and what it said."""


class InTheFuture(Refused):
    """What happened is recorded on the day it happened or later, never before."""


class BeforeTheCase(Refused):
    """What happened before the case was opened is no part of it."""
