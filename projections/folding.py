"""Folding: events become versions of rows. The same fold serves the live follower and the rebuild.

A version is made of the texts of its columns, as COPY reads them: two versions with the same texts show the same, so
only the first of them is written. Events of a stream come in order; between streams there is none.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass
from itertools import compress
from operator import is_not
from types import MappingProxyType
from typing import Any, Final, TypeAlias
from uuid import UUID

import psycopg
from psycopg_pool import PoolTimeout

from domain.sealed import UNKNOWN, DataClass, Sealed
from eventstore.connections import Unavailable
from eventstore.key_material import MissingSecret
from eventstore.log import Recorded
from projections.columns import NULL, literal
from projections.model import Key, Model
from projections.tools import Tools

NOT_THE_EVENTS_FAULT: Final = (psycopg.Error, PoolTimeout, Unavailable, OSError, MemoryError, MissingSecret)


Handler: TypeAlias = Callable[..., Any]


class WrongRow(TypeError):
    """A handler made something that is no row of its model, or a row of another stream."""


@dataclass(frozen=True, slots=True)
class Parked:
    """A stream that is not folded any further, from which position on, and because of which error."""

    stream: UUID
    position: int
    error: str


@dataclass(slots=True)
class Version:
    """A version of a row: since which position it stands, and whether the table holds it already."""

    row: Any
    values: tuple[Any, ...]
    texts: list[str]
    since: int
    stored: bool = False


@dataclass(slots=True)
class Standing:
    """The versions of one stream that stand, by the rest of their key, and whether the stream is folded any further."""

    versions: dict[Any, Version] = field(default_factory=dict)
    rows: dict[Any, Any] = field(default_factory=dict)  # of these versions; kept for models of several rows only
    parked: bool = False


@dataclass(slots=True, eq=False)
class Fold:
    """What the events taken so far have made of the rows: lines to write, stored versions to close, streams to park.

    Streams are kept by the number of their id, which Python compares faster.
    """

    model: Model[Any]
    tools: Tools
    lines: list[str] = field(default_factory=list)
    closed: list[tuple[Key, int]] = field(default_factory=list)
    parked: list[Parked] = field(default_factory=list)
    _standing: dict[int, Standing] = field(default_factory=dict)
    _handlers: dict[tuple[str, int], Handler | None] = field(default_factory=dict)
    _values: Callable[[Any], tuple[Any, ...]] = field(init=False)
    _dumps: tuple[Callable[[Any], str], ...] = field(init=False)
    _places: range = field(init=False)
    _stream_at: int = field(init=False)
    _apply: Callable[[Standing, Handler, Any, Recorded], None] = field(init=False)

    def __post_init__(self) -> None:
        self._values = self.model.values
        self._dumps = tuple(column.kind.dump for column in self.model.columns)
        self._places = range(len(self._dumps))
        self._stream_at = self.model.names.index(self.model.key[0])
        self._apply = self._several if self.model.several else self._one

    def load(self, values: tuple[Any, ...], since: int, unknown: Iterable[str] = ()) -> None:
        """Begin with a version that the table holds, as psycopg answers it."""
        row = self.model.row(**dict(zip(self.model.names, self._loaded(values, unknown), strict=True)))
        version = Version(row, self._values(row), [], since, stored=True)
        version.texts = self._texts(version.values)
        self._put(self._of(version.values[self._stream_at]), self.model.rest(row), version)

    def leave(self, stream: UUID) -> None:
        """Leave a stream as it is: it was parked before."""
        self._of(stream).parked = True

    def handler(self, recorded: Recorded) -> Handler | None:
        """Return what handles an event, if anything does. Raises UnknownType."""
        stored = recorded.type, recorded.schema_version
        try:
            return self._handlers[stored]
        except KeyError:
            return self._handlers.setdefault(stored, self.model.handlers.get(self.tools.kind(*stored)))

    def take(self, recorded: Recorded) -> None:
        """Fold one event, or park its stream. Raises UnknownType, and what a database raises that is away."""
        handler = self.handler(recorded)
        if handler is None or (standing := self._of(recorded.stream)).parked:
            return
        try:
            self._apply(standing, handler, self.tools.decode(recorded), recorded)
        except NOT_THE_EVENTS_FAULT:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is: other streams go on
            standing.parked = True
            self.parked.append(Parked(recorded.stream, recorded.position, named(error)))

    def finish(self) -> None:
        """Write the versions that stand, and begin anew: no more events of these streams will come."""
        for standing in self._standing.values():
            for version in standing.versions.values():
                if not version.stored:
                    self._write(version, NULL)
        self._standing.clear()

    def _of(self, stream: UUID) -> Standing:
        return self._standing.get(stream.int) or self._standing.setdefault(stream.int, Standing())

    def _one(self, standing: Standing, handler: Handler, event: Any, recorded: Recorded) -> None:
        """Fold an event into the row of its stream, or into none; None is a row that ends."""
        old = standing.versions.get(None)
        row = handler(old and old.row, event, recorded)
        version = None if row is None else self._version(row, old, recorded)
        if version is not old:
            self._replace(standing, None, version, recorded.position)

    def _several(self, standing: Standing, handler: Handler, event: Any, recorded: Recorded) -> None:
        """Fold an event into the rows of its stream; all versions are made before any takes effect."""
        rest, versions = self.model.rest, standing.versions
        changed = {rest(row): row for row in handler(MappingProxyType(standing.rows), event, recorded)}
        made = {key: self._version(row, versions.get(key), recorded) for key, row in changed.items()}
        for key, version in made.items():
            if version is not versions.get(key):
                self._replace(standing, key, version, recorded.position)

    def _version(self, row: Any, old: Version | None, recorded: Recorded) -> Version:
        """Return the version of a row after an event: the one before, if it shows the same."""
        if old is not None and row is old.row:
            return old
        if type(row) is not self.model.row:
            raise WrongRow(type(row).__name__)
        values = self._values(row)
        texts = self._texts(values) if old is None else self._texts_after(values, old)
        if old is not None and texts == old.texts:
            return old
        if values[self._stream_at].int != recorded.stream.int:
            raise WrongRow("a row of another stream")
        return Version(row, values, texts, recorded.position)

    def _texts(self, values: tuple[Any, ...]) -> list[str]:
        texts = [dump(value) for dump, value in zip(self._dumps, values, strict=True)]
        return self._with_unknown(texts, values) if self.model.sealed else texts

    def _texts_after(self, values: tuple[Any, ...], old: Version) -> list[str]:
        """Return the texts, written anew only for the values that are not the very same."""
        texts = old.texts[: len(values)]
        for i in compress(self._places, map(is_not, values, old.values)):
            texts[i] = self._dumps[i](values[i])
        return self._with_unknown(texts, values) if self.model.sealed else texts

    def _with_unknown(self, texts: list[str], values: tuple[Any, ...]) -> list[str]:
        """Add which personal values are unknown because their key was destroyed: NULL alone says that there is none."""
        there = [i for i in self.model.sealed if values[i] is not None]
        if any(values[i].subject != self._subject(values) for i in there):
            raise WrongRow("a personal value of somebody else")
        texts.append(literal(self.model.names[i] for i in there if texts[i] == NULL))
        return texts

    def _subject(self, values: tuple[Any, ...]) -> Any:
        return values[self.model.names.index(self.model.subject)] if self.model.subject else None

    def _replace(self, standing: Standing, key: Any, version: Version | None, position: int) -> None:
        if old := standing.versions.pop(key, None):
            self._close(old, position)
        if version:
            self._put(standing, key, version)

    def _put(self, standing: Standing, key: Any, version: Version) -> None:
        standing.versions[key] = version
        if self.model.several:
            standing.rows[key] = version.row

    def _close(self, old: Version, position: int) -> None:
        if old.stored:
            self.closed.append((tuple(getattr(old.row, name) for name in self.model.key), position))
        else:
            self._write(old, str(position))

    def _write(self, version: Version, until: str) -> None:
        self.lines.append("\t".join((*version.texts, str(version.since), until)))

    def _loaded(self, values: tuple[Any, ...], unknown: Iterable[str]) -> Iterator[Any]:
        subject = self._subject(values)
        for column, value in zip(self.model.columns, values, strict=True):
            if not column.kind.sealed:
                yield column.kind.load(value)
            elif column.name in unknown:
                yield _sealed(subject, UNKNOWN)
            else:
                yield None if value is None else _sealed(subject, column.kind.load(value))


def _sealed(subject: Any, value: Any) -> Sealed[Any]:
    """Seal what was read from a table; its class is not kept, because no row is ever encrypted again."""
    return Sealed(subject, DataClass.IDENTITY, value)


def sealed_in(value: object) -> Iterator[Sealed[Any]]:
    """Find the personal values in an event."""
    if isinstance(value, Sealed):
        yield value
    elif is_dataclass(value):
        for each in fields(value):
            yield from sealed_in(getattr(value, each.name))
    elif isinstance(value, tuple | dict):
        for part in value.values() if isinstance(value, dict) else value:
            yield from sealed_in(part)


def named(error: Exception) -> str:
    """Name an error and where it was raised, but not what it says: that could be a value."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f" in {trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace else ""
    return type(error).__name__ + where
