"""Sweeping: asks an automation's candidates page by page, many at once, and counts what came of it."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

import structlog
from psycopg.sql import SQL

from api.automations.acting import AUTOMATIONS as ACTOR
from api.automations.automation import Automation, IfDue, NothingDue, OfWhatIsWithin
from api.automations.troubles import Troubles
from api.bootstrap import Service
from domain.days import auckland_day
from domain.decision import Ref, Refused
from domain.permits import authority
from eventstore.connections import Connection, Unavailable, available
from eventstore.log import head
from eventstore.requests import Request
from projections.moments import Asked, NotYetProjected, moment

PAGE: Final = 200
_PERMIT: Final = OfWhatIsWithin(authority())
_BEFORE_ALL: Final = UUID(int=0)

_NEXT: Final = SQL("SELECT q.id FROM ({candidates}) q WHERE q.id > %(after)s ORDER BY q.id LIMIT %(page)s")
_PUBLISHED: Final = """
SELECT EXISTS (SELECT FROM log.events WHERE position > %s AND position <= %s AND type = ANY(%s))
"""

log = structlog.get_logger()


@dataclass(slots=True)
class Tally:
    """What became of the candidates of a sweep."""

    done: int = 0
    nothing_due: int = 0
    refused: int = 0
    failed: int = 0

    @property
    def trouble(self) -> bool:
        return bool(self.refused or self.failed)


class Sweep:
    """The sweeps of one automation. It remembers, in memory only, how far it has looked, and who is in trouble."""

    def __init__(self, automation: Automation, service: Service, *, page: int = PAGE) -> None:
        self.automation = automation
        self._service = service
        self._page = page
        self._troubles = Troubles()
        self._looked: tuple[date, int] | None = None

    @property
    def user(self) -> UUID:
        """As whom it acts."""
        return ACTOR.user

    def run(self) -> Tally:
        """Ask all candidates there are now, or only those in trouble if nobody else can be concerned.

        Raises Unavailable.
        """
        now = self._service.clock()
        tally = Tally()
        with available(), self._service.reads.connection() as db:
            position, _ = head(db)
            whole = self._whole(db, auckland_day(now), position)
            shown = not self.automation.anew_on or not whole or self._shown(db, position, now)
        for page in self._pages(now) if whole else [self._troubles.due(now)]:
            asyncio.run(self._ask_all(page, now, tally))
        if shown:
            self._looked = (auckland_day(now), position)
        if tally.done or tally.trouble:
            log.info("swept", automation=self.automation.name, **asdict(tally))
        return tally

    def _whole(self, db: Connection, day: date, position: int) -> bool:
        """Whether somebody may have become concerned since we looked."""
        if self._looked is None or not self.automation.anew_on or self._looked[0] != day:
            return True
        types = [event.__name__ for event in self.automation.anew_on]
        return bool(db.execute(_PUBLISHED, [self._looked[1], position, types]).fetchall()[0][0])

    def _shown(self, db: Connection, position: int, now: datetime) -> bool:
        """Wait a little until the read models show whoever was there when we were woken; else we look again."""
        try:
            with moment(db, self.automation.models, Asked(at_least=position), now=now):
                return True
        except NotYetProjected:
            return False

    def _pages(self, now: datetime) -> Iterator[list[UUID]]:
        """Return the candidates by their ids, without those whose time to be tried again has not come."""
        query = _NEXT.format(candidates=self.automation.candidates)
        after, ids = _BEFORE_ALL, [_BEFORE_ALL]
        seen = set[UUID]()
        while ids:
            with available(), self._service.reads.connection() as db:
                asked = {"after": after, "page": self._page, "day": auckland_day(now)}
                ids = [id_ for (id_,) in db.execute(query, asked)]
            waiting = {id_ for id_ in ids if self._troubles.wait(id_, now)}
            yield [id_ for id_ in ids if id_ not in waiting]
            seen |= {id_ for id_ in ids if self._troubles.known(id_)}
            after = ids[-1] if ids else after
        self._troubles.forget_others(seen)

    async def _ask_all(self, ids: list[UUID], now: datetime, tally: Tally) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for id_ in ids:
                    group.create_task(self._ask(id_, now, tally))
        except* Unavailable:
            raise Unavailable from None

    async def _ask(self, id_: UUID, now: datetime, tally: Tally) -> None:
        """Ask one candidate; whatever is wrong with it does not stop the others. Raises Unavailable."""
        try:
            await self._service.writer.execute_async(self._request(id_))
            tally.done += 1
            self._troubles.over(id_)
        except Refused as refused:
            self._refused(id_, refused, now, tally)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - one bad stream must not stop the others
            tally.failed += 1
            self._trouble(id_, now, error=type(error).__name__)

    def _refused(self, id_: UUID, refused: Refused, now: datetime, tally: Tally) -> None:
        if isinstance(refused, (NothingDue, *self.automation.not_yet)):
            tally.nothing_due += 1
            self._troubles.over(id_)
        else:
            tally.refused += 1
            self._trouble(id_, now, rule=refused.code)

    def _request(self, id_: UUID) -> Request:
        """Return what is asked of a candidate: by one actor and because of nothing, so that nothing tells why."""
        command = IfDue(self.automation.command)
        return Request(stream=Ref(self.automation.of, id_), command=command, actor=ACTOR, permit=_PERMIT)

    def _trouble(self, id_: UUID, now: datetime, **what: str) -> None:
        attempts = self._troubles.note(id_, now)
        log.warning("not_helped", automation=self.automation.name, id=str(id_), attempts=attempts, **what)
