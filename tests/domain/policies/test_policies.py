"""Policies and criteria: which numbers rule which day, and that nobody edits the past."""

from dataclasses import fields, replace
from datetime import date, timedelta
from enum import Enum
from uuid import UUID

import pytest
from hypothesis import given as over
from hypothesis import strategies as st

from domain.policies.criteria import CRITERIA, Criteria, CriteriaValues, CriteriaVersion
from domain.policies.policy import SERVICE_POLICY, Policy, PolicyValues, PolicyVersion
from domain.policies.publishing import ParameterOutOfRange, PolicyPublished, PublishPolicy
from domain.policies.revising import CriteriaPublished, NobodyEligible, PublishCriteria
from domain.policies.versions import EffectiveInThePast, VersionLeftOut, VersionPublished
from tests.domain.given import TODAY, fold, world

given = world(Policy).at(SERVICE_POLICY)
criteria = world(Criteria).at(CRITERIA)
DAY = timedelta(days=1)
FIRST_ON = date(2026, 1, 5)
SHORTER = PolicyValues(school_meeting_days=4)


def published(version, effective_from, values=SHORTER):
    new = PolicyVersion(version=version, effective_from=effective_from, values=values)
    return PolicyPublished(published=new)


FIRST = published(1, FIRST_ON, PolicyValues())


def test_the_first_values_are_those_of_the_sources():
    """Every figure of the Ministry's pages: STAR 5/10/15, 70 per cent, 5, 10, 20 days, 3 months, 3 per cent."""
    first = Policy().in_force(TODAY)
    assert first.star_thresholds == (5, 10, 15)
    assert (first.chronic_percent, first.ubnf_cap_percent, first.reopen_months) == (70, 3, 3)
    assert (first.school_meeting_days, first.whanau_meeting_days, first.nen_school_days) == (5, 10, 20)
    assert (first.min_age_compulsory, first.max_age_compulsory, first.pause_under_age) == (6, 16, 6)
    assert first.ipp3a_from_on == date(2026, 5, 1)
    assert Policy().version_on(TODAY) == 0


def test_parameters_are_whole_numbers_days_and_words():
    for each in fields(PolicyValues):
        value = getattr(PolicyValues(), each.name)
        values = value if isinstance(value, tuple) else (value,)
        assert all(isinstance(one, int | date | Enum | UUID | str) for one in values), each.name


def test_a_version_rules_from_its_day_on():
    policy = given(FIRST, published(2, TODAY)).state
    assert [policy.version_on(day) for day in (FIRST_ON - DAY, FIRST_ON, TODAY - DAY, TODAY)] == [0, 1, 1, 2]
    assert policy.in_force(TODAY - DAY).school_meeting_days == 5
    assert policy.in_force(TODAY).school_meeting_days == 4


def test_publishing_the_same_twice_makes_one_fact():
    publish = PublishPolicy(version=1, effective_from=FIRST_ON, values=PolicyValues())
    given().when(publish).then(FIRST).then_asked_again().then_nothing()


def test_a_published_version_cannot_be_edited():
    edit = PublishPolicy(version=1, effective_from=FIRST_ON, values=SHORTER)
    given(FIRST).when(edit).then_refused(VersionPublished, "version")
    given(FIRST, published(2, TODAY)).when(edit).then_refused(VersionPublished, "version")
    moved = PublishPolicy(version=1, effective_from=TODAY, values=PolicyValues())
    given(FIRST).when(moved).then_refused(VersionPublished, "version")


def test_a_version_not_yet_in_force_is_replaced_only_by_a_later_number():
    future = published(2, TODAY + 30 * DAY)
    same = PublishPolicy(version=2, effective_from=TODAY + 10 * DAY, values=PolicyValues())
    given(FIRST, future).when(same).then_refused(VersionPublished, "version")
    instead = given(FIRST, future).when(replace(same, version=3))
    policy = given(FIRST, future, *instead.events).state
    days = (TODAY + 9 * DAY, TODAY + 10 * DAY, TODAY + 30 * DAY)
    assert [policy.version_on(day) for day in days] == [1, 3, 3]


def test_the_past_keeps_the_version_that_ruled_it():
    back = PublishPolicy(version=2, effective_from=TODAY - DAY, values=SHORTER)
    given(FIRST).when(back).then_refused(EffectiveInThePast, "effective_from")
    assert given(FIRST).when(replace(back, effective_from=TODAY)).events


def test_versions_are_numbered_one_after_another():
    publish = PublishPolicy(version=3, effective_from=TODAY, values=SHORTER)
    given(FIRST).when(publish).then_refused(VersionLeftOut, "version")
    given().when(publish).then_refused(VersionLeftOut, "version")
    given().when(replace(publish, version=0)).then_refused(VersionPublished, "version")


@pytest.mark.parametrize(
    "wrong",
    [
        {"school_meeting_days": -1},
        {"chronic_percent": 101},
        {"star_thresholds": ()},
        {"star_thresholds": (5, 5, 10)},
        {"star_thresholds": (10, 5)},
        {"letter_gaps": ()},
        {"letter_gaps": (10, -1)},
        {"reopen_months": 100_000},
    ],
)
def test_a_value_that_no_rule_could_use_is_refused_by_its_name(wrong):
    values = PolicyValues(**wrong)
    publish = PublishPolicy(version=1, effective_from=TODAY, values=values)
    given().when(publish).then_refused(ParameterOutOfRange, *wrong)


@pytest.mark.parametrize(
    "wrong",
    [{"administrators_apart_days": 13}, {"approval_days": 0}, {"approval_days": 61}, {"audit_longest_days": 733}],
)
def test_no_policy_undoes_what_guards_administrators(wrong):
    publish = PublishPolicy(version=1, effective_from=TODAY, values=PolicyValues(**wrong))
    given().when(publish).then_refused(ParameterOutOfRange, *wrong)


def test_edges_that_are_fine():
    values = PolicyValues(chronic_percent=100, silent_days=0, forums=(), hard_stops=(), letter_gaps=(0, 10))
    assert given().when(PublishPolicy(version=1, effective_from=TODAY, values=values)).events


plans = st.lists(st.dates(TODAY, TODAY + 20 * DAY), min_size=1, max_size=6)


@over(plans, st.dates(TODAY, TODAY + 20 * DAY))
def test_what_is_published_later_never_changes_a_day_that_has_passed(starts, day):
    """Whatever is published from the next day on, the version of `day` stays what it was at its end."""
    told = [published(n + 1, start) for n, start in enumerate(starts)]
    before = fold(Policy, told).version_on(day)
    later = published(len(told) + 1, day + DAY)
    assert fold(Policy, [*told, later]).version_on(day) == before


CRITERIA_1 = CriteriaVersion(version=1, effective_from=FIRST_ON, values=CriteriaValues())
TIGHTER = CriteriaValues(eligibility=("CHRONIC",))


def test_requests_on_or_after_the_day_use_the_new_criteria_BR_17():
    first = CriteriaPublished(published=CRITERIA_1)
    publish = PublishCriteria(version=2, effective_from=TODAY + DAY, values=TIGHTER)
    outcome = criteria(first).when(publish)
    outcome.then_asked_again().then_nothing()
    state = criteria(first, *outcome.events).state
    assert [state.version_on(day) for day in (TODAY, TODAY + DAY)] == [1, 2]
    assert state.in_force(TODAY + DAY).eligibility == ("CHRONIC",)
    assert state.latest == 2


def test_published_criteria_are_not_edited_and_make_somebody_eligible_BR_15():
    first = CriteriaPublished(published=CRITERIA_1)
    edit = PublishCriteria(version=1, effective_from=FIRST_ON, values=TIGHTER)
    criteria(first).when(edit).then_refused(VersionPublished, "version")
    nobody = PublishCriteria(version=2, effective_from=TODAY, values=CriteriaValues(eligibility=()))
    criteria(first).when(nobody).then_refused(NobodyEligible, "eligibility")
