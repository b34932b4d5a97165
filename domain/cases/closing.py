"""Closing: for a reason that holds, never for age, silence or lack of room (BR-53, BR-77 to BR-80)."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final, TypeAlias
from uuid import UUID

from domain.cases.case import BarrierStatus, Case, ClosureReason, InTheFuture, active_case_of
from domain.cases.facts import BirthDateUnknown, rules, sealed, turns
from domain.cases.status import ACTIVE, Status
from domain.decision import Context, Decision, Part, Ref, Refused
from domain.sealed import Sealed
from domain.text import STRICT, LongText

CRITERIA: Final = frozenset({ClosureReason.ATTENDING_REGULARLY, ClosureReason.ENGAGED_WITH_SCHOOL_SUPPORT})
CHOICES: Final = frozenset({ClosureReason.STUDENT_16PLUS_CHOSE_TO_STOP, ClosureReason.OTHER_PATHWAY_CONFIRMED})
FACTUAL: Final = frozenset(ClosureReason) - CRITERIA - CHOICES
"""What is so whoever works the case, and closes it from anywhere (BR-77)."""

WANTS_TO_LEAVE: Final = "WANTS_TO_LEAVE_SCHOOL"
_LEAVING_REASONS: Final = frozenset({ClosureReason.EARLY_LEAVING_EXEMPTION, ClosureReason.STUDENT_16PLUS_CHOSE_TO_STOP})


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseCase:
    """Close the case. From OPEN, without a transition, it needs a justification and is looked at again (BR-78)."""

    __pydantic_config__ = STRICT

    reason: ClosureReason
    justification: LongText | None = None
    chose_on: date | None = None  # the day the student of 16 or over chose to stop (BR-79)

    def decide(self, case: Case, context: Context) -> list["CaseClosed"] | Decision:
        case.require(*(status for status in ACTIVE if status is not Status.CIT_REVIEW), Status.CLOSED)
        if case.status is Status.CLOSED:
            return []
        _require_stage(self, case)
        _require_chosen(self, case, context)
        _require_pathway(self.reason, case)
        _require_leaving_support(self.reason, case, context)
        _require_asked(self.reason, case)
        closed = CaseClosed(
            reason=self.reason,
            closed_on=context.today,
            skipped_transition=case.status is Status.OPEN,
            chose_on=self.chose_on,
            last_manager=case.manager or case.last_manager,
            justification=sealed(self.justification, case, context),
        )
        part = Part(Ref(Case, context.stream), (closed,))
        return Decision(parts=(part,), release=(active_case_of(case.student),))


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed:
    """The case is CLOSED. `skipped_transition` asks for a review (BR-78); clocks nobody met end with the episode."""

    reason: ClosureReason
    closed_on: date
    skipped_transition: bool  # from OPEN, without a TRANSITION
    chose_on: date | None  # the day the student of 16 or over chose to stop (BR-79)
    last_manager: UUID | None
    justification: Sealed[str] | None

    def evolve(self, case: Case) -> Case:
        return replace(
            case,
            status=Status.CLOSED,
            closed_on=self.closed_on,
            manager=None,
            last_manager=self.last_manager,
            episode=case.episode.moving(self.closed_on),
        )


def _require_stage(close: CloseCase, case: Case) -> None:
    """The criteria are judged by somebody who works the case; only facts close one that nobody works (BR-77)."""
    if close.reason in FACTUAL:
        return
    if case.status not in {Status.OPEN, Status.TRANSITION}:
        raise OnlyFactsCloseNow
    if case.status is Status.OPEN and not close.justification:
        raise JustificationNeeded("justification")


def _require_chosen(close: CloseCase, case: Case, context: Context) -> None:
    if close.reason is not ClosureReason.STUDENT_16PLUS_CHOSE_TO_STOP:
        return
    if close.chose_on is None:
        raise DayOfChoiceNeeded("chose_on")
    if close.chose_on > context.today:
        raise InTheFuture("chose_on")
    if close.chose_on < turns(case, rules(context).max_age_compulsory, context):
        raise NotSixteen


def _require_pathway(reason: ClosureReason, case: Case) -> None:
    if reason is ClosureReason.OTHER_PATHWAY_CONFIRMED and not any(case.pathways.values()):
        raise PathwayNotConfirmed


def _require_leaving_support(reason: ClosureReason, case: Case, context: Context) -> None:
    """A student near 16 who means to leave is offered a way into training, work or youth services first (BR-80)."""
    if reason in FACTUAL - _LEAVING_REASONS or case.pathways or not _means_to_leave(reason, case):
        return
    if _near_sixteen(case, context):
        raise LeavingSupportMissing


def _means_to_leave(reason: ClosureReason, case: Case) -> bool:
    settled = {BarrierStatus.RESOLVED, BarrierStatus.REMOVED}
    wants = (b.code == WANTS_TO_LEAVE and b.status not in settled for b in case.barriers.values())
    return reason is ClosureReason.EARLY_LEAVING_EXEMPTION or any(wants)


def _near_sixteen(case: Case, context: Context) -> bool:
    """Whether the student has turned 15; an age nobody can know counts as yes, because the offer harms nobody."""
    try:
        return context.today >= turns(case, rules(context).max_age_compulsory - 1, context)
    except BirthDateUnknown:
        return True


def _require_asked(reason: ClosureReason, case: Case) -> None:
    if reason not in FACTUAL:
        case.require_consulted("CLOSE")


class OnlyFactsCloseNow(Refused):
    """While nobody works the case only a fact closes it: enrolled elsewhere, left, exempt, died, duplicate, error."""


class JustificationNeeded(Refused):
    """A case that is closed without a transition says why; somebody looks at it again."""


class DayOfChoiceNeeded(Refused):
    """The day on which the student chose to stop is recorded with the choice."""


class NotSixteen(Refused):
    """Only from the sixteenth birthday can a student choose to stop; age alone, or nearly, closes no case."""


class PathwayNotConfirmed(Refused):
    """Another pathway closes a case once it is confirmed."""


class LeavingSupportMissing(Refused):
    """A student near 16 who means to leave is first offered a pathway: training, work, or youth services."""


Command: TypeAlias = CloseCase
Event: TypeAlias = CaseClosed
