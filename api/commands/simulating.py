"""`attendance simulate`: made-up people play a time of casework through the API, the same for the same seed."""

import os
import tempfile
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from api.bootstrap import Service
from api.commands import reference
from api.commands.importing import taken
from api.commands.moments import day_of
from api.commands.output import AsJson, say, say_json
from api.commands.running import Failed, opened, settings
from api.settings import variable
from api.simulation.asking import Unexpected
from api.simulation.programs import DidNotServe, address_of, program, variables
from api.simulation.running import Outcome, run
from api.simulation.showing import in_full
from api.simulation.term import Term
from domain.days import AUCKLAND
from eventstore.log import head

TERM_2: Final = (date(2026, 4, 20), date(2026, 7, 3))

Day = Callable[[datetime], None]


def simulate(
    cases: Annotated[int, typer.Option(min=1, max=99_999, help="How many students schools ask support for.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="The same seed plays the same history.")] = 1,
    begin: Annotated[date, typer.Option("--from", parser=day_of, metavar="DAY", help="The first day.")] = TERM_2[0],
    end: Annotated[date, typer.Option("--to", parser=day_of, metavar="DAY", help="The last day.")] = TERM_2[1],
    *,
    as_json: AsJson = False,
) -> None:
    """Play casework of made-up people through the API, on a database without events or after what it holds.

    The service has a clock of its own then, which is set forward. Refused in production.
    """
    term = term_of(cases, seed, begin, end)
    with tempfile.TemporaryDirectory() as folder, variables(**_clock(term)), opened() as service:
        prepare(service)
        log = Path(folder) / "log"
        with program(log, "serve", "--port", "0") as serving, bar(term) as told:
            outcome = played(service, term, address_of(serving, log), told)
        with service.reads.connection() as db:
            position, _ = head(db)
    _tell(outcome, term, position, as_json=as_json)


def term_of(cases: int, seed: int, begin: date, end: date) -> Term:
    """Return what is to be played. Raises Failed if nothing can be."""
    if end < begin:
        raise Failed("--to: lies before --from")
    return Term(cases=cases, seed=seed, begin=begin, end=end)


def prepare(service: Service) -> None:
    """Take in the calendars, policy, criteria, code sets, catchments and providers that are shipped."""
    for what, listed in reference.samples():
        taken(service.writer, what, listed)


def played(service: Service, term: Term, address: str, told: Day) -> Outcome:
    """Play a term. Raises Failed where the service answers something else than the simulation counts on."""
    try:
        return run(service, term, address, told)
    except (Unexpected, DidNotServe) as error:
        raise Failed(f"the simulation stopped: {error}") from None


@contextmanager
def bar(term: Term, *, lines: bool = False) -> Generator[Day]:
    """Show how far a term has come: a bar on a terminal, else a line for each fortnight if `lines` are wanted."""
    console = Console(stderr=not lines)
    look = (TextColumn("{task.description:<24}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    whole = (term.closes_at - term.starts_at).total_seconds()
    told = {term.begin}
    with Progress(*look, TimeElapsedColumn(), console=console, disable=not console.is_terminal) as shown:
        task = shown.add_task("Schools and people", total=whole)

        def tell(now: datetime) -> None:
            day = now.astimezone(AUCKLAND).date()
            done = max((now - term.starts_at).total_seconds(), 0.0)
            shown.update(task, completed=done, description=in_full(day) if done else "Schools and people")
            if lines and not console.is_terminal and (day - term.begin).days % 14 == 0 and day not in told:
                told.add(day)
                say(f"  ... {in_full(day)}")

        yield tell


def _clock(term: Term) -> dict[str, str]:
    name = variable("clock_from")
    settings()  # what is wrong in the environment is said before anything of ours stands in it
    return {name: os.environ.get(name) or term.opens_at.isoformat()}


def _tell(outcome: Outcome, term: Term, position: int, *, as_json: bool) -> None:
    if as_json:
        say_json(
            {
                "seed": term.seed,
                "from": term.begin,
                "to": term.end,
                "students": term.cases,
                "cases": len(outcome.cases),
                "done": dict(sorted(outcome.asked.items())),
                "refused": dict(sorted(outcome.refused.items())),
                "position": position,
            }
        )
        return
    done, refused = sum(outcome.asked.values()), sum(outcome.refused.values())
    say(f"{len(outcome.cases)} cases from {in_full(term.begin)} to {in_full(term.end)}: {done} things done,")
    say(f"{refused} refused by the rules as they should be; the log stands at position {position}")
