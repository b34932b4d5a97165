"""Columns: how each field of a row is kept in its table, written as COPY reads it, and read back as it was.

A field is a str, int, bool, date, datetime, UUID or StrEnum (a column of that kind), a tuple of one of these (an
array), or else whatever the log can store (jsonb). `X | None` may be NULL; `Sealed[X]` is opened when it is written.
A value that its column cannot hold is refused here, where its row can be parked, and not by the database, where a whole
batch would fail. Errors name types, never values.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Final, TypeAlias, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from domain.sealed import Sealed, Unknown
from eventstore.canonical import Unstorable, write
from eventstore.shapes import Shapes

Dump: TypeAlias = Callable[[Any], str]
Load: TypeAlias = Callable[[Any], Any]

NULL: Final = "\\N"
BIGGEST: Final = 2**63

_COPY: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_ELEMENT: Final = str.maketrans({"\\": "\\\\", '"': '\\"'})
_NUL_IN_JSON: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_SHAPES: Final = Shapes()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of column: its SQL type, how a value is written for COPY, and how what psycopg answers is read."""

    sql: str
    dump: Dump
    load: Load
    sealed: bool = False
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, named as the field of the row."""

    name: str
    kind: Kind

    @property
    def definition(self) -> str:
        return f'"{self.name}" {self.kind.sql}{"" if self.kind.nullable else " NOT NULL"}'


def columns(row: type) -> tuple[Column, ...]:
    """Return the columns of a row class, in the order of its fields. Raises Unstorable for a type that has none."""
    hints = get_type_hints(row, include_extras=True)
    return tuple(Column(field.name, kind_of(hints[field.name])) for field in fields(row))


def kind_of(hint: Any) -> Kind:
    """Return the kind of column of a field's type."""
    origin, parts = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType} and NoneType in parts:
        return _nullable(kind_of(parts[parts[0] is NoneType]))
    if origin is Sealed:
        return _sealed(kind_of(parts[0]))
    if origin is tuple and parts[1:] == (...,) and (element := _scalar(parts[0])):
        return _array(*element)
    if (scalar := _scalar(hint)) is None:
        return _json(hint)
    sql, text, load = scalar
    return Kind(sql, _escaped(text) if sql == "text" else text, load)


def literal(values: Iterable[object]) -> str:
    """Return an array of plain values (UUID, int, str, date) as PostgreSQL reads it."""
    return "{" + ",".join(_quoted(str(value)) for value in values) + "}"


def _scalar(hint: Any) -> tuple[str, Dump, Load] | None:
    """Return the SQL type of a plain value, its text, and how it is read back."""
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return (
            "text",
            lambda value: str(_expect(hint, value)),
            {each.value: each for each in hint}.__getitem__,
        )
    return _SCALARS.get(hint)


def _nullable(kind: Kind) -> Kind:
    def dump(value: Any) -> str:
        return NULL if value is None else kind.dump(value)

    def load(value: Any) -> Any:
        return None if value is None else kind.load(value)

    return Kind(kind.sql, dump, load, sealed=kind.sealed, nullable=True)


def _sealed(kind: Kind) -> Kind:
    def dump(value: Any) -> str:
        opened = _expect(Sealed, value).open()
        return NULL if isinstance(opened, Unknown) else kind.dump(opened)

    return Kind(kind.sql, dump, kind.load, sealed=True, nullable=True)


def _escaped(text: Dump) -> Dump:
    return lambda value: text(value).translate(_COPY)


def _array(sql: str, text: Dump, load: Load) -> Kind:
    def dump(value: Any) -> str:
        return literal([text(each) for each in _expect(tuple, value)]).translate(_COPY)

    return Kind(f"{sql}[]", dump, lambda value: tuple([load(each) for each in value]))


def _json(hint: Any) -> Kind:
    writer, reader = _SHAPES.of(hint)

    def dump(value: Any) -> str:
        text = write(writer(value)).decode()
        if "\\u0000" in text and _NUL_IN_JSON.search(text):
            raise Unstorable("text with NUL")
        return text.translate(_COPY)

    return Kind("jsonb", dump, reader)


def _quoted(text: str) -> str:
    return f'"{text.translate(_ELEMENT)}"'


def _expect(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise Unstorable(f"{type(value).__name__} where {kind.__name__} is declared")
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Unstorable(f"{type(value).__name__} where str is declared")
    if "\0" in value or not _whole(value):
        raise Unstorable("text with NUL, or with half a character")
    return str(value)


def _whole(text: str) -> bool:
    return text.isascii() or not any("\ud800" <= each <= "\udfff" for each in text)


def _int(value: Any) -> str:
    if not -BIGGEST <= _expect(int, value) < BIGGEST:
        raise Unstorable("an int beyond 64 bits")
    return str(value)


def _instant(value: Any) -> str:
    if _expect(datetime, value).tzinfo is None:
        raise Unstorable("an instant without its time zone")
    return str(value.astimezone(UTC).isoformat())


def same(value: Any) -> Any:
    """Return what psycopg answers, where that is the value itself."""
    return value


_SCALARS: Final[dict[Any, tuple[str, Dump, Load]]] = {
    str: ("text", _text, same),
    int: ("bigint", _int, same),
    bool: ("boolean", lambda value: "t" if _expect(bool, value) else "f", same),
    date: ("date", lambda value: str(_expect(date, value).isoformat()), same),
    datetime: ("timestamptz", _instant, same),
    UUID: ("uuid", lambda value: f"{_expect(UUID, value).int:032x}", same),
}


def sealed_names(found: Iterable[Column]) -> Iterator[str]:
    """Name the columns that hold personal values in clear."""
    return (column.name for column in found if column.kind.sealed)
