"""A case learns on whose roll its student is today, and nothing moves by itself (BR-20, BR-42, BR-61, BR-133)."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from api.automations.noticing_enrolments import NOTICING_ENROLMENTS
from api.automations.sweeping import Tally
from domain.cases.case import Case
from domain.cases.reopening import ReopenCase, WhyAgain
from domain.users.user import Role
from tests.api.automations.sweeps import enrol, started, state, sweep, types, walk_to, withdraw
from tests.api.town import KAURI, RIMU, TODAY, Town

TOMORROW = TODAY + timedelta(days=1)


def case_of(town: Town, student: UUID) -> str:
    return str(town.submit(student).json()["ids"]["case"])


def closed_case_of(town: Town, student: UUID) -> str:
    case, manager = case_of(town, student), {"manager": str(town.people[Role.CASE_MANAGER])}
    assert town.ask(f"/v1/cases/{case}/assign", manager, Role.WORKFLOW_LEAD).status_code == 200
    assert town.ask(f"/v1/cases/{case}/close", {"reason": "DUPLICATE"}, Role.CASE_MANAGER).status_code == 200
    return case


def test_a_case_whose_student_stays_learns_nothing(own_town: Town):
    own_town.case()
    assert sweep(own_town, NOTICING_ENROLMENTS) == Tally()


def test_the_next_school_has_the_case_from_the_day_of_enrolment_BR_133(own_town: Town):
    student = own_town.student()
    case = case_of(own_town, student)
    withdraw(own_town, student)
    enrol(own_town, student, RIMU)
    assert sweep(own_town, NOTICING_ENROLMENTS) == Tally(done=1)
    now = state(own_town, case)
    assert (now.school, now.enrolled_at, now.primary_contact) == (RIMU, RIMU, None)
    assert sweep(own_town, NOTICING_ENROLMENTS) == Tally()


def test_every_closed_case_of_a_student_goes_along_once_BR_61_BR_133(own_town: Town):
    """One closed long ago and one closed now: where they are read changes, and how they stand does not."""
    student = own_town.student()
    long_ago = closed_case_of(own_town, student)
    walk_to(own_town, TODAY + timedelta(days=120))
    cases = [long_ago, closed_case_of(own_town, student)]
    before = [state(own_town, case) for case in cases]
    enrol(own_town, student, RIMU)
    assert sweep(own_town, NOTICING_ENROLMENTS) == Tally(done=2)
    assert [state(own_town, case) for case in cases] == [replace(each, enrolled_at=RIMU) for each in before]
    assert [types(own_town, case)[-1] for case in cases] == ["ClosedCaseNoticeOfRoll"] * 2
    assert sweep(own_town, NOTICING_ENROLMENTS) == Tally()


def test_a_closed_case_whose_student_is_on_no_roll_leaves_the_lists_of_the_school_BR_60(own_town: Town):
    student = own_town.student()
    case = closed_case_of(own_town, student)
    withdraw(own_town, student)
    assert sweep(own_town, NOTICING_ENROLMENTS) == Tally(done=1)
    assert state(own_town, case).enrolled_at is None
    assert sweep(own_town, NOTICING_ENROLMENTS) == Tally()


def test_a_process_that_runs_looks_again_whenever_a_roll_may_have_changed_BR_133(own_town: Town):
    """Also on the day for which it was told ahead, and when a case is reopened at the school that the student left."""
    student = own_town.student()
    case = UUID(closed_case_of(own_town, student))
    running = started(own_town, NOTICING_ENROLMENTS)
    assert running.run() == Tally()
    for happens, roll in (
        (lambda: withdraw(own_town, student), None),
        (lambda: own_town.tell(Case, case, ReopenCase(reason=WhyAgain.WHANAU_ASKED)), None),
        (lambda: enrol(own_town, student, RIMU), RIMU),
        (lambda: enrol(own_town, student, KAURI, on=TOMORROW), RIMU),
        (lambda: walk_to(own_town, TOMORROW), KAURI),
    ):
        happens()
        own_town.follow()
        running.run()
        assert state(own_town, case).enrolled_at == roll
        assert running.run() == Tally()


def test_an_enrolment_that_lies_ahead_is_noticed_on_its_day_BR_133(own_town: Town):
    student = own_town.student()
    case = case_of(own_town, student)
    withdraw(own_town, student)
    enrol(own_town, student, RIMU, on=TOMORROW)
    assert sweep(own_town, NOTICING_ENROLMENTS) == Tally(done=1)
    assert state(own_town, case).enrolled_at is None
    walk_to(own_town, TOMORROW)
    assert sweep(own_town, NOTICING_ENROLMENTS) == Tally(done=1)
    assert state(own_town, case).enrolled_at == RIMU
    assert types(own_town, case)[-2:] == ["CaseNoticeOfLeaving", "CaseNoticeOfEnrolment"]


def test_a_student_who_comes_back_tomorrow_is_on_no_roll_today_BR_60(own_town: Town):
    student = own_town.student()
    case = case_of(own_town, student)
    withdraw(own_town, student)
    enrol(own_town, student, KAURI, on=TOMORROW)
    assert sweep(own_town, NOTICING_ENROLMENTS) == Tally(done=1)
    assert state(own_town, case).enrolled_at is None


def test_a_school_whose_roll_the_student_left_is_told_no_more_BR_60(own_town: Town):
    student = own_town.student()
    case = case_of(own_town, student)
    withdraw(own_town, student, on=TODAY)
    assert sweep(own_town, NOTICING_ENROLMENTS) == Tally(done=1)
    now = state(own_town, case)
    assert (now.school, now.enrolled_at, now.primary_contact) == (KAURI, None, None)


@pytest.mark.parametrize("schools", [(RIMU, KAURI), (RIMU,), (RIMU, KAURI, RIMU)])
def test_of_two_enrolments_the_one_that_begins_last_counts(own_town: Town, schools: tuple[UUID, ...]):
    student = own_town.student()
    case = case_of(own_town, student)
    for days, school in enumerate(schools, start=1):
        enrol(own_town, student, school, on=TODAY + timedelta(days=days))
    walk_to(own_town, TODAY + timedelta(days=len(schools)))
    sweep(own_town, NOTICING_ENROLMENTS)
    assert state(own_town, case).enrolled_at == schools[-1]
    assert sweep(own_town, NOTICING_ENROLMENTS) == Tally()
