"""What callers hand to the deciding writer, and what they are answered."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from domain.decision import Actor, Command, Context, Permit, Ref, Refused
from eventstore.sealing import KeyDestroyed


class Stale(Refused):
    """Somebody else changed it first: read it again, and ask for what you still want."""


class IdempotencyKeyReused(Refused):
    """This Idempotency-Key was used before, with another body."""


class AlreadyDone(Refused):
    """This was done before, so long ago that its answer is no longer kept."""


class PersonErased(Refused):
    """This would record something of a person whose data was destroyed."""


class TooManyFacts(Refused):
    """This concerns more people and places at once than the service decides about: ask for less at a time."""


class Everyone:
    """The permit of the system's own commands and of tests: nobody is refused."""

    def check(self, command: Command, state: object, context: Context, /) -> None:
        """Allow it."""

    def admit(self, context: Context, /) -> None:
        """Allow it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One command, of one stream, by one actor. The same `command_id` acts once, whoever sends it, however often.

    A stream begins only where the service made its id (`opens`), never at one that somebody sent (ADR 15).
    """

    stream: Ref
    command: Command
    actor: Actor
    opens: bool = False
    name: UUID | None = None  # what the client calls the stream, if the id was made of that
    permit: Permit = field(default_factory=Everyone)
    command_id: UUID = field(default_factory=uuid4)
    body: bytes = b""  # keyed digest of the body, by which a reused key is found out
    expected: int | None = None  # the version that the caller has seen (If-Match)
    correlation: UUID | None = None
    causation: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a command is answered: the version of its stream, a position that includes it, and the ids it made.

    `opened` says whether the stream began with it.
    """

    stream: UUID
    version: int
    position: int
    ids: Mapping[str, UUID]
    opened: bool


@dataclass(slots=True, eq=False)
class Waiting:
    """A request and the future that its caller waits on."""

    request: Request
    future: "asyncio.Future[Done] | Future[Done]"
    loop: asyncio.AbstractEventLoop | None = None
    lost_turns: int = 0

    @property
    def abandoned(self) -> bool:
        """Whether the caller has given up."""
        return self.future.done()


Outcome = tuple[Waiting, Done | BaseException]


def settle(outcomes: Iterable[Outcome]) -> None:
    """Answer the callers; those of an event loop are woken together."""
    by_loop: dict[Any, list[Outcome]] = defaultdict(list)
    for waiting, result in outcomes:
        by_loop[waiting.loop].append((waiting, result))
    _resolve(by_loop.pop(None, []))
    for loop, its in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, its)


def _resolve(outcomes: Iterable[Outcome]) -> None:
    for waiting, result in outcomes:
        if waiting.abandoned:
            continue
        if isinstance(result, KeyDestroyed):
            waiting.future.set_exception(PersonErased())
        elif isinstance(result, BaseException):
            waiting.future.set_exception(result)
        else:
            waiting.future.set_result(result)
