"""What the tests of automations do again and again: walk in time, sweep, and look at what happened to a stream."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from api.automations.acting import admit
from api.automations.automation import Automation
from api.automations.sweeping import Sweep, Tally
from api.bootstrap import service
from domain.cases.case import Case
from domain.cases.pausing import Attestations, PauseCase
from domain.cases.pausing import CaseResumed as Resumed
from domain.cases.pausing import why as why_resumed
from domain.days import AUCKLAND, auckland_day
from domain.students.enrolling import RecordEnrolment, RecordWithdrawal
from domain.students.student import Student
from domain.users.user import Role
from eventstore.envelope import Envelope
from eventstore.log import Recorded, tail
from tests.api.town import KAURI, TODAY, Town

NOON = time(12)


def sweep(town: Town, automation: Automation) -> Tally:
    """Sweep as a process does that has just been started, once the read models have seen everything."""
    return started(town, automation).run()


def started(town: Town, automation: Automation, page: int = 200) -> Sweep:
    admit(town.service.writer, auckland_day(town.service.clock()))
    town.follow()
    return Sweep(automation, town.service, page=page)


def walk_to(town: Town, day: date, at: time = NOON) -> None:
    """Let it be this time of this day in Auckland."""
    town.service.own_clock.set(datetime.combine(day, at, AUCKLAND).astimezone(UTC))


def history(town: Town, stream: UUID | str) -> list[Recorded]:
    """All that happened to a stream."""
    with town.service.reads.connection() as db:
        return [event for event in tail(db, 0, 100_000) if event.stream == UUID(str(stream))]


def types(town: Town, stream: UUID | str) -> list[str]:
    return [event.type for event in history(town, stream)]


def latest(town: Town, stream: UUID | str) -> Envelope:
    """The envelope of the last event of a stream."""
    return Envelope.decode(history(town, stream)[-1].envelope)


def why(town: Town, case: UUID | str) -> str:
    """Open why a case went on, which nobody else can."""
    resumed = (event for event in reversed(history(town, case)) if event.type == Resumed.__name__)
    return str(why_resumed(opened(town, next(resumed))))


def state(town: Town, case: UUID | str) -> Case:
    """How a case stands by the log."""
    found = Case()
    for each in history(town, case):
        found = opened(town, each).evolve(found)
    return found


def opened(town: Town, event: Recorded) -> Any:
    """The event as it was stored."""
    codec, keyring = town.service.codec, town.service.keyring
    return codec.decode(event.type, event.schema_version, event.data, event.stream, event.version, keyring)


def paused(town: Town, born_on: date) -> tuple[UUID, str]:
    """A child who left the roll of KAURI, and their paused case."""
    student = town.student(born_on=born_on)
    case = town.submit(student).json()["ids"]["case"]
    manager = {"manager": str(town.people[Role.CASE_MANAGER])}
    assert town.ask(f"/v1/cases/{case}/assign", manager, Role.WORKFLOW_LEAD).status_code == 200
    withdraw(town, student)
    attested = Attestations(located_on=TODAY, whanau_contacted_on=TODAY, safe_and_informed_on=TODAY, withdrawn_on=TODAY)
    town.tell(Case, UUID(case), PauseCase(attestations=attested))
    return student, case


def withdraw(town: Town, student: UUID, on: date = TODAY) -> None:
    command = RecordWithdrawal(school=KAURI, last_day_of_attendance=on, withdrawn_on=on, reason="CONTINUOUS_ABSENCE")
    town.tell(Student, student, command)


def enrol(town: Town, student: UUID, school: UUID = KAURI, on: date | None = None) -> None:
    from_on = on or auckland_day(town.service.clock())
    town.tell(Student, student, RecordEnrolment(school=school, from_on=from_on))


@contextmanager
def copy_of(town: Town) -> Iterator[Town]:
    """The same town in a second process of the service, which decides by itself."""
    with service(town.service.settings) as second:
        yield replace(town, service=second)
