"""A regional office sees the cases under its contracts, those that wait in its region, and no others (BR-132)."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.cases.allocating import AllocateCase
from domain.cases.case import Case
from domain.catchments.catchment import Catchment, CatchmentDetails
from domain.catchments.contracting import EndContract, RecordContract
from domain.catchments.defining import DefineCatchment
from domain.ids import MINISTRY, catchment_id, region_id, school_id
from domain.schools.registering import RegisterSchool
from domain.schools.school import School
from domain.schools.zoning import AssignSchoolToCatchment
from domain.users.user import Role
from tests.api.test_exporting import rows_of
from tests.api.test_questions import read
from tests.api.town import AWHI, LONG_AGO, NORTH, TAUTOKO, TODAY, Town, school_details

SOUTH, TAWA = catchment_id("SOUTH"), school_id("700")
WELLINGTON, WAIKATO, NOWHERE = region_id("Wellington"), region_id("Waikato"), region_id("Nowhere at all")
SOUTHERN = CatchmentDetails(code="SOUTH", name="South", region="Waikato", anniversary_set="AUCKLAND")
ADVISOR, SCHOOL, LEAD = Role.REGIONAL_ADVISOR, Role.ATTENDANCE_LEAD, Role.WORKFLOW_LEAD
PERIOD = "first=2026-01-01&last=2026-12-31"


@dataclass(frozen=True)
class Country:
    """The town in the region of Wellington, and a school in the Waikato whose catchment has no contract."""

    town: Town
    advisors: dict[UUID, dict[str, str]]
    lead: UUID
    header: dict[str, str]

    def waiting(self) -> str:
        """A new case that nobody has."""
        student = self.town.student(at=TAWA)
        form = self.town.form(student, primary_contact=str(self.lead))
        asked = self.town.client.post(f"/v1/requests/{uuid4()}/submit", json={"form": form}, headers=self.header)
        return str(asked.json()["ids"]["case"])

    def ask(self, office: UUID, path: str, **parameters: object) -> Any:
        """Ask as the advisor of an office."""
        self.town.follow()
        named = {name: str(value) for name, value in parameters.items()}
        return self.town.client.get(path, params=named or None, headers=self.advisors[office])

    def unallocated(self, office: UUID, **parameters: object) -> set[str]:
        answer = self.ask(office, f"/v1/regions/{office}/unallocated", **({"limit": 200} | parameters))
        assert answer.status_code == 200, answer.text
        assert answer.json()["next"] is None
        return {item["case"] for item in answer.json()["items"]}


@pytest.fixture
def country(own_town: Town) -> Country:
    town = own_town
    advisors: dict[UUID, dict[str, str]] = {}
    town.tell(Catchment, SOUTH, DefineCatchment(details=SOUTHERN))
    town.tell(School, TAWA, RegisterSchool(details=school_details("700", "Tawa")))
    town.tell(School, TAWA, AssignSchoolToCatchment(catchment=SOUTH, effective_on=TODAY))
    for office in (WELLINGTON, WAIKATO, NOWHERE):
        _, login = town.person(ADVISOR, office)
        advisors[office] = {"Authorization": f"Bearer {town.token(login, office, ADVISOR)}"}
    lead, login = town.person(SCHOOL, TAWA)
    return Country(town, advisors, lead, {"Authorization": f"Bearer {town.token(login, TAWA, SCHOOL)}"})


def test_an_advisor_reads_the_cases_under_the_regions_contracts_and_one_of_another_region_finds_nothing_BR_69_132(
    country: Country,
):
    case = country.town.assigned()
    for path in ("", "/timeline"):
        assert country.ask(WELLINGTON, f"/v1/cases/{case}{path}").status_code == 200
        for elsewhere in (WAIKATO, NOWHERE):
            theirs, nobodys = (country.ask(elsewhere, f"/v1/cases/{one}{path}") for one in (case, uuid4()))
            assert (theirs.status_code, theirs.content) == (404, nobodys.content)


def test_an_advisor_reads_what_the_provider_did_not_share_and_changes_nothing_BR_63_132(country: Country):
    case = country.town.assigned()
    body = {"activity": str(uuid4()), "kind": "HOME_VISIT", "occurred_on": TODAY.isoformat(), "shared": False}
    assert country.town.ask(f"/v1/cases/{case}/activities", body, Role.CASE_MANAGER).status_code == 200
    events = country.ask(WELLINGTON, f"/v1/cases/{case}/timeline").json()["events"]
    assert "ActivityRecorded" in {event["type"] for event in events}
    refused = country.town.client.post(
        f"/v1/cases/{case}/close", json={"reason": "DUPLICATE"}, headers=country.advisors[WELLINGTON]
    )
    assert refused.status_code == 403


@pytest.mark.parametrize("path", ["queue", "queue.csv", "load", f"kpi?{PERIOD}"])
def test_an_advisor_reads_the_reports_of_the_providers_that_the_region_contracts_BR_131(country: Country, path: str):
    country.town.case()
    assert country.ask(WELLINGTON, f"/v1/providers/{AWHI}/{path}").status_code == 200
    theirs, nobodys = (country.ask(WAIKATO, f"/v1/providers/{one}/{path}") for one in (AWHI, uuid4()))
    assert (theirs.status_code, theirs.content) == (403, nobodys.content)


def test_a_provider_in_two_regions_reports_to_each_on_the_cases_under_its_contracts_BR_131_132(country: Country):
    country.town.tell(Catchment, SOUTH, RecordContract(provider=AWHI, from_on=LONG_AGO, funding_cents=0))
    there, here = country.waiting(), country.town.case()
    for office, case in ((WELLINGTON, here), (WAIKATO, there)):
        queue = country.ask(office, f"/v1/providers/{AWHI}/queue").json()["items"]
        load = country.ask(office, f"/v1/providers/{AWHI}/load").json()["by_status"]
        measures = country.ask(office, f"/v1/providers/{AWHI}/kpi?{PERIOD}").json()["measures"]
        assert ([item["case"] for item in queue], load) == ([case], {"PROVIDER_QUEUE": 1})
        assert {measure["count"] for measure in measures} == {1}


def test_what_nobody_is_contracted_for_is_listed_to_the_regional_office_BR_32(country: Country):
    case = country.waiting()
    assert country.unallocated(WAIKATO) == {case}
    assert country.unallocated(WELLINGTON) == set()
    assert country.ask(WAIKATO, f"/v1/regions/{WAIKATO}/load").json()["unallocated"] == 1
    (row,) = rows_of(country.ask(WAIKATO, f"/v1/regions/{WAIKATO}/unallocated.csv"))
    assert (row["Case"], row["School"], row["Status"]) == (case, "Tawa", "With Ministry")


def test_a_school_in_no_catchment_has_a_region_all_the_same_BR_32(country: Country):
    country.town.tell(School, school_id("800"), RegisterSchool(details=_in_waikato("800")))
    lead, login = country.town.person(SCHOOL, school_id("800"))
    header = {"Authorization": f"Bearer {country.town.token(login, school_id('800'), SCHOOL)}"}
    form = country.town.form(country.town.student(at=school_id("800")), primary_contact=str(lead))
    asked = country.town.client.post(f"/v1/requests/{uuid4()}/submit", json={"form": form}, headers=header)
    assert asked.json()["ids"]["case"] in country.unallocated(WAIKATO)


def _in_waikato(number: str) -> Any:
    return replace(school_details(number), region="Waikato")


def test_the_cases_that_wait_are_walked_page_by_page_and_counted_by_the_same_statement_BR_32(country: Country):
    cases = {country.waiting() for _ in range(3)}
    first = country.ask(WAIKATO, f"/v1/regions/{WAIKATO}/unallocated", limit=2).json()
    second = country.ask(WAIKATO, f"/v1/regions/{WAIKATO}/unallocated", limit=2, after=first["next"]).json()
    assert [len(page["items"]) for page in (first, second)] == [2, 1]
    assert {item["case"] for page in (first, second) for item in page["items"]} == cases
    assert country.ask(WAIKATO, f"/v1/regions/{WAIKATO}/load").json()["unallocated"] == len(cases)


def test_a_case_that_got_a_provider_waits_no_more_and_did_wait_then_BR_32(country: Country):
    case = country.waiting()
    then = country.town.events()
    country.town.tell(Catchment, SOUTH, RecordContract(provider=TAUTOKO, from_on=LONG_AGO, funding_cents=0))
    country.town.tell(Case, UUID(case), AllocateCase())
    assert country.unallocated(WAIKATO) == set()
    assert country.unallocated(WAIKATO, position=then) == {case}
    assert country.ask(WAIKATO, f"/v1/cases/{case}").status_code == 200


def test_cit_finds_what_waits_in_any_region_and_allocates_it_BR_32(country: Country):
    case, town = country.waiting(), country.town
    named = {"provider": str(TAUTOKO), "reason": "Nobody is contracted in the South yet"}
    for path in (f"/v1/regions/{WAIKATO}/unallocated", f"/v1/cases/{case}"):
        country.town.follow()
        assert case in read(town, path, Role.CIT_OFFICER).text
    assert town.ask(f"/v1/cases/{case}/allocate", named, Role.CIT_OFFICER).status_code == 200
    assert country.unallocated(WAIKATO) == set()


DIVIDED = {
    "the school": (School, TAWA, AssignSchoolToCatchment(catchment=NORTH, effective_on=TODAY)),
    "its catchment": (Catchment, SOUTH, DefineCatchment(details=replace(SOUTHERN, region="Wellington"))),
}


@pytest.mark.parametrize("what", DIVIDED)
def test_what_another_region_has_now_is_not_shown_by_asking_about_before_BR_132(country: Country, what: str):
    case = country.waiting()
    then = country.town.events()
    country.town.tell(*DIVIDED[what])
    assert country.unallocated(WAIKATO) == country.unallocated(WAIKATO, position=then) == set()
    assert country.ask(WAIKATO, f"/v1/cases/{case}", position=then).status_code == 404
    assert country.unallocated(WELLINGTON) == {case}
    assert country.unallocated(WELLINGTON, position=then) == set(), "then it waited in the Waikato"
    assert country.ask(WELLINGTON, f"/v1/cases/{case}", position=then).status_code == 200


def test_a_region_keeps_the_cases_of_a_provider_whose_contract_has_ended_BR_42(country: Country):
    case = country.town.case()
    country.town.tell(Catchment, NORTH, EndContract(provider=AWHI, to_on=TODAY - timedelta(days=1)))
    assert country.ask(WELLINGTON, f"/v1/cases/{case}").status_code == 200
    assert case in {item["case"] for item in country.ask(WELLINGTON, f"/v1/providers/{AWHI}/queue").json()["items"]}


@pytest.mark.parametrize("path", ["load", "unallocated", "unallocated.csv"])
def test_what_waits_in_a_region_is_its_own_offices_CITs_and_the_auditors_BR_132(country: Country, path: str):
    theirs, nobodys = (country.ask(WELLINGTON, f"/v1/regions/{one}/{path}") for one in (WAIKATO, uuid4()))
    assert (theirs.status_code, theirs.content) == (403, nobodys.content)
    for role in (SCHOOL, LEAD, Role.NATIONAL_ANALYST):
        assert read(country.town, f"/v1/regions/{WAIKATO}/{path}", role).status_code == 403
    _, login = country.town.person(Role.AUDITOR, MINISTRY)
    auditor = {"Authorization": f"Bearer {country.town.token(login, MINISTRY, Role.AUDITOR)}"}
    assert country.town.client.get(f"/v1/regions/{WAIKATO}/{path}", headers=auditor).status_code == 200
