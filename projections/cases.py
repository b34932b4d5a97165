"""Cases: how every case stands, one row each. Dashboards, queues and reports are questions asked of it.

A row holds ids and codes, nobody's name, and no reason: why work went on would give a birth date away.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from domain.cases.allocating import AllocationFailed, CaseAllocated, CaseMovedToCatchmentProvider
from domain.cases.assigning import (
    CaseManagerAssigned,
    CaseManagerReassigned,
    CaseManagerReleased,
    CaseReturnedToQueue,
)
from domain.cases.case import CaseType, ClosureReason, Provision
from domain.cases.changing_type import CaseTypeChanged
from domain.cases.closing import CaseClosed
from domain.cases.enrolling import CaseNoticeOfEnrolment, CaseNoticeOfLeaving, ClosedCaseNoticeOfRoll
from domain.cases.naming_contact import (
    SchoolPrimaryContactChanged,
    SchoolPrimaryContactLeft,
    SchoolPrimaryContactNamed,
)
from domain.cases.opening import CaseCreated
from domain.cases.pausing import CasePaused, CaseResumed, CaseResumedInQueue
from domain.cases.reopening import CaseReopened
from domain.cases.status import Status
from domain.cases.transitioning import CaseMovedToTransition, CaseReturnedToOpen
from eventstore.log import Recorded
from projections.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`status_since` is the Auckland day from which the case has its status: how long it waits is counted from it."""

    case_id: UUID
    type: CaseType
    provision: Provision
    status: Status
    status_since: date
    student: UUID
    school: UUID | None  # whose case it is: of enrolment, or the last one
    enrolled_at: UUID | None  # on whose roll the student is, as far as the case has heard (BR-60)
    catchment: UUID | None = None
    provider: UUID | None = None  # responsible; of a closed case the last one
    manager: UUID | None = None
    last_manager: UUID | None = None
    primary_contact: UUID | None = None
    episode: int = 1  # openings are measured apart (BR-82)
    opened_on: date
    episode_opened_on: date
    paused_on: date | None = None
    closed_on: date | None = None
    closure_reason: ClosureReason | None = None
    skipped_transition: bool = False  # asks for a review (BR-78)


project: Final = Model(
    "cases",
    Row,
    key=("case_id",),
    present=(
        ("provider", "status", "status_since", "case_id"),
        ("enrolled_at", "status", "status_since"),
        ("manager", "status"),
        ("primary_contact",),
        ("student",),
        ("status", "status_since"),
    ),
    past=("provider", "enrolled_at", "manager"),
)


def stands(row: Row, status: Status, recorded: Recorded) -> Row:
    """Return the row with a status, which it may have had for longer."""
    return row if row.status is status else replace(row, status=status, status_since=recorded.decided_on)


@project.on(CaseCreated)
def created(row: Row | None, event: CaseCreated, recorded: Recorded) -> Row:
    return Row(
        case_id=recorded.stream,
        type=event.type,
        provision=event.provision,
        status=Status.UNALLOCATED,
        status_since=recorded.decided_on,
        student=event.student,
        school=event.school,
        enrolled_at=event.school,
        catchment=event.catchment,
        primary_contact=event.primary_contact,
        opened_on=event.opened_on,
        episode_opened_on=event.opened_on,
    )


@project.on(CaseAllocated)
def allocated(row: Row, event: CaseAllocated, recorded: Recorded) -> Row:
    row = replace(row, provider=event.provider, provision=event.provision, catchment=event.catchment)
    return stands(row, Status.PROVIDER_QUEUE, recorded)


@project.on(AllocationFailed)
def unallocated(row: Row, event: AllocationFailed, recorded: Recorded) -> Row:
    return stands(replace(row, provider=None, catchment=event.catchment), Status.UNALLOCATED, recorded)


@project.on(CaseMovedToCatchmentProvider)
def moved(row: Row, event: CaseMovedToCatchmentProvider, recorded: Recorded) -> Row:
    row = replace(
        row,
        provision=Provision.CATCHMENT,
        provider=event.provider,
        catchment=event.catchment,
        manager=None,
        last_manager=event.manager or row.last_manager,
    )
    return stands(row, Status.PROVIDER_QUEUE, recorded)


@project.on(CaseManagerAssigned)
def assigned(row: Row, event: CaseManagerAssigned, recorded: Recorded) -> Row:
    return stands(replace(row, manager=event.manager), Status.OPEN, recorded)


@project.on(CaseManagerReassigned)
def reassigned(row: Row, event: CaseManagerReassigned, recorded: Recorded) -> Row:
    return replace(row, manager=event.manager, last_manager=event.previous_manager)


@project.on(CaseReturnedToQueue)
def returned_to_queue(row: Row, event: CaseReturnedToQueue, recorded: Recorded) -> Row:
    row = replace(row, manager=None, last_manager=event.previous_manager)
    return stands(row, Status.PROVIDER_QUEUE, recorded)


@project.on(CaseManagerReleased)
def released(row: Row, event: CaseManagerReleased, recorded: Recorded) -> Row:
    return replace(row, manager=None, last_manager=event.previous_manager)


@project.on(CaseTypeChanged)
def type_changed(row: Row, event: CaseTypeChanged, recorded: Recorded) -> Row:
    return replace(
        row,
        type=event.type,
        school=event.school,
        enrolled_at=event.school if event.type is CaseType.CA else None,
        primary_contact=event.primary_contact,
    )


@project.on(CaseNoticeOfEnrolment)
def enrolled(row: Row, event: CaseNoticeOfEnrolment, recorded: Recorded) -> Row:
    return replace(row, school=event.school, enrolled_at=event.school, primary_contact=event.primary_contact)


@project.on(CaseNoticeOfLeaving)
def left(row: Row, event: CaseNoticeOfLeaving, recorded: Recorded) -> Row:
    return replace(row, enrolled_at=None, primary_contact=None)


@project.on(ClosedCaseNoticeOfRoll)
def followed(row: Row, event: ClosedCaseNoticeOfRoll, recorded: Recorded) -> Row:
    return replace(row, enrolled_at=event.school)


@project.on(SchoolPrimaryContactNamed, SchoolPrimaryContactChanged)
def contact_named(row: Row, event: SchoolPrimaryContactNamed | SchoolPrimaryContactChanged, recorded: Recorded) -> Row:
    return replace(row, primary_contact=event.user)


@project.on(SchoolPrimaryContactLeft)
def contact_left(row: Row, event: SchoolPrimaryContactLeft, recorded: Recorded) -> Row:
    return replace(row, primary_contact=None)


@project.on(CasePaused)
def paused(row: Row, event: CasePaused, recorded: Recorded) -> Row:
    return stands(replace(row, paused_on=event.paused_on), Status.PAUSED, recorded)


@project.on(CaseResumed)
def resumed(row: Row, event: CaseResumed, recorded: Recorded) -> Row:
    return stands(replace(row, paused_on=None), Status.OPEN, recorded)


@project.on(CaseResumedInQueue)
def resumed_in_queue(row: Row, event: CaseResumedInQueue, recorded: Recorded) -> Row:
    return stands(replace(row, paused_on=None), Status.PROVIDER_QUEUE, recorded)


@project.on(CaseMovedToTransition)
def in_transition(row: Row, event: CaseMovedToTransition, recorded: Recorded) -> Row:
    return stands(row, Status.TRANSITION, recorded)


@project.on(CaseReturnedToOpen)
def returned_to_open(row: Row, event: CaseReturnedToOpen, recorded: Recorded) -> Row:
    return stands(row, Status.OPEN, recorded)


@project.on(CaseClosed)
def closed(row: Row, event: CaseClosed, recorded: Recorded) -> Row:
    row = replace(
        row,
        manager=None,
        last_manager=event.last_manager,
        paused_on=None,
        closed_on=event.closed_on,
        closure_reason=event.reason,
        skipped_transition=event.skipped_transition,
    )
    return stands(row, Status.CLOSED, recorded)


@project.on(CaseReopened)
def reopened(row: Row, event: CaseReopened, recorded: Recorded) -> Row:
    row = replace(
        row,
        type=event.type,
        provision=event.provision,
        school=event.school,
        enrolled_at=event.school,
        catchment=event.catchment,
        provider=None,
        primary_contact=event.primary_contact,
        episode=event.episode,
        episode_opened_on=event.reopened_on,
        closed_on=None,
        closure_reason=None,
        skipped_transition=False,
    )
    return stands(row, Status.UNALLOCATED, recorded)
