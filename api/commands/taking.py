"""Taking lists in: one command for each entry, many under way at once, and a report of what became of each.

Each entry is taken whole or not at all, and one that says nothing new records nothing.
"""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from adapters.schools_csv import Refusal
from domain.decision import Actor, Command, Context, Decision, Event, Part, Ref, Refused, Source
from domain.ids import MINISTRY, natural_id
from domain.schools.registering import ChangeSchoolDetails, RegisterSchool
from domain.schools.school import School, SchoolDetails
from domain.schools.zoning import AssignSchoolToCatchment
from domain.users.user import Role
from eventstore.connections import Unavailable
from eventstore.requests import Done, Request
from eventstore.writer import Writer

AT_ONCE: Final = 400
ATTEMPTS: Final = 20
PAUSE_SECONDS: Final = 0.5

PROGRAM: Final = Actor(
    user=natural_id("program", "attendance"),
    role=Role.SYSTEM,
    organisation=MINISTRY,
    source=Source.SYSTEM,
)
"""Whoever runs the program where the service runs: no person that the log knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry of a list: its place in the file (a line, or a number), and what it asks of which stream."""

    line: int
    stream: Ref
    command: Command


@dataclass(slots=True)
class Report:
    """What became of a list: how many entries changed something, how many said nothing new, and which were refused."""

    changed: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)
    closed: list[Refusal] = field(default_factory=list)  # schools that are not open any more

    @property
    def taken(self) -> int:
        return self.changed + self.unchanged

    def include(self, other: "Report") -> None:
        """Add what became of a further part of the list."""
        self.changed += other.changed
        self.unchanged += other.unchanged
        self.refused += other.refused


@dataclass(frozen=True, slots=True)
class Telling:
    """A command that answers `changed` if anything happened."""

    command: Command

    def decide(self, state: Any, context: Context) -> Decision:
        decided = self.command.decide(state, context)
        parts = decided.parts if isinstance(decided, Decision) else _parts(state, context, tuple(decided))
        kept = decided if isinstance(decided, Decision) else Decision()
        answer = {"changed": context.stream} if any(part.events for part in parts) else {}
        return Decision(parts=parts, take=kept.take, release=kept.release, answer=answer)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeSchool:
    """Register a school or change what was said of it, and put it into its catchment: whole or not at all."""

    details: SchoolDetails
    catchment: UUID | None
    effective_on: date

    def decide(self, school: School, context: Context) -> list[Event]:
        said = ChangeSchoolDetails if school.registered else RegisterSchool
        events: list[Event] = [*said(details=self.details).decide(school, context)]
        for event in events:
            school = event.evolve(school)
        if self.catchment:
            zoning = AssignSchoolToCatchment(catchment=self.catchment, effective_on=self.effective_on)
            events += zoning.decide(school, context)
        return events


def take(writer: Writer, entries: Iterable[Entry], told: Callable[[], object] = lambda: None) -> Report:
    """Send an entry's command each, many at once; `told` is called after each. Raises Unavailable in the end."""
    try:
        return asyncio.run(_take(writer, list(entries), told))
    except* Unavailable:
        raise Unavailable from None


async def _take(writer: Writer, entries: list[Entry], told: Callable[[], object]) -> Report:
    gate = asyncio.Semaphore(AT_ONCE)
    report = Report()

    async def one(entry: Entry) -> None:
        async with gate:
            await _note(writer, entry, report)
        told()

    async with asyncio.TaskGroup() as group:
        for entry in entries:
            group.create_task(one(entry))
    report.refused.sort(key=lambda each: each.line)
    return report


async def _note(writer: Writer, entry: Entry, report: Report) -> None:
    try:
        asked = Request(stream=entry.stream, command=Telling(entry.command), actor=PROGRAM, opens=True)
        done = await _sent(writer, asked)
    except Refused as refused:
        reason = f"{refused.message} ({refused.code})"
        report.refused.append(Refusal(line=entry.line, field=", ".join(refused.fields), reason=reason))
        return
    if "changed" in done.ids:
        report.changed += 1
    else:
        report.unchanged += 1


async def _sent(writer: Writer, request: Request) -> Done:
    """Send a command, and the same again while the database is away: it acts once."""
    for _ in range(ATTEMPTS):
        try:
            return await writer.execute_async(request)
        except Unavailable:
            await asyncio.sleep(PAUSE_SECONDS)
    return await writer.execute_async(request)


def _parts(state: Any, context: Context, events: tuple[Event, ...]) -> tuple[Part, ...]:
    return (Part(Ref(type(state), context.stream), events),) if events else ()
