"""Erasing: what a disposal takes along, and its carrying out, which only the program can do (BR-115, ADR 23)."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from api.bootstrap import Service
from api.settings import Login
from domain.decision import Actor, Command, Ref
from domain.privacy.disposal import Disposal, Order
from domain.privacy.disposing import BeginDisposal, RecordKeysDestroyed
from eventstore.connections import Connection, available, connect
from eventstore.erasure import UnderHold, destroy
from eventstore.journal import Erasure, Journal
from eventstore.reach import held
from eventstore.requests import Request
from eventstore.sealing import Whose
from projections.disposals import cases_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would go with a disposal if it were carried out now; nothing of it names anybody but by id.

    `keys` and `notes` count by class of data. `others` are people whom these notes are about as well, and lose them.
    `held` are those, of all concerned, who are under a legal hold. `cases` are the students', with where each stands.
    """

    keys: Mapping[str, int]
    notes: Mapping[str, int]
    others: list[UUID]
    held: list[UUID]
    cases: Mapping[UUID, str]


def disposal_of(service: Service, db: Connection, disposal: UUID) -> Disposal:
    """Return how a disposal stands by now; blank if there is none."""
    ref = Ref(Disposal, disposal)
    found: Any = service.facts.ask(db, lambda known: known[ref], first=[ref], addressed=[ref])
    return cast("Disposal", found)


def preview(service: Service, db: Connection, order: Order) -> Preview:
    """Return what an order takes along as things are; `db` has the rights of the service."""
    reached = service.keyring.reach(order.people.all, order.classes)
    return Preview(
        keys=_by_class(reached.keys),
        notes=_by_class(reached.notes),
        others=list(reached.others),
        held=list(held(db, (*order.people.all, *reached.others))),
        cases={case: str(status) for case, status in cases_of(db, order.people.students)},
    )


def carry_out(service: Service, disposal: UUID, by: Actor) -> int:
    """Destroy what was authorised, or go on with it where it was cut off; return how many notes and drafts went along.

    Raises what refuses it, UnderHold, Unavailable.
    """
    with available(), service.reads.connection() as db:
        order = disposal_of(service, db, disposal).require_agreed()
        if kept := preview(service, db, order).held:
            raise UnderHold(tuple(kept))
    _ask(service, disposal, BeginDisposal(), by)
    journal = Journal(service.settings.journal)
    dsn = service.database.dsn(Login.ERASURE)
    with available(), connect(dsn, deadline=None, name="as-cms erasure") as eraser:
        erased = destroy(eraser, journal, *_erasures(service, order))
    notes = len({*erased} - {*order.people.all})
    _ask(service, disposal, RecordKeysDestroyed(notes=notes), by)
    return notes


def _erasures(service: Service, order: Order) -> Iterable[Erasure]:
    authority, at = f"{order.authority} / {order.disposal_class}", service.clock()
    return [Erasure(subject=each, classes=order.classes, authority=authority, at=at) for each in order.people.all]


def _ask(service: Service, disposal: UUID, command: Command, by: Actor) -> None:
    service.writer.execute(Request(stream=Ref(Disposal, disposal), command=command, actor=by))


def _by_class(keys: Iterable[Whose]) -> Mapping[str, int]:
    return dict(sorted(Counter(str(data_class) for _, data_class in keys).items()))
