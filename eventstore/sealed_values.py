"""Sealed values in the tree of an event: open on the way in, closed on the way out."""

from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from domain.sealed import UNKNOWN, DataClass, Sealed, Unknown
from eventstore.canonical import Misshapen, Tree, Unstorable, quietly, read, write
from eventstore.sealing import Key, KeyDestroyed, Keys, KeysWithheld, Need, Tampered, place
from eventstore.shapes import MARK, Reader, Shapes, Writer, uuid

_CLASSES: Final = {each.value: each for each in DataClass}

_PLAIN: Final = Shapes(lenient=True)
"""What is inside a sealed value. Upcasters never see it, so that it can grow by fields with defaults only."""


@dataclass(slots=True, eq=False)
class Open:
    """A personal value that is still to be sealed, and the JSON pointer of where it stands."""

    need: Need
    plaintext: bytes = field(repr=False)
    pointer: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an event stands (`type` as stored); with the pointer it is what a sealed value is bound to."""

    stream: UUID
    version: int
    type: str

    def of(self, pointer: str) -> bytes:
        return place(self.stream, self.version, self.type, pointer)


@dataclass(frozen=True, slots=True, eq=False)
class Closed:
    """A sealed value as it was stored. Upcasters may move or drop it; it knows where it came from."""

    stored: Tree
    origin: Place
    pointer: str
    keys: Keys | None = field(repr=False)

    def sealed(self, reader: Reader) -> Sealed[Any]:
        """Return the value that the domain sees, which opens when it is asked to."""
        subject, data_class = uuid(self.stored["subject"]), _CLASSES[self.stored["class"]]
        return Sealed(subject, data_class, lambda: self._open(subject, data_class, reader), lazy=True)

    def _open(self, subject: UUID, data_class: DataClass, reader: Reader) -> Any:
        if self.keys is None:
            raise KeysWithheld
        key = self.keys.key(subject, data_class)
        if key is None:
            return UNKNOWN
        plaintext = key.open(_bytes(self.stored[MARK]), self.origin.of(self.pointer))
        return quietly(reader, read(plaintext), f"{self.origin.type} at {self.pointer}")


def sealing(kind: Any) -> tuple[Writer, Reader]:
    """Make writer and reader of Sealed[kind]: between Sealed and the Open or Closed value in a tree."""
    writer, reader = _PLAIN.of(kind)

    def to_open(value: Any) -> Open:
        if type(value) is not Sealed:
            raise Unstorable(f"{type(value).__name__} where Sealed is declared")
        plain = value.open()
        if isinstance(plain, Unknown):
            raise KeyDestroyed([(value.subject, value.data_class)])
        return Open(Need(value.subject, value.data_class, frozenset(value.about)), write(writer(plain)))

    def from_closed(tree: Tree, _: object = None) -> Sealed[Any]:
        if type(tree) is not Closed:
            raise Misshapen("a value that is not sealed")
        return tree.sealed(reader)

    return to_open, from_closed


def stored(value: Open, key: Key, at: Place) -> Tree:
    """Return a value as it is stored: sealed for this place."""
    cipher = key.seal(value.plaintext, at.of(value.pointer))
    return {
        MARK: b64encode(cipher).decode(),
        "subject": str(value.need.subject),
        "class": value.need.data_class.value,
    }


def located(tree: Tree, pointer: str = "") -> Iterator[Open]:
    """Find the open values of a tree, and tell each where it stands."""
    for key, part in _parts(tree):
        if type(part) is Open:
            part.pointer = _within(pointer, key)
            yield part
        elif type(part) in _WALKED:
            yield from located(part, _within(pointer, key))


def close(tree: Tree, origin: Place, keys: Keys | None, pointer: str = "") -> None:
    """Put Closed in the place of every sealed value of a tree that was read from the log."""
    for key, part in _parts(tree):
        if type(part) is dict and MARK in part:
            tree[key] = Closed(part, origin, _within(pointer, key), keys)
        elif type(part) in _WALKED:
            close(part, origin, keys, _within(pointer, key))


def _parts(tree: Tree) -> Iterable[tuple[Any, Tree]]:
    """Return key and value of what a tree is made of."""
    if type(tree) is dict:
        return tree.items()
    return enumerate(tree) if type(tree) is list else ()


_WALKED: Final = {dict, list}


def _within(pointer: str, key: str | int) -> str:
    """Return the JSON pointer (RFC 6901) of a part."""
    return f"{pointer}/{key}" if type(key) is int else f"{pointer}/{_escaped(str(key))}"


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _bytes(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (TypeError, ValueError):
        raise Tampered from None
