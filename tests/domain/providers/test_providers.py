"""Providers: contracted organisations, and the in-school provision of a funded school."""

from dataclasses import replace

from domain.decision import Ref
from domain.ids import in_school_provider_id, provider_id, school_id
from domain.providers.provider import Provider, ProviderDetails, ProviderKind
from domain.providers.registering import (
    CodeOfAnotherProvider,
    ProviderRegistered,
    ProviderWithoutSchool,
    RegisterProvider,
)
from domain.schools.school import School, SchoolAuthority, SchoolDetails
from tests.domain.given import world

DETAILS = ProviderDetails(
    code="TE_ARA",
    name="Te Ara Trust",
    kind=ProviderKind.CATCHMENT,
    region="Wellington",
    anniversary_set="WELLINGTON",
)
IN_SCHOOL = replace(DETAILS, code="123", kind=ProviderKind.SCHOOL)
SCHOOL = School(
    details=SchoolDetails(
        number="123",
        name="Kura",
        type="Full primary",
        authority=SchoolAuthority.STATE,
        region="Wellington",
        territorial_authority="Porirua City",
        anniversary_set="WELLINGTON",
    )
)
given = world(Provider).at(provider_id("TE_ARA"))
given_in_school = world(Provider).at(in_school_provider_id("123"))


def test_a_provider_is_registered_once_and_changed_by_registering_it_otherwise():
    registered = ProviderRegistered(details=DETAILS)
    given().when(RegisterProvider(details=DETAILS)).then(registered).then_asked_again().then_nothing()
    moved = replace(DETAILS, region="Waikato")
    given(registered).when(RegisterProvider(details=moved)).then(ProviderRegistered(details=moved))
    assert given(registered).state.region == "Wellington"
    assert Provider().region is None


def test_a_provider_keeps_its_code_and_its_kind():
    other = RegisterProvider(details=replace(DETAILS, code="OTHER"))
    given().when(other).then_refused(CodeOfAnotherProvider, "code")
    kind = RegisterProvider(details=replace(DETAILS, kind=ProviderKind.SCHOOL))
    given().when(kind).then_refused(CodeOfAnotherProvider, "code")


def test_in_school_provision_is_that_of_a_registered_school_BR_134():
    command = RegisterProvider(details=IN_SCHOOL)
    known = given_in_school.knowing({Ref(School, school_id("123")): SCHOOL})
    known.when(command).then(ProviderRegistered(details=IN_SCHOOL))
    given_in_school.when(command).then_refused(ProviderWithoutSchool, "code")


def test_in_school_provision_is_a_provider_apart_from_its_school_BR_134():
    assert IN_SCHOOL.school == school_id("123") != IN_SCHOOL.id == in_school_provider_id("123")
    assert DETAILS.school is None
