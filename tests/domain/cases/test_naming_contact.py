"""The one person of the school who works with the Case Manager (BR-13, BR-143)."""

import pytest

from domain.cases.case import NoSuchCase, NotNow
from domain.cases.facts import NotAPrimaryContactOfTheSchool
from domain.cases.naming_contact import (
    NamePrimaryContact,
    NoSchoolToContact,
    NotePrimaryContactLeft,
    SchoolPrimaryContactChanged,
    SchoolPrimaryContactLeft,
    SchoolPrimaryContactNamed,
)
from domain.decision import Ref
from domain.users.user import Role, User
from tests.domain.cases.scenes import (
    CONTACT,
    KAURI,
    LEAD,
    LONG_AGO,
    NEN_ALLOCATED,
    NEN_CREATED,
    OFFICE,
    OPEN,
    RIMU_CONTACT,
    closed,
    given,
    user,
)

NAME_LEAD = NamePrimaryContact(user=LEAD)
CHANGED = SchoolPrimaryContactChanged(user=LEAD, previous=CONTACT)
LEFT = SchoolPrimaryContactLeft(previous=CONTACT)
GONE = {Ref(User, CONTACT): user(Role.SCHOOL_PRIMARY_CONTACT, KAURI, to_on=LONG_AGO)}


def test_another_primary_contact_takes_over_BR_143():
    given(*OPEN).when(NAME_LEAD).then(CHANGED).then_asked_again().then_nothing()
    assert given(*OPEN, CHANGED).state.primary_contact == LEAD


def test_a_case_that_has_none_gets_one_BR_143():
    given(*OPEN, LEFT).when(NAME_LEAD).then(SchoolPrimaryContactNamed(user=LEAD))


@pytest.mark.parametrize("who", [OFFICE, RIMU_CONTACT])
def test_it_is_somebody_of_the_school_with_the_role_BR_13(who):
    given(*OPEN).when(NamePrimaryContact(user=who)).then_refused(NotAPrimaryContactOfTheSchool)


def test_it_is_nobody_who_left_BR_13():
    given(*OPEN, LEFT).knowing(GONE).when(NamePrimaryContact(user=CONTACT)).then_refused(NotAPrimaryContactOfTheSchool)


def test_a_nen_has_none_until_it_becomes_a_ca_BR_143():
    given(NEN_CREATED, NEN_ALLOCATED).when(NAME_LEAD).then_refused(NoSchoolToContact)


def test_a_closed_case_gets_none():
    given(*OPEN, closed()).when(NAME_LEAD).then_refused(NotNow)


def test_a_case_that_does_not_exist_has_none():
    given().when(NAME_LEAD).then_refused(NoSuchCase)


def test_a_primary_contact_who_left_is_noticed_BR_143():
    case = given(*OPEN).knowing(GONE)
    case.when(NotePrimaryContactLeft()).then(LEFT).then_asked_again().then_nothing()


def test_a_primary_contact_who_is_there_stays_BR_143():
    given(*OPEN).when(NotePrimaryContactLeft()).then_nothing()
