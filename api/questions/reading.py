"""Reading: a question is answered as at one moment, to somebody whose rights are judged by the present.

One thing is judged on the log. A list is judged by the read models, and refused while these are too far behind; what
they have not heard the last of is left out of it.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import ceil
from typing import Annotated, Any, TypeAlias, TypeVar
from uuid import UUID

from fastapi import Depends, Request
from psycopg.sql import Composable

from api.bootstrap import Service
from api.http.cursors import Key, cursor, place
from api.http.cursors import Place as Carried
from api.questions.judging import Judge, OfCase
from api.questions.seen import judging, seen, settled
from domain.decision import Actor, Context, Ref
from domain.policies.policy import SERVICE_POLICY, Policy, PolicyValues
from domain.relations import Asker, of_contracting_region
from domain.rights import TABLE, Action
from domain.users.user import Role
from eventstore.connections import Connection, available
from eventstore.log import head
from projections import regions
from projections.model import Model
from projections.moments import NOW, AsAt, Asked, NoSuchPosition, NotYetProjected, moment, parked

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """One answer: a connection that sees one snapshot, the moment, and whoever asks, judged in it."""

    db: Connection
    at: AsAt
    judge: Judge
    longest_lag: timedelta

    @property
    def asker(self) -> Asker:
        """Who asks. Raises NotAllowed."""
        return self.judge.asker()

    def require(self, action: Action, organisation: UUID) -> None:
        """Raise NotAllowed unless the asker may do this to an organisation."""
        by_region = of_contracting_region in TABLE[action].get(Role(self.judge.actor.role), ())
        serves = regions.serving(self.db, organisation) if by_region else ()
        self.judge.organisation(action, organisation, serves)

    def require_case(self, case: UUID, action: Action = Action.READ_CASE) -> OfCase:
        """Return a case that is theirs to ask this of; there is no other way to ask anything of one.

        Raises NotFound of a case out of sight, NotAllowed if only this is not theirs (BR-69).
        """
        return self.judge.case(case, action)

    def seen(self, *actions: Action) -> Composable:
        """Return the condition of the cases that the asker may see now, as far as the read models know for certain.

        Raises NotAllowed, and NotYetProjected while they are too far behind to be trusted.
        """
        wanted = actions or (Action.READ_CASE,)
        asker = self.asker
        if self.at.lag(judging(asker.role, wanted)) > self.longest_lag:
            raise NotYetProjected
        return settled(seen(asker, *wanted), asker.role, wanted, self.at)

    def of(self, question: Callable[[Context], T], *addressed: Ref) -> T:
        """Answer a pure question on how streams stand; what the asker addressed may be anything."""
        return self.judge.ask(question, addressed)

    def parked(self, models: Collection[Model[Any]]) -> int:
        """Return how many streams these models could not fold: what a list would show of them is left out."""
        if not any(self.at.standing[model.name].parked for model in models):
            return 0
        return parked(self.db, models)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where questions are asked."""

    service: Service

    @contextmanager
    def answer(self, actor: Actor, asked: Asked, models: Collection[Model[Any]]) -> Iterator[Answering]:
        """Answer somebody as at a moment. Raises NotAllowed to one without the role, NotYetProjected, Unavailable.

        Whatever a list is judged by is of the moment too: on whose roll a student is decides who sees the case.
        """
        now = self.service.clock()
        held = {*models, *judging(Role(actor.role), (Action.READ_CASE,))}
        with available(), self.service.reads.connection() as db:
            _admit(self._judge(db, actor, now), asked)
            with moment(db, held, asked, now=now) as at:
                yield Answering(db=db, at=at, judge=self._judge(db, actor, now), longest_lag=self.longest_lag)

    def _judge(self, db: Connection, actor: Actor, now: datetime) -> Judge:
        return Judge(facts=self.service.facts, db=db, actor=actor, now=now)

    @property
    def longest_lag(self) -> timedelta:
        """How far the read models may be behind before a list is refused."""
        return timedelta(seconds=self.service.settings.read_lag_seconds)

    def begin(self, question: str, carried: str | None, asked: Asked) -> tuple[Asked, Key | None]:
        """Return which moment a page is asked at, and after which key: no older than the page before."""
        if carried is None:
            return asked, None
        before = place(question, carried, self.service.digests)
        return replace(asked, at_least=max(asked.at_least, before.position)), before.key

    def next(self, question: str, at: AsAt, key: Key) -> str:
        """Return the cursor of the page after this key."""
        return cursor(question, Carried(position=at.position, key=key), self.service.digests)

    def rules(self, db: Connection, today: date) -> PolicyValues:
        """Return the numbers of the rules in force on a day, as the log has them."""
        policy = Ref(Policy, SERVICE_POLICY)
        found: Any = self.service.facts.ask(db, lambda known: known[policy], first=[policy])
        values: PolicyValues = found.in_force(today)
        return values


def _admit(judge: Judge, asked: Asked) -> None:
    """Let nobody wait for a moment, or learn how far the log has come, who may ask nothing.

    Raises NotAllowed, and NoSuchPosition of a position that the log has not come to: no waiting would help.
    """
    if asked == NOW:
        return
    judge.asker()
    named = {"position": asked.position or 0, "at_least": asked.at_least}
    if any(named.values()):
        last, _ = head(judge.db)
        if beyond := [name for name, position in named.items() if position > last]:
            raise NoSuchPosition(*beyond)


async def _desk(request: Request) -> Desk:
    return Desk(service=request.app.state.service)


ReadingDesk: TypeAlias = Annotated[Desk, Depends(_desk)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """As at which moment an answer is true: a position of the log, and the Auckland day that lateness is judged by.

    `behind_seconds` is how long what the answer cannot show yet has been recorded; 0 if it is all shown.
    """

    position: int
    day: date
    behind_seconds: int


def told(at: AsAt) -> Moment:
    return Moment(position=at.position, day=at.day, behind_seconds=ceil(at.behind.total_seconds()))
