"""Read models: a row, and what each event of its stream makes of it. Pure: the runner does everything else.

A model whose rows are one a stream has handlers of (row | None, event, recorded) -> row | None, with None for no row.
A model of several rows a stream (`key` names more than one field) has handlers of (rows, event, recorded) -> the rows
that are new or have changed: `rows` are those that stand, by the rest of their key (the bare value if it is one field).
The first field of the key is always the id of the stream. A row of a model of several stays; one that ended says so.
"""

import hashlib
import inspect
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from importlib import import_module
from operator import attrgetter
from typing import Any, Generic, TypeAlias, TypeVar

from psycopg.sql import SQL, Composed, Identifier

from projections.columns import Column, Load, columns, same

Row = TypeVar("Row")
Handler = TypeVar("Handler", bound=Callable[..., Any])
Key: TypeAlias = tuple[Any, ...]


class Schema(StrEnum):
    """Where a model's tables are. `analytics` never holds a personal value."""

    SERVICE = "service"
    ANALYTICS = "analytics"


class PersonalValueInClear(TypeError):
    """Only a model in `service` that is keyed by subject holds personal values: name the field in `subject`."""


@dataclass(eq=False)
class Model(Generic[Row]):
    """A read model: its name, the class of its rows, their key, and the handlers registered with `on`.

    `present` lists the fields that questions about now search by, each an index; `past` the UUID or str fields that
    questions about an earlier moment search by. `subject` names the field of the key that says whose personal values a
    row holds. `forgetful`: no handler looks at rows that stand, so none are loaded (timelines).
    """

    name: str
    row: type[Row]
    key: tuple[str, ...]
    schema: Schema = Schema.SERVICE
    present: tuple[tuple[str, ...], ...] = ()
    past: tuple[str, ...] = ()
    subject: str | None = None
    forgetful: bool = False
    revision: int = 1  # raised when handlers change what rows say: then a rebuild is asked for
    handlers: dict[type, Callable[..., Any]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        sealed = any(column.kind.sealed for column in self.columns)
        if sealed and (self.subject not in self.key or self.schema is Schema.ANALYTICS):
            raise PersonalValueInClear

    def __reduce__(self) -> tuple[Callable[..., "Model[Any]"], tuple[str, str]]:
        """Pickle as a name: another process has the same module, which holds the row and the model."""
        return _found, (self.row.__module__, self.name)

    def on(self, *events: type) -> Callable[[Handler], Handler]:
        """Register what these events make of a row."""

        def register(handler: Handler) -> Handler:
            for event in events:
                if self.handlers.setdefault(event, handler) is not handler:
                    raise ValueError(f"{self.name} handles {event.__name__} twice")
            return handler

        return register

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return columns(self.row)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    @cached_property
    def loads(self) -> tuple[tuple[str, Load], ...]:
        """The columns whose values psycopg does not answer as they are in a row, and what makes them so."""
        return tuple((column.name, column.kind.load) for column in self.columns if column.kind.load is not same)

    @cached_property
    def sealed(self) -> tuple[int, ...]:
        """Where the personal values stand among the columns."""
        return tuple(i for i, column in enumerate(self.columns) if column.kind.sealed)

    @cached_property
    def values(self) -> Callable[[Any], tuple[Any, ...]]:
        """Return what reads all fields of a row."""
        getter = attrgetter(*self.names)
        return getter if len(self.names) > 1 else lambda row: (getter(row),)

    @cached_property
    def several(self) -> bool:
        return len(self.key) > 1

    @cached_property
    def rest(self) -> Callable[[Any], Any]:
        """Return what reads the key of a row without the stream."""
        return attrgetter(*self.key[1:]) if self.several else lambda _: None

    @cached_property
    def shape(self) -> str:
        """A digest of what the table is made of: two models of one shape can use one table."""
        parts = [self.name, self.schema, self.key, self.present, self.past, self.subject, self.revision]
        return _digest(repr([*parts, [column.definition for column in self.columns]]))

    @cached_property
    def code(self) -> str:
        """A digest of the modules that its handlers are written in: only the same code goes on with half a rebuild."""
        modules = sorted({handler.__module__ for handler in self.handlers.values()})
        return _digest(self.shape + "".join(inspect.getsource(sys.modules[name]) for name in modules))

    def listed(self, alias: str) -> Composed:
        """Return the columns of a statement from which `read` makes a row."""
        return SQL(", ").join(Identifier(alias, name) for name in self.names)

    def read(self, values: Sequence[Any]) -> Row:
        """Return a row of what psycopg answered for `listed`; personal values are open, None where erased."""
        named = dict(zip(self.names, values, strict=True))
        for name, load in self.loads:
            if named[name] is not None:
                named[name] = load(named[name])
        return self.row(**named)

    def table(self, generation: int) -> str:
        """Return the name of one generation's table, quoted."""
        return f'{self.schema}."{self.name}__{generation}"'

    @property
    def view(self) -> str:
        """Return the name by which readers know the model, quoted."""
        return f'{self.schema}."{self.name}"'


Rows: TypeAlias = Mapping[Any, Row]
"""The rows of one stream that stand, by the rest of their key."""

Changed: TypeAlias = Iterable[Row]
"""The rows of one stream that are new or have changed."""


def _found(module: str, name: str) -> Model[Any]:
    held = vars(import_module(module)).values()
    return next(each for each in held if isinstance(each, Model) and each.name == name)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
