"""Latest first: what was asked for, with the day of asking in its rows, listed from the latest on.

Such a list lacks nothing that the log tells: whoever answers it asks for a moment that includes the latest of it.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composable, Identifier

from eventstore.connections import Connection
from projections.model import Model
from projections.moments import AsAt

_LATEST: Final = SQL("""
SELECT max(e.position) FROM log.events e
 WHERE e.type = ANY(%(types)s)
   AND e.position > (SELECT min(p.position) FROM projection.positions p WHERE p.model = %(model)s AND p.state = 'live')
""")
_ROWS: Final = SQL("""
SELECT {columns} FROM {view} r
 WHERE {at} AND {condition}
   AND (%(day)s::date IS NULL OR (r.asked_on, r.{key}) < (%(day)s, %(id)s))
 ORDER BY r.asked_on DESC, r.{key} DESC LIMIT %(most)s
""")
_ANY: Final = SQL("TRUE")

Place = tuple[date, UUID]
"""Where a page ends: the day on which its last was asked for, and its id."""


def latest(db: Connection, model: Model[Any]) -> int:
    """Return the last position that a model folds and that its rows may lack; 0 if they lack none."""
    asked = {"types": [kind.__name__ for kind in model.handlers], "model": model.name}
    found = db.cursor(row_factory=tuple_row).execute(_LATEST, asked)
    return (found.fetchone() or (None,))[0] or 0


def page(
    db: Connection,
    model: Model[Any],
    at: AsAt,
    after: Place | None,
    most: int,
    condition: Composable = _ANY,
    parameters: Mapping[str, Any] | None = None,
) -> Iterator[Any]:
    """Return rows of a model, the latest first, after a place; `condition` is one on the row, `r`."""
    day, last = after or (None, None)
    query = _ROWS.format(
        columns=model.listed("r"), view=SQL(model.view), at=at.rows(model, "r"),
        condition=condition, key=Identifier(model.key[0]),
    )  # fmt: skip
    asked = {"day": day, "id": last, "most": most, **(parameters or {})}
    return (model.read(row) for row in db.cursor(row_factory=tuple_row).execute(query, asked))
