"""Reading: a question is answered as at one moment, to somebody whose rights are judged by the present."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

from fastapi import Depends, Request
from psycopg.sql import SQL, Composable

from api.bootstrap import Service
from api.http.cursors import Key, cursor, place
from api.http.cursors import Place as Carried
from api.questions.seen import seen
from domain.authority import NotAllowed, NotFound, require
from domain.days import auckland_day
from domain.decision import Actor
from domain.policies.policy import SERVICE_POLICY, Policy, PolicyValues
from domain.relations import Asker, CaseFacts, of_contracting_region
from domain.rights import TABLE, Action
from domain.users.user import Role, User
from eventstore.connections import Connection, available
from eventstore.log import head
from projections import people, regions
from projections.model import Model
from projections.moments import AsAt, Asked, NoSuchPosition, moment

_EVENTS: Final = "SELECT type, schema_version, version, data FROM log.events WHERE stream = %s ORDER BY version"
_IS_SEEN: Final = SQL(
    "SELECT EXISTS (SELECT FROM service.cases now WHERE now.case_id = %s AND now.to_position IS NULL AND {})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    """One answer: a connection that sees one snapshot, the moment, and who asks."""

    db: Connection
    at: AsAt
    asker: Asker

    def require(self, action: Action, organisation: UUID | None) -> None:
        """Raise NotAllowed unless the asker may do this to an organisation."""
        by_region = of_contracting_region in TABLE[action].get(self.asker.role, ())
        offices = regions.offices_of(self.db, organisation) if organisation and by_region else frozenset[UUID]()
        require(self.asker, action, CaseFacts(organisation=organisation, regions=offices))

    def seen(self, *actions: Action) -> Composable:
        """Return the condition of the cases that the asker may see now."""
        return seen(self.asker, *(actions or (Action.READ_CASE,)))

    def sees(self, case: UUID, action: Action) -> bool:
        row = self.db.execute(_IS_SEEN.format(self.seen(action)), [case]).fetchone()
        return bool(row and row[0])

    def require_case(self, case: UUID, action: Action = Action.READ_CASE) -> None:
        """Raise NotFound of a case out of sight, NotAllowed if only this is not theirs (BR-69)."""
        if self.sees(case, action):
            return
        raise NotAllowed if self.sees(case, Action.READ_CASE) else NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where questions are asked."""

    service: Service

    @contextmanager
    def answer(self, actor: Actor, asked: Asked, models: Collection[Model[Any]]) -> Iterator[Answering]:
        """Answer somebody as at a moment. Raises NotAllowed to one without the role, NotYetProjected, Unavailable.

        Whatever the asker is judged by is of the moment too: on whose roll a student is decides who sees the case.
        """
        now = self.service.clock()
        with available(), self.service.reads.connection() as db:
            asker = self._asker(db, actor, auckland_day(now))
            _require_recorded(db, asked)
            with moment(db, {*models, *judging(asker)}, asked, now=now) as at:
                yield Answering(db=db, at=at, asker=asker)

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
        found: PolicyValues = self.folded(db, Policy, SERVICE_POLICY).in_force(today)
        return found

    def folded(self, db: Connection, of: type[Any], stream: UUID) -> Any:
        """Return the state of a stream as the log has it."""
        state = of()
        for name, schema, version, data in db.execute(_EVENTS, [stream]):
            event = self.service.codec.decode(name, schema, bytes(data), stream, version, None)
            state = event.evolve(state)
        return state

    def _asker(self, db: Connection, actor: Actor, today: date) -> Asker:
        """Return who asks; the grants are read from the log, so that a revocation works at once."""
        if not self.folded(db, User, actor.user).holds(actor.role, actor.organisation, today):
            raise NotAllowed
        return Asker(
            user=actor.user,
            role=Role(actor.role),
            organisation=actor.organisation,
            today=today,
            office_timeline=self.rules(db, today).office_support_timeline,
        )


def judging(asker: Asker) -> tuple[Model[Any], ...]:
    """Return the models beside the cases that tell what somebody may see."""
    return (people.project, *(regions.MODELS if asker.role is Role.REGIONAL_ADVISOR else ()))


def _require_recorded(db: Connection, asked: Asked) -> None:
    """Raise NoSuchPosition of a position that the log has not come to: no waiting would help."""
    named = {"position": asked.position or 0, "at_least": asked.at_least}
    if any(named.values()):
        last, _ = head(db)
        if beyond := [name for name, position in named.items() if position > last]:
            raise NoSuchPosition(*beyond)


async def _desk(request: Request) -> Desk:
    return Desk(service=request.app.state.service)


ReadingDesk: TypeAlias = Annotated[Desk, Depends(_desk)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """As at which moment an answer is true: a position of the log, and the Auckland day that lateness is judged by."""

    position: int
    day: date


def told(at: AsAt) -> Moment:
    return Moment(position=at.position, day=at.day)
