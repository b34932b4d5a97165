"""How many commands a second: the deciding writer against the stock recorder, by processes and callers."""

from collections.abc import Callable
from functools import partial
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from typing import Any

from tests.bench.measuring import Benchmarks, Figure, Ground, alternately
from tests.bench.ours import Ours
from tests.bench.peers import Stock, stock_log
from tests.bench.world import our_log

STREAMS = 5_000
SECONDS = 3.0
ROUNDS = 3


def throughput(processes: int, callers: int, ground: Ground) -> list[Figure]:
    """Commands a second; each loads a stream of 20 events, folds, decides and appends 1 or 2 events and its answer."""
    streams, seconds = ground.size(STREAMS, 10), ground.size(30, 1) / 10
    ours, peer = our_log(ground, streams), stock_log(ground, streams)
    rate = partial(commands_a_second, processes, callers, streams, seconds)
    mine, its = alternately(ground, ROUNDS, partial(rate, Ours, ours), partial(rate, Stock, peer))
    note = "half of the commands take or give back a claim; both keep claims and answers"
    return [
        Figure(
            name=name_of(processes, callers), ours=mine, peer=its, ratio=mine / its, unit="commands/s",
            n=round(mine * seconds), note=note,
        )
    ]  # fmt: skip


def name_of(processes: int, callers: int) -> str:
    """`command-16`, or `command-2x16`."""
    return f"command-{callers}" if processes == 1 else f"command-{processes}x{callers}"


def commands_a_second(
    processes: int, callers: int, streams: int, seconds: float, side: Callable[..., Any], dsn: str
) -> float:
    """Let so many processes with so many callers each work at once, warm."""
    spawn = get_context("spawn")
    start = spawn.Barrier(processes)
    with spawn.Pool(processes, _ready, [start]) as pool:
        work = [(side, dsn, streams, callers, seconds, 1_000 * seed) for seed in range(processes)]
        return sum(pool.starmap(_work, work, chunksize=1)) / seconds


_start: Barrier


def _ready(start: Barrier) -> None:
    global _start  # noqa: PLW0603 - what a pool hands to its processes has no other place
    _start = start


def _work(side: Callable[..., Any], dsn: str, streams: int, callers: int, seconds: float, seed: int) -> int:
    one = side(dsn, streams, callers)
    one.crowd(callers, seconds / 5, seed)
    _start.wait(60)
    done = one.crowd(callers, seconds, seed + callers)
    one.close()
    return len(done)


BENCHMARKS: Benchmarks = {
    name_of(processes, callers): partial(throughput, processes, callers)
    for processes, callers in ((1, 1), (1, 16), (2, 16))
}
