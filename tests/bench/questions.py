"""How long a dashboard or a queue takes at the database: first page and counts, every exchange, now and as at."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any
from uuid import UUID

from api.questions.seen import seen
from domain.ids import MINISTRY
from domain.relations import Asker
from domain.rights import Action
from domain.users.user import Role
from eventstore.connections import Connection, connect
from projections import cases, clocks, people, provider_queue, school_dashboard
from projections.moments import Asked, moment
from projections.rebuilding import rebuild
from tests.bench.caselog import DAY, PROVIDERS, SCHOOLS, case_log, one, tools
from tests.bench.measuring import Benchmarks, Figure, Ground, p99
from tests.eventstore.roles import as_role

CASES = 100_000
TIMES = 1_000
TARGET_MS = 10.0
MODELS = (cases.project, clocks.project, people.project)
NOW = datetime(2026, 12, 1, tzinfo=UTC)

_STUDENTS = """
INSERT INTO service.people__1 (person_id, kind, enrolments, unknown, from_position)
SELECT student, 'STUDENT',
       jsonb_build_array(jsonb_build_object('school', school, 'from_on', '2020-01-01', 'last_attended_on', NULL,
                                            'withdrawn_on', NULL, 'reason', NULL)), '{}', 1
  FROM service.cases WHERE to_position IS NULL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """Somebody asks one thing of one place."""

    place: Callable[[int], UUID]
    places: int
    role: Role
    ask: Callable[..., object]


def dashboard(db: Connection, school: UUID, at: object, sight: object) -> None:
    school_dashboard.dashboard_of(db, school, at, seen=sight)  # type: ignore[arg-type] # as they come
    school_dashboard.cases_of(db, school, at, seen=sight)  # type: ignore[arg-type] # as they come


def queue(db: Connection, provider: UUID, at: object, sight: object) -> None:
    provider_queue.load_of(db, provider, at, seen=sight)  # type: ignore[arg-type] # as they come
    provider_queue.waiting_with(db, provider, at, seen=sight)  # type: ignore[arg-type] # as they come


ASKED = {
    "dashboard": Asking(place=partial(one, "school"), places=SCHOOLS, role=Role.ATTENDANCE_LEAD, ask=dashboard),
    "queue": Asking(place=partial(one, "provider"), places=PROVIDERS, role=Role.WORKFLOW_LEAD, ask=queue),
}


@cache
def filled(ground: Ground, size: int) -> tuple[str, int]:
    """Make a database whose models have seen the lives of so many cases; its DSN, and the head of the log."""
    dsn, head = case_log(ground, size, whole=False)
    for model in (cases.project, clocks.project):
        rebuild(dsn, as_role(dsn, "followers"), model, tools, patience=60)
    with connect(dsn, deadline=None) as owner:
        owner.execute(_STUDENTS)
        owner.execute("UPDATE projection.positions SET position = %s", [head])
        owner.execute("VACUUM ANALYZE")
        owner.execute("CHECKPOINT")  # or questions would write what the rebuild has left unwritten
    return dsn, head


class AtDatabase:
    """Adds up how long a connection waits for its server, in seconds."""

    def __init__(self, db: Connection) -> None:
        self.seconds = 0.0
        self._wait = db.wait
        db.wait = self  # type: ignore[method-assign] # every exchange goes through it

    def __call__(self, *args: Any, **more: Any) -> Any:
        began = time.perf_counter()
        try:
            return self._wait(*args, **more)
        finally:
            self.seconds += time.perf_counter() - began


def waited(ground: Ground, name: str, *, then: bool) -> list[float]:
    """How long each answer took at the database, in milliseconds, warm; `then` is when two thirds were written."""
    dsn, head = filled(ground, ground.size(CASES, 200))
    asking, taken, draw = ASKED[name], [], random.Random(1)
    asked = Asked(position=head // 3 * 2) if then else Asked()
    with connect(as_role(dsn, "service"), deadline=30.0) as db:
        database = AtDatabase(db)
        for _ in range(ground.size(TIMES, 20)):
            place = asking.place(draw.randrange(asking.places))
            who = Asker(user=MINISTRY, role=asking.role, organisation=place, today=DAY)
            before = database.seconds
            with moment(db, MODELS, asked, now=NOW) as at:
                asking.ask(db, place, at, seen(who, Action.READ_CASE))
            taken.append((database.seconds - before) * 1000)
    return taken[len(taken) // 10 :]


def now(name: str, ground: Ground) -> list[Figure]:
    """99th percentile of answers about now; the peer is what was promised."""
    taken = waited(ground, name, then=False)
    note = f"peer: the target; {ground.size(CASES, 200)} cases, first page of 50 and the counts"
    return [_figure(f"{name}-p99-ms", p99(taken), TARGET_MS, len(taken), note)]


def as_at(name: str, ground: Ground) -> list[Figure]:
    """99th percentile of answers about an earlier moment; the peer is the same about now."""
    taken, present = waited(ground, name, then=True), waited(ground, name, then=False)
    return [_figure(f"{name}-p99-ms-as-at", p99(taken), p99(present), len(taken), "peer: ours about now")]


def _figure(name: str, ours: float, peer: float, n: int, note: str) -> Figure:
    return Figure(name=name, ours=ours, peer=peer, ratio=peer / ours, unit="ms p99", n=n, note=note)


BENCHMARKS: Benchmarks = {
    "dashboard-p99-ms": partial(now, "dashboard"),
    "queue-p99-ms": partial(now, "queue"),
    "dashboard-p99-ms-as-at": partial(as_at, "dashboard"),
    "queue-p99-ms-as-at": partial(as_at, "queue"),
}
