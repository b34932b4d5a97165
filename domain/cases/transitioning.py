"""Transition: attendance is steady, the school leads, the manager stays at hand (BR-53, BR-75, BR-76)."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from domain.cases.case import Case
from domain.cases.status import Status
from domain.decision import Context, Refused
from domain.text import STRICT


class Steady(StrEnum):
    """Why the Case Manager can step back."""

    ATTENDANCE_STEADY = "ATTENDANCE_STEADY"
    ENGAGED_WITH_SCHOOL = "ENGAGED_WITH_SCHOOL"


class MoreHelp(StrEnum):
    """Why active work begins again."""

    SCHOOL_ASKED = "SCHOOL_ASKED"
    WHANAU_ASKED = "WHANAU_ASKED"
    ATTENDANCE_WORSENED = "ATTENDANCE_WORSENED"
    SCHOOL_REQUESTED_SUPPORT = "SCHOOL_REQUESTED_SUPPORT"  # by a CA request for a case without a school (BR-84)


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveToTransition:
    """Step back from active work, once the school of a CA case was consulted about it."""

    __pydantic_config__ = STRICT

    basis: Steady
    expected_end_on: date | None = None

    def decide(self, case: Case, context: Context) -> list["CaseMovedToTransition"]:
        case.require(Status.OPEN, Status.TRANSITION)
        if case.status is Status.TRANSITION:
            return []
        case.require_consulted("TRANSITION")
        if self.expected_end_on and self.expected_end_on < context.today:
            raise EndsBeforeItBegins("expected_end_on")
        return [CaseMovedToTransition(basis=self.basis, expected_end_on=self.expected_end_on)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMovedToTransition:
    """The school leads and the manager stays at hand: the case is in TRANSITION (BR-75)."""

    basis: Steady
    expected_end_on: date | None

    def evolve(self, case: Case) -> Case:
        return replace(case, status=Status.TRANSITION)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnToOpen:
    """Take up active work again, because more help is needed (BR-76)."""

    __pydantic_config__ = STRICT

    reason: MoreHelp

    def decide(self, case: Case, context: Context) -> list["CaseReturnedToOpen"]:
        case.require(Status.TRANSITION, Status.OPEN)
        return [CaseReturnedToOpen(reason=self.reason)] if case.status is Status.TRANSITION else []


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReturnedToOpen:
    """Active work again. What the school was asked about stepping back is out of date (BR-53)."""

    reason: MoreHelp

    def evolve(self, case: Case) -> Case:
        return replace(case, status=Status.OPEN, consulted=frozenset())


class EndsBeforeItBegins(Refused):
    """A transition ends no earlier than the day it begins."""


Command: TypeAlias = MoveToTransition | ReturnToOpen
Event: TypeAlias = CaseMovedToTransition | CaseReturnedToOpen
