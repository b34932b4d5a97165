"""The request form over HTTP: who will help, where to ask, what whānau are told, and what may be chosen (BR-139)."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.catchments.catchment import Catchment, CatchmentDetails
from domain.catchments.contracting import EndContract, RecordContract
from domain.catchments.defining import DefineCatchment
from domain.codesets.code_set import CodeEntry, CodeSet
from domain.codesets.publishing import PublishCodeSet
from domain.ids import catchment_id, code_set_id, in_school_provider_id
from domain.policies.criteria import CRITERIA, Criteria, CriteriaValues
from domain.policies.policy import SERVICE_POLICY, Mode, Policy, PolicyValues
from domain.policies.publishing import PublishPolicy
from domain.policies.revising import PublishCriteria
from domain.providers.provider import Provider, ProviderDetails, ProviderKind
from domain.providers.registering import RegisterProvider
from domain.requests.judging import BetterToWait, NotAppropriate
from domain.schools.funding import EndIspFunding, GrantIspFunding
from domain.schools.school import School
from domain.schools.zoning import AssignSchoolToCatchment
from domain.users.granting import GrantRole
from domain.users.user import SCHOOL_ROLES, Role, User
from tests.api.town import AWHI, KAURI, LONG_AGO, NORTH, RIMU, TAUTOKO, TODAY, Town

LEAD = Role.ATTENDANCE_LEAD
TOMORROW, YESTERDAY = TODAY + timedelta(days=1), TODAY - timedelta(days=1)
STATEMENT = "Ka tiakina ngā kōrero mō te ākonga me te whānau."


def form(town: Town, role: Role = LEAD, school: UUID = KAURI, of: UUID | None = None) -> Any:
    town.follow()
    return town.client.get(f"/v1/schools/{of or school}/request-form", headers=town.bearer(role, school))


def shown(town: Town) -> dict[str, Any]:
    answer = form(town)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def own_provision(town: Town) -> UUID:
    provider = in_school_provider_id("100")
    details = ProviderDetails(
        code="100", name="Kauri i te kura", kind=ProviderKind.SCHOOL, region="Wellington", anniversary_set="WELLINGTON"
    )
    town.tell(Provider, provider, RegisterProvider(details=details))
    return provider


@pytest.mark.parametrize("role", sorted(SCHOOL_ROLES))
def test_every_school_role_is_shown_the_provider_and_the_regional_office_BR_139(town: Town, role: Role):
    answer = form(town, role)
    told = answer.json()
    assert (answer.status_code, told["day"]) == (200, TODAY.isoformat())
    assert told["school"] == {"id": str(KAURI), "name": "Te Kura o Kauri"}
    assert told["provider"] == {"id": str(AWHI), "name": "Awhi"}
    assert (told["catchment"]["name"], told["region"]) == ("North", "Wellington")


def test_a_school_without_funding_is_shown_no_choice_BR_31(own_town: Town):
    told = shown(own_town)
    assert (told["own_provision"], told["provisions"]) == (None, [])


def test_a_funded_school_is_shown_the_choice_while_it_is_funded_BR_31(own_town: Town):
    provider = own_provision(own_town)
    own_town.tell(School, KAURI, GrantIspFunding(from_on=TODAY))
    told = shown(own_town)
    assert told["own_provision"] == {"id": str(provider), "name": "Kauri i te kura"}
    assert told["provisions"] == ["CATCHMENT", "ISP"]
    own_town.tell(School, KAURI, EndIspFunding(to_on=TODAY))
    assert shown(own_town)["provisions"] == ["CATCHMENT", "ISP"], "the last day counts"


def test_funding_that_begins_tomorrow_is_no_choice_today_BR_31(own_town: Town):
    own_provision(own_town)
    own_town.tell(School, KAURI, GrantIspFunding(from_on=TOMORROW))
    assert shown(own_town)["provisions"] == []


def test_the_provider_is_the_one_contracted_today_and_the_office_that_of_the_catchment_BR_30(own_town: Town):
    south = catchment_id("SOUTH")
    details = CatchmentDetails(code="SOUTH", name="South", region="Otago, Southland", anniversary_set="OTAGO")
    own_town.tell(Catchment, south, DefineCatchment(details=details))
    own_town.tell(Catchment, south, RecordContract(provider=TAUTOKO, from_on=TODAY, funding_cents=0))
    own_town.tell(School, KAURI, AssignSchoolToCatchment(catchment=south, effective_on=TOMORROW))
    assert shown(own_town)["provider"]["id"] == str(AWHI)
    own_town.tell(School, KAURI, AssignSchoolToCatchment(catchment=south, effective_on=TODAY))
    told = shown(own_town)
    assert (told["provider"], told["region"]) == ({"id": str(TAUTOKO), "name": "Tautoko"}, "Otago, Southland")


def test_without_a_contract_there_is_no_provider_and_still_an_office_BR_32(own_town: Town):
    own_town.tell(Catchment, NORTH, EndContract(provider=AWHI, to_on=YESTERDAY))
    told = shown(own_town)
    assert (told["provider"], told["region"]) == (None, "Wellington")


def test_before_anything_was_published_the_form_has_the_first_values_BR_139(own_town: Town):
    told = shown(own_town)
    assert (told["criteria"]["version"], told["privacy_statement"]) == (0, CriteriaValues().privacy_statement)
    assert "privacy" in told["privacy_statement"]
    assert [each["code"] for each in told["criteria"]["bases"]] == ["CHRONIC", "PATTERN", "EXCEPTIONAL"]
    assert {each["code"] for each in told["criteria"]["indicators"]["strong"]} == set(CriteriaValues().strong)
    assert {each["code"] for each in told["criteria"]["indicators"]["may"]} == set(CriteriaValues().may)
    assert {each["code"] for each in told["criteria"]["indicators"]["consider"]} == set(CriteriaValues().consider)


def test_the_form_shows_the_criteria_and_the_statement_in_force_today_BR_17_BR_139(own_town: Town):
    first = CriteriaValues(eligibility=("CHRONIC",), guidance="Whakapā mai.", privacy_statement=STATEMENT)
    own_town.tell(Criteria, CRITERIA, PublishCriteria(version=1, effective_from=TODAY, values=first))
    later = CriteriaValues(privacy_statement="A later one.")
    own_town.tell(Criteria, CRITERIA, PublishCriteria(version=2, effective_from=TOMORROW, values=later))
    told = shown(own_town)
    assert (told["criteria"]["version"], told["privacy_statement"]) == (1, STATEMENT)
    assert (told["criteria"]["guidance"], [each["code"] for each in told["criteria"]["bases"]]) == (
        "Whakapā mai.",
        ["CHRONIC"],
    )


def test_a_code_is_shown_with_its_labels_and_one_without_any_by_itself(own_town: Town):
    entry = CodeEntry(code="CHRONIC", label_en="Chronically absent", label_mi="Ngaro tonu", description="In words.")
    command = PublishCodeSet(name="EligibilityBasis", version=1, codes=(entry,))
    own_town.tell(CodeSet, code_set_id("EligibilityBasis"), command)
    chronic, pattern, _ = shown(own_town)["criteria"]["bases"]
    assert chronic == {
        "code": "CHRONIC", "label_en": "Chronically absent", "label_mi": "Ngaro tonu", "description": "In words.",
        "refusal": None,
    }  # fmt: skip
    assert (pattern["code"], pattern["label_en"]) == ("PATTERN", None)


def test_what_would_be_refused_says_so_with_the_guidance_BR_14_BR_16(own_town: Town):
    told = shown(own_town)
    assert {each["refusal"] for each in told["criteria"]["stops"]} == {" ".join(NotAppropriate().message.split())}
    assert {each["refusal"] for each in told["criteria"]["wait_reasons"]} == {None}
    values = PolicyValues(hard_stops=("NO_VISA",), wait_rules_mode=Mode.BLOCK)
    own_town.tell(Policy, SERVICE_POLICY, PublishPolicy(version=1, effective_from=TODAY, values=values))
    told = shown(own_town)
    assert {each["code"]: each["refusal"] is None for each in told["criteria"]["stops"]} == {
        "NO_VISA": False,
        "SINGLE_CLASS": True,
    }
    assert {each["refusal"] for each in told["criteria"]["wait_reasons"]} == {" ".join(BetterToWait().message.split())}


def test_whoever_can_be_named_primary_contact_is_offered_and_nobody_else_BR_13(own_town: Town):
    contact, _ = own_town.person(Role.SCHOOL_PRIMARY_CONTACT, KAURI)
    gone, _ = own_town.person(Role.SCHOOL_PRIMARY_CONTACT, KAURI)
    own_town.revoke(gone, Role.SCHOOL_PRIMARY_CONTACT, KAURI)
    own_town.person(Role.OFFICE_SUPPORT, KAURI)
    own_town.person(Role.SCHOOL_PRIMARY_CONTACT, RIMU)
    offered = shown(own_town)["primary_contacts"]
    own = {own_town.people[LEAD], own_town.people[Role.SCHOOL_PRIMARY_CONTACT], contact}
    assert {each["user"] for each in offered} == {str(user) for user in own}
    assert {each["name"] for each in offered} == {"Parata"}
    for each in offered:
        body = {"form": own_town.form(own_town.student(), primary_contact=each["user"])}
        answer = own_town.client.post(f"/v1/requests/{uuid4()}/submit", json=body, headers=own_town.bearer(LEAD))
        assert answer.status_code == 201, answer.text


def test_somebody_who_holds_both_roles_is_offered_once_BR_13(own_town: Town):
    both = own_town.people[LEAD]
    own_town.tell(User, both, GrantRole(role=Role.SCHOOL_PRIMARY_CONTACT, organisation=KAURI, from_on=LONG_AGO))
    offered = [each["user"] for each in shown(own_town)["primary_contacts"]]
    assert offered.count(str(both)) == 1


def test_a_request_made_with_what_the_form_shows_names_its_version_BR_17_BR_139(own_town: Town):
    own_town.tell(Criteria, CRITERIA, PublishCriteria(version=1, effective_from=TODAY, values=CriteriaValues()))
    told = shown(own_town)
    body = {"form": own_town.form(own_town.student(), basis=told["criteria"]["bases"][0]["code"])}
    answer = own_town.client.post(f"/v1/requests/{uuid4()}/submit", json=body, headers=own_town.bearer(LEAD))
    assert (answer.status_code, told["criteria"]["version"]) == (201, 1)


@pytest.mark.parametrize("role", [Role.WORKFLOW_LEAD, Role.CASE_MANAGER, Role.CIT_OFFICER, Role.SYSTEM_ADMIN])
def test_the_form_is_for_schools(town: Town, role: Role):
    answer = town.client.get(f"/v1/schools/{KAURI}/request-form", headers=town.bearer(role))
    assert answer.status_code == 403


def test_the_form_of_another_school_is_answered_as_that_of_one_that_does_not_exist(town: Town):
    theirs, nobodys = (form(town, of=each) for each in (RIMU, uuid4()))
    assert (theirs.status_code, theirs.content) == (nobodys.status_code, nobodys.content)
    assert theirs.status_code == 403
