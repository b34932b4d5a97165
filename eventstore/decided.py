"""A command as it was decided in a turn, before it is appended."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast
from uuid import UUID

from domain.decision import Decision, Event, Ref
from eventstore.canonical import write
from eventstore.codec import Draft
from eventstore.envelope import Envelope
from eventstore.requests import Done, Waiting
from eventstore.sealing import Need as KeyNeed

Drafts = list[tuple[Ref, list[tuple[Event, Draft]]]]


@dataclass(slots=True, kw_only=True)
class Decided:
    """One command as decided: what it appends (nothing, when refused) and what that was decided on."""

    waiting: Waiting
    group: int
    result: Decision | BaseException
    parts: list[tuple[Ref, int, list[tuple[Event, Draft]]]] = field(default_factory=list)
    version: int = 0
    opened: bool = False
    facts: Mapping[UUID, int] = field(default_factory=dict)

    @property
    def needs(self) -> list[KeyNeed]:
        """The keys of the personal values in its events."""
        return [need for _, _, events in self.parts for _, draft in events for need in draft.needs]

    @property
    def envelope(self) -> bytes:
        """Who decided it, on which facts: what is stored beside each of its events."""
        request = self.waiting.request
        return Envelope.of(
            request.actor,
            self.facts,
            correlation=request.correlation or request.command_id,
            causation=request.causation,
        ).encode()

    @property
    def answer(self) -> bytes:
        """What is kept of a success, to be answered again."""
        ids = cast("Decision", self.result).answer
        answer = {
            "version": self.version,
            "ids": {name: str(value) for name, value in ids.items()},
            "opened": self.opened,
        }
        return write(answer)

    def outcome(self, position: int) -> Done | BaseException:
        """Return what its caller is told, once the events up to this position are stored."""
        if isinstance(self.result, BaseException):
            return self.result
        stream = self.waiting.request.stream.id
        return Done(stream=stream, version=self.version, position=position, ids=self.result.answer, opened=self.opened)
