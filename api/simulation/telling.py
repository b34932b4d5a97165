"""Telling a case: every event of it as one sentence in plain words, with who did it by role and name."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from api.bootstrap import Service
from api.commands.history import STREAM, in_words
from domain.cases.clocks import ClockKind, Due
from domain.cases.reopening import CaseReopened
from domain.days import AUCKLAND
from domain.users.user import Role
from eventstore.connections import available
from eventstore.envelope import Envelope
from eventstore.log import Recorded
from projections.timeline import STATED

MAX_POSITION: Final = 2**63 - 1
ROLES: Final[Mapping[str, str]] = {
    Role.SCHOOL_PRIMARY_CONTACT: "Primary Contact",
    Role.CIT_OFFICER: "CIT officer",
    Role.SYSTEM: "the service",
}
Names = Mapping[UUID, str]
Say = Callable[[Any, "Told"], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One event: when it was recorded, on which day it happened if people said so, who recorded it, and what it is."""

    recorded_at: datetime
    happened_on: date | None
    who: str
    what: str

    @property
    def late(self) -> bool:
        """Whether it was recorded on a later day than it happened."""
        return self.happened_on is not None and self.happened_on < self.recorded_at.date()


@dataclass(frozen=True, slots=True)
class Told:
    """Whom and what ids mean, and by when each meeting is due as the history stands."""

    names: Names
    dues: dict[ClockKind, date] = field(default_factory=dict)

    def of(self, some: UUID | None) -> str:
        return self.names.get(some, "somebody") if some else "nobody"


def history(service: Service, case: UUID, names: Names) -> list[Line]:
    """Return all that happened in a case, in order."""
    with available(), service.reads.connection() as db:
        rows = db.execute(STREAM, [case, MAX_POSITION], binary=True).fetchall()
    told = Told(names)
    return [_line(service, Recorded(*row), told) for row in rows]


def _line(service: Service, recorded: Recorded, told: Told) -> Line:
    event = service.codec.decode(
        recorded.type, recorded.schema_version, recorded.data, recorded.stream, recorded.version, service.keyring
    )
    envelope = Envelope.decode(recorded.envelope)
    return Line(
        recorded_at=recorded.recorded_at.astimezone(AUCKLAND),
        happened_on=_happened(event),
        who=_who(envelope),
        what=sentence(event, told),
    )


def _happened(event: Any) -> date | None:
    """Return the day that people stated; a reopening names the day of the closing too."""
    names = {"reopened_on"} if isinstance(event, CaseReopened) else STATED
    return next((day for name in names if (day := getattr(event, name, None))), None)


def _who(envelope: Envelope) -> str:
    return ROLES.get(envelope.role, words(envelope.role).title())


def sentence(event: Any, told: Told) -> str:
    """Return what an event says, in plain words."""
    name = type(event).__name__
    return _SAID[name](event, told) if name in _SAID else in_words(name)


def words(code: object) -> str:
    """Return a code as people say it: `WHANAU_MEETING` is "whānau meeting"."""
    said = str(code).replace("_", " ").lower()
    return said.replace("whanau", "whānau").replace("16plus", "16 or over")


def listed(codes: Any) -> str:
    said = [words(each) for each in codes]
    return " and ".join([", ".join(said[:-1]), said[-1]] if len(said) > 1 else said)


def short(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"


def _clocks(event: Any, told: Told) -> str:
    return _dues([each.due for each in event.clocks], told, "due by")


def _resumed(event: Any, told: Told) -> str:
    return _dues(event.due, told, "now due by")


def _dues(dues: Iterable[Due], told: Told, how: str) -> str:
    said = [(each.kind, each.due_on) for each in dues if each.due_on]
    told.dues.update(said)
    return "".join(f"; {words(kind)} {how} {short(day)}" for kind, day in said)


def _meets(event: Any, told: Told) -> str:
    """Say whether the meeting that was waited for was held in time."""
    due_on = told.dues.get(event.meets)
    if due_on is None:
        return ""
    return "; in time" if event.held_on <= due_on else f"; late, it was due by {short(due_on)}"


def _present(event: Any) -> str:
    both = event.student_met and event.whanau_met
    return "the student and whānau" if both else "whānau without the student" if event.whanau_met else "the student"


def _scheduled(kind: str) -> Say:
    def said(event: Any, told: Told) -> str:
        at = event.at.astimezone(AUCKLAND)
        return f"A meeting with {kind} is agreed for {short(at)}, {at:%H:%M} ({words(event.mode)})"

    return said


def _opened(event: Any, told: Told) -> str:
    return f"The case is opened on the request of {told.of(event.school)}{_clocks(event, told)}"


def _reopened(event: Any, told: Told) -> str:
    why = "on a new request" if event.request else "without a new request"
    closed = f"closed on {short(event.closed_on)}"
    return f"The same case is opened again {why}, {closed}; opening {event.episode}{_clocks(event, told)}"


_SAID: Final[Mapping[str, Say]] = {
    "CaseCreated": _opened,
    "CaseReopened": _reopened,
    "CaseAllocated": lambda e, t: f"Into the queue of {t.of(e.provider)}{_clocks(e, t)}",
    "CaseManagerAssigned": lambda e, t: f"{t.of(e.manager)} is the Case Manager; the case is open",
    "CaseManagerReassigned": lambda e, t: f"{t.of(e.manager)} takes over as Case Manager ({words(e.reason)})",
    "CaseReturnedToQueue": lambda e, t: f"Back to the queue: {t.of(e.previous_manager)} has left; the clocks run on",
    "CaseManagerReleased": lambda e, t: f"{t.of(e.previous_manager)} has left; the case stays paused",
    "SchoolMeetingScheduled": _scheduled("the school"),
    "WhanauMeetingScheduled": _scheduled("whānau"),
    "SchoolMeetingHeld": lambda e, t: f"The school is met: {listed(e.topics)}{_meets(e, t)}",
    "WhanauMeetingHeld": lambda e, t: f"Met with {_present(e)}{_meets(e, t)}",
    "MeetingMissed": lambda e, _t: f"The meeting is not held: {words(e.because)}; the clock runs on",
    "ContactAttempted": lambda e, _t: f"Tried to reach {words(e.target)} by {words(e.channel)}: {words(e.outcome)}",
    "BarrierIdentified": lambda e, _t: f"Barrier: {words(e.category)} (named by {_named(e.source)})",
    "BarrierStatusChanged": lambda e, _t: f"The barrier is {words(e.status)}",
    "SupportPlanDrafted": lambda e, _t: (
        f"A plan is written ({listed(a.kind for a in e.actions)}); review {short(e.review_on)}"
    ),
    "SupportPlanAgreed": lambda e, _t: f"The plan is agreed by {listed(e.by)}",
    "SupportPlanActionUpdated": lambda e, _t: f"An action of the plan is {words(e.state)}",
    "SupportPlanReviewed": lambda e, _t: f"The plan is reviewed: {words(e.result)}",
    "ActivityRecorded": lambda e, _t: f"{words(e.kind).capitalize()}, {e.minutes} minutes{_shared(e)}",
    "SchoolConsulted": lambda e, _t: f"The school is asked about {_step(e.step)}: {words(e.view)}",
    "CaseMovedToTransition": lambda e, _t: f"Into transition: {words(e.basis)}; the school leads",
    "CaseReturnedToOpen": lambda e, _t: f"Active work again: {words(e.reason)}",
    "CaseClosed": lambda e, _t: f"The case is closed: {words(e.reason)}{_skipped(e)}",
    "CasePaused": lambda _e, _t: "Paused: whānau of a five-year-old choose to wait; the clocks stand still",
    "CaseResumed": lambda e, t: f"Work goes on{_resumed(e, t)}",
    "CaseResumedInQueue": lambda e, t: f"The case goes on, in the queue{_resumed(e, t)}",
    "CaseNoticeOfEnrolment": lambda e, t: f"ENROL: the student is on the roll of {t.of(e.school)}",
    "CaseNoticeOfLeaving": lambda e, t: f"ENROL: the student is off the roll of {t.of(e.school)}",
    "ClosedCaseNoticeOfRoll": lambda e, t: (
        f"ENROL: the closed case is read by {t.of(e.school) if e.school else 'no school'}"
    ),
    "TransferSuggested": lambda e, _t: f"Another provider may be the right one now: {words(e.why)}",
    "SchoolPrimaryContactNamed": lambda e, t: f"{t.of(e.user)} is the school's Primary Contact",
    "SchoolPrimaryContactChanged": lambda e, t: f"{t.of(e.user)} is the school's Primary Contact now",
}
"""How the events that a term brings are told. Each other one is told by its name."""


def _named(source: object) -> str:
    return {"STUDENT": "the student", "SCHOOL": "the school", "PROVIDER": "the provider"}.get(
        str(source), words(source)
    )


def _shared(event: Any) -> str:
    return "; shared with the school" if event.shared else ""


def _step(step: str) -> str:
    return {"TRANSITION": "stepping back", "CLOSE": "closing"}.get(step, words(step))


def _skipped(event: Any) -> str:
    return "; without a transition, so it is looked at again" if event.skipped_transition else ""
