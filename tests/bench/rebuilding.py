"""How fast a model is rebuilt, with every version of its rows: against a loop that commits each event, and folding."""

import time
from functools import partial
from typing import Any

from eventstore.connections import Connection, connect
from eventstore.log import Recorded, tail
from projections import cases
from projections.generations import sql
from projections.rebuilding import Progress, rebuild
from tests.bench.caselog import case_log, tools
from tests.bench.measuring import Benchmarks, Figure, Ground
from tests.eventstore.roles import as_role

CASES = 25_000
PEERS_EVENTS = 6_000
MODEL = cases.project


def rebuild_cases(ground: Ground) -> list[Figure]:
    """Events a second of the cases' events into full row history, by one worker; the peer keeps present rows only."""
    dsn, head = case_log(ground, ground.size(CASES, 40))
    seconds, index = rebuilt(dsn, workers=1)
    size = min(head, ground.size(PEERS_EVENTS, 40))
    with connect(dsn, deadline=None) as owner:
        its = size / present_rows_only(owner, tail(owner, head - size, size))
    note = f"index build apart: {index:.1f} s; peer: {size} of these events, one commit each"
    return [figure("rebuild-cases", head / seconds, its, head, note)]


def rebuild_share(ground: Ground) -> list[Figure]:
    """The same beside a loop that only decodes and folds these events, from memory."""
    dsn, head = case_log(ground, ground.size(CASES, 40))
    with connect(dsn, deadline=None) as owner:
        events = [each for after in range(0, head, 10_000) for each in tail(owner, after, 10_000)]
    its, (mine, _) = folded(events), rebuilt(dsn, workers=1)
    return [figure("rebuild-share", head / mine, head / its, head, "peer: decodes and folds, writes nothing")]


def rebuild_cases_2(ground: Ground) -> list[Figure]:
    """The same by two workers, beside one."""
    dsn, head = case_log(ground, ground.size(CASES, 40))
    two, one = (rebuilt(dsn, workers=workers)[0] for workers in (2, 1))
    return [
        figure("rebuild-cases-2", head / two, head / one, head, "peer: ours with one worker; start of both included")
    ]


def figure(name: str, ours: float, peer: float, n: int, note: str) -> Figure:
    return Figure(name=name, ours=ours, peer=peer, ratio=ours / peer, unit="events/s", n=n, note=note)


def rebuilt(dsn: str, *, workers: int) -> tuple[float, float]:
    """Rebuild; the seconds of folding, and those of building the indexes."""
    phases: dict[str, float] = {}
    remember = partial(_remember, phases)
    rebuild(dsn, as_role(dsn, "followers"), MODEL, tools, workers=workers, report=remember, patience=60)
    return phases["fold"], phases["index"]


def _remember(phases: dict[str, float], progress: Progress) -> None:
    phases[progress.phase] = progress.seconds


def folded(events: list[Recorded]) -> float:
    """Decode and fold, in memory; the seconds it took."""
    folding, rows = tools(), dict[int, Any]()
    began = time.perf_counter()
    for event in events:
        handler = MODEL.handlers[folding.kind(event.type, event.schema_version)]
        rows[event.stream.int] = handler(rows.get(event.stream.int), folding.decode(event), event)
    return time.perf_counter() - began


def present_rows_only(owner: Connection, events: list[Recorded]) -> float:
    """Fold as the library's ProjectionRunner does: each event in a transaction with its position; the seconds it took.

    The events are the last ones of the log: their rows stand there already, as they would.
    """
    names = ", ".join(f'"{name}"' for name in MODEL.names)
    _peers_table(owner, names)
    folding = tools()
    marks = ", ".join(["%s"] * len(MODEL.names))
    changed = ", ".join(f'"{name}" = excluded."{name}"' for name in MODEL.names)
    put = sql(
        f"INSERT INTO peers_cases ({names}) VALUES ({marks}) ON CONFLICT (case_id) DO UPDATE SET {changed}"  # noqa: S608 - names of ours
    )
    get = sql(f"SELECT {names} FROM peers_cases WHERE case_id = %s")  # noqa: S608 - names of ours
    began = time.perf_counter()
    for event in events:
        handler = MODEL.handlers[folding.kind(event.type, event.schema_version)]
        with owner.transaction():
            found = owner.execute(get, [event.stream], prepare=True).fetchone()
            row = handler(MODEL.read(found) if found else None, folding.decode(event), event)
            owner.execute(put, list(MODEL.values(row)), prepare=True)
            owner.execute("INSERT INTO peers_tracking VALUES (%s)", [event.position], prepare=True)
    return time.perf_counter() - began


def _peers_table(owner: Connection, names: str) -> None:
    """Make the peer's table as the events before the last ones left it, with the same indexes of present rows."""
    owner.execute("DROP TABLE IF EXISTS peers_cases, peers_tracking")
    owner.execute("CREATE TABLE peers_tracking (position bigint PRIMARY KEY)")
    owner.execute(
        sql(f"CREATE TABLE peers_cases AS SELECT {names} FROM {MODEL.view} WHERE to_position IS NULL")  # noqa: S608 - names of ours
    )
    owner.execute("CREATE UNIQUE INDEX ON peers_cases (case_id)")
    for fields in MODEL.present:
        owner.execute(sql(f"CREATE INDEX ON peers_cases ({', '.join(fields)})"))
    owner.execute("ANALYZE peers_cases")


BENCHMARKS: Benchmarks = {
    "rebuild-cases": rebuild_cases,
    "rebuild-share": rebuild_share,
    "rebuild-cases-2": rebuild_cases_2,
}
