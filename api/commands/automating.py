"""`attendance automate`: does what follows from time and from other events, without anybody asking for it."""

import threading
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from typing import Annotated

import typer

from api.automations.acting import admit
from api.automations.automation import Automation
from api.automations.registry import AUTOMATIONS
from api.automations.sweeping import Tally
from api.automations.waking import Automations
from api.commands.output import AsJson, say_json, say_table
from api.commands.running import FAILED, Failed, Stopped, Wait, begun, opened
from api.sessions import of_automations, of_service, require_room, together
from domain.days import auckland_day


def automate(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", show_default=False)] = None,
    *,
    once: Annotated[bool, typer.Option("--once", help="Sweep once and say what came of it.")] = False,
    wait: Wait = False,
    as_json: AsJson = False,
) -> None:
    """Resume paused cases, take cases from those who left, and the like (all, if none is named), until told to stop."""
    wanted = _wanted(names or [])
    if once:
        begun(partial(_sweep, wanted, as_json=as_json), wait=wait)
        return
    try:
        begun(partial(_go_on, wanted), wait=wait)
    except (Stopped, KeyboardInterrupt):
        raise typer.Exit from None  # to be stopped is how it ends


def _sweep(wanted: list[Automation], *, as_json: bool) -> None:
    with _automating(wanted) as automations:
        _tell(automations.once(), as_json=as_json)


def _go_on(wanted: list[Automation]) -> None:
    with _automating(wanted) as automations:
        automations.run(threading.Event())


@contextmanager
def _automating(wanted: list[Automation]) -> Generator[Automations]:
    with opened() as service:
        require_room(service.database, together(of_service(service.settings), of_automations()))
        admit(service.writer, auckland_day(service.clock()))
        yield Automations(service, wanted)


def _wanted(names: Iterable[str]) -> list[Automation]:
    unknown = [name for name in names if name not in AUTOMATIONS]
    if unknown:
        raise Failed(f"there is no automation {unknown[0]}; there are {', '.join(AUTOMATIONS)}")
    return [AUTOMATIONS[name] for name in dict.fromkeys(names)] or list(AUTOMATIONS.values())


def _tell(tallies: Mapping[str, Tally], *, as_json: bool) -> None:
    if as_json:
        say_json({name: asdict(tally) for name, tally in tallies.items()})
    else:
        titles = {"name": "Automation", "done": "Done", "refused": "Refused", "failed": "Failed"}
        say_table(titles, [{"name": name, **asdict(tally)} for name, tally in tallies.items()])
    if any(tally.trouble for tally in tallies.values()):
        raise typer.Exit(FAILED)
