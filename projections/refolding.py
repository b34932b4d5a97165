"""Refolding: the rows of one stream are made anew from its start, past versions too, in every generation.

Redriving does it after a handler was mended; blanking does it after the key of a person was destroyed, so that no
version, past ones included, holds what that key had sealed, just as if the model were rebuilt. Both can be repeated.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeAlias
from uuid import UUID

from eventstore.connections import Connection
from projections.filling import fold_shard, handled, stream_out
from projections.generations import Generation, generations, sql
from projections.live import copy_in, park, read_keys_again
from projections.model import Model
from projections.tools import Tools


def redrive(connection: Connection, model: Model[Any], tools: Tools, stream: UUID | None = None) -> list[UUID]:
    """Refold a parked stream, or all that are parked, as a follower; return those that are parked still."""
    for generation in generations(connection, model):
        with connection.transaction():
            _refold(connection, model, tools, generation, (lambda *_: {stream}) if stream else _parked)
    found = {each for number in generations(connection, model) for each in _parked(connection, model, number)}
    return sorted(each for each in found if stream in {None, each})


def blank(connection: Connection, models: Iterable[Model[Any]], tools: Tools, subject: UUID) -> None:
    """Take out of every version of every row what a subject's destroyed keys had sealed; as a follower.

    To be asked after the destruction has committed, and again whenever in doubt.
    """
    if tools.keyring:
        tools.keyring.forget(subject)
    for model in (each for each in models if each.sealed):
        for generation in generations(connection, model):
            with connection.transaction():
                _refold(connection, model, tools, generation, partial(_about, subject))


def blank_destroyed(connection: Connection, models: Iterable[Model[Any]], tools: Tools) -> list[UUID]:
    """Blank whoever was destroyed and is not blanked yet, and note it, as a follower; return them.

    Cut off anywhere, the next one goes on: what is noted is blanked.
    """
    sealed = [model for model in models if model.sealed]
    waiting = not_blanked(connection, sealed)
    for subject, classes in waiting:
        blank(connection, sealed, tools, subject)
        note = "INSERT INTO projection.blanked (model, subject, data_class) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
        for model in sealed:
            for name in classes:
                connection.execute(note, [model.name, subject, name])
    return [subject for subject, _ in waiting]


def not_blanked(connection: Connection, models: Iterable[Model[Any]]) -> list[tuple[UUID, list[str]]]:
    """Return whoever was destroyed and stands in these models yet, and of which classes, as a follower."""
    query = """
        SELECT d.subject, array_agg(DISTINCT d.data_class)
          FROM keys.destroyed d CROSS JOIN unnest(%s::text[]) AS m (model)
         WHERE NOT EXISTS (SELECT FROM projection.blanked b
                            WHERE b.model = m.model AND b.subject = d.subject AND b.data_class = d.data_class)
         GROUP BY d.subject
    """
    return connection.execute(query, [[model.name for model in models if model.sealed]]).fetchall()


def _refold(connection: Connection, model: Model[Any], tools: Tools, generation: Generation, find: "Find") -> None:
    """Make the rows of some streams anew. They are looked for once nobody else writes this generation any more."""
    until = _held(connection, model, generation)
    if until is None:
        return
    types = handled(connection, model, tools)
    for stream in find(connection, model, generation):
        if _folded(connection, model, generation, stream):
            _again(connection, model, tools, generation.number, stream, until, types)


def _again(
    connection: Connection, model: Model[Any], tools: Tools, generation: int, stream: UUID, until: int, types: list[str]
) -> None:
    table = model.table(generation)
    connection.execute(sql(f'DELETE FROM {table} WHERE "{model.key[0]}" = %s'), [stream])  # noqa: S608 - names of ours
    connection.execute(
        "DELETE FROM projection.parked WHERE model = %s AND generation = %s AND stream = %s",
        [model.name, generation, stream],
    )
    events = list(stream_out(connection, stream, stream, until, types))
    read_keys_again(tools, model, events)
    with connection.cursor().copy(sql(copy_in(model, generation))) as copy:
        fold = fold_shard(model, tools, events, copy.write)
    park(connection, model, generation, fold.parked)


def _held(connection: Connection, model: Model[Any], generation: Generation) -> int | None:
    """Hold a generation where it is until our transaction ends, and return its position; None if it is gone."""
    names = [model.name, generation.number]
    shards = "SELECT FROM projection.shards WHERE model = %s AND generation = %s ORDER BY shard FOR UPDATE"
    connection.execute(shards, names)
    position = "SELECT position FROM projection.positions WHERE model = %s AND generation = %s FOR UPDATE"
    row = connection.execute(position, names).fetchone()
    return row[0] if row else None


def _folded(connection: Connection, model: Model[Any], generation: Generation, stream: UUID) -> bool:
    """Whether the generation has folded a stream, or a worker will yet."""
    later = """
        SELECT FROM projection.shards
         WHERE model = %s AND generation = %s AND %s BETWEEN first AND last AND NOT done
    """
    return connection.execute(later, [model.name, generation.number, stream]).fetchone() is None


def _parked(connection: Connection, model: Model[Any], generation: Generation) -> set[UUID]:
    query = "SELECT stream FROM projection.parked WHERE model = %s AND generation = %s"
    return {stream for (stream,) in connection.execute(query, [model.name, generation.number])}


def _about(subject: UUID, connection: Connection, model: Model[Any], generation: Generation) -> set[UUID]:
    """Return the streams whose rows are about a subject."""
    query = f'SELECT DISTINCT "{model.key[0]}" FROM {model.table(generation.number)} WHERE "{model.subject}" = %s'  # noqa: S608 - names of ours
    return {stream for (stream,) in connection.execute(sql(query), [subject])}


Find: TypeAlias = Callable[[Connection, Model[Any], Generation], set[UUID]]
