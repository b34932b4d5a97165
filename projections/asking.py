"""Asking: a question has the same text each time, so that the server keeps its plan; what differs goes beside it."""

from collections.abc import Mapping
from typing import Any, Final

import psycopg
from psycopg.rows import tuple_row
from psycopg.sql import Composable, Composed, Literal, Placeholder

from eventstore.connections import Connection

PREFIX: Final = "given_"


class Given(Literal):
    """A value that differs from one asking to the next: an id, a day, a position. Elsewhere it is a literal."""

    @property
    def value(self) -> Any:
        return self._obj


def ask(db: Connection, question: Composed, parameters: Mapping[str, Any]) -> psycopg.Cursor[tuple[Any, ...]]:
    """Ask a question of named parameters, with all that is `Given` in it as more of them."""
    given: dict[str, Any] = {}
    text = Composed([_apart(part, given) for part in question])
    return db.cursor(row_factory=tuple_row).execute(text, {**parameters, **given})


def _apart(part: Composable, given: dict[str, Any]) -> Composable:
    """Return a part of a question with a parameter in the place of each given value, which is put into `given`."""
    if isinstance(part, Composed):
        return Composed([_apart(each, given) for each in part])
    if not isinstance(part, Given):
        return part
    name = f"{PREFIX}{len(given)}"
    given[name] = part.value
    return Placeholder(name)
