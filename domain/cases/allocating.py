"""Allocating: a provider gets the case, by the school's catchment or its own provision (BR-30 to BR-32, BR-134)."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from domain.cases.case import NOBODY, Case, CaseType, Provision
from domain.cases.clocks import Clock
from domain.cases.deadlines import starting
from domain.cases.facts import catchment_of, sealed
from domain.cases.status import Status
from domain.catchments.catchment import Catchment
from domain.decision import Context, Refused
from domain.ids import in_school_provider_id
from domain.policies.policy import ClockStart
from domain.providers.provider import Provider, ProviderKind
from domain.schools.school import School
from domain.sealed import Sealed
from domain.text import STRICT, LongText


class AllocationBasis(StrEnum):
    """What named the provider."""

    SCHOOL = "SCHOOL"  # the catchment of the school (BR-30)
    ADDRESS = "ADDRESS"  # the catchment of the student's address (BR-33)
    ISP_CHOICE = "ISP_CHOICE"  # the school chose its own provision (BR-31)
    CIT_OVERRIDE = "CIT_OVERRIDE"  # the Ministry named another, with a reason (BR-33)
    TRANSFER = "TRANSFER"  # the provider accepted it from another (BR-40)
    MIGRATION = "MIGRATION"  # whoever had it in an earlier system


class Failure(StrEnum):
    """Why nobody could be named."""

    NO_CATCHMENT = "NO_CATCHMENT"
    NO_CONTRACT = "NO_CONTRACT"


class WhyNotInSchool(StrEnum):
    """Why a case moves from the school's own provision to the catchment's provider (BR-134)."""

    COMPLEX_NEED = "COMPLEX_NEED"
    NOT_IMPROVING = "NOT_IMPROVING"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocateCase:
    """Give a case that waits with the Ministry to the provider now contracted, or to a named one for a reason."""

    __pydantic_config__ = STRICT

    provider: UUID | None = None
    reason: LongText | None = None

    def decide(self, case: Case, context: Context) -> list["CaseAllocated"]:
        case.require(Status.UNALLOCATED, Status.PROVIDER_QUEUE)
        if case.status is Status.PROVIDER_QUEUE:
            _require_same(self.provider, case)
            return []
        case = located(case, context)
        return [self._override(self.provider, case, context) if self.provider else _contracted(case, context)]

    def _override(self, provider: UUID, case: Case, context: Context) -> "CaseAllocated":
        if not self.reason:
            raise ReasonNeeded("reason")
        case = replace(case, provision=_provision_of(provider, context))
        why = sealed(self.reason, case, context)
        return _allocated(case, provider, AllocationBasis.CIT_OVERRIDE, context, why)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAllocated:
    """The provider has the case, in its queue. A case that moves within the episode starts no clock again (BR-46)."""

    provider: UUID
    provision: Provision
    catchment: UUID | None
    basis: AllocationBasis
    clocks: tuple[Clock, ...] = ()  # that begin now
    reason: Sealed[str] | None = None  # why this provider, if the Ministry named it

    def evolve(self, case: Case) -> Case:
        return replace(
            case,
            status=Status.PROVIDER_QUEUE,
            provider=self.provider,
            provision=self.provision,
            catchment=self.catchment,
            episode=case.episode.started(self.clocks),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationFailed:
    """Nobody is contracted: the case waits with the Ministry, whose regional office is asked (BR-32)."""

    catchment: UUID | None
    reason: Failure

    def evolve(self, case: Case) -> Case:
        return replace(case, status=Status.UNALLOCATED, provider=None, catchment=self.catchment)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveToCatchmentProvider:
    """Hand a case of in-school provision to the catchment's provider; CIT has no part in it (BR-134)."""

    __pydantic_config__ = STRICT

    reason: WhyNotInSchool

    def decide(self, case: Case, context: Context) -> list["CaseMovedToCatchmentProvider"]:
        case.require(Status.PROVIDER_QUEUE, Status.OPEN, Status.TRANSITION)
        if case.provision is Provision.CATCHMENT:
            return []
        now = _contracted(located(case, context), context)
        return [
            CaseMovedToCatchmentProvider(
                provider=now.provider, catchment=now.catchment, reason=self.reason, manager=case.manager
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMovedToCatchmentProvider:
    """A case of in-school provision is in the queue of the catchment's provider; its clocks run on (BR-46, BR-134)."""

    provider: UUID
    catchment: UUID | None
    reason: WhyNotInSchool
    manager: UUID | None  # who had it until now

    def evolve(self, case: Case) -> Case:
        return replace(
            case,
            status=Status.PROVIDER_QUEUE,
            provision=Provision.CATCHMENT,
            provider=self.provider,
            catchment=self.catchment,
            manager=None,
            last_manager=self.manager or case.last_manager,
        )


def allocate(case: Case, context: Context) -> CaseAllocated | AllocationFailed:
    """Find the provider of a case by its school and the choice made there; a request is never lost (BR-30, BR-32)."""
    if case.provision is Provision.ISP:
        return _in_school(case, context)
    provider = _provider_of_catchment(case, context)
    if provider is None:
        reason = Failure.NO_CONTRACT if case.catchment else Failure.NO_CATCHMENT
        return AllocationFailed(catchment=case.catchment, reason=reason)
    return _allocated(case, provider, _basis(case), context)


def located(case: Case, context: Context) -> Case:
    """The same case in the catchment that its school is in today; a NEN goes by the student's address instead."""
    if case.type is CaseType.NEN or case.school is None:
        return case
    return replace(case, catchment=catchment_of(case.school, context))


def _provision_of(provider: UUID, context: Context) -> Provision:
    details = context.fact(Provider, provider).details
    if details is None:
        raise NoSuchProvider("provider")
    return Provision.ISP if details.kind is ProviderKind.SCHOOL else Provision.CATCHMENT


def _in_school(case: Case, context: Context) -> CaseAllocated | AllocationFailed:
    details = context.fact(School, case.school or NOBODY).details
    if details is None:
        return AllocationFailed(catchment=case.catchment, reason=Failure.NO_CONTRACT)
    return _allocated(case, in_school_provider_id(details.number), AllocationBasis.ISP_CHOICE, context)


def _contracted(case: Case, context: Context) -> CaseAllocated:
    provider = _provider_of_catchment(case, context)
    if provider is None:
        raise NoProviderContracted
    return _allocated(replace(case, provision=Provision.CATCHMENT), provider, _basis(case), context)


def _basis(case: Case) -> AllocationBasis:
    """What places a case in its catchment: the school of a CA, the address of a student on no roll."""
    return AllocationBasis.ADDRESS if case.type is CaseType.NEN else AllocationBasis.SCHOOL


def _provider_of_catchment(case: Case, context: Context) -> UUID | None:
    return context.fact(Catchment, case.catchment).provider_on(context.today) if case.catchment else None


def _allocated(
    case: Case, provider: UUID, basis: AllocationBasis, context: Context, reason: Sealed[str] | None = None
) -> CaseAllocated:
    return CaseAllocated(
        provider=provider,
        provision=case.provision,
        catchment=case.catchment,
        basis=basis,
        clocks=starting(case, ClockStart.ALLOCATED, context),
        reason=reason,
    )


def _require_same(provider: UUID | None, case: Case) -> None:
    if provider not in (None, case.provider):
        raise AlreadyAllocated


class NoProviderContracted(Refused):
    """No provider is contracted for the catchment of the school today: the Ministry names one with a reason."""


class NoSuchProvider(Refused):
    """There is no such provider."""


class ReasonNeeded(Refused):
    """Somebody who departs from the rule says why."""


class AlreadyAllocated(Refused):
    """Another provider has the case; it moves by a transfer."""


Command: TypeAlias = AllocateCase | MoveToCatchmentProvider
Event: TypeAlias = CaseAllocated | AllocationFailed | CaseMovedToCatchmentProvider
