"""Planning: the support plan, its actions, who agreed to it, and how it went (BR-50, BR-140)."""

from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from domain.bounds import AFew
from domain.cases.case import Case, Plan, PlanStatus
from domain.cases.facts import sealed
from domain.cases.status import ACTIVE
from domain.codesets.code_set import require_codes
from domain.decision import Context, Refused
from domain.sealed import DataClass, Sealed
from domain.text import STRICT, Code, LongText


class Party(StrEnum):
    """Who agrees to a plan."""

    STUDENT = "STUDENT"
    WHANAU = "WHANAU"
    SCHOOL = "SCHOOL"
    PROVIDER = "PROVIDER"


class ActionState(StrEnum):
    """What became of an action."""

    PLANNED = "PLANNED"
    UNDER_WAY = "UNDER_WAY"
    DONE = "DONE"
    DROPPED = "DROPPED"


class Result(StrEnum):
    """How a plan goes."""

    WORKING = "WORKING"
    PARTLY = "PARTLY"
    NOT_WORKING = "NOT_WORKING"


class PlanEnd(StrEnum):
    """Why a plan ends."""

    ACHIEVED = "ACHIEVED"
    REPLACED = "REPLACED"
    NO_LONGER_APT = "NO_LONGER_APT"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanAction:
    """One thing to do (`PlanActionKind`), in words, by a day."""

    __pydantic_config__ = STRICT

    action: UUID
    kind: Code
    what: LongText
    by_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedAction:
    """An action of a plan without its words, which are sealed with the plan's."""

    action: UUID
    kind: str  # a code of `PlanActionKind`
    by_on: date | None  # to be done by


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PlanWords:
    """What a plan says of the student: its goals, and what each action is."""

    goals: AFew[LongText]
    actions: dict[str, str] = field(default_factory=dict)  # by the id of the action


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftPlan:
    """Write a support plan; the caller names it and its actions."""

    __pydantic_config__ = STRICT

    plan: UUID
    goals: AFew[LongText]
    actions: AFew[PlanAction]
    review_on: date

    def decide(self, case: Case, context: Context) -> list["SupportPlanDrafted"]:
        case.require(*ACTIVE)
        if self.plan in case.plans:
            return []
        self._require_sound(context)
        words = PlanWords(goals=self.goals, actions={str(one.action): one.what for one in self.actions})
        return [
            SupportPlanDrafted(
                plan=self.plan,
                actions=tuple(PlannedAction(action=one.action, kind=one.kind, by_on=one.by_on) for one in self.actions),
                review_on=self.review_on,
                words=context.note(words, DataClass.NARRATIVE, self.plan, about=(case.student,)),
            )
        ]

    def _require_sound(self, context: Context) -> None:
        if empty := [name for name in ("goals", "actions") if not getattr(self, name)]:
            raise PlanEmpty(*empty)
        if len({one.action for one in self.actions}) < len(self.actions):
            raise ActionNamedTwice("actions")
        if self.review_on < context.today:
            raise ReviewInThePast("review_on")
        require_codes(context, "PlanActionKind", *(one.kind for one in self.actions), field="actions")


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportPlanDrafted:
    """A support plan was written, with goals and actions; nobody has agreed to it yet (BR-50)."""

    plan: UUID
    actions: tuple[PlannedAction, ...]
    review_on: date
    words: Sealed[PlanWords]  # the goals, and what each action is

    def evolve(self, case: Case) -> Case:
        actions = {one.action: ActionState.PLANNED for one in self.actions}
        return _put(case, self.plan, Plan(status=PlanStatus.DRAFTED, actions=actions))


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreePlan:
    """Record who agreed to a plan, and when."""

    __pydantic_config__ = STRICT

    plan: UUID
    by: AFew[Party]
    agreed_on: date

    def decide(self, case: Case, context: Context) -> list["SupportPlanAgreed"]:
        case.require(*ACTIVE)
        plan = _plan(case, self.plan, PlanStatus.DRAFTED, PlanStatus.AGREED)
        if plan.status is PlanStatus.AGREED:
            return []
        if not self.by:
            raise NobodyAgreed("by")
        case.require_day(self.agreed_on, context.today)
        return [SupportPlanAgreed(plan=self.plan, by=self.by, agreed_on=self.agreed_on)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportPlanAgreed:
    """Those named agreed to a plan; from now on it can be reviewed."""

    plan: UUID
    by: tuple[Party, ...]
    agreed_on: date

    def evolve(self, case: Case) -> Case:
        return _put(case, self.plan, replace(_as_told(case, self.plan), status=PlanStatus.AGREED))


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdatePlanAction:
    """Say what became of one action of a plan."""

    __pydantic_config__ = STRICT

    plan: UUID
    action: UUID
    state: ActionState

    def decide(self, case: Case, context: Context) -> list["SupportPlanActionUpdated"]:
        case.require(*ACTIVE)
        plan = _plan(case, self.plan, PlanStatus.DRAFTED, PlanStatus.AGREED)
        if self.action not in plan.actions:
            raise NoSuchAction("action")
        updated = SupportPlanActionUpdated(plan=self.plan, action=self.action, state=self.state)
        return [] if plan.actions[self.action] == self.state else [updated]


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportPlanActionUpdated:
    """An action of a plan is under way, done or dropped, or planned once more."""

    plan: UUID
    action: UUID
    state: ActionState

    def evolve(self, case: Case) -> Case:
        plan = _as_told(case, self.plan)
        return _put(case, self.plan, replace(plan, actions={**plan.actions, self.action: self.state}))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPlan:
    """Record how an agreed plan goes, and when it is looked at next; the caller names the review."""

    __pydantic_config__ = STRICT

    plan: UUID
    review: UUID
    result: Result
    reviewed_on: date
    next_review_on: date | None = None
    note: LongText | None = None

    def decide(self, case: Case, context: Context) -> list["SupportPlanReviewed"]:
        case.require(*ACTIVE)
        if self.review in _plan(case, self.plan, *PlanStatus).reviews:
            return []
        _plan(case, self.plan, PlanStatus.AGREED)
        case.require_day(self.reviewed_on, context.today)
        if self.next_review_on and self.next_review_on < context.today:
            raise ReviewInThePast("next_review_on")
        return [
            SupportPlanReviewed(
                plan=self.plan,
                review=self.review,
                result=self.result,
                reviewed_on=self.reviewed_on,
                next_review_on=self.next_review_on,
                note=sealed(self.note, case, context, note=self.review),
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportPlanReviewed:
    """Those who work by an agreed plan judged how it goes, and when to look at it again."""

    plan: UUID
    review: UUID
    result: Result
    reviewed_on: date
    next_review_on: date | None
    note: Sealed[str] | None

    def evolve(self, case: Case) -> Case:
        plan = _as_told(case, self.plan)
        return _put(case, self.plan, replace(plan, reviews=plan.reviews | {self.review}))


@dataclass(frozen=True, slots=True, kw_only=True)
class EndPlan:
    """End a plan."""

    __pydantic_config__ = STRICT

    plan: UUID
    reason: PlanEnd

    def decide(self, case: Case, context: Context) -> list["SupportPlanEnded"]:
        case.require(*ACTIVE)
        ended = _plan(case, self.plan, *PlanStatus).status is PlanStatus.ENDED
        return [] if ended else [SupportPlanEnded(plan=self.plan, reason=self.reason)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportPlanEnded:
    """Nobody works by this plan any more: it was achieved or replaced, or is no longer apt."""

    plan: UUID
    reason: PlanEnd

    def evolve(self, case: Case) -> Case:
        return _put(case, self.plan, replace(_as_told(case, self.plan), status=PlanStatus.ENDED))


def _put(case: Case, plan: UUID, now: Plan) -> Case:
    return replace(case, plans={**case.plans, plan: now})


def _as_told(case: Case, plan: UUID) -> Plan:
    return case.plans.get(plan, Plan(status=PlanStatus.DRAFTED))


def _plan(case: Case, plan: UUID, *statuses: PlanStatus) -> Plan:
    """Return a plan; raise unless there is one, and it stands in one of these."""
    if plan not in case.plans:
        raise NoSuchPlan("plan")
    if case.plans[plan].status not in statuses:
        raise PlanNotNow("plan")
    return case.plans[plan]


class NoSuchPlan(Refused):
    """The case has no such plan."""


class NoSuchAction(Refused):
    """The plan has no such action."""


class PlanNotNow(Refused):
    """This cannot be done while the plan stands as it does: it is drafted, then agreed, then ended."""


class PlanEmpty(Refused):
    """A plan has a goal and an action."""


class ActionNamedTwice(Refused):
    """Each action of a plan has an id of its own."""


class ReviewInThePast(Refused):
    """The next review lies ahead."""


class NobodyAgreed(Refused):
    """Somebody agrees to a plan."""


Command: TypeAlias = DraftPlan | AgreePlan | UpdatePlanAction | ReviewPlan | EndPlan
Event: TypeAlias = (
    SupportPlanDrafted | SupportPlanAgreed | SupportPlanActionUpdated | SupportPlanReviewed | SupportPlanEnded
)
