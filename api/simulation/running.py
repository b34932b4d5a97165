"""Running a term against a service: as whom everybody comes, what automations do, and how the clock is set."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import httpx2

from api.app import development_issuer
from api.automations.acting import AUTOMATIONS, admit
from api.bootstrap import Service
from api.clock import ClockBehind
from api.commands.issuing import grant
from api.simulation.asking import Api, Person
from api.simulation.people import people
from api.simulation.term import Played, Term, play
from domain.cases.case import Case
from domain.decision import Command, Ref
from domain.ids import MINISTRY
from eventstore.requests import Request

PATIENCE_SECONDS: Final = 30.0
"""How long an answer may take."""

Turn = Callable[[datetime], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a term came to."""

    played: Played
    asked: Counter[str]
    refused: Counter[str]

    @property
    def cases(self) -> list[UUID]:
        """The cases that there are, in the order of their students."""
        return [story.case for story in self.played.stories if story.case]


def run(service: Service, term: Term, address: str, told: Turn = lambda _: None) -> Outcome:
    """Play a term against the service at this address, which works on the same database.

    Raises Unexpected, ClockBehind, BadSettings.
    """
    return asyncio.run(play_at(service, term, httpx2.AsyncHTTPTransport(limits=_LIMITS), address, told))


async def play_at(
    service: Service, term: Term, transport: httpx2.AsyncBaseTransport, address: str, told: Turn = lambda _: None
) -> Outcome:
    """Play a term over this transport."""
    if service.own_clock() > term.starts_at:
        raise ClockBehind(ClockBehind.__doc__)
    who = people(term.seed, term.cases, term.begin)
    for person in (who.admin, who.second, who.enrol):
        grant(service, person.role, MINISTRY, person.login)
    admit(service.writer, term.begin)

    async def automate(case: UUID, command: Command) -> None:
        asked = Request(stream=Ref(Case, case), command=command, actor=AUTOMATIONS)
        await service.writer.execute_async(asked)

    def turn(now: datetime) -> None:
        if now > service.clock():
            service.own_clock.set(now)
        told(now)

    async with httpx2.AsyncClient(transport=transport, base_url=address, timeout=PATIENCE_SECONDS) as client:
        api = Api(client, tokens(service), f"{term.seed}.{term.begin}")
        played = await play(term, api, automate, turn, who)
    return Outcome(played=played, asked=api.told.asked, refused=api.told.refused)


def tokens(service: Service) -> Callable[[Person], str]:
    """Return what makes a token for somebody."""
    issuer = development_issuer(service.settings)
    return lambda whom: issuer.token(subject=whom.login, organisation=whom.organisation, role=whom.role)


_LIMITS: Final = httpx2.Limits(max_connections=32, max_keepalive_connections=32, keepalive_expiry=2.0)
