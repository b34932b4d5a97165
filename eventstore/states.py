"""The folded states that one deciding writer keeps: each as at the version that it last saw."""

from collections import OrderedDict
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from domain.decision import Event, Ref
from domain.registry import states_of
from domain.streams.reclaiming import StreamReclaimed
from domain.streams.stream import Stream
from eventstore.canonical import Tree
from eventstore.codec import Codec
from eventstore.keyring import Keyring

Versioned = tuple[int, Any]

FOREIGN: Final = object()
"""Stands for the state of a stream of another kind than was asked for."""


class ForeignStream(Exception):
    """Where the service keeps one kind of thing, the log has another: no asker's mistake, and operators are told.

    `kind` is what was looked for, `stream` where; `attendance reclaim` takes such a stream back (ADR 15).
    """

    def __init__(self, ref: Ref) -> None:
        self.kind = ref.of.__name__
        self.stream = ref.id
        super().__init__(f"stream {ref.id} is kept for {self.kind} and tells of something else")


class States:
    """A cache of states by stream. What it holds is only a guess at the present: every append proves its versions."""

    def __init__(self, codec: Codec, keyring: Keyring, most: int = 4_000) -> None:
        self._codec = codec
        self._keyring = keyring
        self._most = most
        self._kept: OrderedDict[Ref, Versioned] = OrderedDict()
        self._generation = keyring.generation

    def get(self, ref: Ref) -> Versioned | None:
        """Return a state as at the version that was last seen."""
        return self._kept.get(ref)

    def keep(self, ref: Ref, version: int, state: object) -> None:
        """Keep a state, and let go of the one that was not asked for the longest."""
        self._kept[ref] = (version, state)
        self._kept.move_to_end(ref)

    def shrink(self) -> None:
        """Let go of what was not asked for lately, and of everything once a key was destroyed; between turns only."""
        if self._generation != self._keyring.generation:
            self._generation = self._keyring.generation
            self.clear()
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def forget(self, refs: Iterable[Ref]) -> None:
        """Let go of streams that have moved on."""
        for ref in refs:
            self._kept.pop(ref, None)

    def clear(self) -> None:
        """Let go of everything: who knows what was missed."""
        self._kept.clear()

    def versions(self, refs: Iterable[Ref]) -> list[int]:
        """Return the version of each that is kept; from now on the blank one, 0, of each that was not."""
        return [self._known(ref)[0] for ref in refs]

    def catch_up(self, ref: Ref, events: Iterable[tuple[str, int, Tree]]) -> None:
        """Fold what has happened in a stream since the version that is kept."""
        version, state = self._kept[ref]
        for name, schema, tree in events:
            version += 1
            event: Event = self._codec.decode_tree(name, schema, tree, ref.id, version, self._keyring)
            state = after(state, event, ref.of)
        self._kept[ref] = (version, state)

    def _known(self, ref: Ref) -> Versioned:
        versioned = self._kept.pop(ref, None) or (0, ref.of())
        self._kept[ref] = versioned
        return versioned


def after(state: Any, event: Event, of: type[Any]) -> Any:
    """Return the state after an event of the stream; FOREIGN from the first one on that belongs to another kind.

    A stream that was taken back begins anew for the kind that it is kept for.
    """
    if isinstance(event, StreamReclaimed) and of is not Stream:
        return of() if event.kind == of.__name__ else FOREIGN
    if of is Stream and not isinstance(event, StreamReclaimed):
        return state.told_by(states_of(event.__class__))
    if state is FOREIGN or not evolves(event.__class__, of):  # type: ignore[arg-type]  # a class is hashable
        return FOREIGN
    return event.evolve(state)


@cache
def evolves(event: type[Any], state: type[Any]) -> bool:
    """Say whether events of a class belong into streams of this kind."""
    return state in states_of(event)
