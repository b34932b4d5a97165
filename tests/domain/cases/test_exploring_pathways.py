"""Other pathways, where regular attendance may not be the right or achievable option (BR-79, BR-80)."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from domain.cases.case import BeforeTheCase, InTheFuture, NoSuchCase, NotNow
from domain.cases.exploring_pathways import (
    ConfirmPathway,
    EducationPathwayConfirmed,
    EducationPathwayProposed,
    NoSuchPathway,
    ProposePathway,
)
from domain.codesets.code_set import UnknownCode
from tests.domain.cases.scenes import FIRST_DAY, OPEN, closed, given

COURSE = UUID(int=841)
PROPOSE = ProposePathway(pathway=COURSE, kind="WORK_TRAINING", proposed_on=FIRST_DAY)
PROPOSED = EducationPathwayProposed(pathway=COURSE, kind="WORK_TRAINING", proposed_on=FIRST_DAY, note=None)
CONFIRM = ConfirmPathway(pathway=COURSE, confirmed_on=FIRST_DAY)
CONFIRMED = EducationPathwayConfirmed(pathway=COURSE, confirmed_on=FIRST_DAY)


def test_a_pathway_is_proposed_and_then_confirmed_BR_79():
    given(*OPEN).when(PROPOSE).then(PROPOSED).then_asked_again().then_nothing()
    given(*OPEN, PROPOSED).when(CONFIRM).then(CONFIRMED).then_asked_again().then_nothing()
    assert given(*OPEN, PROPOSED, CONFIRMED).state.pathways == {COURSE: True}


def test_proposing_again_what_is_confirmed_unsettles_nothing():
    given(*OPEN, PROPOSED, CONFIRMED).when(PROPOSE).then_nothing()


def test_only_what_was_proposed_is_confirmed():
    given(*OPEN).when(CONFIRM).then_refused(NoSuchPathway, "pathway")


def test_a_kind_nobody_knows_is_refused():
    given(*OPEN).when(replace(PROPOSE, kind="LUCK")).then_refused(UnknownCode, "kind")


@pytest.mark.parametrize(("days", "refusal"), [(1, InTheFuture), (-1, BeforeTheCase)])
def test_both_happen_between_the_referral_and_today(days, refusal):
    day = FIRST_DAY + timedelta(days=days)
    given(*OPEN).when(replace(PROPOSE, proposed_on=day)).then_refused(refusal)
    given(*OPEN, PROPOSED).when(replace(CONFIRM, confirmed_on=day)).then_refused(refusal)


@pytest.mark.parametrize("command", [PROPOSE, CONFIRM])
def test_a_closed_case_takes_no_pathway_BR_50(command):
    given(*OPEN, PROPOSED, closed()).when(command).then_refused(NotNow)


@pytest.mark.parametrize("command", [PROPOSE, CONFIRM])
def test_a_case_that_does_not_exist_has_no_pathway(command):
    given().when(command).then_refused(NoSuchCase)
