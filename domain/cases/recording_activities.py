"""Recording activities, late ones too: the day it happened and the day it was told are both kept (BR-50, BR-52)."""

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias
from uuid import UUID

from domain.cases.case import Case
from domain.cases.facts import sealed
from domain.cases.status import ACTIVE, Status
from domain.codesets.code_set import require_codes
from domain.decision import Context, Refused
from domain.sealed import Sealed
from domain.text import STRICT, Code, LongText

LONGEST_DAY = 24 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordActivity:
    """Record what was done (`ActivityKind`) and when; private to the provider unless it is shared (BR-63)."""

    __pydantic_config__ = STRICT

    activity: UUID
    kind: Code
    occurred_on: date
    minutes: int | None = None
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
    activity: UUID
    kind: str
    occurred_on: date
    minutes: int | None
    note: Sealed[str] | None
    shared: bool

    def evolve(self, case: Case) -> Case:
        return case.put(self.activity, "activity")


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectActivity:
    """Say what really was done; a closed case takes corrections, and nothing else (BR-50)."""

    __pydantic_config__ = STRICT

    correction: UUID
    activity: UUID
    kind: Code
    occurred_on: date
    minutes: int | None = None
    note: LongText | None = None
    reason: LongText

    def decide(self, case: Case, context: Context) -> list["ActivityCorrected"]:
        case.require(*ACTIVE, Status.CLOSED)
        if self.correction in case.items:
            return []
        if case.items.get(self.activity) != "activity":
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
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActivityCorrected:
    """Stands in place of what was recorded first, which stays readable in the history."""

    correction: UUID
    activity: UUID
    kind: str
    occurred_on: date
    minutes: int | None
    note: Sealed[str] | None
    reason: Sealed[str] | None

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
