"""Identifying barriers: what keeps the student away, and what becomes of it (BR-51)."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from domain.cases.case import Barrier, BarrierStatus, Case
from domain.cases.facts import sealed
from domain.cases.status import ACTIVE
from domain.codesets.code_set import require_codes
from domain.decision import Context, Refused
from domain.sealed import Sealed
from domain.text import STRICT, Code, LongText


class BarrierSource(StrEnum):
    """Who named it."""

    STUDENT = "STUDENT"
    WHANAU = "WHANAU"
    SCHOOL = "SCHOOL"
    PROVIDER = "PROVIDER"
    AGENCY = "AGENCY"


class Severity(StrEnum):
    """How much it weighs."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentifyBarrier:
    """Record a barrier (`BarrierCategory`, by the list of the day); the caller names it."""

    __pydantic_config__ = STRICT

    barrier: UUID
    category: Code
    source: BarrierSource
    identified_on: date
    severity: Severity | None = None
    note: LongText | None = None

    def decide(self, case: Case, context: Context) -> list["BarrierIdentified"]:
        case.require(*ACTIVE)
        if self.barrier in case.barriers:
            return []
        case.require_day(self.identified_on, context.today)
        require_codes(context, "BarrierCategory", self.category, field="category")
        return [
            BarrierIdentified(
                barrier=self.barrier,
                category=self.category,
                source=self.source,
                identified_on=self.identified_on,
                severity=self.severity,
                note=sealed(self.note, case, context, note=self.barrier),
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class BarrierIdentified:
    """Something was found to keep the student away; its status is IDENTIFIED until another is recorded (BR-51)."""

    barrier: UUID
    category: str  # a code of `BarrierCategory`
    source: BarrierSource  # who named it
    identified_on: date
    severity: Severity | None
    note: Sealed[str] | None

    def evolve(self, case: Case) -> Case:
        return _put(case, self.barrier, Barrier(code=self.category, status=BarrierStatus.IDENTIFIED))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeBarrierStatus:
    """Say what became of a barrier; removing one is a status too, and says why."""

    __pydantic_config__ = STRICT

    barrier: UUID
    status: BarrierStatus
    changed_on: date
    reason: LongText | None = None

    def decide(self, case: Case, context: Context) -> list["BarrierStatusChanged"]:
        case.require(*ACTIVE)
        if _barrier(case, self.barrier).status is self.status:
            return []
        case.require_day(self.changed_on, context.today)
        if self.status in {BarrierStatus.REMOVED, BarrierStatus.CANNOT_RESOLVE} and not self.reason:
            raise ReasonForBarrierNeeded("reason")
        return [
            BarrierStatusChanged(
                barrier=self.barrier,
                status=self.status,
                changed_on=self.changed_on,
                reason=sealed(self.reason, case, context),
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class BarrierStatusChanged:
    """What became of a barrier; one that is removed or cannot be resolved has a reason (BR-51)."""

    barrier: UUID
    status: BarrierStatus
    changed_on: date
    reason: Sealed[str] | None

    def evolve(self, case: Case) -> Case:
        return _put(case, self.barrier, replace(_as_told(case, self.barrier), status=self.status))


@dataclass(frozen=True, slots=True, kw_only=True)
class RecategoriseBarrier:
    """Give a barrier the category that it should have had."""

    __pydantic_config__ = STRICT

    barrier: UUID
    category: Code

    def decide(self, case: Case, context: Context) -> list["BarrierRecategorised"]:
        case.require(*ACTIVE)
        if _barrier(case, self.barrier).code == self.category:
            return []
        require_codes(context, "BarrierCategory", self.category, field="category")
        return [BarrierRecategorised(barrier=self.barrier, category=self.category)]


@dataclass(frozen=True, slots=True, kw_only=True)
class BarrierRecategorised:
    """A barrier belongs to another category than was recorded; its status stays (BR-51)."""

    barrier: UUID
    category: str  # a code of `BarrierCategory`

    def evolve(self, case: Case) -> Case:
        return _put(case, self.barrier, replace(_as_told(case, self.barrier), code=self.category))


def _put(case: Case, barrier: UUID, now: Barrier) -> Case:
    return replace(case, barriers={**case.barriers, barrier: now})


def _as_told(case: Case, barrier: UUID) -> Barrier:
    return case.barriers.get(barrier, Barrier(code="", status=BarrierStatus.IDENTIFIED))


def _barrier(case: Case, barrier: UUID) -> Barrier:
    if barrier not in case.barriers:
        raise NoSuchBarrier("barrier")
    return case.barriers[barrier]


class NoSuchBarrier(Refused):
    """The case has no such barrier."""


class ReasonForBarrierNeeded(Refused):
    """Whoever removes a barrier, or gives it up, says why."""


Command: TypeAlias = IdentifyBarrier | ChangeBarrierStatus | RecategoriseBarrier
Event: TypeAlias = BarrierIdentified | BarrierStatusChanged | BarrierRecategorised
