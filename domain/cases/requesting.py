"""Requesting: what a submitted request makes of the student's case: one opened, found, changed or reopened.

It is decided with the request and appended with it (BR-18, BR-20, BR-81 to BR-84, BR-86).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import reduce
from uuid import UUID

from domain.cases import (
    allocating,
    changing_type,
    enrolling,
    naming_contact,
    opening,
    pausing,
    reopening,
    transitioning,
)
from domain.cases.allocating import allocate, located
from domain.cases.case import Case, CaseType, Provision, active_case_of
from domain.cases.changing_type import CaseTypeChanged
from domain.cases.clocks import Clock
from domain.cases.deadlines import starting
from domain.cases.enrolling import TransferSuggested, WhyTransfer, enrolled, suggestions
from domain.cases.naming_contact import SchoolPrimaryContactNamed
from domain.cases.opening import CaseCreated
from domain.cases.pausing import Trigger, resumed
from domain.cases.reopening import in_window, reopened
from domain.cases.status import WITH_PROVIDER, Status
from domain.cases.transitioning import CaseReturnedToOpen, MoreHelp
from domain.decision import Context
from domain.policies.policy import ClockStart
from domain.students.student import Student

Event = (
    allocating.Event
    | changing_type.Event
    | enrolling.Event
    | naming_contact.Event
    | opening.Event
    | pausing.Event
    | transitioning.Event
    | reopening.Event
)


class Became(StrEnum):
    """What a request made of the student's case."""

    OPENED = "OPENED"
    REOPENED = "REOPENED"
    MATCHED = "MATCHED"  # it belongs to the case that is active (BR-20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a case takes from a request."""

    request: UUID
    student: UUID
    school: UUID
    primary_contact: UUID
    provision: Provision


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOfRequest:
    """The case that a request belongs to, what became of it, and what happens to it."""

    case: UUID
    became: Became
    events: tuple[Event, ...]


def case_of(asked: Asked, context: Context) -> CaseOfRequest:
    """Find the case of a request by the student's claim: the active one, or the last one closed (BR-83, BR-86)."""
    holder = context.holder(active_case_of(asked.student))
    if holder is None:
        return _opened(asked, context)
    case = context.fact(Case, holder.stream)
    if holder.held:
        events = _joined(case, asked, context)
        return CaseOfRequest(case=holder.stream, became=Became.MATCHED, events=tuple(events))
    if not in_window(case, context):
        return _opened(asked, context)
    again = reopened(_for(case, asked), context, request=asked.request)
    return CaseOfRequest(case=holder.stream, became=Became.REOPENED, events=tuple(again))


def _opened(asked: Asked, context: Context) -> CaseOfRequest:
    case = located(_for(Case(student=asked.student), asked), context)
    created = CaseCreated(
        type=CaseType.CA,
        student=asked.student,
        school=asked.school,
        request=asked.request,
        primary_contact=asked.primary_contact,
        provision=asked.provision,
        catchment=case.catchment,
        opened_on=context.today,
        clocks=starting(case, ClockStart.SUBMITTED, context),
    )
    events = (created, allocate(created.evolve(case), context))
    return CaseOfRequest(case=context.new_id("case"), became=Became.OPENED, events=events)


def _for(case: Case, asked: Asked) -> Case:
    return replace(
        case,
        type=CaseType.CA,
        school=asked.school,
        primary_contact=asked.primary_contact,
        provision=asked.provision,
    )


def _joined(case: Case, asked: Asked, context: Context) -> list[Event]:
    """What an active case learns: the child is enrolled, so nothing stays paused; then by its type."""
    woken: list[Event] = []
    if case.status is Status.PAUSED:
        woken.append(resumed(case, Trigger.RE_ENROLLED, context))
    case = _after(case, woken)
    return [*woken, *(_to_ca if case.type is CaseType.NEN else _to_school)(case, asked, context)]


def _to_school(case: Case, asked: Asked, context: Context) -> list[Event]:
    """The case of a CA stays the same, at the school that asks (BR-20)."""
    events: list[Event] = []
    if case.enrolled_at != asked.school:
        enrolment = context.fact(Student, asked.student).enrolment_on(context.today)
        events += enrolled(case, enrolment, context) if enrolment else []
    case = _after(case, events)
    if case.primary_contact is None:
        events.append(SchoolPrimaryContactNamed(user=asked.primary_contact))
    if case.status is Status.UNALLOCATED:
        events.append(allocate(located(replace(case, provision=asked.provision), context), context))
    return events


def _to_ca(case: Case, asked: Asked, context: Context) -> list[Event]:
    """The case of a student who was on no roll becomes a CA, and is worked actively (BR-84)."""
    fresh = _for(replace(case, episode=replace(case.episode, clocks=())), asked)
    if case.status not in WITH_PROVIDER:
        fresh = located(fresh, context)
        changed = _changed(fresh, asked, starting(fresh, ClockStart.SUBMITTED, context))
        return [changed, allocate(changed.evolve(fresh), context)]
    changed = _changed(fresh, asked, _clocks_begun(fresh, context))
    back = [CaseReturnedToOpen(reason=MoreHelp.SCHOOL_REQUESTED_SUPPORT)]
    return [
        changed,
        *(back if case.status is Status.TRANSITION else []),
        *(suggestions(fresh, asked.school, context) or _other_provision(case, asked)),
    ]


def _other_provision(case: Case, asked: Asked) -> list[TransferSuggested]:
    """The school chose the other provision; the provider stays until people decide (BR-42, BR-134)."""
    if asked.provision is case.provision:
        return []
    return [TransferSuggested(catchment=case.catchment, why=WhyTransfer.OTHER_PROVISION)]


def _changed(case: Case, asked: Asked, clocks: tuple[Clock, ...]) -> CaseTypeChanged:
    return CaseTypeChanged(
        type=CaseType.CA,
        school=asked.school,
        primary_contact=asked.primary_contact,
        request=asked.request,
        clocks=clocks,
    )


def _clocks_begun(case: Case, context: Context) -> tuple[Clock, ...]:
    """The clocks of a case that has its provider already, and perhaps its manager: all start with the request."""
    points = [ClockStart.SUBMITTED, ClockStart.ALLOCATED, *([ClockStart.ASSIGNED] if case.manager else [])]
    return tuple(clock for point in points for clock in starting(case, point, context))


def _after(case: Case, events: Iterable[Event]) -> Case:
    return reduce(lambda state, event: event.evolve(state), events, case)
