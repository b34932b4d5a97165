"""The contract of `attendance.case-facts.v1`: one type for each fact, with fields of its own.

These shapes are for ever: a field may be added, none is taken away or changes its meaning; what has to do so goes to
a topic of the next version. They are pseudonymous: pseudonyms that only the publisher can make, ids of places, codes,
and days that nobody counted from a birth date. There is no person in them, no text that somebody wrote, and no reason
why a paused case goes on: once a case was paused, nothing names who recorded a fact, or on whose roll the child is.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final, TypeAlias

from pydantic import Field

from adapters.case_facts.pseudonyms import Place, Pseudonym

TOPIC: Final = "attendance.case-facts.v1"

Code: TypeAlias = Annotated[str, Field(pattern="^[A-Z0-9][A-Z0-9_]*$", max_length=60)]
"""A word of a list; consumers meet words that they do not know, since lists grow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What all facts say: whose case, on which Auckland day it was recorded, and who recorded it, unless that tells.

    Of a case that was ever paused it is the last day of the week, and nobody.
    """

    case_id: Pseudonym
    recorded_on: date
    organisation: Place | None
    role: Code | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """A deadline that runs from the day given; no day is due while nobody can count it."""

    kind: Code
    started_on: date
    due_on: date | None
    school_day_on: date | None  # the next day on which the school is open, if it is closed on the day due


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened(Fact):
    """A case exists; the next fact says which provider has it, or that none could be named."""

    type: Code
    school: Place
    provision: Code
    catchment: Place | None
    opened_on: date
    deadlines: tuple[Deadline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReopened(Fact):
    """The same case goes on as its next episode."""

    type: Code
    school: Place | None
    provision: Code
    catchment: Place | None
    reason: Code | None
    episode: int
    reopened_on: date
    deadlines: tuple[Deadline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTypeChanged(Fact):
    """The case is of another type; the deadlines before this end unmeasured, these begin."""

    type: Code
    school: Place | None
    deadlines: tuple[Deadline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAllocated(Fact):
    """A provider has the case, in its queue."""

    provider: Place
    provision: Code
    catchment: Place | None
    basis: Code
    deadlines: tuple[Deadline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAllocationFailed(Fact):
    """No provider could be named: the case waits with the Ministry."""

    catchment: Place | None
    reason: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMovedToCatchmentProvider(Fact):
    """From the school's own provision into the queue of the catchment's provider."""

    provider: Place
    catchment: Place | None
    reason: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferSuggested(Fact):
    """Another provider would now be right; nothing has moved."""

    catchment: Place | None
    why: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseManagerAssigned(Fact):
    """Somebody works the case: it is open."""

    deadlines: tuple[Deadline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseManagerReassigned(Fact):
    """Somebody else of the provider works it."""

    reason: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReturnedToQueue(Fact):
    """It waits in the provider's queue again."""

    reason: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseManagerReleased(Fact):
    """A paused case has no manager any more."""

    reason: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimaryContactNamed(Fact):
    """Somebody of the school is the case's contact."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimaryContactLeft(Fact):
    """The case has no contact at the school until the school names one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentNoticed(Fact):
    """The student is on the roll of a school."""

    school: Place
    enrolled_on: date
    previous_school: Place | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeavingNoticed(Fact):
    """The student is off the roll of a school."""

    school: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingScheduled(Fact):
    """A meeting with the school or with whānau is agreed."""

    meeting: Pseudonym
    kind: Code
    at: datetime
    mode: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingHeld(Fact):
    """A meeting took place with these; `meets` names the deadline that it meets, if any."""

    meeting: Pseudonym
    kind: Code
    held_on: date
    present: tuple[Code, ...]
    meets: Code | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingMissed(Fact):
    """A meeting did not take place."""

    meeting: Pseudonym
    because: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactAttempted(Fact):
    """Somebody tried to reach somebody."""

    attempt: Pseudonym
    channel: Code
    target: Code
    outcome: Code
    attempted_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolConsulted(Fact):
    """The school was asked about a step before it is taken."""

    consultation: Pseudonym
    step: Code
    consulted_on: date
    school: Place | None
    view: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class BarrierIdentified(Fact):
    """Something keeps the student away."""

    barrier: Pseudonym
    category: Code
    source: Code
    severity: Code | None
    identified_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class BarrierStatusChanged(Fact):
    """What became of it."""

    barrier: Pseudonym
    status: Code
    changed_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class BarrierRecategorised(Fact):
    """It has another category."""

    barrier: Pseudonym
    category: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAction:
    """One thing that a plan says to do."""

    action: Pseudonym
    kind: Code
    by_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDrafted(Fact):
    """There is a support plan."""

    plan: Pseudonym
    actions: tuple[PlanAction, ...]
    review_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAgreed(Fact):
    """These agreed to it."""

    plan: Pseudonym
    by: tuple[Code, ...]
    agreed_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanActionUpdated(Fact):
    """What became of one of its actions."""

    plan: Pseudonym
    action: Pseudonym
    state: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanReviewed(Fact):
    """How it goes, and when it is looked at next."""

    plan: Pseudonym
    review: Pseudonym
    result: Code
    reviewed_on: date
    next_review_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEnded(Fact):
    """It ended."""

    plan: Pseudonym
    reason: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityRecorded(Fact):
    """Something was done for the case."""

    activity: Pseudonym
    kind: Code
    occurred_on: date
    minutes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityCorrected(Fact):
    """What really was done, in place of what was recorded first."""

    correction: Pseudonym
    activity: Pseudonym
    kind: Code
    occurred_on: date
    minutes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PathwayProposed(Fact):
    """Another way than regular attendance was offered."""

    pathway: Pseudonym
    kind: Code
    proposed_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class PathwayConfirmed(Fact):
    """There is a place on it."""

    pathway: Pseudonym
    confirmed_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CasePaused(Fact):
    """Work stops, and these deadlines stand still."""

    paused_on: date
    stopped: tuple[Code, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResumed(Fact):
    """Work goes on: resumed, and nothing else, neither why nor by whom nor on which day of the week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineRecalculated(Fact):
    """A deadline is due on another day."""

    kind: Code
    due_on: date | None
    school_day_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMovedToTransition(Fact):
    """The school leads, the manager stays at hand."""

    basis: Code
    expected_end_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReturnedToOpen(Fact):
    """Active work begins again."""

    reason: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed(Fact):
    """The case is closed; deadlines that nobody met end unmeasured."""

    reason: Code
    closed_on: date
    skipped_transition: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsWithdrawn(Fact):
    """The log was restored from an older copy: no fact of this case stands that was told with a greater number."""

    after: int


_HERE: Final = [kind for kind in globals().values() if isinstance(kind, type) and Fact in kind.__mro__[1:]]

FACTS: Final[tuple[type[Any], ...]] = tuple(sorted(_HERE, key=lambda kind: kind.__name__))
"""Every type of the contract, by name."""
