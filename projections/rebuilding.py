"""Rebuilding: a model is folded anew from the whole log into a table of its own, while the present one is followed.

The log is cut into shards, ranges of stream ids. A worker takes a shard that nobody has, streams its events out in
(stream, version) order, folds them in memory, and streams the versions of rows in; rows and shard mark commit together.
So memory is constant, any number of workers share the work, and one that was killed leaves nothing behind: another
takes its shard, and a rebuild that was broken off goes on where it was. Then indexes are built, what came meanwhile is
folded, readers are moved, and the former table is dropped.

The owner of the database makes and exchanges tables; the workers run as followers.
"""

import multiprocessing
import time
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from eventstore.connections import Connection, connect
from eventstore.log import head
from projections.filling import handled, work
from projections.generations import Generation, create, drop, generations, in_state, index, swap
from projections.live import catch_up
from projections.model import Model
from projections.tools import Tools

EVENTS_A_SHARD: Final = 5_000
MOST_SHARDS: Final = 4_096
PATIENCE_SECONDS: Final = 3_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a rebuild is: its phase, what share of that is done (0 to 1), and the seconds that it has taken."""

    model: str
    phase: str  # "fold", "index", "catch up", "swap" and "drop" follow each other
    done: float
    seconds: float


Report = Callable[[Progress], object]
Tell = Callable[[float], object]
Equipment = Callable[[], Tools]
"""Makes the tools in the process that uses them; a function that pickle can name."""


def rebuild(  # noqa: PLR0913 - each says one thing
    owner: str,
    followers: str,
    model: Model[Any],
    equipment: Equipment,
    *,
    workers: int = 1,
    shards: int | None = None,
    report: Report = lambda _: None,
    patience: float = PATIENCE_SECONDS,
) -> int:
    """Rebuild a model, or go on with a rebuild that was broken off; return the number of the new generation.

    `owner` and `followers` are the DSNs of these roles. Raises UnknownType for a log that is newer than this program,
    and InUse if an open transaction held the view for longer than `patience` (seconds).
    """
    with closing(connect(owner, deadline=None, name=f"rebuild {model.name}")) as db:
        generation = begin(db, model, shards)
        _timed(
            report,
            model,
            "fold",
            lambda tell: _fill(db, followers, model, generation, equipment, workers, tell),
        )
        _timed(report, model, "index", lambda _: index(db, model, generation.number))
        tools = equipment()
        _timed(report, model, "catch up", lambda _: _nearly(db, model, tools, generation.number))
        _timed(report, model, "swap", lambda _: _swap(db, model, tools, generation.number, patience))
        _timed(report, model, "drop", lambda _: _drop_retired(db, model, patience))
    return generation.number


def begin(owner: Connection, model: Model[Any], shards: int | None = None) -> Generation:
    """Return the generation that is being built: one that the same code has begun, or else a new one."""
    with owner.transaction():
        owner.execute("SELECT pg_advisory_xact_lock(4244, 0)")
        building = in_state(owner, model, "building")
        if building and building.code == model.code:
            return building
        if building:
            drop(owner, model, building.number, PATIENCE_SECONDS)
        number = max((each.number for each in generations(owner, model)), default=0) + 1
        position, _ = head(owner)
        create(owner, model, number, "building", position)
        _cut(owner, model, number, shards or min(MOST_SHARDS, 1 + position // EVENTS_A_SHARD))
    return Generation(number, "building", position, model.shape, model.code)


def _cut(owner: Connection, model: Model[Any], number: int, shards: int) -> None:
    edges = [(i << 128) // shards for i in range(shards + 1)]
    for i in range(shards):
        owner.execute(
            "INSERT INTO projection.shards (model, generation, shard, first, last) VALUES (%s, %s, %s, %s, %s)",
            [model.name, number, i, UUID(int=edges[i]), UUID(int=edges[i + 1] - 1)],
        )


def _fill(
    owner: Connection,
    followers: str,
    model: Model[Any],
    generation: Generation,
    equipment: Equipment,
    workers: int,
    tell: Tell,
) -> None:
    def told() -> None:
        tell(_filled(owner, model, generation.number))

    tools = equipment()
    types = handled(owner, model, tools)  # one look through the log; that it is newer than we are is noticed here
    helpers = min(workers, _left(owner, model, generation.number)) - 1
    with _helped(helpers, (followers, model, generation.number, types, equipment)):
        work(followers, model, generation.number, tools, told, types)


@contextmanager
def _helped(helpers: int, arguments: tuple[Any, ...]) -> Generator[None]:
    """Have processes of their own work beside the block, which works as well: it takes what one that dies leaves.

    They end with it: then there is no shard left.
    """
    spawn = multiprocessing.get_context("spawn")
    hands = [spawn.Process(target=_hand, args=arguments, daemon=True) for _ in range(helpers)]
    for hand in hands:
        hand.start()
    try:
        yield
    finally:
        for hand in hands:
            hand.kill()
            hand.join()


def _hand(followers: str, model: Model[Any], generation: int, types: list[str], equipment: Equipment) -> None:
    work(followers, model, generation, equipment(), types=types)


def _filled(owner: Connection, model: Model[Any], generation: int) -> float:
    query = "SELECT avg(done::int)::float FROM projection.shards WHERE model = %s AND generation = %s"
    return float(owner.execute(query, [model.name, generation]).fetchall()[0][0])


def _left(owner: Connection, model: Model[Any], generation: int) -> int:
    query = "SELECT count(*) FROM projection.shards WHERE model = %s AND generation = %s AND NOT done"
    return int(owner.execute(query, [model.name, generation]).fetchall()[0][0])


def _nearly(owner: Connection, model: Model[Any], tools: Tools, generation: int) -> None:
    """Fold what came since the rebuild began, while the live generation is still followed."""
    while catch_up(owner, model, tools, generation, last := head(owner)[0]) < last:
        pass


def _swap(owner: Connection, model: Model[Any], tools: Tools, generation: int, patience: float) -> None:
    swap(owner, model, generation, lambda least: catch_up(owner, model, tools, generation, least), patience)


def _drop_retired(owner: Connection, model: Model[Any], patience: float) -> None:
    for each in generations(owner, model):
        if each.state == "retired":
            drop(owner, model, each.number, patience)


def _timed(report: Report, model: Model[Any], phase: str, step: Callable[[Tell], object]) -> None:
    """Take a step of the rebuild, and report when it begins, how it goes, and when it is done."""
    start = time.monotonic()

    def tell(done: float) -> None:
        report(Progress(model=model.name, phase=phase, done=done, seconds=time.monotonic() - start))

    tell(0.0)
    step(tell)
    tell(1.0)
