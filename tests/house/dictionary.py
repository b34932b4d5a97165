"""docs/data-dictionary.md: the tables of the log, the keys and the read side, and the rows of the read models.

What a column holds is said by the comment in the schema, or beside the field of the row. Where the name was the whole
story there, `columns.json` tells those who come without the code; a test refuses entries that say it a second time.
"""

import inspect
import json
import sys
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, Final

import psycopg

from projections.model import Model
from projections.registry import MODELS
from tests.house.commanding import link_of, of_events
from tests.house.describing import comments, hints, is_value, linked, said, table, values_in, words
from tests.house.happening import explained, used

HEAD: Final = """# Data dictionary

Three schemas are made by `attendance migrate` (`eventstore/schema/`): `log`, `keys` and `projection`.
The read models stand in `service` and `analytics`, one view each.
`attendance project` fills them from the log, and `attendance rebuild` fills them anew.
Made by `make docs` from a migrated database and `projections/`; the tests compare.
"""
SCHEMAS: Final = ("log", "keys", "projection")
TOLD: Final = Path(__file__).parent / "columns.json"

RELATIONS: Final = """
    SELECT c.oid, n.nspname, c.relname, c.relkind = 'v', coalesce(obj_description(c.oid, 'pg_class'), '')
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = ANY (%s) AND c.relkind IN ('r', 'v')
     ORDER BY array_position(%s, n.nspname::text), c.relkind, c.relname
"""
COLUMNS: Final = """
    SELECT attname, format_type(atttypid, atttypmod), NOT attnotnull, coalesce(col_description(attrelid, attnum), '')
      FROM pg_attribute WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum
"""
VALUES: Final = "## Values"
OF_EVERY_MODEL: Final = (
    ["`from_position`", "bigint", "", "The position in the log from which the row stood so."],
    ["`to_position`", "bigint", "yes", "The position from which it no longer did; nothing in the row that stands now."],
)
OF_SEALED_MODELS: Final = [
    "`unknown`",
    "text[]",
    "",
    "The columns whose value cannot be known any more, because its key was destroyed.",
]


@cache
def told() -> dict[str, str]:
    """Return what `columns.json` says, by schema, table and column."""
    found: dict[str, str] = json.loads(TOLD.read_text(encoding="utf-8"))
    return found


def page(dsn: str) -> str:
    """Return the page, from a migrated database."""
    parts = [HEAD]
    with psycopg.connect(dsn) as connection:
        schemas = list(SCHEMAS)
        for oid, schema, name, is_view, comment in connection.execute(RELATIONS, [schemas, schemas]).fetchall():
            columns = connection.execute(COLUMNS, [oid]).fetchall()
            parts += relation(f"{schema}.{name}", columns, comment, is_view=is_view)
    for model in MODELS:
        parts += rows_of(model)
    parts += [VALUES, "", *values()]
    return "\n".join(parts).rstrip() + "\n"


def relation(name: str, columns: list[Any], comment: str, *, is_view: bool) -> Iterator[str]:
    yield from (f"## {name}", "")
    yield from (comment or told().get(name, ""), "")
    rows = [
        [f"`{column}`", kind, "" if is_view else yes(may), describe(f"{name}.{column}", comment)]
        for column, kind, may, comment in columns
    ]
    yield from (*table("Column | Type | May be empty | What it holds", rows), "")


def yes(may: object) -> str:
    return "yes" if may else ""


def rows_of(model: Model[Any]) -> Iterator[str]:
    """Tell the table of a read model."""
    name = f"{model.schema}.{model.name}"
    module = " ".join(inspect.cleandoc(sys.modules[model.row.__module__].__doc__ or "").split())
    yield from (f"## {name}", "", linked(module), "")
    if row := said(model.row):
        yield from (linked(row), "")
    keys, found = (
        ", ".join(f"`{key}`" for key in model.key),
        [", ".join(f"`{each}`" for each in some) for some in model.present],
    )
    yield from (f"One row for each {keys}{'; found by ' + '; by '.join(found) if found else ''}.", "")
    beside = comments(model.row)
    names = [field.name for field in fields(model.row)]
    rows = [
        [
            f"`{each}`",
            f"{column.kind.sql}{shape(hints(model.row)[each])}",
            yes(column.kind.nullable),
            describe(f"{name}.{each}", beside.get(each, "")),
        ]
        for each, column in zip(names, model.columns, strict=True)
    ]
    rows += [OF_SEALED_MODELS] if model.sealed else []
    yield from (*table("Column | Type | May be empty | What it holds", [*rows, *OF_EVERY_MODEL]), "")


def shape(hint: Any) -> str:
    """Say what values a column is made of, if they are explained anywhere."""
    made_of = any(map(is_value, values_in(hint)))
    return f": {words(hint, link_of(hint)).removesuffix(', or nothing')}" if made_of else ""


def values() -> Iterator[str]:
    """Explain the values that rows are made of and events are not."""
    for name, value in sorted(used(model.row for model in MODELS).items()):
        if name not in of_events():
            yield from explained(name, value, link_of)


def describe(column: str, beside: str) -> str:
    """Return what a column holds, as the code or else `columns.json` says it."""
    said_beside = f"{beside[:1].upper()}{beside[1:].removesuffix('.')}." if beside else ""
    return linked(said_beside or told().get(column) or told().get(f"*.{column.rpartition('.')[2]}", ""))


def silent(text: str) -> list[str]:
    """Return the columns of the page that nobody describes, under the names that `columns.json` knows them by."""
    of = ""
    found = []
    for line in text.partition(f"\n{VALUES}\n")[0].splitlines():
        of = line.removeprefix("## ") if line.startswith("## ") else of
        if line.startswith("| `") and line.endswith("|  |"):
            found.append(f"{of}.{line.split('`')[1]}")
    return found
