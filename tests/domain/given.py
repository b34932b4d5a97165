"""Tests that speak in events: given what happened, when a command is asked, then these events or a refusal.

`given = world(Case)` in a test module; then `given(REFERRED).when(ASSIGN).then(ASSIGNED)`. What other streams
say is supplied with `knowing({Ref(School, id): school})` (a state, or the events that make it), claims with
`claimed({Claim(...): stream})`; anything not supplied never happened.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from functools import reduce
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from domain.decision import (
    Actor,
    Claim,
    Context,
    Decision,
    Event,
    Holder,
    Known,
    Need,
    NotRead,
    Part,
    Ref,
    Refused,
)
from domain.sealed import DataClass, Sealed

AUCKLAND = ZoneInfo("Pacific/Auckland")
TODAY = date(2026, 5, 4)  # a Monday in the second term
STREAM = UUID(int=1)
SOMEBODY = Actor(user=UUID(int=2), role="SYSTEM", organisation=UUID(int=3))
COMMAND_ID = UUID(int=4)


def fold(of: Callable[[], Any], events: Iterable[Event]) -> Any:
    """The state after these events, from a blank one."""
    return reduce(lambda state, event: event.evolve(state), events, of())


@dataclass(frozen=True)
class World:
    """What is known before a command is asked, when it is asked, and by whom."""

    of: Any
    events: tuple[Event, ...] = ()
    facts: Mapping[Ref, Any] = field(default_factory=dict)
    holders: Mapping[Claim, Holder] = field(default_factory=dict)
    today: date = TODAY
    actor: Actor = SOMEBODY
    stream: UUID = STREAM
    command_id: UUID = COMMAND_ID

    def __call__(self, *events: Event) -> "World":
        return replace(self, events=events)

    def knowing(self, facts: Mapping[Ref, Any]) -> "World":
        """What other streams say: a state, or the events that make it."""
        return replace(self, facts={**self.facts, **facts})

    def claimed(self, claims: Mapping[Claim, UUID], *, held: bool = True) -> "World":
        """Claims that a stream holds, or held last."""
        holders = {claim: Holder(stream, held) for claim, stream in claims.items()}
        return replace(self, holders={**self.holders, **holders})

    def on(self, day: date) -> "World":
        return replace(self, today=day)

    def by(self, actor: Actor) -> "World":
        return replace(self, actor=actor)

    def at(self, stream: UUID) -> "World":
        """Which stream the command is addressed to."""
        return replace(self, stream=stream)

    @property
    def state(self) -> Any:
        return fold(self.of, self.events)

    def context(self, known: Known | None = None) -> Context:
        """The context at noon of the day."""
        return Context(
            actor=self.actor,
            now=datetime.combine(self.today, time(12), AUCKLAND).astimezone(UTC),
            today=self.today,
            command_id=self.command_id,
            stream=self.stream,
            known=known or Known(self.look),
        )

    def look(self, need: Need) -> object:
        if isinstance(need, Claim):
            return self.holders.get(need)
        found = self.facts.get(need, ())
        return fold(need.of, found) if isinstance(found, list | tuple) else found

    def when(self, command: Any) -> "Outcome":
        """Ask as the writer does: a fact not read yet ends the attempt, is read, and it is decided again."""
        read: dict[Need, object] = {}

        def look(need: Need) -> object:
            if need not in read:
                raise NotRead(need)
            return read[need]

        while True:
            known = Known(look)
            try:
                answer = command.decide(self.state, self.context(known))
                return self._came(command, answer if isinstance(answer, Decision) else tuple(answer), known)
            except NotRead as missing:
                read.update({need: self.look(need) for need in missing.needs})
            except Refused as refused:
                return Outcome(self, command, refused)

    def _came(self, command: Any, what: Any, known: Known) -> "Outcome":
        """What came of it: another stream begins only at an id that the decision made, as the writer demands."""
        parts = what.parts if isinstance(what, Decision) else ()
        begun = {part.stream for part in parts} - {Ref(self.of, self.stream)}
        assert {ref.id for ref in begun if self.look(ref) == ref.of()} <= known.made
        return Outcome(self, command, what)


@dataclass(frozen=True)
class Outcome:
    """What came of a command."""

    world: World
    command: Any
    what: tuple[Event, ...] | Decision | Refused

    @property
    def decision(self) -> Decision:
        """The decision, also where the command answered with events only."""
        if isinstance(self.what, Refused):
            pytest.fail(f"refused: {self.what.code} {self.what.fields}")
        if isinstance(self.what, Decision):
            return self.what
        own = Ref(self.world.of, self.world.stream)
        return Decision(parts=(Part(own, self.what),) if self.what else ())

    @property
    def events(self) -> tuple[Event, ...]:
        """The events of the stream addressed."""
        return self.events_of(Ref(self.world.of, self.world.stream))

    def events_of(self, stream: Ref) -> tuple[Event, ...]:
        return tuple(event for part in self.decision.parts if part.stream == stream for event in part.events)

    def then(self, *events: Event) -> "Outcome":
        """These events and no others in the stream addressed."""
        assert self.events == events
        return self

    def then_nothing(self) -> None:
        """The intent already held: no event in any stream."""
        assert self.decision.parts == ()

    def then_refused(self, refusal: type[Refused], *fields: str) -> None:
        """The refusal, with the fields that it names, and words for people."""
        assert isinstance(self.what, refusal), self.what
        assert self.what.fields == fields
        assert self.what.message

    def then_asked_again(self) -> "Outcome":
        """The same command, asked on what came of it."""
        taken = {claim: Holder(stream, held=True) for claim, stream in self.decision.take.items()}
        freed = {claim: Holder(self.world.stream, held=False) for claim in self.decision.release if claim not in taken}
        after = replace(
            self.world,
            events=(*self.world.events, *self.events),
            holders={**self.world.holders, **freed, **taken},
        )
        return after.when(self.command)


def note(value: Any, of: DataClass, item: UUID, *, about: tuple[UUID, ...], stream: UUID = STREAM) -> Sealed[Any]:
    """What was written about somebody, as a decision on a stream seals it."""
    return replace(World(object), stream=stream).context().note(value, of, item, about=about)


def world(of: Any) -> World:
    """Where nothing has happened yet to a stream of this kind."""
    return World(of)
