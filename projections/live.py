"""Live: a read model follows the log. Rows and position move in one transaction, so that each event counts once.

A batch loads the rows that stand of its streams in one query, folds in memory, closes and opens versions, and moves
the position. Losing the last transactions in a crash of the server is no harm, since rows and position are lost
together: commits do not wait for the disk.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from eventstore.connections import Connection
from eventstore.followers import Halt
from eventstore.log import Recorded, tail
from projections.columns import literal
from projections.folding import Fold, Parked, sealed_in
from projections.generations import Generation, held, in_state, sql
from projections.model import Model
from projections.tools import Tools


class NotBuilt(Halt):
    """The model has no table yet."""


class Outdated(Halt):
    """The model's rows have another shape than those of its present table: rebuild it."""


@dataclass(frozen=True, slots=True)
class ReadModel:
    """The work of a follower that keeps a model's live generation."""

    model: Model[Any]
    tools: Tools

    @property
    def name(self) -> str:
        return name_of(self.model)

    def begin(self, connection: Connection) -> int:
        """Return the position of the live generation. Raises NotBuilt or Outdated."""
        connection.execute("SET synchronous_commit = off")
        return self._live(in_state(connection, self.model, "live")).position

    def take(self, connection: Connection, events: Sequence[Recorded]) -> int:
        """Fold these events, unless another copy or a rebuild has already; return the position by now."""
        with connection.transaction():
            generation = self._live(held(connection, self.model))
            if generation.position != events[0].position - 1:
                return generation.position
            advance(connection, self.model, self.tools, generation.number, events)
        return events[-1].position

    def _live(self, generation: Generation | None) -> Generation:
        if generation is None:
            raise NotBuilt(f"read model {self.model.name} has no table yet")
        if generation.shape != self.model.shape:
            raise Outdated(f"rebuild read model {self.model.name}")
        return generation


def name_of(model: Model[Any]) -> str:
    """Return by which name the copies of a model's follower know each other, and the server shows them."""
    return f"read model {model.name}"


def advance(
    connection: Connection, model: Model[Any], tools: Tools, generation: int, events: Sequence[Recorded]
) -> None:
    """Fold events into a generation that stands right before them, and move its position. The caller's transaction."""
    fold = Fold(model, tools)
    wanted = [event for event in events if fold.handler(event)]
    streams = literal({event.stream for event in wanted})
    for stream in _parked(connection, model, generation, streams):
        fold.leave(stream)
    if not model.forgetful:
        _load(connection, fold, generation, streams)
    read_keys_again(tools, model, wanted)
    for event in wanted:
        fold.take(event)
    fold.finish()
    write(connection, fold, generation)
    park(connection, model, generation, fold.parked)
    move(connection, model, generation, events[-1].position)


def catch_up(connection: Connection, model: Model[Any], tools: Tools, generation: int, position: int) -> int:
    """Bring a generation up to a position, a batch at a time; return its position then. The caller's transaction(s)."""
    while True:
        with connection.transaction():
            query = "SELECT position FROM projection.positions WHERE model = %s AND generation = %s FOR UPDATE"
            row = connection.execute(query, [model.name, generation]).fetchone()
            before = row[0] if row else position
            events = tail(connection, before, min(1_000, position - before)) if before < position else []
            if not events:
                return int(before)
            advance(connection, model, tools, generation, events)


def read_keys_again(tools: Tools, model: Model[Any], events: Iterable[Recorded]) -> None:
    """Fetch the keys that these events need, however lately they were fetched: one may have been destroyed.

    Whoever destroys a key blanks the rows after that, and waits for us to commit; so what we open now is blanked then.
    """
    if not model.sealed or tools.keyring is None:
        return
    whose = {(sealed.subject, sealed.data_class) for event in events for sealed in _sealed(tools, event)}
    if whose:
        tools.keyring.load(whose)


def write(connection: Connection, fold: Fold, generation: int) -> None:
    """Close and open versions of rows."""
    model, table = fold.model, fold.model.table(generation)
    if fold.closed:
        kinds = [next(each.kind.sql for each in model.columns if each.name == name) for name in model.key]
        arrays = ", ".join(f"%s::{kind}[]" for kind in [*kinds, "bigint"])
        names = ", ".join(f"k{i}" for i in range(len(kinds)))
        same = " AND ".join(f't."{name}" = c.k{i}' for i, name in enumerate(model.key))
        update = (
            f"UPDATE {table} AS t SET to_position = c.at FROM unnest({arrays}) AS c ({names}, at) "  # noqa: S608 - names of ours
            f"WHERE {same} AND t.to_position IS NULL"
        )
        keys = zip(*(key for key, _ in fold.closed), strict=True)
        values = [literal(column) for column in keys] + [literal(at for _, at in fold.closed)]
        connection.execute(sql(update), values)
    if fold.lines:
        with connection.cursor().copy(sql(copy_in(model, generation))) as copy:
            copy.write("\n".join([*fold.lines, ""]).encode())
        fold.lines.clear()


def copy_in(model: Model[Any], generation: int) -> str:
    """Return the statement that takes the lines of a fold."""
    names = [f'"{name}"' for name in model.names]
    names += ["unknown"] if model.sealed else []
    return f"COPY {model.table(generation)} ({', '.join(names)}, from_position, to_position) FROM STDIN"


def park(connection: Connection, model: Model[Any], generation: int, parked: Iterable[Parked]) -> None:
    """Note streams that are not folded any further."""
    for each in parked:
        connection.execute(
            "INSERT INTO projection.parked (model, generation, stream, position, error) VALUES (%s, %s, %s, %s, %s)",
            [model.name, generation, each.stream, each.position, each.error],
        )


def move(connection: Connection, model: Model[Any], generation: int, position: int) -> None:
    """Set how far a generation has come."""
    update = "UPDATE projection.positions SET position = %s WHERE model = %s AND generation = %s"
    connection.execute(update, [position, model.name, generation])


def _parked(connection: Connection, model: Model[Any], generation: int, streams: str) -> list[UUID]:
    query = "SELECT stream FROM projection.parked WHERE model = %s AND generation = %s AND stream = ANY(%s::uuid[])"
    return [stream for (stream,) in connection.execute(query, [model.name, generation, streams])]


def _load(connection: Connection, fold: Fold, generation: int, streams: str) -> None:
    model = fold.model
    names = ", ".join(f'"{name}"' for name in model.names)
    unknown = "unknown" if model.sealed else "'{}'::text[]"
    query = (
        f"SELECT from_position, {unknown}, {names} FROM {model.table(generation)} "  # noqa: S608 - names of ours
        f'WHERE "{model.key[0]}" = ANY(%s::uuid[]) AND to_position IS NULL'
    )
    for since, names_unknown, *values in connection.cursor(binary=True).execute(sql(query), [streams]):
        fold.load(tuple(values), since, names_unknown)


def _sealed(tools: Tools, event: Recorded) -> Iterable[Any]:
    try:
        return list(sealed_in(tools.decode(event)))
    except Exception:  # noqa: BLE001 - the fold decodes it again, and parks it
        return []
