"""What a benchmark is given, what it answers, and how two sides are compared fairly on a noisy machine."""

import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from typing import TypeAlias

import psycopg
from psycopg.sql import SQL, Identifier

from adapters.embedded_postgres import EmbeddedPostgres


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of the report. A ratio above 1 says that ours is the better one, whatever the unit."""

    name: str
    ours: float
    peer: float
    ratio: float
    unit: str
    n: int
    note: str


@dataclass(frozen=True, slots=True)
class Ground:
    """Where benchmarks run: a durable server that nobody else uses. `tiny` only shows that they run."""

    server: EmbeddedPostgres
    tiny: bool = False

    def size(self, whole: int, tiny: int) -> int:
        """How much of something, in this run."""
        return tiny if self.tiny else whole

    def database(self) -> str:
        """Make an empty database; answers with the superuser's DSN."""
        name = f"bench_{secrets.token_hex(4)}"
        with psycopg.connect(self.server.dsn(), autocommit=True) as admin:
            admin.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
        return self.server.dsn(name)


Benchmark: TypeAlias = Callable[[Ground], list[Figure]]
Benchmarks: TypeAlias = Mapping[str, Benchmark]
"""By the name that ONLY takes; a benchmark may answer several figures, its own name first."""


def alternately(
    ground: Ground, rounds: int, ours: Callable[[], float], peer: Callable[[], float]
) -> tuple[float, float]:
    """Measure both in turns, so that what disturbs the machine disturbs both; the median of each."""
    pairs = []
    for _ in range(ground.size(rounds, 1)):
        mine = ours()
        pairs.append((mine, peer()))
    return median(mine for mine, _ in pairs), median(its for _, its in pairs)


def p99(values: list[float]) -> float:
    """The value that one in a hundred exceeds."""
    return quantiles(values, n=100, method="inclusive")[-1]


def fdatasync_ms(folder: Path, times: int = 200) -> float:
    """How long the disk takes to keep 8 kB, in milliseconds (median)."""
    file, taken = folder / "fdatasync", []
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT, 0o600)
    for i in range(times):
        os.pwrite(descriptor, bytes(8192), i * 8192)
        began = time.perf_counter()
        os.fdatasync(descriptor)
        taken.append((time.perf_counter() - began) * 1000)
    os.close(descriptor)
    file.unlink()
    return median(taken)


@dataclass(frozen=True, slots=True)
class ProcessorTime:
    """All time of all cores since the machine began, and how much of it the host gave to other guests, in ticks."""

    whole: int
    stolen: int

    def stolen_since(self, before: "ProcessorTime") -> float:
        """Return the share that was stolen since then, in per cent."""
        return 100 * (self.stolen - before.stolen) / max(self.whole - before.whole, 1)


def processor_time() -> ProcessorTime:
    """Read it where Linux keeps it; none elsewhere."""
    try:
        first, _, _ = Path("/proc/stat").read_text(encoding="ascii").partition("\n")
    except FileNotFoundError:
        return ProcessorTime(0, 0)
    ticks = [int(each) for each in first.split()[1:9]]
    return ProcessorTime(sum(ticks), ticks[7])
