"""`make bench`: measure ours and a peer side by side, print a table and write build/bench.json (ONLY=name for one)."""

import json
import os
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from adapters.embedded_postgres import EmbeddedPostgres
from tests.bench import commands, hot_case, http, kafka_publish, questions, rebuilding
from tests.bench.measuring import Benchmarks, Figure, Ground, fdatasync_ms

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


def main() -> None:
    """Run what ONLY names, or all."""
    only = os.environ.get("ONLY") or None
    if only and only not in ALL:
        sys.exit(f"there is no benchmark {only}; there are {', '.join(ALL)}")
    report(list(measured([only] if only else ALL)), REPORT)


def measured(names: Iterable[str], *, tiny: bool = False) -> Iterable[dict[str, Any]]:
    """Run benchmarks one after the other on a server of their own; the machine comes last."""
    with tempfile.TemporaryDirectory(prefix="as-cms-bench-") as folder:
        Path(folder).chmod(0o711)  # as root the server runs as another user, who has to pass
        with EmbeddedPostgres(Path(folder) / "server", settings=SETTINGS) as server:
            for name in names:
                yield from map(asdict, ALL[name](Ground(server, tiny)))
            yield machine(Path(folder))


def machine(folder: Path) -> dict[str, Any]:
    """What the figures were measured on."""
    load, _, _ = os.getloadavg()
    return {"name": "machine", "cores": os.cpu_count(), "fdatasync_ms": fdatasync_ms(folder), "load": load}


def report(entries: list[dict[str, Any]], to: Path) -> None:
    """Print the table and write the file."""
    to.parent.mkdir(exist_ok=True)
    to.write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")
    Console().print(table(entries))


def table(entries: list[dict[str, Any]]) -> Table:
    """The figures, one a line, and under them the machine."""
    *figures, machine = entries
    caption = f"{machine['cores']} cores, fdatasync {machine['fdatasync_ms']:.2f} ms, load {machine['load']:.1f}"
    drawn = Table("", "ours", "peer", "ratio", "unit", "n", "note", title="Benchmarks", caption=caption)
    for entry in figures:
        one = Figure(**entry)
        drawn.add_row(
            one.name, f"{one.ours:,.1f}", f"{one.peer:,.1f}", f"{one.ratio:.2f}", one.unit, str(one.n), one.note
        )
    return drawn


if __name__ == "__main__":
    main()
