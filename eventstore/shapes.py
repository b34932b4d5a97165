"""Which types can be stored, and how a value of each is written to and read from a JSON tree.

str, int, bool, date (ISO), datetime (UTC, RFC 3339 with microseconds and Z), UUID (lowercase), StrEnum (its
value); of these X | None, tuple[X, ...], dict[str, X] and frozen dataclasses; Sealed[X] of any of them but
itself. Nothing is converted on the way. What a field does not declare is refused when it is written as well
as when it is read, because history that was stored once has to load for ever.
"""

from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache, lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Final, TypeAlias, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from cattrs import Converter
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from domain.sealed import Sealed
from eventstore.canonical import Misshapen, Tree, Unstorable

Writer: TypeAlias = Callable[[Any], Tree]
Reader: TypeAlias = Callable[..., Any]
"""Called with a tree; what cattrs generates adds the type, which is known already."""

MARK: Final = "$sealed"
"""The key by which a sealed value is known in a stored tree; no field is called so, no dict may hold it."""

_GENERATOR: Final = Converter(detailed_validation=False)

uuid: Final = lru_cache(8_192)(UUID)
"""Reads a UUID: schools, providers and users come again and again, and then they are the very same object."""


class Shapes:
    """Makes the writer and the reader of a type, once for each type.

    Unknown fields are refused, and missing ones too unless `lenient`: then a missing field takes its default.
    `sealed` makes writer and reader of Sealed[X], given X; without it there can be none.
    """

    def __init__(self, *, lenient: bool = False, sealed: Callable[[Any], tuple[Writer, Reader]] | None = None) -> None:
        self._lenient = lenient
        self._sealed = sealed
        self.of = cache(self._of)

    def _of(self, kind: Any) -> tuple[Writer, Reader]:
        """Return writer and reader of a type. Raises Unstorable if it cannot be stored."""
        if kind in _LEAVES:
            return _LEAVES[kind]
        if isinstance(kind, type) and issubclass(kind, StrEnum):
            return _enum(kind)
        if isinstance(kind, type) and is_dataclass(kind) and vars(kind)["__dataclass_params__"].frozen:
            return self._record(kind)
        return self._compound(kind, get_origin(kind), get_args(kind))

    def _compound(self, kind: Any, origin: Any, parts: tuple[Any, ...]) -> tuple[Writer, Reader]:
        if origin is Sealed and self._sealed:
            return self._sealed(parts[0])
        if origin is Annotated:
            return self.of(parts[0])
        if origin in {Union, UnionType} and parts[2:] == () and NoneType in parts:
            return _optional(*self.of(parts[parts[0] is NoneType]))
        if origin is tuple and parts[1:] == (...,):
            return _tuple(*self.of(parts[0]))
        if origin is dict and self.of(parts[0]) == _LEAVES[str]:
            return _dict(*self.of(parts[1]))
        raise Unstorable(f"{kind} is no type that can be stored")

    def _record(self, kind: type) -> tuple[Writer, Reader]:
        hints = get_type_hints(kind, include_extras=True)
        hooks: dict[str, Any] = {field.name: _hooks(*self.of(hints[field.name])) for field in fields(kind)}
        build: Reader = make_dict_structure_fn(kind, _GENERATOR, **hooks)
        needed = [field.name for field in fields(kind) if not (self._lenient and _has_default(field))]
        return make_dict_unstructure_fn(kind, _GENERATOR, **hooks), _whole(build, hooks, needed)


def holds_sealed(kind: Any) -> bool:
    """Say whether there are personal values in a type that can be stored."""
    return get_origin(kind) is Sealed or any(map(holds_sealed, _parts(kind)))


def _parts(kind: Any) -> Iterable[Any]:
    if isinstance(kind, type) and is_dataclass(kind):
        return get_type_hints(kind, include_extras=True).values()
    return get_args(kind)


def _hooks(writer: Writer, reader: Reader) -> Any:
    return override(unstruct_hook=writer, struct_hook=reader)


def _has_default(field: Field[Any]) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _whole(build: Reader, known: Iterable[str], needed: Iterable[str]) -> Reader:
    most, least = frozenset(known), frozenset(needed)

    def read(tree: Tree, _: object = None) -> Any:
        if type(tree) is not dict or not least <= tree.keys() <= most:
            raise Misshapen("the fields are not those of the type")
        return build(tree)

    return read


def _optional(writer: Writer, reader: Reader) -> tuple[Writer, Reader]:
    def write(value: Any) -> Tree:
        return None if value is None else writer(value)

    def read(tree: Tree, _: object = None) -> Any:
        return None if tree is None else reader(tree, _)

    return write, read


def _tuple(writer: Writer, reader: Reader) -> tuple[Writer, Reader]:
    def write(value: Any) -> Tree:
        return [writer(each) for each in _expect(tuple, value)]

    def read(tree: Tree, _: object = None) -> Any:
        return tuple([reader(each, _) for each in _found(list, tree)])

    return write, read


def _dict(writer: Writer, reader: Reader) -> tuple[Writer, Reader]:
    def write(value: Any) -> Tree:
        if MARK in _expect(dict, value):
            raise Unstorable(f"a dict with the key {MARK}")
        return {_text(key): writer(each) for key, each in value.items()}

    def read(tree: Tree, _: object = None) -> Any:
        return {key: reader(each, _) for key, each in _found(dict, tree).items()}

    return write, read


def _enum(kind: type[StrEnum]) -> tuple[Writer, Reader]:
    members = {member.value: member for member in kind}

    def write(value: Any) -> Tree:
        return _expect(kind, value).value

    def read(tree: Tree, _: object = None) -> Any:
        return members[tree]

    return write, read


def _expect(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise Unstorable(f"{type(value).__name__} where {kind.__name__} is declared")
    return value


def _found(kind: type, tree: Tree) -> Any:
    if type(tree) is not kind:
        raise Misshapen(f"{type(tree).__name__} where {kind.__name__} is declared")
    return tree


def _plain(kind: type) -> tuple[Writer, Reader]:
    """Make writer and reader of what JSON has itself."""

    def write(value: Any) -> Tree:
        return value if type(value) is kind else _expect(kind, value)

    def read(tree: Tree, _: object = None) -> Any:
        return tree if type(tree) is kind else _found(kind, tree)

    return write, read


def _text(value: Any) -> Tree:
    return str(value) if isinstance(value, str) else _expect(str, value)


def _write_instant(value: Any) -> Tree:
    if _expect(datetime, value).tzinfo is None:
        raise Unstorable("an instant without its time zone")
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _read_instant(tree: Tree, _: object = None) -> datetime:
    instant = datetime.fromisoformat(tree)
    if instant.tzinfo is None:
        raise Misshapen("an instant without its time zone")
    return instant


_LEAVES: Final[dict[Any, tuple[Writer, Reader]]] = {
    str: (_text, _plain(str)[1]),
    int: _plain(int),
    bool: _plain(bool),
    date: (lambda value: _expect(date, value).isoformat(), lambda tree, _=None: date.fromisoformat(tree)),
    datetime: (_write_instant, _read_instant),
    UUID: (lambda value: str(_expect(UUID, value)), lambda tree, _=None: uuid(tree)),
}
