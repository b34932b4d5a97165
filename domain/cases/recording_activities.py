"""Recording activities, late ones too: the day it happened and the day it was told are both kept (BR-50, BR-52)."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias
from uuid import UUID

from domain.bounds import Minutes
from domain.cases.case import Case
from domain.cases.facts import sealed
from domain.cases.status import ACTIVE, Status
from domain.codesets.code_set import require_codes
from domain.decision import Context, Refused
from domain.sealed import Sealed
from domain.text import STRICT, Code, LongText

LONGEST_DAY = 24 * 60

PRIVATE, SHARED = "activity", "shared activity"
"""What stands in the case for an activity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordActivity:
    """Record what was done (`ActivityKind`) and when; private to the provider unless it is shared (BR-63)."""

    __pydantic_config__ = STRICT

    activity: UUID
    kind: Code
    occurred_on: date
    minutes: Minutes | None = None
    note: LongText | None = None
    shared: bool = False

    def decide(self, case: Case, context: Context) -> list["ActivityRecorded"]:
        case.require(*ACTIVE)
        if self.activity in case.items:
            return []
        _require_sound(self, case, context)
        return [
            ActivityRecorded(
                activity=self.activity,
                kind=self.kind,
                occurred_on=self.occurred_on,
                minutes=self.minutes,
                note=sealed(self.note, case, context, note=self.activity),
                shared=self.shared,
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityRecorded:
    """Work was done on the case, perhaps well before the day on which it was recorded (BR-50, BR-52)."""

    activity: UUID
    kind: str  # a code of `ActivityKind`
    occurred_on: date
    minutes: int | None  # how long it took
    note: Sealed[str] | None
    shared: bool  # whether the school may read it (BR-63)

    def evolve(self, case: Case) -> Case:
        return case.put(self.activity, SHARED if self.shared else PRIVATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectActivity:
    """Say what really was done; a closed case takes corrections, and nothing else (BR-50)."""

    __pydantic_config__ = STRICT

    correction: UUID
    activity: UUID
    kind: Code
    occurred_on: date
    minutes: Minutes | None = None
    note: LongText | None = None
    reason: LongText

    def decide(self, case: Case, context: Context) -> list["ActivityCorrected"]:
        case.require(*ACTIVE, Status.CLOSED)
        if self.correction in case.items:
            return []
        recorded = case.items.get(self.activity)
        if recorded not in {PRIVATE, SHARED}:
            raise NoSuchActivity("activity")
        _require_sound(self, case, context)
        return [
            ActivityCorrected(
                correction=self.correction,
                activity=self.activity,
                kind=self.kind,
                occurred_on=self.occurred_on,
                minutes=self.minutes,
                note=sealed(self.note, case, context, note=self.correction),
                reason=sealed(self.reason, case, context, note=self.correction),
                shared=recorded == SHARED,
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityCorrected:
    """What was really done, in place of what was recorded first, which stays readable in the history (BR-50)."""

    correction: UUID
    activity: UUID  # the one that was wrong
    kind: str  # a code of `ActivityKind`
    occurred_on: date
    minutes: int | None  # how long it took
    note: Sealed[str] | None
    reason: Sealed[str] | None
    shared: bool  # as the activity is that was wrong: what the school may not read says nothing to it later (BR-63)

    def evolve(self, case: Case) -> Case:
        return case.put(self.correction, "correction")


def _require_sound(activity: RecordActivity | CorrectActivity, case: Case, context: Context) -> None:
    case.require_day(activity.occurred_on, context.today)
    if activity.minutes is not None and not 0 < activity.minutes <= LONGEST_DAY:
        raise NotADuration("minutes")
    require_codes(context, "ActivityKind", activity.kind, field="kind")


class NoSuchActivity(Refused):
    """Only an activity that was recorded can be corrected."""


class NotADuration(Refused):
    """An activity lasts some minutes, and no longer than a day."""


Command: TypeAlias = RecordActivity | CorrectActivity
Event: TypeAlias = ActivityRecorded | ActivityCorrected
