"""Facts: the states that readers judge by, folded from the log and proven by version in the reader's own snapshot.

The deciding writer keeps its `States` for its own thread; these are for all who answer questions. Every state was read
from the log, so that whatever is sealed in one opens by the keys that there are then: nothing is forgotten with a key.
"""

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable
from threading import Lock
from typing import Any, Final, TypeVar

from domain.decision import Event, Known, Need, NotRead, Ref, Refused
from eventstore.codec import Codec
from eventstore.connections import Connection
from eventstore.keyring import Keyring
from eventstore.log import Log
from eventstore.states import FOREIGN, ForeignStream, Versioned, after

Answer = TypeVar("Answer")
Question = Callable[[Known], Answer]

NONE: Final[Collection[Ref]] = frozenset()


class Facts:
    """A cache of states by stream. What it holds is only a guess: each answer proves the versions of all it uses."""

    def __init__(self, log: Log, codec: Codec, keyring: Keyring, most: int = 4_000) -> None:
        self._log = log
        self._codec = codec
        self._keyring = keyring
        self._most = most
        self._kept: OrderedDict[Ref, Versioned] = OrderedDict()
        self._lock = Lock()

    def ask(
        self,
        db: Connection,
        question: Question[Answer],
        *,
        first: Collection[Ref] = NONE,
        addressed: Collection[Ref] = NONE,
    ) -> Answer:
        """Answer a pure question on how streams stand in the snapshot of a connection.

        What it will ask of states that were seen lately is read with `first`, in one exchange; what else it then asks
        for, in more. A stream of another kind than asked for is one of nobody if the caller `addressed` it, and raises
        `ForeignStream` otherwise.
        """
        proven: dict[Ref, Versioned] = {}
        wanted = [*first, *self._foreseen(question, addressed)]
        while True:
            self._prove(db, dict.fromkeys(wanted), proven)
            try:
                return question(Known(lambda need: _state(need, proven.get, addressed)))
            except NotRead as missing:
                wanted = [*map(_ref, missing.needs)]

    def _foreseen(self, question: Question[Any], addressed: Collection[Ref]) -> list[Ref]:
        """Return what the question asks for on what was last seen."""
        known = Known(lambda need: _state(need, self._kept.get, addressed))
        try:
            question(known)
        except NotRead as missing:
            return [*map(_ref, (*known.used, *missing.needs))]
        except (Refused, ForeignStream):
            pass  # as it was seen last; how it stands is judged on what is read now
        return [*map(_ref, known.used)]

    def _prove(self, db: Connection, refs: Collection[Ref], proven: dict[Ref, Versioned]) -> None:
        """Bring states up to what the connection sees, with one exchange; one that is ahead of it stays."""
        with self._lock:
            found = {ref: self._kept.get(ref) or (0, ref.of()) for ref in refs}
        reading = self._log.read(db, [], [ref.id for ref in refs], [version for version, _ in found.values()], [])
        order = list(refs)
        for place, events in reading.happened:
            found[order[place - 1]] = self._folded(order[place - 1], found[order[place - 1]], events)
        proven.update(found)
        self._keep(found)

    def _folded(self, ref: Ref, versioned: Versioned, events: Iterable[tuple[str, int, Any]]) -> Versioned:
        version, state = versioned
        for name, schema, tree in events:
            version += 1
            event: Event = self._codec.decode_tree(name, schema, tree, ref.id, version, self._keyring)
            state = after(state, event, ref.of)
        return version, state

    def _keep(self, found: dict[Ref, Versioned]) -> None:
        """Keep the later of two, and let go of those that were not asked for the longest; blank ones are not kept."""
        with self._lock:
            for ref, versioned in found.items():
                if versioned[0]:
                    kept = self._kept.get(ref, versioned)
                    self._kept[ref] = max(kept, versioned, key=lambda each: each[0])
                    self._kept.move_to_end(ref)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)


def _state(need: Need, found: Callable[[Ref], Versioned | None], addressed: Collection[Ref]) -> Any:
    ref = _ref(need)
    versioned = found(ref)
    if versioned is None:
        raise NotRead(ref)
    if versioned[1] is not FOREIGN:
        return versioned[1]
    if ref in addressed:
        return ref.of()
    raise ForeignStream(ref)


def _ref(need: Need) -> Ref:
    assert isinstance(need, Ref)  # noqa: S101 - rights depend on streams alone; a claim is for whoever appends
    return need
