"""What the program prints: JSON for programs, plain lines for pipes, tables for people at a terminal."""

import json
import sys
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, TypeAlias

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from api.sheets import sheet

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AsCsv: TypeAlias = Annotated[bool, typer.Option("--csv", help="Print the whole list as CSV.")]


def say_json(document: object) -> None:
    """Print one JSON document; days and ids as people write them."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=1, default=str) + "\n")


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(line + "\n")


def say_table(columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows by the titles of their columns: a table on a terminal, else lines parted by tabs."""
    if not sys.stdout.isatty():
        for row in rows:
            say("\t".join(_plain(row.get(key)) for key in columns))
        return
    table = Table(*columns.values(), box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(_plain(row.get(key))) for key in columns))
    Console().print(table)


def say_sheet(columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Print rows as a CSV file, by the titles of their columns."""
    sys.stdout.flush()
    sys.stdout.buffer.write(sheet(tuple(columns.values()), ([row.get(key) for key in columns] for row in rows)))
    sys.stdout.buffer.flush()


@contextmanager
def progress(what: str, total: int) -> Generator[Callable[[], None]]:
    """Show how far something has come, on a terminal only; call what is lent once for each step."""
    console = Console(stderr=True)
    look = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*look, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


def _plain(value: object) -> str:
    """Return a value on one line."""
    return "" if value is None else " ".join(str(value).split())


@contextmanager
def share(what: str) -> Generator[Callable[[str, float], None]]:
    """Show which part of something is done, on a terminal only; told by a phase and the share of it, 0 to 1."""
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), console=console, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(what, total=1.0)
        yield lambda phase, done: bar.update(task, description=f"{what}: {phase}", completed=done)
