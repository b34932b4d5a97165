"""How long others wait while a thousand commands fall on one case."""

from contextlib import closing
from statistics import median

from tests.bench.measuring import Benchmarks, Figure, Ground, p99
from tests.bench.ours import Ours
from tests.bench.peers import Stock, stock_log
from tests.bench.world import our_log

STREAMS = 5_000
RUSH = 1_000
OTHERS = 8
ROUNDS = 3
PATIENCE_SECONDS = 8.0


def hot_case(ground: Ground) -> list[Figure]:
    """99th percentile of commands on other cases meanwhile, in milliseconds."""
    streams, rush = ground.size(STREAMS, 10), ground.size(RUSH, 20)
    mine, its = [], []
    with (
        closing(Ours(our_log(ground, streams), streams, OTHERS)) as ours,
        closing(Stock(stock_log(ground, streams), streams, 32 + OTHERS)) as stock,
    ):
        for _ in range(ground.size(ROUNDS, 1)):
            mine.append(waited(ours, rush))
            its.append(waited(stock, rush))
    ours_ms, peer_ms = median(map(p99, mine)) * 1000, median(map(p99, its)) * 1000
    note = f"ours: all at once; peer: 32 at once and the first {PATIENCE_SECONDS:.0f} s only"
    return [
        Figure(
            name="hot-case", ours=ours_ms, peer=peer_ms, ratio=peer_ms / ours_ms, unit="ms p99",
            n=sum(map(len, mine)), note=note,
        )
    ]  # fmt: skip


def waited(side: Ours | Stock, rush: int) -> list[float]:
    """How long each command of the others took, in seconds, warm."""
    side.crowd(OTHERS, 0.5, 1)
    return side.rush(rush, OTHERS, PATIENCE_SECONDS)


BENCHMARKS: Benchmarks = {"hot-case": hot_case}
