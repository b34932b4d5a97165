"""The program `attendance`: what operators and scripts ask of the service at a command line."""

from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.main import get_command

from api.commands.running import program, run

COMMANDS: Final = {
    "serve": "serving:serve",
    "demo": "demo:demo",
    "simulate": "simulating:simulate",
    "migrate": "database:migrate",
    "import": "importing:app",
    "project": "projecting:project",
    "automate": "automating:automate",
    "publish": "publishing:publish",
    "reconcile": "reconciling:reconcile",
    "rebuild": "projecting:rebuild_models",
    "doctor": "doctoring:doctor",
    "show": "showing:app",
    "replay": "history:replay",
    "token": "issuing:token",
    "backup": "database:backup",
    "restore": "database:restore",
    "erase": "erasing:erase",
    "erased": "proving:erased",
    "reclaim": "reclaiming:reclaim",
    "tied-keys": "reclaiming:tied_keys",
    "rewrap": "upkeep:rewrap",
    "expire": "upkeep:expire",
    "hardening": "upkeep:hardening",
    "openapi": "serving:openapi",
    "asyncapi": "publishing:asyncapi",
}
"""Where each command is found, which is only imported when it is asked for."""


class Commands(TyperGroup):
    """The commands of the program, by name."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override] # typer brings click along
        return list(COMMANDS)

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override] # typer brings click along
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        found = getattr(import_module(f"api.commands.{module}"), name)
        return get_command(found if isinstance(found, typer.Typer) else _alone(cmd_name, found))


def _alone(name: str, function: Callable[..., Any]) -> typer.Typer:
    """Return a program of one command, whose command is that of ours."""
    alone = program()
    alone.command(name)(function)
    return alone


app: Final = program(cls=Commands)


@app.callback(no_args_is_help=True)
def attendance() -> None:
    """Cases of chronically absent students, from a school's request to the closing of the case."""


def main() -> None:
    """Run the program; exit statuses are listed in docs/running.md."""
    run(lambda: app(prog_name="attendance"))
