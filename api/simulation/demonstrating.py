"""Demonstrating: plays a term against a running service, prints what its users see, and stays for who looks on."""

import asyncio
import os
import signal
import sys
import time
from datetime import date, datetime
from datetime import time as hour
from pathlib import Path
from textwrap import wrap
from typing import Final

import httpx2

from api.bootstrap import Service
from api.commands.history import in_words
from api.commands.output import say
from api.commands.running import Failed, opened
from api.commands.simulating import TERM_2, bar, played, prepare
from api.settings import variable
from api.simulation.asking import Api, Unexpected
from api.simulation.places import PLACES
from api.simulation.programs import program
from api.simulation.running import Outcome, tokens
from api.simulation.showing import WIDTH
from api.simulation.term import Term
from api.simulation.viewing import PATIENCE_SECONDS, Viewer, busiest, heading, longest_queue, names_of, tell_one
from domain.days import AUCKLAND
from domain.users.user import Role
from eventstore.log import head

EARLIER: Final = datetime.combine(date(2026, 5, 15), hour(17), AUCKLAND)
"""The moment in the fourth week at which the dashboard is shown again."""


def demonstrate(home: Path, address: str, cases: int, seed: int, began: float) -> None:
    """Play Term 2 of 2026 and show it; `began` is when the service was started, by the monotonic clock."""
    _first_answer(address)
    say(f"The service answers at {address}, {time.monotonic() - began:.1f} seconds after it was started.")
    term = Term(cases=cases, seed=seed, begin=TERM_2[0], end=TERM_2[1])
    with opened() as service, program(home / "project.log", "project"):
        outcome = _term(service, term, address)
        try:
            asyncio.run(_show(service, outcome, term, address))
        except Unexpected as error:
            raise Failed(f"{error}; {_last_words(home)}") from None
        _stay(service, outcome, address)


def _last_words(home: Path) -> str:
    """Return the last that the followers said, which may be why something is not shown."""
    said = (home / "project.log").read_text(encoding="utf-8").strip().splitlines()
    return said[-1] if said else "the followers said nothing"


def _term(service: Service, term: Term, address: str) -> Outcome:
    """Take in the sample lists, play the term, and say what came of it."""
    prepare(service)
    say("Calendars, policy, criteria, code sets, 84 catchments and their providers are taken in (samples).")
    say(f"Term 2 of 2026 is played: {len(PLACES)} schools, {term.cases} students, all of them made up.")
    with bar(term, lines=True) as days:
        outcome = played(service, term, address, days)
    done, refused = sum(outcome.asked.values()), sum(outcome.refused.values())
    say(f"{done:,} things were done over HTTP by the people who do them, in {len(outcome.cases)} cases;")
    for line in wrap(f"{refused} were refused, as the rules have it: {_refusals(outcome)}.", WIDTH):
        say(line)
    return outcome


def _refusals(outcome: Outcome) -> str:
    return (
        ", ".join(f"{in_words(code).lower()} {count} times" for code, count in outcome.refused.most_common()) or "none"
    )


async def _show(service: Service, outcome: Outcome, term: Term, address: str) -> None:
    """Ask the service what its users ask, and print the answers."""
    school, provider = busiest(outcome), longest_queue(outcome)
    names = names_of(outcome)
    with service.reads.connection() as db:
        position, _ = head(db)
    async with httpx2.AsyncClient(base_url=address, timeout=PATIENCE_SECONDS) as client:
        see = Viewer(Api(client, tokens(service), "show"), names, str(position))
        await see.caught_up(school.lead, school.place.id)
        await see.dashboard(school, None)
        await see.queue(provider)
        await see.kpi(outcome, term)
        tell_one(service, outcome, names)
        await see.dashboard(school, EARLIER)


def _stay(service: Service, outcome: Outcome, address: str) -> None:
    """Say where everything is, and stay for whoever sits at a terminal."""
    heading("The service")
    say(f"API            {address}/v1")
    say(f"Documentation  {address}/docs")
    say(f"Ready?         {address}/health/ready")
    school = busiest(outcome)
    if not sys.stdout.isatty() or os.environ.get("CI", "").lower() in {"1", "true"}:
        say("Nobody is watching: everything is stopped and removed again.")
        return
    say("")
    say("Ask it from another terminal, as the Attendance Lead of the school above, or as who runs it:")
    say(f"  export {variable('data')}={service.settings.data}")
    say(f"  TOKEN=$({_me()} token --role {Role.ATTENDANCE_LEAD} --org {school.place.number})")
    say(f'  curl -H "Authorization: Bearer $TOKEN" {address}/v1/schools/{school.place.id}/dashboard')
    say(f"  {_me()} show school {school.place.number} --as-at {EARLIER.date()}")
    say("")
    say("It stays up until Ctrl-C, and leaves nothing behind.")
    while True:
        signal.pause()


def _me() -> str:
    """Return how this program was started."""
    return sys.argv[0] if Path(sys.argv[0]).name == "attendance" else "attendance"


def _first_answer(address: str) -> None:
    httpx2.get(f"{address}/health/live", timeout=PATIENCE_SECONDS).raise_for_status()
