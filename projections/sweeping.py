"""Sweeping: what was destroyed is in no file of the database any more, once every file that held it was written anew.

A row that was deleted or changed stays in its file, readable by whoever has the file, until its place is used again.
So the models that hold personal values in clear get new generations, and the tables of keys are written anew; that is
noted for whoever was destroyed before it began. Cut off anywhere, it is begun again.
"""

from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any, Final

from eventstore.connections import Connection, connect
from eventstore.patience import insist
from projections.generations import generations, sql
from projections.model import Model
from projections.rebuilding import PATIENCE_SECONDS, Equipment, rebuild

TABLES: Final = ("keys.subject_keys", "keys.about", "log.claims")
"""Where rows are deleted when somebody is destroyed."""

Tell = Callable[[str, float], object]
"""Is told which table is written anew, and the share of all that is done, 0 to 1."""

_WAITING: Final = """
SELECT d.subject, d.data_class FROM keys.destroyed d
 WHERE NOT EXISTS (SELECT FROM keys.swept s WHERE s.subject = d.subject AND s.data_class = d.data_class)
"""

_NOTE: Final = """
INSERT INTO keys.swept (subject, data_class)
SELECT * FROM unnest(%s::uuid[], %s::text[]) ON CONFLICT DO NOTHING
"""


def unswept(owner: Connection) -> list[tuple[Any, str]]:
    """Return whoever was destroyed, and of which class, whose traces may stand in files yet."""
    return owner.execute(_WAITING).fetchall()


def sweep(
    owner: str,
    followers: str,
    models: Iterable[Model[Any]],
    equipment: Equipment,
    *,
    tell: Tell = lambda *_: None,
    patience: float = PATIENCE_SECONDS,
) -> int:
    """Write every file anew that held what was destroyed and is not swept yet; return how many subjects that were.

    `owner` and `followers` are the DSNs of these roles. Whoever reads goes on reading; whoever appends waits while the
    claims are written anew, for a second or so. Raises InUse if somebody's open transaction held a table for longer
    than `patience` (seconds).
    """
    with closing(connect(owner, deadline=None, name="sweeping")) as db:
        waiting = unswept(db)
        if not waiting:
            return 0
        held = [model for model in models if model.sealed]
        steps = [(model.name, _renewal(owner, followers, model, equipment, patience)) for model in held]
        steps += [(table, _compaction(table, patience)) for table in TABLES]
        for done, (name, step) in enumerate(steps):
            tell(name, done / len(steps))
            step(db)
        subjects, classes = zip(*waiting, strict=True)
        db.execute(_NOTE, [list(subjects), list(classes)])
        tell("done", 1.0)
    return len({*subjects})


def _renewal(owner: str, followers: str, model: Model[Any], equipment: Equipment, patience: float) -> "Step":
    """Fill a table that did not exist before: one whose filling had begun may hold what was destroyed meanwhile."""

    def step(db: Connection) -> None:
        last = max((each.number for each in generations(db, model)), default=0)
        while rebuild(owner, followers, model, equipment, patience=patience) <= last:
            pass

    return step


def _compaction(table: str, patience: float) -> "Step":
    def step(db: Connection) -> None:
        db.execute("SET lock_timeout = '100ms'")  # whoever comes after us is not held up for longer
        insist(lambda: db.execute(sql(f"VACUUM (FULL) {table}")), patience)

    return step


Step = Callable[[Connection], None]
