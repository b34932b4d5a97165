"""Meeting the school, and the student with their whānau: the two clocks of first contact (BR-45 to BR-47, BR-136)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Final, TypeAlias
from uuid import UUID

from domain.bounds import AFew
from domain.cases.case import Case
from domain.cases.clocks import ClockKind
from domain.cases.facts import sealed
from domain.cases.status import ACTIVE
from domain.decision import Context, Refused
from domain.sealed import DataClass, Sealed
from domain.text import STRICT, LongText


class MeetingKind(StrEnum):
    """With whom."""

    SCHOOL = "SCHOOL"
    WHANAU = "WHANAU"


class Mode(StrEnum):
    """How people meet."""

    IN_PERSON = "IN_PERSON"
    VIDEO = "VIDEO"
    PHONE = "PHONE"


class MissedBecause(StrEnum):
    """Why a meeting was not held. Whatever it was, the clock runs on: a miss is reported, never excused (BR-47)."""

    SCHOOL_UNAVAILABLE = "SCHOOL_UNAVAILABLE"
    WHANAU_UNAVAILABLE = "WHANAU_UNAVAILABLE"
    NOT_LOCATED = "NOT_LOCATED"
    REFUSED = "REFUSED"
    PROVIDER = "PROVIDER"
    WEATHER_EMERGENCY = "WEATHER_EMERGENCY"


class Topic(StrEnum):
    """What a school meeting gathers (BR-136)."""

    BACKGROUND = "BACKGROUND"
    ATTENDANCE_HISTORY = "ATTENDANCE_HISTORY"
    WHANAU_CONTEXT = "WHANAU_CONTEXT"
    BARRIERS = "BARRIERS"
    WHAT_HAS_HELPED = "WHAT_HAS_HELPED"
    SAFETY_NOTES = "SAFETY_NOTES"
    OTHER_AGENCIES = "OTHER_AGENCIES"
    HEALTH = "HEALTH"


class Relevance(StrEnum):
    """Why health information may be gathered at all."""

    ATTENDANCE = "ATTENDANCE"
    SAFETY = "SAFETY"


HEALTH_CODE: Final = "HIPC_2020"
"""The legal basis that health information carries (BR-136)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleMeeting:
    """Agree when to meet. The caller names the meeting; the same one at another time is moved."""

    __pydantic_config__ = STRICT

    meeting: UUID
    kind: MeetingKind
    at: datetime
    mode: Mode

    def decide(self, case: Case, context: Context) -> list["SchoolMeetingScheduled | WhanauMeetingScheduled"]:
        case.require(*ACTIVE)
        if self.at.tzinfo is None:
            raise TimeWithoutZone("at")
        event = _SCHEDULED[self.kind](meeting=self.meeting, at=self.at, mode=self.mode)
        return [] if case.items.get(self.meeting) in {SETTLED, event.plan} else [event]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolMeetingScheduled:
    """A time to meet the school was agreed, or moved; only the meeting meets the clock (BR-45, BR-47)."""

    meeting: UUID
    at: datetime
    mode: Mode

    @property
    def plan(self) -> str:
        """What stands in the case until the meeting is held or missed."""
        return f"{MeetingKind.SCHOOL} {self.at.isoformat()} {self.mode}"

    def evolve(self, case: Case) -> Case:
        return case.put(self.meeting, self.plan)


@dataclass(frozen=True, slots=True, kw_only=True)
class WhanauMeetingScheduled:
    """A time to meet student and whānau was agreed, or moved; only the meeting meets the clock (BR-46, BR-47)."""

    meeting: UUID
    at: datetime
    mode: Mode

    @property
    def plan(self) -> str:
        """What stands in the case until the meeting is held or missed."""
        return f"{MeetingKind.WHANAU} {self.at.isoformat()} {self.mode}"

    def evolve(self, case: Case) -> Case:
        return case.put(self.meeting, self.plan)


_SCHEDULED: Final[Mapping[MeetingKind, type[SchoolMeetingScheduled | WhanauMeetingScheduled]]] = {
    MeetingKind.SCHOOL: SchoolMeetingScheduled,
    MeetingKind.WHANAU: WhanauMeetingScheduled,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSchoolMeeting:
    """Record a meeting that was held with the school, scheduled or not, and which topics it covered (BR-136)."""

    __pydantic_config__ = STRICT

    meeting: UUID
    held_on: date
    topics: AFew[Topic] = ()
    note: LongText | None = None
    health_note: LongText | None = None
    health_relevant_to: Relevance | None = None

    def decide(self, case: Case, context: Context) -> list["SchoolMeetingHeld"]:
        case.require(*ACTIVE)
        if case.items.get(self.meeting) == SETTLED:
            return []
        case.require_day(self.held_on, context.today)
        _require_relevance(self)
        health = Topic.HEALTH in self.topics
        return [
            SchoolMeetingHeld(
                meeting=self.meeting,
                held_on=self.held_on,
                topics=self.topics,
                note=sealed(self.note, case, context, note=self.meeting),
                health_note=sealed(self.health_note, case, context, note=self.meeting, of=DataClass.HEALTH),
                health_relevant_to=self.health_relevant_to if health else None,
                legal_basis=HEALTH_CODE if health else None,
                meets=_meets(ClockKind.SCHOOL_MEETING, self.held_on, case),
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolMeetingHeld:
    """The school was met; `meets` names the clock met by this, the first or an earlier one told late (BR-45)."""

    meeting: UUID
    held_on: date
    topics: tuple[Topic, ...]
    note: Sealed[str] | None
    health_note: Sealed[str] | None
    health_relevant_to: Relevance | None
    legal_basis: str | None  # of health information (BR-136)
    meets: ClockKind | None

    def evolve(self, case: Case) -> Case:
        return _met(case.put(self.meeting, SETTLED), self.meets, self.held_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordWhanauMeeting:
    """Record a meeting with the student, whānau or both; only with both is it the one waited for (BR-46)."""

    __pydantic_config__ = STRICT

    meeting: UUID
    held_on: date
    student_met: bool
    whanau_met: bool
    note: LongText | None = None

    def decide(self, case: Case, context: Context) -> list["WhanauMeetingHeld"]:
        case.require(*ACTIVE)
        if case.items.get(self.meeting) == SETTLED:
            return []
        case.require_day(self.held_on, context.today)
        if not (self.student_met or self.whanau_met):
            raise NobodyMet("student_met", "whanau_met")
        both = self.student_met and self.whanau_met
        return [
            WhanauMeetingHeld(
                meeting=self.meeting,
                held_on=self.held_on,
                student_met=self.student_met,
                whanau_met=self.whanau_met,
                note=sealed(self.note, case, context, note=self.meeting),
                meets=_meets(ClockKind.WHANAU_MEETING, self.held_on, case) if both else None,
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class WhanauMeetingHeld:
    """A meeting, partial unless the student and whānau met; `meets` names the clock that it meets (BR-46)."""

    meeting: UUID
    held_on: date
    student_met: bool
    whanau_met: bool
    note: Sealed[str] | None
    meets: ClockKind | None

    def evolve(self, case: Case) -> Case:
        return _met(case.put(self.meeting, SETTLED), self.meets, self.held_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordMissedMeeting:
    """Record that a scheduled meeting was not held, and why."""

    __pydantic_config__ = STRICT

    meeting: UUID
    because: MissedBecause

    def decide(self, case: Case, context: Context) -> list["MeetingMissed"]:
        case.require(*ACTIVE)
        if self.meeting not in case.items:
            raise NotScheduled("meeting")
        missed = MeetingMissed(meeting=self.meeting, because=self.because)
        return [] if case.items[self.meeting] == SETTLED else [missed]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeetingMissed:
    """A scheduled meeting was not held; its clock runs on, and the cause is reported apart (BR-47)."""

    meeting: UUID
    because: MissedBecause

    def evolve(self, case: Case) -> Case:
        return case.put(self.meeting, SETTLED)


SETTLED: Final = "settled"
"""What stands in the case for a meeting that was held or missed."""


def _meets(kind: ClockKind, on: date, case: Case) -> ClockKind | None:
    """The clock that a meeting on this day meets: one of this episode, unless an earlier meeting did (BR-52)."""
    if not case.episode.has(kind) or on < case.episode.started_on:
        return None
    return kind if on < case.episode.met.get(kind, date.max) else None


def _met(case: Case, kind: ClockKind | None, on: date) -> Case:
    return replace(case, episode=case.episode.meet(kind, on)) if kind else case


def _require_relevance(command: RecordSchoolMeeting) -> None:
    """Health information is gathered only where it matters, and says for what (BR-136)."""
    health = Topic.HEALTH in command.topics
    if command.health_note and not health:
        raise HealthIsATopic("topics")
    if health and command.health_relevant_to is None:
        raise RelevanceNeeded("health_relevant_to")


class TimeWithoutZone(Refused):
    """A time of day names its time zone."""


class NobodyMet(Refused):
    """A meeting is with the student, with whānau, or with both; a visit that met nobody is a contact attempt."""


class NotScheduled(Refused):
    """Only a meeting that was scheduled can be missed."""


class HealthIsATopic(Refused):
    """A health note belongs to the topic of health information."""


class RelevanceNeeded(Refused):
    """Health information is recorded only where it matters to attendance or safety; say to which."""


Command: TypeAlias = ScheduleMeeting | RecordSchoolMeeting | RecordWhanauMeeting | RecordMissedMeeting
Event: TypeAlias = (
    SchoolMeetingScheduled | WhanauMeetingScheduled | SchoolMeetingHeld | WhanauMeetingHeld | MeetingMissed
)
