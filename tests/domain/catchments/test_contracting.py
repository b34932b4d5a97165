"""Catchments and their contracts: who serves where on a day."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from domain.catchments.catchment import Catchment, CatchmentDetails, Contract, NoSuchCatchment
from domain.catchments.contracting import (
    ContractEnded,
    ContractRecorded,
    ContractsOverlap,
    EndContract,
    NegativeFunding,
    NoSuchContract,
    NotAContractor,
    RecordContract,
)
from domain.catchments.defining import CatchmentDefined, CodeOfAnotherCatchment, DefineCatchment
from domain.decision import Ref
from domain.effective import PeriodEndsBeforeItBegins
from domain.ids import catchment_id, in_school_provider_id, provider_id
from domain.providers.provider import Provider, ProviderDetails, ProviderKind
from tests.domain.given import world

DETAILS = CatchmentDetails(code="PORIRUA", name="Porirua", region="Wellington", anniversary_set="WELLINGTON")
DEFINED = CatchmentDefined(details=DETAILS)
P, Q, SCHOOL = provider_id("P"), provider_id("Q"), in_school_provider_id("1")
KNOWN = ProviderDetails(
    code="P", name="P", kind=ProviderKind.CATCHMENT, region="Wellington", anniversary_set="WELLINGTON"
)
given = (
    world(Catchment)
    .at(catchment_id("PORIRUA"))
    .knowing(
        {
            Ref(Provider, P): Provider(details=KNOWN),
            Ref(Provider, Q): Provider(details=KNOWN),
            Ref(Provider, SCHOOL): Provider(details=replace(KNOWN, code="1", kind=ProviderKind.SCHOOL)),
        }
    )
)
FIRST, LAST, DAY = date(2026, 1, 5), date(2026, 12, 31), timedelta(days=1)
RECORD = RecordContract(provider=P, from_on=FIRST, to_on=LAST, funding_cents=90_000_000)
CONTRACT = Contract(provider=P, from_on=FIRST, to_on=LAST, funding_cents=90_000_000)
RECORDED = ContractRecorded(contract=CONTRACT)


def test_a_catchment_is_defined_once_and_changed_by_defining_it_otherwise():
    given().when(DefineCatchment(details=DETAILS)).then(DEFINED).then_asked_again().then_nothing()
    renamed = replace(DETAILS, name="Porirua ki te Raki")
    given(DEFINED).when(DefineCatchment(details=renamed)).then(CatchmentDefined(details=renamed))


def test_a_catchment_keeps_its_code():
    other = replace(DETAILS, code="KAPITI")
    given(DEFINED).when(DefineCatchment(details=other)).then_refused(CodeOfAnotherCatchment, "code")


def test_a_contract_is_recorded_once():
    given(DEFINED).when(RECORD).then(RECORDED).then_asked_again().then_nothing()


def test_the_provider_is_the_one_contracted_on_the_day_BR_30():
    next_year = ContractRecorded(contract=replace(CONTRACT, provider=Q, from_on=LAST + DAY, to_on=None))
    catchment = given(DEFINED, RECORDED, next_year).state
    days = (FIRST - DAY, FIRST, LAST, LAST + DAY, date.max)
    assert [catchment.provider_on(day) for day in days] == [None, P, P, Q, Q]


def test_without_a_contract_there_is_no_provider_BR_32():
    assert given(DEFINED).state.provider_on(FIRST) is None
    assert Catchment().provider_on(FIRST) is None


def test_contracts_do_not_overlap_by_a_single_day():
    other = replace(RECORD, provider=Q, from_on=LAST, to_on=None)
    given(DEFINED, RECORDED).when(other).then_refused(ContractsOverlap, "from_on")
    assert given(DEFINED, RECORDED).when(replace(other, from_on=LAST + DAY)).events


def test_the_same_provider_does_not_get_two_contracts_for_one_time():
    given(DEFINED, RECORDED).when(replace(RECORD, funding_cents=1)).then_refused(ContractsOverlap, "from_on")


def test_only_contracted_organisations_serve_a_catchment():
    given(DEFINED).when(replace(RECORD, provider=SCHOOL)).then_refused(NotAContractor, "provider")
    given(DEFINED).when(replace(RECORD, provider=UUID(int=9))).then_refused(NotAContractor, "provider")


def test_a_contract_needs_a_catchment_a_sound_time_and_funding():
    given().when(RECORD).then_refused(NoSuchCatchment)
    given(DEFINED).when(replace(RECORD, to_on=FIRST - DAY)).then_refused(PeriodEndsBeforeItBegins, "to_on")
    given(DEFINED).when(replace(RECORD, funding_cents=-1)).then_refused(NegativeFunding, "funding_cents")
    assert given(DEFINED).when(replace(RECORD, funding_cents=0)).events


def test_a_contract_is_ended_on_a_last_day_once():
    end = EndContract(provider=P, to_on=date(2026, 6, 30))
    ended = ContractEnded(provider=P, from_on=FIRST, to_on=date(2026, 6, 30))
    given(DEFINED, RECORDED).when(end).then(ended).then_asked_again().then_nothing()
    catchment = given(DEFINED, RECORDED, ended).state
    assert [catchment.provider_on(day) for day in (date(2026, 6, 30), date(2026, 7, 1))] == [P, None]


def test_after_a_contract_ended_another_provider_can_follow_the_next_day():
    ended = ContractEnded(provider=P, from_on=FIRST, to_on=date(2026, 6, 30))
    follow = replace(RECORD, provider=Q, from_on=date(2026, 7, 1))
    assert given(DEFINED, RECORDED, ended).when(follow).events
    back = replace(RECORD, from_on=date(2026, 7, 1))
    catchment = given(DEFINED, RECORDED, ended, *given(DEFINED, RECORDED, ended).when(back).events).state
    assert [each.to_on for each in catchment.contracts] == [date(2026, 6, 30), LAST]


def test_only_the_providers_own_contract_in_force_can_be_ended():
    given(DEFINED, RECORDED).when(EndContract(provider=Q, to_on=LAST)).then_refused(NoSuchContract, "to_on")
    after = EndContract(provider=P, to_on=LAST + DAY)
    given(DEFINED, RECORDED).when(after).then_refused(NoSuchContract, "to_on")
