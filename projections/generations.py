"""Generations: each rebuild of a model fills a new table, and readers are moved to it by exchanging a view.

Followers own nothing: everything that makes, exchanges or drops a table is done here, by the owner of the database, who
runs `attendance migrate` and `attendance rebuild`. The tables are made for followers to fill and change.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from psycopg import errors
from psycopg.sql import SQL, Composed

from eventstore.connections import Connection
from eventstore.patience import LOCK_TIMEOUT, patiently
from projections.model import Model


@dataclass(frozen=True, slots=True)
class Generation:
    """One table of a model, and how far in the log it has come."""

    number: int
    state: str
    position: int
    shape: str
    code: str


def generations(connection: Connection, model: Model[Any]) -> list[Generation]:
    """Return all generations of a model, the oldest first."""
    query = "SELECT generation, state, position, shape, code FROM projection.positions WHERE model = %s ORDER BY 1"
    return [Generation(*row) for row in connection.execute(query, [model.name])]


def in_state(connection: Connection, model: Model[Any], state: str) -> Generation | None:
    """Return the generation that is live, or building, if there is one."""
    return next((each for each in generations(connection, model) if each.state == state), None)


def prepare(owner: Connection, models: Iterable[Model[Any]]) -> list[str]:
    """Make the first generation, empty, of every model that has none; return their names. Two at once take turns."""
    with owner.transaction():
        owner.execute("SELECT pg_advisory_xact_lock(4244, 0)")
        fresh = [model for model in models if not generations(owner, model)]
        for model in fresh:
            create(owner, model, 1, "live", 0)
            index(owner, model, 1)
            show(owner, model, 1)
    return [model.name for model in fresh]


def create(owner: Connection, model: Model[Any], number: int, state: str, position: int) -> None:
    """Make the table of a generation, without indexes, and note it. The caller's transaction."""
    columns = [column.definition for column in model.columns]
    columns += ["unknown text[] NOT NULL"] if model.sealed else []
    columns += ["from_position bigint NOT NULL", "to_position bigint"]
    owner.execute(sql(f"CREATE TABLE {model.table(number)} ({', '.join(columns)})"))
    owner.execute(sql(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {model.table(number)} TO as_cms_followers"))
    for column in (each for each in model.columns if each.kind.sealed):  # or samples of it would stay behind elsewhere
        owner.execute(sql(f'ALTER TABLE {model.table(number)} ALTER COLUMN "{column.name}" SET STATISTICS 0'))
    note = """
        INSERT INTO projection.positions (model, generation, state, position, shape, code)
        VALUES (%s, %s, %s, %s, %s, %s)
    """
    owner.execute(note, [model.name, number, state, position, model.shape, model.code])


def index(owner: Connection, model: Model[Any], number: int) -> None:
    """Build what indexes of a generation are missing yet, and its statistics. Each is a statement of its own."""
    table, prefix = model.table(number), f"{model.name}__{number}"
    for name, definition in _indexes(model).items():
        kind = "UNIQUE INDEX" if name == "now" else "INDEX"
        owner.execute(sql(f'CREATE {kind} IF NOT EXISTS "{prefix}_{name}" ON {table} {definition}'))
    owner.execute(sql(f"ANALYZE {table}"))


def show(owner: Connection, model: Model[Any], number: int) -> None:
    """Make the model's view show this generation; a view of another shape is made anew. The caller's transaction."""
    view, select = model.view, f"SELECT * FROM {model.table(number)}"  # noqa: S608 - names of ours
    try:
        with owner.transaction():
            owner.execute(sql(f"CREATE OR REPLACE VIEW {view} AS {select}"))
    except errors.InvalidTableDefinition:
        owner.execute(sql(f"DROP VIEW {view}"))
        owner.execute(sql(f"CREATE VIEW {view} AS {select}"))
    owner.execute(sql(f"GRANT SELECT ON {view} TO as_cms_service, as_cms_followers"))


def swap(owner: Connection, model: Model[Any], number: int, catch_up: Callable[[int], object], patience: float) -> None:
    """Move readers and the live follower to a generation that is as far as the live one, or further.

    `catch_up(position)` brings it there, within our transaction. Raises InUse if the view was held for `patience`
    seconds by somebody's open transaction; nothing has changed then.
    """

    def attempt() -> None:
        old = held(owner, model)
        catch_up(old.position if old else 0)
        owner.execute(LOCK_TIMEOUT)
        retire = "UPDATE projection.positions SET state = 'retired' WHERE model = %s AND state = 'live'"
        owner.execute(retire, [model.name])
        promote = "UPDATE projection.positions SET state = 'live' WHERE model = %s AND generation = %s"
        owner.execute(promote, [model.name, number])
        show(owner, model, number)

    patiently(owner, attempt, patience)


def drop(owner: Connection, model: Model[Any], number: int, patience: float) -> None:
    """Drop a generation that is no longer live. Raises InUse while an open transaction still reads it."""

    def attempt() -> None:
        owner.execute(LOCK_TIMEOUT)
        owner.execute(sql(f"DROP TABLE IF EXISTS {model.table(number)}"))
        owner.execute(
            "DELETE FROM projection.positions WHERE model = %s AND generation = %s AND state <> 'live'",
            [model.name, number],
        )

    patiently(owner, attempt, patience)


def held(connection: Connection, model: Model[Any]) -> Generation | None:
    """Return the live generation, held until our transaction ends: another copy, a swap or an erasure waits for us."""
    query = """
        SELECT generation, state, position, shape, code FROM projection.positions
         WHERE model = %s AND state = 'live' FOR UPDATE
    """
    for _ in range(2):  # while we waited for it, a swap may have made another one live
        if row := connection.execute(query, [model.name]).fetchone():
            return Generation(*row)
    return None


def _indexes(model: Model[Any]) -> dict[str, str]:
    """Return the indexes of a table by the end of their names: present rows by key, by what is asked, and the past."""
    key = ", ".join(f'"{name}"' for name in model.key)
    found = {"now": f"({key}) WHERE to_position IS NULL", "all": f'("{model.key[0]}", from_position)'}
    for i, names in enumerate(model.present, start=1):
        listed = ", ".join(f'"{name}"' for name in names)
        found[f"now_{i}"] = f"({listed}) WHERE to_position IS NULL"
    for i, name in enumerate(model.past, start=1):
        moment = f"int8range({hashed(model, name)}, {hashed(model, name)}, '[]'), int8range(from_position, to_position)"
        found[f"past_{i}"] = f'USING gist ({moment}) WHERE "{name}" IS NOT NULL'
    return found


def hashed(model: Model[Any], name: str, value: str | None = None) -> str:
    """Return the number by which the range index finds a field, or the SQL of a value looked for."""
    kind = next(column.kind.sql for column in model.columns if column.name == name)
    function = {"uuid": "uuid_hash", "text": "hashtext"}[kind]
    return f"{function}({value or chr(34) + name + chr(34)})::bigint"


def sql(text: str) -> Composed:
    """Return a statement made of the names and types of a model, which is code of ours."""
    return Composed([SQL(text)])
