"""Telling: what each event of a case becomes outside. The list is closed: an event is told, or a reason says why not.

It is told from the JSON tree of the event in its present shape: a field goes out because the contract has one of its
name, or because a function here makes it. Sealed values are opaque here, and no field of the contract holds one.
Ids of what is no place are veiled on the way, wherever they stand.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from operator import itemgetter
from typing import Any, Final, TypeAlias, get_type_hints

from adapters.case_facts import contract
from adapters.case_facts.contract import Fact
from adapters.case_facts.pseudonyms import Veil, veiling
from domain.cases.allocating import AllocationFailed, CaseAllocated, CaseMovedToCatchmentProvider
from domain.cases.assigning import CaseManagerAssigned, CaseManagerReassigned, CaseManagerReleased, CaseReturnedToQueue
from domain.cases.changing_type import CaseTypeChanged
from domain.cases.closing import CaseClosed
from domain.cases.consulting import SchoolConsulted
from domain.cases.contacting import ContactAttempted
from domain.cases.enrolling import CaseNoticeOfEnrolment, CaseNoticeOfLeaving, ClosedCaseNoticeOfRoll, TransferSuggested
from domain.cases.exploring_pathways import EducationPathwayConfirmed, EducationPathwayProposed
from domain.cases.identifying_barriers import BarrierIdentified, BarrierRecategorised, BarrierStatusChanged
from domain.cases.meeting import (
    MeetingKind,
    MeetingMissed,
    SchoolMeetingHeld,
    SchoolMeetingScheduled,
    WhanauMeetingHeld,
    WhanauMeetingScheduled,
)
from domain.cases.naming_contact import (
    SchoolPrimaryContactChanged,
    SchoolPrimaryContactLeft,
    SchoolPrimaryContactNamed,
)
from domain.cases.opening import CaseCreated
from domain.cases.pausing import CasePaused, CaseResumed, CaseResumedInQueue
from domain.cases.planning import (
    SupportPlanActionUpdated,
    SupportPlanAgreed,
    SupportPlanDrafted,
    SupportPlanEnded,
    SupportPlanReviewed,
)
from domain.cases.recalculating import DeadlineRecalculated
from domain.cases.recording_activities import ActivityCorrected, ActivityRecorded
from domain.cases.reopening import CaseReopened
from domain.cases.transitioning import CaseMovedToTransition, CaseReturnedToOpen
from eventstore.canonical import Tree

Getter: TypeAlias = Callable[[Tree], Tree]

SHARED: Final = frozenset(field.name for field in fields(Fact))
"""The fields that all facts have; they come from where an event stands, not from what it says."""


@dataclass(frozen=True, slots=True)
class Telling:
    """As which type an event is told, where each field comes from, and which of them are veiled."""

    kind: type[Any]
    getters: tuple[tuple[str, Getter], ...]
    veils: tuple[tuple[str, Callable[[Tree, Veil], Tree]], ...]

    def told(self, event: Tree, veil: Veil) -> dict[str, Tree]:
        """Return what is told of an event, beside what all facts say."""
        said = {name: get(event) for name, get in self.getters}
        return said | {name: veils(said[name], veil) for name, veils in self.veils}


def _as(kind: type[Any], /, **made: Getter) -> Telling:
    """Tell as this type, its fields taken by their names but for those that are made."""
    hints = get_type_hints(kind, include_extras=True)
    names = [field.name for field in fields(kind) if field.name not in SHARED]
    veils = tuple((name, veils) for name in names if (veils := veiling(hints[name])))
    return Telling(kind, tuple((name, made.get(name) or itemgetter(name)) for name in names), veils)


def _deadlines(event: Tree) -> Tree:
    return [{"started_on": clock["started_on"], **_due(clock)} for clock in event["clocks"]]


def _due(tree: Tree) -> Tree:
    return {name: tree["due"][name] for name in ("kind", "due_on", "school_day_on")}


def _of_due(name: str) -> Getter:
    return lambda event: event["due"][name]


def _actions(event: Tree) -> Tree:
    return [{name: one[name] for name in ("action", "kind", "by_on")} for one in event["actions"]]


def _present(event: Tree) -> Tree:
    met = {"STUDENT": event["student_met"], "WHANAU": event["whanau_met"]}
    return [party for party, there in met.items() if there]


def _constant(value: Tree) -> Getter:
    return lambda _: value


_RESUMED: Final = _as(contract.CaseResumed)
_SCHOOL, _WHANAU = _constant(MeetingKind.SCHOOL), _constant(MeetingKind.WHANAU)

TOLD: Final[Mapping[type[Any], Telling]] = {
    ActivityCorrected: _as(contract.ActivityCorrected),
    ActivityRecorded: _as(contract.ActivityRecorded),
    AllocationFailed: _as(contract.CaseAllocationFailed),
    BarrierIdentified: _as(contract.BarrierIdentified),
    BarrierRecategorised: _as(contract.BarrierRecategorised),
    BarrierStatusChanged: _as(contract.BarrierStatusChanged),
    CaseAllocated: _as(contract.CaseAllocated, deadlines=_deadlines),
    CaseClosed: _as(contract.CaseClosed),
    CaseCreated: _as(contract.CaseOpened, deadlines=_deadlines),
    CaseManagerAssigned: _as(contract.CaseManagerAssigned, deadlines=_deadlines),
    CaseManagerReassigned: _as(contract.CaseManagerReassigned),
    CaseManagerReleased: _as(contract.CaseManagerReleased),
    CaseMovedToCatchmentProvider: _as(contract.CaseMovedToCatchmentProvider),
    CaseMovedToTransition: _as(contract.CaseMovedToTransition),
    CaseNoticeOfEnrolment: _as(contract.EnrolmentNoticed),
    CaseNoticeOfLeaving: _as(contract.LeavingNoticed),
    CasePaused: _as(contract.CasePaused),
    CaseReopened: _as(contract.CaseReopened, deadlines=_deadlines),
    CaseResumed: _RESUMED,
    CaseResumedInQueue: _RESUMED,
    CaseReturnedToOpen: _as(contract.CaseReturnedToOpen),
    CaseReturnedToQueue: _as(contract.CaseReturnedToQueue),
    CaseTypeChanged: _as(contract.CaseTypeChanged, deadlines=_deadlines),
    ContactAttempted: _as(contract.ContactAttempted),
    DeadlineRecalculated: _as(
        contract.DeadlineRecalculated,
        kind=_of_due("kind"),
        due_on=_of_due("due_on"),
        school_day_on=_of_due("school_day_on"),
    ),
    EducationPathwayConfirmed: _as(contract.PathwayConfirmed),
    EducationPathwayProposed: _as(contract.PathwayProposed),
    MeetingMissed: _as(contract.MeetingMissed),
    SchoolConsulted: _as(contract.SchoolConsulted),
    SchoolMeetingHeld: _as(contract.MeetingHeld, kind=_SCHOOL, present=_constant(["SCHOOL"])),
    SchoolMeetingScheduled: _as(contract.MeetingScheduled, kind=_SCHOOL),
    SchoolPrimaryContactLeft: _as(contract.PrimaryContactLeft),
    SchoolPrimaryContactNamed: _as(contract.PrimaryContactNamed),
    SupportPlanActionUpdated: _as(contract.PlanActionUpdated),
    SupportPlanAgreed: _as(contract.PlanAgreed),
    SupportPlanDrafted: _as(contract.PlanDrafted, actions=_actions),
    SupportPlanEnded: _as(contract.PlanEnded),
    SupportPlanReviewed: _as(contract.PlanReviewed),
    TransferSuggested: _as(contract.TransferSuggested),
    WhanauMeetingHeld: _as(contract.MeetingHeld, kind=_WHANAU, present=_present),
    WhanauMeetingScheduled: _as(contract.MeetingScheduled, kind=_WHANAU),
}
"""As what each event is told."""

NOT_TOLD: Final[Mapping[type[Any], str]] = {
    ClosedCaseNoticeOfRoll: "a closed case only gets other readers, and who reads a case is nobody's business outside",
    SchoolPrimaryContactChanged: "one person of the school takes the place of another, and nobody is named outside",
}
"""The events of a case that stay inside, and why."""

QUIET_ONCE_PAUSED: Final[Mapping[type[Any], str]] = {
    CaseNoticeOfEnrolment: "a resume without an enrolment beside it would tell a sixth birthday",
    CaseNoticeOfLeaving: "who leaves a roll was on it, so it tells of an enrolment before",
    TransferSuggested: "it follows from an enrolment",
    SchoolPrimaryContactNamed: "only a school that has the child names one",
    SchoolPrimaryContactLeft: "only a school that has the child had one",
    DeadlineRecalculated: "counted back, a day due tells for how long the case stood still",
}
"""What stays inside once the case was paused, and why: it tells whether an enrolment woke it, or a birthday."""

UNNAMED_ONCE_PAUSED: Final = frozenset({"school"})
"""Fields that are told empty once the case was paused: on whose roll the child is."""


def untold(events: Iterable[type[Any]]) -> set[type[Any]]:
    """Return those events that are neither told nor kept inside for a reason."""
    return set(events) - TOLD.keys() - NOT_TOLD.keys()
