"""What every decision is made of: streams, claims, the context in which it is taken, its outcome, and the refusal."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol, TypeAlias, TypeVar, cast
from uuid import UUID, uuid5

from domain.sealed import DataClass, Sealed

State = TypeVar("State")
Value = TypeVar("Value")


class Refused(Exception):
    """The domain's no. The class name is the stable code, the docstring the message; it names fields, never values."""

    def __init__(self, *fields: str) -> None:
        super().__init__(*fields)
        self.fields = fields

    @property
    def code(self) -> str:
        """The stable code of this refusal."""
        return type(self).__name__

    @property
    def message(self) -> str:
        """What people are told."""
        return (type(self).__doc__ or "").strip()


class Source(StrEnum):
    """Where a command came in."""

    PORTAL = "portal"
    ENROL = "enrol"
    SYSTEM = "system"
    MIGRATION = "migration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who asks: a person (or a system's own user), the role they act in, and the organisation they act for."""

    user: UUID
    role: str
    organisation: UUID
    on_behalf_of: UUID | None = None
    source: Source = Source.PORTAL


@dataclass(frozen=True, slots=True)
class Ref:
    """Names one stream: the class of the state folded from it, and its id."""

    of: type[Any]
    id: UUID


@dataclass(frozen=True, slots=True)
class Claim:
    """A question that allows no lag ("which case of this student is active?"); stored only as a keyed digest."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class Holder:
    """The latest row of a claim: the stream that holds it, or that held it last when `held` is false (BR-81)."""

    stream: UUID
    held: bool


Need: TypeAlias = Ref | Claim


class NotRead(Exception):
    """A decision asked for facts that were not read yet; they are read, and the command decided again (ADR 5)."""

    def __init__(self, *needs: Need) -> None:
        super().__init__(*needs)
        self.needs = needs


class Known:
    """What was read for a decision. It remembers what was used, because the append refuses if any of that has moved.

    It remembers the ids that were made, too: no other stream begins with this decision.
    """

    __slots__ = ("_look", "made", "used")

    def __init__(self, look: Callable[[Need], object]) -> None:
        self._look = look
        self.used: dict[Need, None] = {}
        self.made: set[UUID] = set()

    def __getitem__(self, need: Need) -> object:
        self.used[need] = None  # first: what comes of it depends on this, also when it is an alarm
        return self._look(need)


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Who asks, when, and the facts of other streams: all that a decision may know beside its own stream."""

    actor: Actor
    now: datetime  # UTC
    today: date  # the Auckland civil day of `now`
    command_id: UUID
    stream: UUID  # the id of the stream that the command is addressed to
    known: Known
    name: UUID | None = None  # what the client calls that stream, if it chose a name (`domain.ids.own_id`)

    def fact(self, of: type[State], stream: UUID) -> State:
        """Return the state of another stream: its blank state if nothing happened in it."""
        return cast("State", self.known[Ref(of, stream)])

    def holder(self, claim: Claim) -> Holder | None:
        """Return who holds, or last held, a claim; None if nobody ever did."""
        return cast("Holder | None", self.known[claim])

    def new_id(self, name: str) -> UUID:
        """Return a new id that a retry of the same command finds again; only such an id may begin another stream."""
        made = uuid5(self.command_id, name)
        self.known.made.add(made)
        return made

    def note(self, value: Value, of: DataClass, item: UUID, *, about: tuple[UUID, ...]) -> Sealed[Value]:
        """Seal what was written about somebody under a key of its own, so that one note can be blanked alone (ADR 15).

        Its subject follows from this stream, the item and whom it is about: nobody else can name it, and no note is
        ever about more people than when its key was made.
        """
        people = tuple(sorted(set(about)))
        return Sealed(uuid5(self.stream, "/".join(["note", *map(str, (item, *people))])), of, value, about=people)


class Event(Protocol):
    """Something that happened. `evolve` never validates, logs or fails."""

    def evolve(self, state: Any, /) -> Any:
        """Return the state after this event."""


@dataclass(frozen=True, slots=True)
class Part:
    """The events that a decision appends to one stream."""

    stream: Ref
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is appended together or not at all: one part a stream, the claims taken and released, the ids to answer."""

    parts: tuple[Part, ...] = ()
    take: Mapping[Claim, UUID] = field(default_factory=dict)
    release: tuple[Claim, ...] = ()
    answer: Mapping[str, UUID] = field(default_factory=dict)


class Command(Protocol):
    """Something asked of one stream."""

    def decide(self, state: Any, context: Context, /) -> Iterable[Event] | Decision:
        """Return what happens, nothing if the intent already holds, or raise `Refused`. Pure: it may be asked again."""


def ids_in(value: object) -> Iterator[UUID]:
    """Return every id that a command holds, at any depth: whoever sent it may have typed any of them."""
    if isinstance(value, UUID):
        yield value
    elif is_dataclass(value):
        for each in fields(value):
            yield from ids_in(getattr(value, each.name))
    elif isinstance(value, Mapping):
        yield from (each for pair in value.items() for part in pair for each in ids_in(part))
    elif isinstance(value, list | tuple | set | frozenset):
        yield from (each for part in value for each in ids_in(part))


class Permit(Protocol):
    """Judges whether an actor may ask a command of a stream, in the same turn and on the same guarded facts."""

    def check(self, command: Command, state: Any, context: Context, /) -> None:
        """Return if allowed; raise `Refused` otherwise."""

    def admit(self, context: Context, /) -> None:
        """Return if the actor may be told what they did before; raise `Refused` otherwise."""
