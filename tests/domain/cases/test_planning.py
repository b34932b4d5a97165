"""The support plan: its actions, who agreed to it, and how it went (BR-50, BR-140)."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from domain.cases.case import BeforeTheCase, InTheFuture, NoSuchCase, NotNow, PlanStatus
from domain.cases.planning import (
    ActionNamedTwice,
    ActionState,
    AgreePlan,
    DraftPlan,
    EndPlan,
    NobodyAgreed,
    NoSuchAction,
    NoSuchPlan,
    Party,
    PlanAction,
    PlanEmpty,
    PlanEnd,
    PlannedAction,
    PlanNotNow,
    PlanWords,
    Result,
    ReviewInThePast,
    ReviewPlan,
    SupportPlanActionUpdated,
    SupportPlanAgreed,
    SupportPlanDrafted,
    SupportPlanEnded,
    SupportPlanReviewed,
    UpdatePlanAction,
)
from domain.codesets.code_set import UnknownCode
from domain.sealed import DataClass
from tests.domain.cases.scenes import FIRST_DAY, HANA, OPEN, closed, given
from tests.domain.given import note

PLAN, ACTION, REVIEW = UUID(int=831), UUID(int=832), UUID(int=833)
STEPS = PlanAction(action=ACTION, kind="GRADUAL_RETURN", what="Mornings first.", by_on=date(2026, 5, 18))
DRAFT = DraftPlan(plan=PLAN, goals=("Back by June.",), actions=(STEPS,), review_on=date(2026, 6, 1))
DRAFTED = SupportPlanDrafted(
    plan=PLAN,
    actions=(PlannedAction(action=ACTION, kind="GRADUAL_RETURN", by_on=date(2026, 5, 18)),),
    review_on=date(2026, 6, 1),
    words=note(
        PlanWords(goals=("Back by June.",), actions={str(ACTION): "Mornings first."}),
        DataClass.NARRATIVE,
        PLAN,
        about=(HANA,),
    ),
)
AGREE = AgreePlan(plan=PLAN, by=(Party.WHANAU, Party.SCHOOL), agreed_on=FIRST_DAY)
AGREED = SupportPlanAgreed(plan=PLAN, by=(Party.WHANAU, Party.SCHOOL), agreed_on=FIRST_DAY)
UPDATE = UpdatePlanAction(plan=PLAN, action=ACTION, state=ActionState.DONE)
UPDATED = SupportPlanActionUpdated(plan=PLAN, action=ACTION, state=ActionState.DONE)
LOOK = ReviewPlan(plan=PLAN, review=REVIEW, result=Result.WORKING, reviewed_on=FIRST_DAY)
LOOKED = SupportPlanReviewed(
    plan=PLAN,
    review=REVIEW,
    result=Result.WORKING,
    reviewed_on=FIRST_DAY,
    next_review_on=None,
    note=None,
)
END = EndPlan(plan=PLAN, reason=PlanEnd.ACHIEVED)
ENDED = SupportPlanEnded(plan=PLAN, reason=PlanEnd.ACHIEVED)


def test_a_plan_has_goals_and_actions_in_words_that_are_sealed_BR_140():
    given(*OPEN).when(DRAFT).then(DRAFTED).then_asked_again().then_nothing()
    assert DRAFTED.words.about == (HANA,)


def test_a_plan_without_goal_and_action_is_none():
    asked = replace(DRAFT, goals=(), actions=())
    given(*OPEN).when(asked).then_refused(PlanEmpty, "goals", "actions")


def test_each_action_has_an_id_of_its_own():
    asked = replace(DRAFT, actions=(STEPS, replace(STEPS, what="Afternoons next.")))
    given(*OPEN).when(asked).then_refused(ActionNamedTwice, "actions")


def test_an_action_is_of_a_known_kind_BR_140():
    asked = replace(DRAFT, actions=(replace(STEPS, kind="HOPE"),))
    given(*OPEN).when(asked).then_refused(UnknownCode, "actions")


def test_a_plan_is_looked_at_again_in_time_to_come():
    asked = replace(DRAFT, review_on=FIRST_DAY - timedelta(days=1))
    given(*OPEN).when(asked).then_refused(ReviewInThePast, "review_on")


def test_people_agree_to_a_plan():
    given(*OPEN, DRAFTED).when(AGREE).then(AGREED).then_asked_again().then_nothing()
    assert given(*OPEN, DRAFTED, AGREED).state.plans[PLAN].status is PlanStatus.AGREED


def test_somebody_agrees_to_it():
    given(*OPEN, DRAFTED).when(replace(AGREE, by=())).then_refused(NobodyAgreed, "by")


@pytest.mark.parametrize(("days", "refusal"), [(1, InTheFuture), (-1, BeforeTheCase)])
def test_they_agree_between_the_referral_and_today(days, refusal):
    asked = replace(AGREE, agreed_on=FIRST_DAY + timedelta(days=days))
    given(*OPEN, DRAFTED).when(asked).then_refused(refusal)


@pytest.mark.parametrize("stage", [(DRAFTED,), (DRAFTED, AGREED)])
def test_an_action_is_done(stage):
    given(*OPEN, *stage).when(UPDATE).then(UPDATED).then_asked_again().then_nothing()


def test_an_action_nobody_planned_is_not_done():
    asked = replace(UPDATE, action=UUID(int=1))
    given(*OPEN, DRAFTED).when(asked).then_refused(NoSuchAction, "action")


def test_an_agreed_plan_is_looked_at():
    given(*OPEN, DRAFTED, AGREED).when(LOOK).then(LOOKED).then_asked_again().then_nothing()


def test_a_second_look_is_another_fact():
    again = replace(LOOK, review=UUID(int=834), result=Result.NOT_WORKING)
    (event,) = given(*OPEN, DRAFTED, AGREED, LOOKED).when(again).events
    assert event.result is Result.NOT_WORKING


def test_a_plan_nobody_agreed_to_is_not_looked_at():
    given(*OPEN, DRAFTED).when(LOOK).then_refused(PlanNotNow, "plan")


def test_the_next_look_lies_ahead():
    asked = replace(LOOK, next_review_on=FIRST_DAY - timedelta(days=1))
    given(*OPEN, DRAFTED, AGREED).when(asked).then_refused(ReviewInThePast, "next_review_on")


@pytest.mark.parametrize("stage", [(DRAFTED,), (DRAFTED, AGREED)])
def test_a_plan_ends(stage):
    given(*OPEN, *stage).when(END).then(ENDED).then_asked_again().then_nothing()


@pytest.mark.parametrize("command", [AGREE, UPDATE, LOOK])
def test_nothing_more_becomes_of_a_plan_that_ended(command):
    given(*OPEN, DRAFTED, ENDED).when(command).then_refused(PlanNotNow, "plan")


@pytest.mark.parametrize("command", [AGREE, UPDATE, LOOK, END])
def test_nothing_becomes_of_a_plan_nobody_wrote(command):
    given(*OPEN).when(command).then_refused(NoSuchPlan, "plan")


@pytest.mark.parametrize("command", [DRAFT, AGREE, UPDATE, LOOK, END])
def test_a_closed_case_takes_no_planning_BR_50(command):
    given(*OPEN, DRAFTED, AGREED, closed()).when(command).then_refused(NotNow)


@pytest.mark.parametrize("command", [DRAFT, AGREE, UPDATE, LOOK, END])
def test_a_case_that_does_not_exist_has_no_plan(command):
    given().when(command).then_refused(NoSuchCase)
