"""Disposals over HTTP: whose data was asked to be destroyed, by whom, what that takes along, and what became of it.

Privacy Officers and auditors see all of it (BR-115). Nobody is answered with less than the log has.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from fastapi import APIRouter

from api.erasing import disposal_of, preview
from api.http.audiences import DisposalReader
from api.http.cursors import After, Limit
from api.http.moments import AtMoment
from api.questions.latest_first import key_of, place_of, whole
from api.questions.listing import FIRST
from api.questions.reading import Answering, Moment, ReadingDesk, told
from domain.authority import NotFound
from domain.ids import MINISTRY
from domain.privacy.disposal import DisposalStatus
from domain.rights import Action
from domain.sealed import DataClass
from projections import disposals, naming
from projections.latest_first import page
from projections.moments import NOW

router = APIRouter(prefix="/v1/disposals", tags=["disposals"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDisposal:
    """Whose data of which classes, by which authority and class of records. `people` are all whom it takes along."""

    disposal: UUID
    status: DisposalStatus
    person: UUID
    people: list[UUID]
    classes: list[DataClass]
    authority: str
    disposal_class: str
    asked_by: UUID
    asked_on: date
    expires_on: date
    settled_by: UUID | None
    settled_on: date | None
    done_on: date | None
    notes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposals:
    """Some of what was asked for, the latest first, and the cursor of the next if there are more."""

    moment: Moment
    items: list[ShownDisposal]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOfStudent:
    """A case that stays, without a name."""

    case: UUID
    status: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DisposalPreview:
    """What would go if it were carried out now: keys and notes by class of data, and whom else these notes are about.

    `held` are those of all concerned who are under a legal hold: nothing goes as long as there is one. `orphans` are
    the caregivers who go along. `name` is whose it is, null once nobody can know.
    """

    disposal: UUID
    status: DisposalStatus
    person: UUID
    name: str | None
    students: list[UUID]
    caregivers: list[UUID]
    users: list[UUID]
    keys: dict[str, int]
    notes: dict[str, int]
    others: list[UUID]
    held: list[UUID]
    cases: list[CaseOfStudent]


@router.get("")
def list_disposals(
    actor: DisposalReader, at: AtMoment, desk: ReadingDesk, after: After = None, limit: Limit = FIRST
) -> Disposals:
    """List the disposals that were asked for, the latest first."""
    question = "disposals"
    asked, key = desk.begin(question, after, at)
    with desk.answer(actor, whole(desk, asked, disposals.project), (disposals.project,)) as now:
        now.require(Action.READ_DISPOSALS, MINISTRY)
        found = list(page(now.db, disposals.project, now.at, place_of(key), limit + 1))
        last = found[limit - 1] if len(found) > limit else None
        more = desk.next(question, now.at, key_of(last.asked_on, last.disposal_id)) if last else None
        return Disposals(moment=told(now.at), items=[_shown(each) for each in found[:limit]], next=more)


@router.get("/{disposal_id}")
def preview_disposal(disposal_id: UUID, actor: DisposalReader, desk: ReadingDesk) -> DisposalPreview:
    """Show whom and what a disposal takes along, as things are now."""
    with desk.answer(actor, NOW, naming.MODELS) as now:
        now.require(Action.READ_DISPOSALS, MINISTRY)
        return _preview(disposal_id, now, desk)


def _preview(disposal_id: UUID, now: Answering, desk: ReadingDesk) -> DisposalPreview:
    disposal = disposal_of(desk.service, now.db, disposal_id)
    if disposal.order is None:
        raise NotFound
    order, people = disposal.order, disposal.order.people
    takes = preview(desk.service, now.db, order)
    return DisposalPreview(
        disposal=disposal_id,
        status=disposal.status,
        person=order.person,
        name=naming.names_of(now.db, [order.person], now.at).get(order.person),
        students=list(people.students),
        caregivers=list(people.caregivers),
        users=list(people.users),
        keys=dict(takes.keys),
        notes=dict(takes.notes),
        others=takes.others,
        held=takes.held,
        cases=[CaseOfStudent(case=case, status=status) for case, status in takes.cases.items()],
    )


def _shown(row: disposals.Row) -> ShownDisposal:
    return ShownDisposal(
        disposal=row.disposal_id,
        status=row.status,
        person=row.person_id,
        people=list(row.people),
        classes=list(row.classes),
        authority=row.authority,
        disposal_class=row.disposal_class,
        asked_by=row.asked_by,
        asked_on=row.asked_on,
        expires_on=row.expires_on,
        settled_by=row.settled_by,
        settled_on=row.settled_on,
        done_on=row.done_on,
        notes=row.notes,
    )
