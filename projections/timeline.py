"""Timelines: every event of a case in order: what, when recorded, when it happened, by whom, under which facts.

What was said is sealed and stays in the log; a reader who may know it has the event opened.
"""

from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import cache
from types import ModuleType
from typing import Any, Final
from uuid import UUID

from domain import registry
from domain.decision import Source
from eventstore.envelope import Envelope
from eventstore.log import Recorded
from projections.model import Changed, Model, Rows

ITEMS: Final = ("meeting", "activity", "attempt", "barrier", "plan", "pathway", "consultation")
"""The fields by which an event names the item of the case that it is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One event. `occurred_on` is the school day that people stated, if they stated one."""

    case_id: UUID
    version: int
    position: int
    type: str
    recorded_at: datetime
    decided_on: date
    occurred_on: date | None
    item: UUID | None
    shared: bool | None  # with the school; nothing where that is no question
    user: UUID
    role: str
    organisation: UUID
    on_behalf_of: UUID | None
    source: Source
    facts: dict[str, int]  # the streams that the decision used (policy, calendar, grants), and their versions


project: Final = Model("timeline", Row, key=("case_id", "version"), forgetful=True)


def events_of_cases() -> tuple[type, ...]:
    """Return every event that a case can have."""
    modules: list[ModuleType] = [each for each in registry.slices() if each.__name__.startswith("domain.cases.")]
    return tuple(registry.named(modules, "Event").values())


@project.on(*events_of_cases())
def recorded_in_case(rows: Rows[Row], event: Any, recorded: Recorded) -> Changed[Row]:
    envelope = Envelope.decode(recorded.envelope)
    yield Row(
        case_id=recorded.stream,
        version=recorded.version,
        position=recorded.position,
        type=type(event).__name__,
        recorded_at=recorded.recorded_at,
        decided_on=recorded.decided_on,
        occurred_on=_first(event, _days(type(event).__name__)),
        item=_first(event, ITEMS),
        shared=getattr(event, "shared", None),
        user=envelope.user,
        role=envelope.role,
        organisation=envelope.organisation,
        on_behalf_of=envelope.on_behalf_of,
        source=envelope.source,
        facts=envelope.facts,
    )


def _first(event: Any, names: tuple[str, ...]) -> Any:
    return next((value for name in names if (value := getattr(event, name, None)) is not None), None)


@cache
def _days(kind: str) -> tuple[str, ...]:
    """Return the fields that say when it happened, as people state it; what lies ahead is no such day."""
    return tuple(each.name for each in fields(registry.events()[kind]) if each.name in STATED)


STATED: Final = frozenset(
    {
        "attempted_on",
        "agreed_on",
        "changed_on",
        "closed_on",
        "confirmed_on",
        "consulted_on",
        "enrolled_on",
        "held_on",
        "identified_on",
        "occurred_on",
        "opened_on",
        "paused_on",
        "proposed_on",
        "reopened_on",
        "resumed_on",
        "reviewed_on",
    }
)
