"""Assigning: a Workflow Lead gives the case to a person, and takes it back (BR-35 to BR-38).

Who may ask is the permit's question. A full caseload warns and never blocks (BR-38): the warning is a question
asked of the caseload's list beside `P:caseloadWarn`, and no part of the decision.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from domain.cases.case import NOBODY, Case
from domain.cases.clocks import Clock
from domain.cases.deadlines import starting
from domain.cases.status import Status
from domain.decision import Context, Refused
from domain.policies.policy import ClockStart
from domain.text import STRICT
from domain.users.user import PROVIDER_ROLES, User


class Handover(StrEnum):
    """Why a case goes to another manager, or back to the queue."""

    MANAGER_LEFT = "MANAGER_LEFT"
    ROLE_LOST = "ROLE_LOST"
    LEAVE = "LEAVE"
    CASELOAD = "CASELOAD"
    BETTER_FIT = "BETTER_FIT"
    CONFLICT_OF_INTEREST = "CONFLICT_OF_INTEREST"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignCaseManager:
    """Give a case from the queue to a Case Manager of the provider; a Workflow Lead may name themselves."""

    __pydantic_config__ = STRICT

    manager: UUID

    def decide(self, case: Case, context: Context) -> list["CaseManagerAssigned"]:
        case.require(Status.PROVIDER_QUEUE, Status.OPEN)
        if case.manager == self.manager:
            return []
        case.require(Status.PROVIDER_QUEUE)
        require_works_for(case.provider, self.manager, context)
        clocks = starting(case, ClockStart.ASSIGNED, context)
        return [CaseManagerAssigned(manager=self.manager, clocks=clocks)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseManagerAssigned:
    """A person of the provider works the case from now on: it is OPEN (BR-35)."""

    manager: UUID
    clocks: tuple[Clock, ...] = ()  # that begin now; none, unless the policy starts one here

    def evolve(self, case: Case) -> Case:
        episode = case.episode.started(self.clocks)
        return replace(case, status=Status.OPEN, manager=self.manager, episode=episode)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReassignCaseManager:
    """Give the case to another Case Manager; it stays where it stands, and the one before loses it (BR-36)."""

    __pydantic_config__ = STRICT

    manager: UUID
    reason: Handover

    def decide(self, case: Case, context: Context) -> list["CaseManagerReassigned"]:
        case.require(Status.OPEN, Status.PAUSED, Status.TRANSITION)
        if case.manager == self.manager:
            return []
        if case.manager is None:
            raise NobodyToTakeOverFrom
        require_works_for(case.provider, self.manager, context)
        return [CaseManagerReassigned(manager=self.manager, previous_manager=case.manager, reason=self.reason)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseManagerReassigned:
    """Another person works the case, which stays where it stands; the one before loses it (BR-36)."""

    manager: UUID
    previous_manager: UUID
    reason: Handover

    def evolve(self, case: Case) -> Case:
        return replace(case, manager=self.manager, last_manager=self.previous_manager)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnCaseToQueue:
    """Take the case from its manager, who left or lost the role; a paused case stays paused (BR-37)."""

    __pydantic_config__ = STRICT

    reason: Handover

    def decide(self, case: Case, context: Context) -> list["CaseReturnedToQueue | CaseManagerReleased"]:
        case.require(Status.OPEN, Status.TRANSITION, Status.PAUSED, Status.PROVIDER_QUEUE)
        if case.manager is None:
            return []
        if case.status is Status.PAUSED:
            return [CaseManagerReleased(previous_manager=case.manager, reason=self.reason)]
        return [CaseReturnedToQueue(previous_manager=case.manager, reason=self.reason)]


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteManagerLeft:
    """A system's: the manager no longer works for the provider, so the case has none (BR-37)."""

    __pydantic_config__ = STRICT

    def decide(self, case: Case, context: Context) -> list["CaseReturnedToQueue | CaseManagerReleased"]:
        case.require(*Status)
        if case.manager is None or works_for(case.provider, case.manager, context):
            return []
        return ReturnCaseToQueue(reason=Handover.ROLE_LOST).decide(case, context)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReturnedToQueue:
    """The case has no manager any more and is back in the provider's queue; its clocks run on (BR-37)."""

    previous_manager: UUID
    reason: Handover

    def evolve(self, case: Case) -> Case:
        return replace(case, status=Status.PROVIDER_QUEUE, manager=None, last_manager=self.previous_manager)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseManagerReleased:
    """A paused case has no manager any more: once it resumes, it waits in the queue (BR-37)."""

    previous_manager: UUID
    reason: Handover

    def evolve(self, case: Case) -> Case:
        return replace(case, manager=None, last_manager=self.previous_manager)


def works_for(provider: UUID | None, manager: UUID, context: Context) -> bool:
    """Say whether this is an active Case Manager or Workflow Lead of the provider today (BR-35)."""
    return context.fact(User, manager).holds_any(PROVIDER_ROLES, provider or NOBODY, context.today)


def require_works_for(provider: UUID | None, manager: UUID, context: Context) -> None:
    if not works_for(provider, manager, context):
        raise NotACaseManagerOfTheProvider


class NotACaseManagerOfTheProvider(Refused):
    """The Case Manager is an active Case Manager or Workflow Lead of the provider that has the case."""


class NobodyToTakeOverFrom(Refused):
    """The case has no manager; once it is in the queue, a Workflow Lead assigns one."""


Command: TypeAlias = AssignCaseManager | ReassignCaseManager | ReturnCaseToQueue | NoteManagerLeft
Event: TypeAlias = CaseManagerAssigned | CaseManagerReassigned | CaseReturnedToQueue | CaseManagerReleased
