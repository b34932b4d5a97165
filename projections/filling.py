"""Filling: the part of a rebuild that workers do, a shard at a time.

A worker takes a shard that nobody has, streams its events out in (stream, version) order, folds them in memory, and
streams the versions of rows in; rows and shard mark commit together. So memory is constant, and a worker that was
killed leaves nothing behind: another takes its shard.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from psycopg.rows import args_row

from eventstore.connections import Connection, connect
from eventstore.log import Recorded
from projections.folding import Fold
from projections.generations import sql
from projections.live import copy_in, park, read_keys_again
from projections.model import Model
from projections.tools import Tools

AT_ONCE: Final = 500

_STREAM_OUT: Final = """
SELECT position, stream, version, type, schema_version, recorded_at, decided_on, command_id, envelope, data
  FROM log.events
 WHERE stream BETWEEN %s AND %s AND position <= %s AND type = ANY(%s)
 ORDER BY stream, version
"""


@dataclass(frozen=True, slots=True)
class Shard:
    """A range of stream ids, both ends in it, and the position up to which it is folded."""

    number: int
    first: UUID
    last: UUID
    until: int


def work(
    dsn: str,
    model: Model[Any],
    generation: int,
    tools: Tools,
    after_each: Callable[[], object] = lambda: None,
    types: list[str] | None = None,
) -> None:
    """Fill shards until all are done. `dsn` is that of a follower, `types` are those `handled`, if that is known."""
    with (
        closing(connect(dsn, deadline=None, name=f"rebuild {model.name}")) as reader,
        closing(connect(dsn, deadline=None, name=f"rebuild {model.name}")) as writer,
    ):
        writer.execute("SET synchronous_commit = off")  # rows and mark are lost together
        types = types or handled(reader, model, tools)
        while _shard(reader, writer, model, generation, tools, types):
            after_each()


def handled(connection: Connection, model: Model[Any], tools: Tools) -> list[str]:
    """Return the stored types that a model handles. Raises UnknownType if the log holds one that nobody knows."""
    stored = connection.execute("SELECT DISTINCT type, schema_version FROM log.events").fetchall()
    return sorted({name for name, version in stored if tools.kind(name, version) in model.handlers})


def fold_shard(model: Model[Any], tools: Tools, events: Iterable[Recorded], put: Callable[[bytes], object]) -> Fold:
    """Fold events that come in (stream, version) order, and put the lines of versions as they are done."""
    fold, stream = Fold(model, tools), -1
    for event in events:
        if event.stream.int != stream:
            stream = event.stream.int
            fold.finish()
            if len(fold.lines) >= AT_ONCE:
                _put(fold, put)
        fold.take(event)
    fold.finish()
    _put(fold, put)
    return fold


def stream_out(connection: Connection, first: UUID, last: UUID, until: int, types: list[str]) -> Iterator[Recorded]:
    """Read events of these types of a range of streams up to a position, stream by stream, without holding them all."""
    cursor = connection.cursor(row_factory=args_row(Recorded))
    return cursor.stream(_STREAM_OUT, [first, last, until, types], binary=True, size=AT_ONCE)


def _put(fold: Fold, put: Callable[[bytes], object]) -> None:
    if fold.lines:
        put("\n".join([*fold.lines, ""]).encode())
        fold.lines.clear()


def _shard(
    reader: Connection, writer: Connection, model: Model[Any], generation: int, tools: Tools, types: list[str]
) -> bool:
    """Fill one shard in one transaction; False if no shard is left."""
    with writer.transaction():
        shard = _take_shard(writer, model, generation)
        if shard is None:
            return False
        events = stream_out(reader, shard.first, shard.last, shard.until, types)
        if model.sealed:
            events = _with_fresh_keys(model, tools, events)
        with writer.cursor().copy(sql(copy_in(model, generation))) as copy:
            fold = fold_shard(model, tools, events, copy.write)
        park(writer, model, generation, fold.parked)
        writer.execute(
            "UPDATE projection.shards SET done = true WHERE model = %s AND generation = %s AND shard = %s",
            [model.name, generation, shard.number],
        )
    return True


def _take_shard(writer: Connection, model: Model[Any], generation: int) -> Shard | None:
    """Take a shard that nobody has; if there is none, wait for those that others have, and may not get done."""
    for skip in ("SKIP LOCKED", ""):
        query = f"""
            SELECT s.shard, s.first, s.last, p.position
              FROM projection.shards s JOIN projection.positions p USING (model, generation)
             WHERE s.model = %s AND s.generation = %s AND p.state = 'building' AND NOT s.done
             ORDER BY s.shard LIMIT 1 FOR UPDATE OF s {skip}
        """  # noqa: S608 - one of the two words above
        if row := writer.execute(sql(query), [model.name, generation]).fetchone():
            return Shard(*row)
    return None


def _with_fresh_keys(model: Model[Any], tools: Tools, events: Iterable[Recorded]) -> Iterator[Recorded]:
    """Pass events on in portions, the keys of each fetched in one query while the shard is ours."""
    portion: list[Recorded] = []
    for event in events:
        portion.append(event)
        if len(portion) == AT_ONCE:
            read_keys_again(tools, model, portion)
            yield from portion
            portion.clear()
    read_keys_again(tools, model, portion)
    yield from portion
