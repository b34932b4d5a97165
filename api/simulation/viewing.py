"""Viewing: asks the service what its users ask, as those who may, and prints the answers for people."""

import textwrap
from collections.abc import Iterable
from datetime import date, datetime
from typing import Final
from uuid import UUID

from rich.console import Console
from rich.text import Text

from api.bootstrap import Service
from api.commands.output import say
from api.simulation.asking import Api, Person
from api.simulation.names import called
from api.simulation.people import Provider, School
from api.simulation.places import PLACES, PROVIDER_NAMES
from api.simulation.running import Outcome
from api.simulation.showing import WIDTH, Answer, dashboard, in_full, kpi, queue, told
from api.simulation.story import Story
from api.simulation.telling import Names, history
from api.simulation.term import Term
from domain.users.user import Role

SHOWN_CASES: Final = "100"
SHOWN_QUEUE: Final = "12"
PATIENCE_SECONDS: Final = 60.0


class Viewer:
    """Asks questions as whoever may, and prints the answers."""

    def __init__(self, api: Api, names: Names, position: str) -> None:
        self._api = api
        self._names = names
        self._least = {"at_least": position}

    async def caught_up(self, by: Person, school: UUID) -> None:
        """Wait until the read models hold everything that was done."""
        await self._api.see(by, f"/v1/schools/{school}/dashboard", self._least, patience=PATIENCE_SECONDS)

    async def dashboard(self, school: School, at: datetime | None) -> None:
        moment = {"as_at": at.isoformat()} if at else self._least
        place = f"/v1/schools/{school.place.id}"
        shown = await self._api.see(school.lead, f"{place}/dashboard", moment)
        cases = await self._api.see(school.lead, f"{place}/cases", moment | {"limit": SHOWN_CASES})
        when = f"as it stood on {in_full(at.date())}" if at else f"on {in_full(day_of(shown))}"
        heading(f"The dashboard of {school.place.name}, {when}")
        lines(dashboard(shown, cases, self._names))

    async def queue(self, provider: Provider) -> None:
        place = f"/v1/providers/{provider.id}"
        load = await self._api.see(provider.lead, f"{place}/load", self._least)
        waiting = await self._api.see(provider.lead, f"{place}/queue", self._least | {"limit": SHOWN_QUEUE})
        heading(f"The queue of {self._names[provider.id]}, on {in_full(day_of(load))}, the longest waiting first")
        lines(queue(load, waiting, self._names))

    async def kpi(self, outcome: Outcome, term: Term) -> None:
        """Show the figures of each provider, as an auditor reads them."""
        people = outcome.played.people
        auditor = next(each for each in people.ministry if each.role is Role.AUDITOR)
        period = {"first": term.begin.isoformat(), "last": term.end.isoformat()} | self._least
        answers = {
            self._names[each]: await self._api.see(auditor, f"/v1/providers/{each}/kpi", period)
            for each in people.providers
        }
        heading("The KPI figures so far, for clocks that started this term")
        lines(kpi(answers))


def tell_one(service: Service, outcome: Outcome, names: Names) -> None:
    """Print the history of the case in which the most different things happened."""
    story = _richest(outcome)
    if story.case is None:
        return
    heading("One case from beginning to end: when it was recorded, what happened, and who said so")
    say(f"{names[story.student]}, {names[story.pupil.school.place.id]}; case {story.case}")
    say("")
    lines(told(history(service, story.case, names)))


def heading(text: str) -> None:
    """Print the title of a part."""
    console = Console(highlight=False, soft_wrap=True)
    console.print()
    for line in textwrap.wrap(text, WIDTH):
        console.print(Text(line, style="bold"))
    console.print(Text("-" * min(len(text), WIDTH)))


def lines(text: Iterable[str]) -> None:
    for line in text:
        say(line)


def busiest(outcome: Outcome) -> School:
    """Return the school with the most cases."""
    schools = [story.school for story in outcome.played.stories if story.case]
    return max(outcome.played.people.schools, key=schools.count)


def longest_queue(outcome: Outcome) -> Provider:
    """Return the provider with the most cases that nobody works."""
    waiting = [story.provider for story in outcome.played.stories if story.waits]
    return max(outcome.played.people.providers.values(), key=waiting.count)


def _richest(outcome: Outcome) -> Story:
    """Return the story in which the most different things happened."""
    return max(outcome.played.stories, key=lambda story: (len(story.kinds), -story.pupil.number))


def names_of(outcome: Outcome) -> dict[UUID, str]:
    people = outcome.played.people
    staff = {each.id: called(each.name) for each in (*people.staff, people.admin)}
    students = {each.student: called(each.pupil.details["name"]) for each in outcome.played.stories}
    places = {each.id: each.name for each in PLACES}
    return staff | students | places | PROVIDER_NAMES


def day_of(answer: Answer) -> date:
    return date.fromisoformat(answer["moment"]["day"])
