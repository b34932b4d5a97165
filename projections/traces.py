"""Traces: the proof of an erasure, as far as read models go: rows of every generation, and the planner's samples."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any, Final
from uuid import UUID

from domain.sealed import DataClass
from eventstore.connections import Connection
from eventstore.sealing import Whose
from eventstore.traces import Finding, Trace
from projections.generations import generations, sql
from projections.model import Model

_SAMPLES: Final = """
SELECT count(*) FROM pg_stats
 WHERE schemaname = %(schema)s AND tablename = ANY(%(tables)s) AND attname = ANY(%(columns)s)
"""
_UNBLANKED: Final = """
SELECT count(*) FROM unnest(%s::uuid[], %s::text[]) AS d (subject, data_class)
 WHERE NOT EXISTS (SELECT FROM projection.blanked b
                    WHERE b.model = %s AND b.subject = d.subject AND b.data_class = d.data_class)
"""


def of_models(db: Connection, models: Iterable[Model[Any]], gone: Collection[Whose]) -> Iterator[Trace]:
    """Look at every version of every row about whoever was destroyed, and at statistics of personal columns.

    `db` is the owner's. A row may show what is left of somebody of whom who they are was not destroyed.
    """
    held = [model for model in models if model.sealed]
    wholly = {subject for subject, data_class in gone if data_class is DataClass.IDENTITY}
    for model in held:
        numbers = generations(db, model)
        found = sum(_rows(db, model, each.number, wholly) for each in numbers)
        yield _trace(f"rows of {model.name}", found, "rows with a value in clear", f"none, in {len(numbers)} tables")
        yield _trace(f"blanking of {model.name}", _unblanked(db, model, gone), "not blanked yet", "noted")
    samples = sum(_samples(db, model) for model in held)
    yield _trace("statistics of rows", samples, "columns with samples", "none are kept of personal columns")


def _rows(db: Connection, model: Model[Any], generation: int, subjects: Collection[UUID]) -> int:
    clear = " OR ".join(f'"{column.name}" IS NOT NULL' for column in _personal(model))
    query = f'SELECT count(*) FROM {model.table(generation)} WHERE "{model.subject}" = ANY(%s) AND ({clear})'  # noqa: S608 - names of ours
    return int(db.execute(sql(query), [list(subjects)]).fetchall()[0][0])


def _unblanked(db: Connection, model: Model[Any], gone: Collection[Whose]) -> int:
    columns = [[subject for subject, _ in gone], [str(data_class) for _, data_class in gone]]
    return int(db.execute(_UNBLANKED, [*columns, model.name]).fetchall()[0][0])


def _samples(db: Connection, model: Model[Any]) -> int:
    asked = {
        "schema": str(model.schema),
        "tables": [f"{model.name}__{each.number}" for each in generations(db, model)],
        "columns": [column.name for column in _personal(model)],
    }
    return int(db.execute(_SAMPLES, asked).fetchall()[0][0])


def _personal(model: Model[Any]) -> list[Any]:
    return [column for column in model.columns if column.kind.sealed]


def _trace(place: str, count: int, found: str, nothing: str) -> Trace:
    finding = Finding.TRACE if count else Finding.NOTHING
    return Trace(place=place, finding=finding, count=count, says=found if count else nothing)
