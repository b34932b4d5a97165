"""Whoever no longer holds the role loses the case: its manager (BR-37), its Primary Contact (BR-143)."""

from datetime import date, timedelta
from uuid import UUID

from api.automations.releasing import RELEASING_CONTACTS, RELEASING_MANAGERS
from api.automations.resuming import RESUMING
from api.automations.sweeping import Tally
from domain.cases.assigning import AssignCaseManager
from domain.cases.case import Case
from domain.cases.naming_contact import NamePrimaryContact
from domain.cases.status import Status
from domain.users.granting import GrantRole
from domain.users.user import Role, User
from projections.clocks import project as clocks
from tests.api.automations.sweeps import history, paused, state, sweep, types, walk_to
from tests.api.town import AWHI, KAURI, LONG_AGO, TAUTOKO, TODAY, Town

MANAGER, CONTACT = Role.CASE_MANAGER, Role.SCHOOL_PRIMARY_CONTACT


def assigned_to(town: Town, manager: UUID) -> str:
    case = town.case()
    town.tell(Case, UUID(case), AssignCaseManager(manager=manager))
    return case


def test_a_manager_who_is_still_there_keeps_the_case_BR_37(own_town: Town):
    case = own_town.assigned()
    assert sweep(own_town, RELEASING_MANAGERS) == Tally()
    assert state(own_town, case).status is Status.OPEN


def test_a_manager_whose_role_was_revoked_loses_the_case_to_the_queue_BR_37(own_town: Town):
    gone, _ = own_town.person(MANAGER, AWHI)
    case, other = assigned_to(own_town, gone), own_town.assigned()
    own_town.revoke(gone, MANAGER, AWHI)
    assert sweep(own_town, RELEASING_MANAGERS) == Tally(done=1)
    now = state(own_town, case)
    assert (now.status, now.manager, now.last_manager) == (Status.PROVIDER_QUEUE, None, gone)
    assert state(own_town, other).status is Status.OPEN
    assert sweep(own_town, RELEASING_MANAGERS) == Tally()


def test_the_clocks_of_a_case_that_went_back_to_the_queue_run_on_BR_37(own_town: Town):
    gone, _ = own_town.person(MANAGER, AWHI)
    case = assigned_to(own_town, gone)
    running = state(own_town, case).episode.running
    own_town.revoke(gone, MANAGER, AWHI)
    sweep(own_town, RELEASING_MANAGERS)
    assert state(own_town, case).episode.running == running != ()
    assert history(own_town, case)[-1].type not in {event.__name__ for event in clocks.handlers}


def test_a_manager_whose_grant_ended_loses_the_case_the_day_after_BR_37(own_town: Town):
    user, _ = own_town.person(MANAGER, TAUTOKO)
    last_day = TODAY + timedelta(days=20)
    own_town.tell(User, user, GrantRole(role=MANAGER, organisation=AWHI, from_on=LONG_AGO, to_on=last_day))
    case = assigned_to(own_town, user)
    walk_to(own_town, last_day)
    assert sweep(own_town, RELEASING_MANAGERS) == Tally()
    walk_to(own_town, last_day + timedelta(days=1))
    assert sweep(own_town, RELEASING_MANAGERS) == Tally(done=1)
    assert state(own_town, case).status is Status.PROVIDER_QUEUE


def test_a_workflow_lead_who_works_a_case_keeps_it_without_the_role_of_a_manager_BR_35(own_town: Town):
    both, _ = own_town.person(MANAGER, AWHI)
    own_town.tell(User, both, GrantRole(role=Role.WORKFLOW_LEAD, organisation=AWHI, from_on=LONG_AGO))
    assigned_to(own_town, both)
    own_town.revoke(both, MANAGER, AWHI)
    assert sweep(own_town, RELEASING_MANAGERS) == Tally()


def test_a_role_that_was_revoked_and_granted_again_is_a_role_BR_37(own_town: Town):
    back, _ = own_town.person(MANAGER, AWHI)
    assigned_to(own_town, back)
    own_town.revoke(back, MANAGER, AWHI)
    own_town.tell(User, back, GrantRole(role=MANAGER, organisation=AWHI, from_on=TODAY))
    assert sweep(own_town, RELEASING_MANAGERS) == Tally()


def test_a_paused_case_stays_paused_without_a_manager_and_resumes_in_the_queue_BR_37(own_town: Town):
    _, case = paused(own_town, date(2020, 6, 20))
    own_town.revoke(own_town.people[MANAGER], MANAGER, AWHI)
    assert sweep(own_town, RELEASING_MANAGERS) == Tally(done=1)
    now = state(own_town, case)
    assert (now.status, now.manager) == (Status.PAUSED, None)
    walk_to(own_town, date(2026, 6, 20))
    assert sweep(own_town, RESUMING) == Tally(done=1)
    assert state(own_town, case).status is Status.PROVIDER_QUEUE


def test_a_contact_who_left_the_school_loses_the_case_BR_143(own_town: Town):
    contact, _ = own_town.person(CONTACT, KAURI)
    case = own_town.case()
    own_town.tell(Case, UUID(case), NamePrimaryContact(user=contact))
    assert sweep(own_town, RELEASING_CONTACTS) == Tally()
    own_town.revoke(contact, CONTACT, KAURI)
    assert sweep(own_town, RELEASING_CONTACTS) == Tally(done=1)
    assert state(own_town, case).primary_contact is None
    assert types(own_town, case)[-1] == "SchoolPrimaryContactLeft"
    assert sweep(own_town, RELEASING_CONTACTS) == Tally()


def test_office_support_alone_makes_nobody_a_contact_BR_143(own_town: Town):
    contact, _ = own_town.person(CONTACT, KAURI)
    own_town.tell(User, contact, GrantRole(role=Role.OFFICE_SUPPORT, organisation=KAURI, from_on=LONG_AGO))
    own_town.tell(Case, UUID(own_town.case()), NamePrimaryContact(user=contact))
    own_town.revoke(contact, CONTACT, KAURI)
    assert sweep(own_town, RELEASING_CONTACTS) == Tally(done=1)
