"""A school asks for support, and the student has a case from then on (BR-10 to BR-20, BR-31, BR-139)."""

from dataclasses import replace
from datetime import date

import pytest

from domain.calendars.publishing import Calendar
from domain.cases.allocating import AllocationBasis, AllocationFailed, Failure
from domain.cases.case import Case, Provision, active_case_of
from domain.cases.deadlines import NATIONAL
from domain.cases.facts import NotAPrimaryContactOfTheSchool
from domain.cases.requesting import Became
from domain.catchments.catchment import Catchment
from domain.codesets.code_set import UnknownCode
from domain.decision import Actor, Ref
from domain.policies.criteria import CRITERIA, Criteria, CriteriaValues, CriteriaVersion
from domain.policies.policy import SERVICE_POLICY, Mode, Policy, PolicyValues, PolicyVersion
from domain.requests.form import Form, RequestIncomplete, WhanauContact
from domain.requests.judging import BetterToWait, NotAppropriate, NotEligible, NotOnTheForm, SchoolHasNotTried
from domain.requests.people import NotEnrolledAtSchool
from domain.requests.request import NoSuchRequest, RequestStatus
from domain.requests.submitting import (
    DraftDiscarded,
    NoProvisionOfItsOwn,
    NothingToSubmit,
    SubmitCaRequest,
)
from domain.schools.school import School
from domain.sealed import UNKNOWN, DataClass, Sealed
from domain.students.caregiver import Caregiver
from domain.students.caring import CareBegun, CaregiverLinked, CaregiverRegistered, NoSuchCaregiver
from domain.students.contacting import ContactDetail, ContactDetailAdded
from domain.students.student import Student
from domain.users.user import Role
from tests.domain.cases.scenes import (
    ALLOCATED,
    AT_RIMU,
    AWHI,
    CONTACT,
    CREATED,
    FIRST_DAY,
    HANA,
    KAURI,
    KAURI_ITSELF,
    LEAD,
    LONG_AGO,
    NORTH,
    OFFICE,
    REQUEST,
    RIMU_CONTACT,
    catchment,
    forgotten,
    given,
    school,
    student,
)
from tests.domain.given import note
from tests.domain.requests.forms import DISCARDED, FORM, FUNDED, HOME, MERE, request, saved

CASE_ID = request.context().new_id("case")


def submit(**changes):
    return SubmitCaRequest(form=replace(FORM, **changes))


def policy(**values):
    version = PolicyVersion(version=1, effective_from=LONG_AGO, values=PolicyValues(**values))
    return {Ref(Policy, SERVICE_POLICY): Policy(versions=(version,))}


def test_a_request_opens_a_case_with_the_catchments_provider_in_one_decision_BR_18_BR_30():
    outcome = request().when(submit())
    assert outcome.events_of(Ref(Case, CASE_ID)) == (CREATED, ALLOCATED)
    assert outcome.decision.take == {active_case_of(HANA): CASE_ID}
    assert outcome.decision.answer == {"case": CASE_ID, "request": REQUEST}


def test_the_request_names_its_case_and_what_it_was_judged_by_BR_17_BR_138_BR_139():
    (event,) = request().when(submit()).events
    assert (event.case, event.became, event.criteria_version) == (CASE_ID, Became.OPENED, 0)
    assert (event.indicators, event.whanau_told) == (("PRIOR_SERVICE", "PLAN_REVIEWED_NO_GAIN"), True)
    assert event.words.open().reason == "Sixteen days away this term."
    assert event.words == note(event.words.open(), DataClass.NARRATIVE, REQUEST, about=(HANA,), stream=REQUEST)
    assert event.words.about == (HANA,)


def test_sent_twice_a_request_answers_the_same_case_BR_19():
    outcome = request().when(submit())
    again = outcome.then_asked_again()
    again.then_nothing()
    assert again.decision.answer == outcome.decision.answer


def test_the_saved_draft_is_submitted_as_it_stands_BR_11():
    outcome = request(saved(FORM)).when(SubmitCaRequest())
    assert outcome.decision.answer["case"] == CASE_ID
    assert request(saved(FORM), *outcome.events).state.status is RequestStatus.SUBMITTED


def test_there_is_nothing_to_submit_without_form_or_draft():
    request().when(SubmitCaRequest()).then_refused(NothingToSubmit)


def test_a_draft_that_nobody_can_read_any_more_is_nothing_to_submit():
    lost = replace(saved(), form=Sealed(REQUEST, DataClass.NARRATIVE, lambda: UNKNOWN, lazy=True))
    request(lost).when(SubmitCaRequest()).then_refused(NothingToSubmit)


def test_a_discarded_draft_is_not_submitted():
    request(saved(), DISCARDED).when(submit()).then_refused(DraftDiscarded)


def test_another_schools_draft_is_not_submitted():
    request(saved()).by(AT_RIMU).when(submit()).then_refused(NoSuchRequest)


def test_every_missing_field_is_listed_at_once_BR_12():
    outcome = request().when(SubmitCaRequest(form=Form()))
    outcome.then_refused(
        RequestIncomplete,
        "student",
        "year_level",
        "basis",
        "reason",
        "actions_taken",
        "primary_contact",
        "whanau_told",
        "whanau",
        "contact_details",
        "home_address",
    )


@pytest.mark.parametrize(
    ("change", "missing"),
    [
        ({"year_level": None}, "year_level"),
        ({"basis": None}, "basis"),
        ({"reason": None}, "reason"),
        ({"actions_taken": None}, "actions_taken"),
        ({"primary_contact": None}, "primary_contact"),
        ({"whanau_told": None}, "whanau_told"),
        ({"home_address": None}, "home_address"),
        ({"whanau": (WhanauContact(phone="021 555 0101"),)}, "whanau"),
        ({"whanau": (WhanauContact(name=MERE),)}, "contact_details"),
        ({"basis": "EXCEPTIONAL"}, "exceptional_reason"),
        ({"student": None}, "student"),
    ],
)
def test_each_of_these_is_needed_BR_12_BR_15(change, missing):
    request().when(submit(**change)).then_refused(RequestIncomplete, missing)


@pytest.mark.parametrize(
    "change",
    [
        {"home_address": None, "address_unknown": True},
        {"whanau": (WhanauContact(name=MERE),), "student_phone": "021 555 0102"},
        {"whanau": (WhanauContact(name=MERE, email="mere@example.nz"),)},
        {"alternative_address": HOME},
    ],
)
def test_each_of_these_is_enough_BR_12(change):
    assert request().when(submit(**change)).decision.parts


def test_a_student_whose_details_were_destroyed_has_no_name_and_no_birth_date_BR_12():
    nobody = {Ref(Student, HANA): forgotten(student())}
    outcome = request().knowing(nobody).when(submit(reason=None))
    outcome.then_refused(RequestIncomplete, "reason", "student_name", "birth_date")


@pytest.mark.parametrize("level", [-1, 16])
def test_there_is_no_such_year_level(level):
    request().when(submit(year_level=level)).then_refused(NotOnTheForm, "year_level")


def test_a_school_asks_for_the_students_on_its_own_roll_BR_10():
    request().by(AT_RIMU).when(submit(primary_contact=RIMU_CONTACT)).then_refused(NotEnrolledAtSchool, "student")


def test_a_student_who_left_is_on_no_roll_BR_10():
    nowhere = {Ref(Student, HANA): student(at=None)}
    request().knowing(nowhere).when(submit()).then_refused(NotEnrolledAtSchool, "student")


@pytest.mark.parametrize("who", [CONTACT, LEAD])
def test_a_primary_contact_or_attendance_lead_is_named_BR_13(who):
    outcome = request().when(submit(primary_contact=who))
    assert outcome.events_of(Ref(Case, CASE_ID))[0].primary_contact == who


@pytest.mark.parametrize("who", [OFFICE, RIMU_CONTACT])
def test_nobody_else_can_be_named_BR_13_BR_143(who):
    request().when(submit(primary_contact=who)).then_refused(NotAPrimaryContactOfTheSchool)


def test_office_support_submits_and_names_somebody_else_BR_143():
    office = Actor(user=OFFICE, role=Role.OFFICE_SUPPORT, organisation=KAURI)
    assert request().by(office).when(submit()).decision.answer["case"] == CASE_ID


@pytest.mark.parametrize("stop", ["NO_VISA", "SINGLE_CLASS"])
def test_a_request_that_is_not_appropriate_is_refused_BR_14(stop):
    request().when(submit(stops=(stop,))).then_refused(NotAppropriate, "stops")


def test_a_policy_may_turn_a_stop_into_advice_BR_14():
    (event,) = request().knowing(policy(hard_stops=("NO_VISA",))).when(submit(stops=("SINGLE_CLASS",))).events
    assert event.overrides == ("SINGLE_CLASS",)


def test_a_basis_the_criteria_do_not_know_is_none_BR_15():
    request().when(submit(basis="UNHAPPY")).then_refused(NotEligible, "basis")


def test_a_school_that_has_not_tried_is_told_what_BR_16():
    untried = submit(strategies_tried=False, plan_made_on=None)
    request().when(untried).then_refused(SchoolHasNotTried, "strategies_tried", "plan_made_on")


@pytest.mark.parametrize(
    ("change", "field"), [({"strategies_tried": False}, "strategies_tried"), ({"plan_made_on": None}, "plan_made_on")]
)
def test_both_are_tried_first_BR_16(change, field):
    request().when(submit(**change)).then_refused(SchoolHasNotTried, field)


def test_exceptional_circumstances_wait_for_no_plan_BR_16():
    asked = submit(
        basis="EXCEPTIONAL",
        exceptional_reason="A death in the whānau.",
        strategies_tried=False,
        plan_made_on=None,
    )
    (event,) = request().when(asked).events
    assert event.words.open().exceptional_reason == "A death in the whānau."


@pytest.mark.parametrize("wait", ["PLAN_INCOMPLETE", "IMPROVING", "SCHOOL_BASED", "OTHER_SERVICE_BETTER"])
def test_a_reason_to_wait_is_overridden_on_record_BR_16(wait):
    (event,) = request().when(submit(wait_reasons=(wait,))).events
    assert event.overrides == (wait,)


def test_a_policy_may_make_it_a_stop_BR_16():
    blocked = request().knowing(policy(wait_rules_mode=Mode.BLOCK))
    blocked.when(submit(wait_reasons=("IMPROVING",))).then_refused(BetterToWait, "wait_reasons")
    assert blocked.when(submit()).decision.parts


@pytest.mark.parametrize("field", ["indicators", "wait_reasons", "stops"])
def test_a_code_the_form_does_not_offer_is_refused(field):
    request().when(submit(**{field: ("NONSENSE",)})).then_refused(NotOnTheForm, field)


def test_a_request_is_judged_by_the_criteria_of_its_day_BR_17():
    narrow = CriteriaValues(eligibility=("EXCEPTIONAL",))
    versions = (
        CriteriaVersion(version=1, effective_from=LONG_AGO, values=CriteriaValues()),
        CriteriaVersion(version=2, effective_from=date(2026, 5, 5), values=narrow),
    )
    known = {Ref(Criteria, CRITERIA): Criteria(versions=versions)}
    (event,) = request(saved(FORM)).knowing(known).when(SubmitCaRequest()).events
    assert event.criteria_version == 1
    later = request(saved(FORM)).knowing(known).on(date(2026, 5, 5))
    later.when(SubmitCaRequest()).then_refused(NotEligible, "basis")


def test_a_funded_school_must_choose_BR_31():
    request().knowing(FUNDED).when(submit()).then_refused(RequestIncomplete, "provision")


def test_its_own_provision_gets_the_case_in_its_own_queue_BR_31_BR_134():
    outcome = request().knowing(FUNDED).when(submit(provision=Provision.ISP))
    _, allocated = outcome.events_of(Ref(Case, CASE_ID))
    assert (allocated.provider, allocated.basis) == (KAURI_ITSELF, AllocationBasis.ISP_CHOICE)
    assert allocated.provision is Provision.ISP


def test_or_the_catchment_gets_it_BR_31():
    outcome = request().knowing(FUNDED).when(submit(provision=Provision.CATCHMENT))
    assert outcome.events_of(Ref(Case, CASE_ID))[1].provider == AWHI


def test_a_school_without_funding_has_no_choice_BR_31():
    request().when(submit(provision=Provision.ISP)).then_refused(NoProvisionOfItsOwn, "provision")


def test_a_request_is_never_lost_where_nobody_is_contracted_BR_32():
    nobody = {Ref(Catchment, NORTH): catchment("NORTH", None)}
    outcome = request().knowing(nobody).when(submit())
    failed = AllocationFailed(catchment=NORTH, reason=Failure.NO_CONTRACT)
    assert outcome.events_of(Ref(Case, CASE_ID)) == (CREATED, failed)


def test_a_request_is_never_lost_where_the_school_is_in_no_catchment_BR_32():
    nowhere = {Ref(School, KAURI): replace(school("100", "Kauri", NORTH), catchments=())}
    outcome = request().knowing(nowhere).when(submit())
    assert outcome.events_of(Ref(Case, CASE_ID))[1].reason is Failure.NO_CATCHMENT


def test_a_request_is_never_lost_where_the_calendar_is_not_published_BR_6():
    outcome = request().knowing({Ref(Calendar, NATIONAL): Calendar()}).when(submit())
    created, _ = outcome.events_of(Ref(Case, CASE_ID))
    assert [clock.due.due_on for clock in created.clocks] == [None]


def test_no_request_is_refused_for_age_BR_79():
    for born_on in (date(2021, 5, 4), date(2006, 5, 4)):
        grown = {Ref(Student, HANA): student(born_on=born_on)}
        assert request().knowing(grown).when(submit()).decision.parts


def test_whanau_and_address_enter_the_streams_of_the_people_they_reach_BR_12():
    outcome = request().when(submit())
    mere = request.context().new_id("caregiver-0")
    registered, begun, phone = outcome.events_of(Ref(Caregiver, mere))
    assert begun == CareBegun(student=HANA)
    assert isinstance(registered, CaregiverRegistered)
    assert registered.name.open() == MERE
    assert (registered.name.subject, phone.detail.subject) == (mere, mere)
    home, linked = outcome.events_of(Ref(Student, HANA))
    assert home.detail.open() == ContactDetail(address=HOME)
    assert isinstance(linked, CaregiverLinked)
    assert linked.caregiver == mere


def test_somebody_the_students_record_names_already_is_not_registered_again_BR_12():
    known = request.context().new_id("somebody")
    mere = Caregiver(name=Sealed(known, DataClass.IDENTITY, MERE))
    has_her = replace(student(), caregivers=(known,))
    outcome = request().knowing({Ref(Student, HANA): has_her, Ref(Caregiver, known): mere}).when(submit())
    (phone,) = outcome.events_of(Ref(Caregiver, known))
    assert isinstance(phone, ContactDetailAdded)
    assert [type(event) for event in outcome.events_of(Ref(Student, HANA))] == [ContactDetailAdded]


def test_a_caregiver_of_the_student_is_named_by_id_and_told_once_BR_12():
    known = request.context().new_id("somebody")
    mere = Caregiver(name=Sealed(known, DataClass.IDENTITY, MERE))
    has_her = {Ref(Student, HANA): replace(student(), caregivers=(known,)), Ref(Caregiver, known): mere}
    by_id = (WhanauContact(caregiver=known, phone="021 555 0104"), WhanauContact(caregiver=known, email="m@example.nz"))
    outcome = request().knowing(has_her).when(submit(whanau=by_id))
    assert len(outcome.events_of(Ref(Caregiver, known))) == 2
    streams = [part.stream for part in outcome.decision.parts]
    assert len(streams) == len(set(streams))


def test_a_caregiver_nobody_knows_is_refused():
    stranger = WhanauContact(caregiver=request.context().new_id("stranger"), phone="021 555 0103")
    request().when(submit(whanau=(stranger,))).then_refused(NoSuchCaregiver, "whanau")


def test_a_relation_nobody_knows_is_refused():
    contact = WhanauContact(name=MERE, relation="BOSS", phone="021 555 0103")
    request().when(submit(whanau=(contact,))).then_refused(UnknownCode, "whanau")


def test_no_word_about_the_student_stands_in_the_case():
    events = request().when(submit()).events_of(Ref(Case, CASE_ID))
    assert "Sealed" not in repr(events)
    assert given(*events).state.opened_on == FIRST_DAY
