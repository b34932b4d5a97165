"""Run benchmarks one after the other, print a table of them and write build/bench.json."""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.console import Console, JustifyMethod
from rich.table import Table

from adapters.embedded_postgres import EmbeddedPostgres
from tests.bench import commands, hot_case, http, kafka_publish, questions, rebuilding
from tests.bench.measuring import Benchmarks, Figure, Ground, ProcessorTime, fdatasync_ms, processor_time

ALL: Benchmarks = {
    **commands.BENCHMARKS,
    **hot_case.BENCHMARKS,
    **rebuilding.BENCHMARKS,
    **http.BENCHMARKS,
    **questions.BENCHMARKS,
    **kafka_publish.BENCHMARKS,
}
REPORT = Path("build/bench.json")
SETTINGS = {"checkpoint_timeout": "1h", "max_wal_size": "8GB"}
"""So that no checkpoint falls into the round of one side alone; all that lasts is flushed at every commit."""

HEADINGS: Mapping[str, JustifyMethod] = {
    "": "left",
    "ours": "right",
    "peer": "right",
    "ratio": "right",
    "unit": "left",
    "n": "right",
}


def main() -> None:
    """Run what ONLY names, or all."""
    only = os.environ.get("ONLY") or None
    if only and only not in ALL:
        sys.exit(f"there is no benchmark {only}; there are {', '.join(ALL)}")
    report(list(measured([only] if only else ALL)), REPORT)


def progress(line: str) -> None:
    """Say how far we are, beside the report: plain where nobody looks at a terminal."""
    Console(stderr=True, highlight=False).print(line, markup=False, style="dim")


def measured(
    names: Collection[str], *, tiny: bool = False, say: Callable[[str], None] = progress
) -> Iterable[dict[str, Any]]:
    """Run benchmarks one after the other on a server of their own; the machine comes last."""
    with tempfile.TemporaryDirectory(prefix="as-cms-bench-") as folder:
        Path(folder).chmod(0o711)  # as root the server runs as another user, who has to pass
        before = processor_time()
        with EmbeddedPostgres(Path(folder) / "server", settings=SETTINGS) as server:
            for number, name in enumerate(names, start=1):
                began = time.monotonic()
                say(f"{number}/{len(names)} {name} begins")
                yield from map(asdict, ALL[name](Ground(server, tiny)))
                say(f"{number}/{len(names)} {name} took {time.monotonic() - began:.0f} s")
            yield machine(Path(folder), before)


def machine(folder: Path, before: ProcessorTime) -> dict[str, Any]:
    """What the figures were measured on; what other guests of the host took in the meantime is in no load."""
    load, _, _ = os.getloadavg()
    return {
        "name": "machine",
        "cores": os.cpu_count(),
        "fdatasync_ms": fdatasync_ms(folder),
        "load": load,
        "stolen_percent": processor_time().stolen_since(before),
    }


def report(entries: list[dict[str, Any]], to: Path) -> None:
    """Print the figures, under them what there is to note of each, and write the file."""
    to.parent.mkdir(exist_ok=True)
    to.write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")
    console = Console(highlight=False)
    console.print(table(entries))
    for entry in entries[:-1]:
        console.print(f"{entry['name']}: {entry['note']}", markup=False, soft_wrap=True)


def table(entries: list[dict[str, Any]]) -> Table:
    """The figures, one a line, and under them the machine; 80 columns are enough."""
    *figures, machine = entries
    caption = f"{machine['cores']} cores, fdatasync {machine['fdatasync_ms']:.2f} ms, load {machine['load']:.1f}, "
    caption += f"{machine['stolen_percent']:.1f} % stolen by other guests"
    drawn = Table(title="Benchmarks", caption=caption, box=SIMPLE)
    for heading, side in HEADINGS.items():
        drawn.add_column(heading, justify=side, no_wrap=True)
    for entry in figures:
        one = Figure(**entry)
        drawn.add_row(one.name, f"{one.ours:,.1f}", f"{one.peer:,.1f}", f"{one.ratio:.2f}", one.unit, f"{one.n:,}")
    return drawn
