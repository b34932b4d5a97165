"""Disposals: whose data was asked to be destroyed, one row each, and what became of it (BR-115).

A row holds ids, codes and references; why it was asked for stays sealed.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from domain.cases.status import Status
from domain.privacy.disposal import DisposalStatus
from domain.privacy.disposing import (
    DisposalAskedFor,
    DisposalAuthorised,
    DisposalBegun,
    DisposalDeclined,
    DisposalWithdrawn,
    SubjectKeysDestroyed,
)
from domain.sealed import DataClass
from eventstore.connections import Connection
from eventstore.log import Recorded
from projections.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One that nobody authorised in time still reads ASKED."""

    disposal_id: UUID
    person_id: UUID
    people: tuple[UUID, ...]
    classes: tuple[DataClass, ...]
    authority: str
    disposal_class: str
    status: DisposalStatus
    asked_by: UUID
    asked_on: date
    expires_on: date
    settled_by: UUID | None = None
    settled_on: date | None = None
    done_on: date | None = None
    notes: int | None = None


project: Final = Model("disposals", Row, key=("disposal_id",), present=(("asked_on",), ("person_id",)))


@project.on(DisposalAskedFor)
def asked_for(row: Row | None, event: DisposalAskedFor, recorded: Recorded) -> Row:
    order = event.order
    return Row(
        disposal_id=recorded.stream,
        person_id=order.person,
        people=order.people.all,
        classes=order.classes,
        authority=order.authority,
        disposal_class=order.disposal_class,
        status=DisposalStatus.ASKED,
        asked_by=order.asked_by,
        asked_on=recorded.decided_on,
        expires_on=order.expires_on,
    )


@project.on(DisposalAuthorised)
def authorised(row: Row, event: DisposalAuthorised, recorded: Recorded) -> Row:
    return _settled(row, DisposalStatus.AUTHORISED, event.authorised_by, recorded)


@project.on(DisposalDeclined)
def declined(row: Row, event: DisposalDeclined, recorded: Recorded) -> Row:
    return _settled(row, DisposalStatus.DECLINED, event.declined_by, recorded)


@project.on(DisposalWithdrawn)
def withdrawn(row: Row, event: DisposalWithdrawn, recorded: Recorded) -> Row:
    return _settled(row, DisposalStatus.WITHDRAWN, event.withdrawn_by, recorded)


@project.on(DisposalBegun)
def begun(row: Row, event: DisposalBegun, recorded: Recorded) -> Row:
    return replace(row, status=DisposalStatus.BEGUN)


@project.on(SubjectKeysDestroyed)
def destroyed(row: Row, event: SubjectKeysDestroyed, recorded: Recorded) -> Row:
    return replace(row, status=DisposalStatus.DONE, done_on=recorded.decided_on, notes=event.notes)


def _settled(row: Row, status: DisposalStatus, by: UUID, recorded: Recorded) -> Row:
    return replace(row, status=status, settled_by=by, settled_on=recorded.decided_on)


_CASES: Final = "SELECT case_id, status FROM service.cases WHERE student = ANY(%s) AND to_position IS NULL ORDER BY 1"


def cases_of(db: Connection, students: Collection[UUID]) -> list[tuple[UUID, Status]]:
    """Return the cases of some students, as far as the read models have come, and how each stands."""
    return [(case, Status(status)) for case, status in db.execute(_CASES, [list(students)])]
