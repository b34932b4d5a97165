"""Calendars over HTTP: the administrator publishes them, and due days are counted by what was published (BR-6)."""

import json
from copy import deepcopy
from dataclasses import asdict
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from adapters.holiday_data import shipped_years
from domain.cases.clocks import ClockKind, Due
from domain.ids import school_id
from domain.users.user import Role
from tests.api.automations.sweeps import state
from tests.api.town import KAURI, RIMU, TODAY, Town

ADMIN = Role.SYSTEM_ADMIN
NATIONAL, SCHOOL = "/v1/calendar", "/v1/school-calendars"
DUE = date(2026, 5, 11)  # five working days from today
NEXT = date(2026, 5, 12)


def published(year: int = 2026, **more: Any) -> dict[str, Any]:
    """The body that publishes a shipped year, with some of it otherwise."""
    shipped = next(each for each in shipped_years() if each.year == year)
    return {"effective_from": TODAY.isoformat(), "year": json.loads(json.dumps(asdict(shipped), default=str)) | more}


def with_holiday(name: str = "A day for everybody") -> dict[str, Any]:
    """The body that makes Monday 11 May a public holiday."""
    body = deepcopy(published())
    body["year"]["public_holidays"].append({"on": DUE.isoformat(), "name": name})
    return body


def closed(on: date, school: UUID = KAURI) -> dict[str, Any]:
    year = {"year": on.year, "closed": [on.isoformat()]}
    return {"school": str(school), "effective_from": TODAY.isoformat(), "year": year}


def school_meeting(town: Town) -> Due:
    """When the school of a new case has to be met."""
    case = UUID(town.case())
    return next(clock.due for clock in state(town, case).episode.running if clock.kind is ClockKind.SCHOOL_MEETING)


def test_a_published_holiday_is_no_working_day_of_new_cases_BR_6(own_town: Town):
    before = school_meeting(own_town).due_on
    first, again = (own_town.ask(NATIONAL, with_holiday(), ADMIN) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["version"] == again.json()["version"], "asked twice is published once"
    assert (before, school_meeting(own_town).due_on) == (DUE, NEXT)


def test_a_day_on_which_one_school_is_closed_is_told_to_that_school_BR_5(own_town: Town):
    assert own_town.ask(SCHOOL, closed(DUE, RIMU), ADMIN).status_code == 200
    assert school_meeting(own_town).school_day_on is None
    assert own_town.ask(SCHOOL, closed(DUE), ADMIN).status_code == 200
    assert school_meeting(own_town).school_day_on == NEXT


@pytest.mark.parametrize("role", [Role.ATTENDANCE_LEAD, Role.WORKFLOW_LEAD, Role.CIT_OFFICER, Role.NATIONAL_ANALYST])
@pytest.mark.parametrize(("path", "body"), [(NATIONAL, with_holiday()), (SCHOOL, closed(DUE))])
def test_nobody_but_the_administrator_publishes_a_calendar(town: Town, path: str, body: Any, role: Role):
    before = town.events()
    answer = town.ask(path, body, role)
    assert (answer.status_code, town.events()) == (403, before)


REFUSED = {
    "EffectiveBeforeTheLast": with_holiday() | {"effective_from": "2026-01-04"},
    "AnniversaryMissing": published(anniversaries=[]),
    "DayOfAnotherYear": published(easter_tuesday="2027-03-30"),
    "YearSkipped": {
        "effective_from": TODAY.isoformat(),
        "year": json.loads(json.dumps(published()["year"]).replace("2026", "2031")),
    },
}


@pytest.mark.parametrize("rule", REFUSED)
def test_a_year_that_nobody_could_count_by_is_refused_BR_6(town: Town, rule: str):
    before = town.events()
    answer = town.ask(NATIONAL, REFUSED[rule], ADMIN)
    assert (answer.status_code, answer.json()["code"], town.events()) == (409, rule, before)


@pytest.mark.parametrize("name", ["", "\0", "a" * 201, "two\nlines", 7])
def test_the_name_of_a_holiday_is_one_line(town: Town, name: Any):
    answer = town.ask(NATIONAL, with_holiday(name), ADMIN)
    [fault] = answer.json()["errors"]
    assert (answer.status_code, fault["pointer"]) == (422, "/year/public_holidays/13/name")


@pytest.mark.parametrize("year", [0, 1899, 2200, 10_000, 2**31, 2**63])
def test_a_year_that_no_calendar_can_hold_is_a_mistake_of_the_body(town: Town, year: int):
    """Without days there is nothing else by which such a year would be noticed."""
    before = town.events()
    answer = town.ask(SCHOOL, closed(DUE) | {"year": {"year": year}}, ADMIN)
    assert (answer.status_code, [fault["pointer"] for fault in answer.json()["errors"]]) == (422, ["/year/year"])
    assert town.events() == before


def test_the_calendar_of_a_school_that_is_not_registered_does_not_exist(town: Town):
    before = town.events()
    answer = town.ask(SCHOOL, closed(DUE, school_id("999")), ADMIN)
    assert (answer.status_code, answer.json()["code"], town.events()) == (404, "NoSuchSchool", before)
