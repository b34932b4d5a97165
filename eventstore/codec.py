"""The codec: events as the log keeps them, with every personal value sealed.

Writing takes two steps, because keys have to be committed before the append, and because a sealed value is
bound to its version: `draft`, then `Keyring.ensure(draft.needs)`, then `finish`, again for every version
that is tried. Reading opens nothing: a `Sealed` looks for its key when somebody opens it, so that folding
needs no keys.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from eventstore.canonical import Tree, encoder, quietly, read, write
from eventstore.sealed_values import Open, Place, close, located, sealing, stored
from eventstore.sealing import KeyDestroyed, Keys, Need
from eventstore.shapes import Reader, Shapes, Writer, holds_sealed
from eventstore.upcasters import UPCASTERS, Upcasters


class UnknownType(LookupError):
    """A type, or a schema version of it, that this program does not know: a later one wrote it."""


class Stored(NamedTuple):
    """An event as it is appended, and the ids of the keys that have to be alive then."""

    type: str
    schema_version: int
    data: bytes
    keys: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """An event written but for its personal values, which are still open."""

    type: str
    schema_version: int
    tree: Tree
    sealed: tuple[Open, ...]

    @property
    def needs(self) -> list[Need]:
        """The keys that have to be there before it is finished."""
        return [value.need for value in self.sealed]


@dataclass(frozen=True, slots=True)
class _Shape:
    name: str
    version: int
    write: Writer
    read: Reader
    sealed: bool


class Codec:
    """Writes and reads the events of a closed registry of types by name. Its errors repeat no value.

    Raises Unstorable for a type that cannot be stored.
    """

    def __init__(self, types: Mapping[str, type], upcasters: Upcasters = UPCASTERS) -> None:
        shapes = Shapes(sealed=sealing)
        self._upcasters = upcasters
        self._by_class = {
            kind: _Shape(name, upcasters.present(name), *shapes.of(kind), holds_sealed(kind))
            for name, kind in types.items()
        }
        self._present = {(shape.name, shape.version): shape for shape in self._by_class.values()}

    def draft(self, event: object) -> Draft:
        """Write an event, its personal values left open.

        Raises UnknownType; Unstorable for a value that its field does not declare; KeyDestroyed for an
        erased one.
        """
        shape = self._by_class.get(type(event))
        if shape is None:
            raise UnknownType(type(event).__name__)
        tree = shape.write(event)
        return Draft(shape.name, shape.version, tree, tuple(located(tree)) if shape.sealed else ())

    def finish(self, draft: Draft, stream: UUID, version: int, keys: Keys) -> Stored:
        """Return what is appended as this version of the stream, sealed for that place.

        Raises KeyDestroyed, and KeyLost if a key was not ensured before.
        """
        if not draft.sealed:
            return Stored(draft.type, draft.schema_version, write(draft.tree), ())
        at, used = Place(stream, version, draft.type), dict[UUID, None]()

        def seal(value: Open) -> Tree:
            key = keys.key(*value.need.whose)
            if key is None:
                raise KeyDestroyed([value.need.whose])
            used[key.id] = None
            return stored(value, key, at)

        data = write(draft.tree, encoder(seal))
        return Stored(draft.type, draft.schema_version, data, tuple(used))

    def decode(self, name: str, schema_version: int, data: bytes, stream: UUID, version: int, keys: Keys | None) -> Any:
        """Return the event that was stored; without keys, its sealed values cannot be opened.

        Raises UnknownType or Misshapen.
        """
        return self.decode_tree(name, schema_version, read(data), stream, version, keys)

    def decode_tree(
        self, name: str, schema_version: int, tree: Tree, stream: UUID, version: int, keys: Keys | None
    ) -> Any:
        """Return the event whose data was parsed already; the tree is used up.

        Raises UnknownType or Misshapen.
        """
        present = self._present.get((name, schema_version))
        shape = present or self._later(name, schema_version)
        if shape.sealed:
            close(tree, Place(stream, version, name), keys)
        if present is None:
            tree = self._upcasters.apply(name, schema_version, tree)
        return quietly(shape.read, tree, name)

    def _later(self, name: str, schema_version: int) -> _Shape:
        shape = self._present.get(self._upcasters.target(name, schema_version))
        if shape is None:
            raise UnknownType(f"{name}, schema version {schema_version}")
        return shape
