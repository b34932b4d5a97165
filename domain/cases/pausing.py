"""Pausing: whānau of a five-year-old choose to wait, and work stops until six (BR-70 to BR-74)."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from domain.cases.case import Case, InTheFuture
from domain.cases.clocks import ClockKind, Due
from domain.cases.deadlines import dues
from domain.cases.facts import BirthDateUnknown, enrolled_at, rules, turns
from domain.cases.status import Status
from domain.decision import Context, Refused
from domain.sealed import DataClass, Sealed, Unknown
from domain.text import STRICT


class Trigger(StrEnum):
    """Why work goes on."""

    MANUAL = "MANUAL"
    RE_ENROLLED = "RE_ENROLLED"
    TURNED_SIX = "TURNED_SIX"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestations:
    """What must hold before work may stop, each with the day on which it came to hold (BR-70)."""

    __pydantic_config__ = STRICT

    located_on: date | None = None
    whanau_contacted_on: date | None = None  # about pathways to re-enrolment
    safe_and_informed_on: date | None = None  # the child is safe, the choice to wait an informed one
    withdrawn_on: date | None = None  # from the roll

    def require(self, today: date) -> None:
        """Raise naming every attestation that is missing, or lies ahead."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        if missing := [name for name, day in given.items() if day is None]:
            raise AttestationMissing(*missing)
        if ahead := [name for name, day in given.items() if day > today]:
            raise InTheFuture(*ahead)


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseCase:
    """Stop work on the case of a child under six who is off the roll."""

    __pydantic_config__ = STRICT

    attestations: Attestations

    def decide(self, case: Case, context: Context) -> list["CasePaused"]:
        case.require(Status.OPEN, Status.PAUSED)
        if case.status is Status.PAUSED:
            return []
        self.attestations.require(context.today)
        if context.today >= turns(case, rules(context).pause_under_age, context):
            raise NotUnderSix
        if enrolled_at(case, context):
            raise StillEnrolled
        stopped = tuple(clock.kind for clock in case.episode.running)
        return [CasePaused(attestations=self.attestations, paused_on=context.today, stopped=stopped)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePaused:
    """Work stops, and so do the clocks named (BR-49). No day is named on which it goes on: that is the birth date."""

    attestations: Attestations
    paused_on: date
    stopped: tuple[ClockKind, ...]

    def evolve(self, case: Case) -> Case:
        episode = case.episode.halted(self.paused_on).due_again(Due(kind=kind) for kind in self.stopped)
        return replace(case, status=Status.PAUSED, episode=episode)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeCase:
    """Go on with a paused case: the provider may at any time (BR-72)."""

    __pydantic_config__ = STRICT

    def decide(self, case: Case, context: Context) -> list["CaseResumed | CaseResumedInQueue"]:
        case.require(Status.PAUSED, Status.OPEN, Status.PROVIDER_QUEUE)
        return [resumed(case, Trigger.MANUAL, context)] if case.status is Status.PAUSED else []


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeWhenDue:
    """A system's: go on once the child is enrolled or has turned six, one time even if both happen (BR-71)."""

    __pydantic_config__ = STRICT

    def decide(self, case: Case, context: Context) -> list["CaseResumed | CaseResumedInQueue"]:
        case.require(*Status)
        trigger = _trigger(case, context) if case.status is Status.PAUSED else None
        return [resumed(case, trigger, context)] if trigger else []


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResumed:
    """Work goes on with the manager who stayed: the case is OPEN, and each clock that stood has a new due day.

    Why is sealed, at one length: "turned six" beside the day of recording is the birth date.
    """

    resumed_on: date
    due: tuple[Due, ...]
    trigger: Sealed[str]

    def evolve(self, case: Case) -> Case:
        return replace(case, status=Status.OPEN, episode=_moving(case, self.resumed_on, self.due).episode)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResumedInQueue:
    """As `CaseResumed`, but no manager is left: the case is in PROVIDER_QUEUE until one is assigned (BR-37)."""

    resumed_on: date
    due: tuple[Due, ...]
    trigger: Sealed[str]

    def evolve(self, case: Case) -> Case:
        return replace(case, status=Status.PROVIDER_QUEUE, episode=_moving(case, self.resumed_on, self.due).episode)


def resumed(case: Case, trigger: Trigger, context: Context) -> CaseResumed | CaseResumedInQueue:
    """Return how a paused case goes on today."""
    due = dues(_moving(case, context.today, ()), context)
    why = Sealed(case.student, DataClass.IDENTITY, f"{trigger:<{_LONGEST}}")
    if case.manager is None:
        return CaseResumedInQueue(resumed_on=context.today, due=due, trigger=why)
    return CaseResumed(resumed_on=context.today, due=due, trigger=why)


def why(event: CaseResumed | CaseResumedInQueue) -> Trigger | Unknown:
    """Open why a case went on."""
    said = event.trigger.open()
    return said if isinstance(said, Unknown) else Trigger(said.strip())


_LONGEST = max(len(trigger) for trigger in Trigger)  # so that the length of the secret tells nothing


def _moving(case: Case, on: date, due: Iterable[Due]) -> Case:
    return replace(case, episode=case.episode.moving(on).due_again(due))


def _trigger(case: Case, context: Context) -> Trigger | None:
    """Why the case goes on today; nothing if the birth date was destroyed, because nobody is left to work for.

    The age is asked in any case: the facts that are recorded with the event are the same, whatever the answer.
    """
    old_enough = _old_enough(case, context)
    if enrolled_at(case, context):
        return Trigger.RE_ENROLLED
    return Trigger.TURNED_SIX if old_enough else None


def _old_enough(case: Case, context: Context) -> bool:
    try:
        return context.today >= turns(case, rules(context).pause_under_age, context)
    except BirthDateUnknown:
        return False


class NotUnderSix(Refused):
    """Only the case of a child under six can be paused."""


class StillEnrolled(Refused):
    """A child on a roll must attend: the provider and the school keep working until whānau withdraw the child."""


class AttestationMissing(Refused):
    """Before work stops, all four are attested with their days; these are missing."""


Command: TypeAlias = PauseCase | ResumeCase | ResumeWhenDue
Event: TypeAlias = CasePaused | CaseResumed | CaseResumedInQueue
