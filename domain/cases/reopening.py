"""Reopening: the same case within three months, as its next episode (BR-81 to BR-83)."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from domain.cases.allocating import AllocationFailed, CaseAllocated, allocate, located
from domain.cases.assigning import CaseManagerAssigned, works_for
from domain.cases.case import NOBODY, Case, CaseType, NotNow, Provision, active_case_of
from domain.cases.clocks import Clock, Episode
from domain.cases.deadlines import starting
from domain.cases.facts import enrolled_at, rules
from domain.cases.status import ACTIVE, Status
from domain.days import months_after
from domain.decision import Context, Decision, Part, Ref, Refused
from domain.policies.policy import ClockStart, ReopenTarget
from domain.schools.school import School
from domain.text import STRICT


class WhyAgain(StrEnum):
    """Why a closed case goes on without a new request."""

    CLOSED_IN_ERROR = "CLOSED_IN_ERROR"
    CIRCUMSTANCES_CHANGED = "CIRCUMSTANCES_CHANGED"
    WHANAU_ASKED = "WHANAU_ASKED"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenCase:
    """Go on with a case that was closed, without a new request, at the provider now right (BR-82)."""

    __pydantic_config__ = STRICT

    reason: WhyAgain

    def decide(self, case: Case, context: Context) -> list["Event"] | Decision:
        case.require(*ACTIVE, Status.CLOSED)
        if case.active:
            return []
        _require_last(case, context)
        if not in_window(case, context):
            raise WindowPassed
        if case.type is CaseType.NEN:
            raise NotNow
        again = reopened(_as_it_is_now(case, context), context, reason=self.reason)
        part = Part(Ref(Case, context.stream), tuple(again))
        return Decision(parts=(part,), take={active_case_of(case.student): context.stream})


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReopened:
    """A new episode, UNALLOCATED until the event that follows names the provider now right (BR-82)."""

    type: CaseType
    school: UUID | None
    primary_contact: UUID | None
    provision: Provision
    catchment: UUID | None
    request: UUID | None
    reason: WhyAgain | None
    closed_on: date | None
    episode: int
    reopened_on: date
    clocks: tuple[Clock, ...]

    def evolve(self, case: Case) -> Case:
        return replace(
            case,
            status=Status.UNALLOCATED,
            type=self.type,
            school=self.school,
            enrolled_at=self.school,
            primary_contact=self.primary_contact,
            provision=self.provision,
            catchment=self.catchment,
            provider=None,
            closed_on=None,
            consulted=frozenset(),
            episode=Episode(number=self.episode, started_on=self.reopened_on, clocks=self.clocks),
        )


def in_window(case: Case, context: Context) -> bool:
    """Whether a case can go on: closed by a provider, and not more than three months ago, that day included (BR-81)."""
    if case.status is not Status.CLOSED or case.closed_on is None:
        return False
    return context.today <= months_after(case.closed_on, rules(context).reopen_months)


def reopened(
    case: Case, context: Context, *, request: UUID | None = None, reason: WhyAgain | None = None
) -> list["Event"]:
    """Return how a closed case goes on; it comes with the school and the choice that hold from now on."""
    number = case.episode.number + 1
    fresh = replace(located(case, context), episode=Episode(number=number, started_on=context.today))
    again = CaseReopened(
        type=fresh.type,
        school=fresh.school,
        primary_contact=fresh.primary_contact,
        provision=fresh.provision,
        catchment=fresh.catchment,
        request=request,
        reason=reason,
        closed_on=case.closed_on,
        episode=number,
        reopened_on=context.today,
        clocks=starting(fresh, ClockStart.SUBMITTED, context),
    )
    allocated = allocate(again.evolve(fresh), context)
    return [again, allocated, *_given_back(allocated.evolve(again.evolve(fresh)), context)]


def _given_back(case: Case, context: Context) -> list[CaseManagerAssigned]:
    """Give the case to whoever worked it last, if the policy says so and they work for the provider (BR-82)."""
    wanted = case.status is Status.PROVIDER_QUEUE and rules(context).reopen_target is ReopenTarget.OPEN
    if not wanted or case.last_manager is None or not works_for(case.provider, case.last_manager, context):
        return []
    clocks = starting(case, ClockStart.ASSIGNED, context)
    return [CaseManagerAssigned(manager=case.last_manager, clocks=clocks)]


def _as_it_is_now(case: Case, context: Context) -> Case:
    """The case at the school where the student is today, by that school's own provision while it is funded."""
    school = enrolled_at(case, context) or case.school or NOBODY
    funded = context.fact(School, school).isp_on(context.today)
    keeps = case.provision is Provision.ISP and school == case.school and funded
    return replace(
        case,
        school=school,
        primary_contact=case.primary_contact if school == case.school else None,
        provision=Provision.ISP if keeps else Provision.CATCHMENT,
    )


def _require_last(case: Case, context: Context) -> None:
    """Only the last case of a student can go on (BR-83)."""
    last = context.holder(active_case_of(case.student))
    if last and last.held:
        raise AnotherCaseIsActive
    if last and last.stream != context.stream:
        raise NotTheLastCase


class WindowPassed(Refused):
    """The case was closed more than three months ago: a new request opens a new one."""


class AnotherCaseIsActive(Refused):
    """The student has another active case, and nobody has two."""


class NotTheLastCase(Refused):
    """Only the case that was closed last can be opened again."""


Command: TypeAlias = ReopenCase
Event: TypeAlias = CaseReopened | CaseAllocated | AllocationFailed | CaseManagerAssigned
