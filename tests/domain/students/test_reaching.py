"""Caregivers and contact details: each in the stream, and under the key, of the person they are about."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from domain.catchments.catchment import Catchment, CatchmentDetails, NoSuchCatchment
from domain.codesets.code_set import CodeEntry, CodeSet, UnknownCode
from domain.decision import Ref
from domain.ids import catchment_id, code_set_id
from domain.sealed import DataClass, Sealed
from domain.students.caregiver import Caregiver
from domain.students.caring import (
    CareBegun,
    CareEnded,
    CaregiverLinked,
    CaregiverNameCorrected,
    CaregiverRegistered,
    CaregiverUnlinked,
    CorrectCaregiverName,
    LinkCaregiver,
    NoSuchCaregiver,
    RegisterCaregiver,
    Tie,
    UnlinkCaregiver,
)
from domain.students.contacting import (
    AddContactDetail,
    ContactDetail,
    ContactDetailAdded,
    ContactDetailEnded,
    ContactEnd,
    EndContactDetail,
    NoSuchContact,
    NotOneDetail,
    OnlyAddressesLieSomewhere,
)
from domain.students.registering import StudentRegistered
from domain.students.student import NoSuchStudent, Student, StudentDetails
from domain.text import Address, AddressRole, AddressType, PersonName
from tests.domain.given import SOMEBODY, STREAM, fold, world

WHO = UUID(int=50)
NAME = PersonName(family_name="Hohepa")
REGISTERED = CaregiverRegistered(name=Sealed(STREAM, DataClass.IDENTITY, NAME), registered_by=SOMEBODY.user)
STUDENT = StudentRegistered(
    details=Sealed(
        STREAM,
        DataClass.IDENTITY,
        StudentDetails(name=PersonName(family_name="Ngata"), born_on=date(2015, 3, 1)),
    )
)
RELATIONS = CodeSet(codes=(CodeEntry(code="MOTHER", label_en="Mother"),))
caregiver = world(Caregiver)
PLACES = {
    Ref(Catchment, catchment_id(code)): Catchment(
        details=CatchmentDetails(code=code, name=code, region="Wellington", anniversary_set="WELLINGTON")
    )
    for code in ("C01", "C02")
}
student = world(Student).knowing(
    {Ref(Caregiver, WHO): [REGISTERED], Ref(CodeSet, code_set_id("Relation")): RELATIONS, **PLACES}
)
LINK = LinkCaregiver(caregiver=WHO, tie=Tie(relation="MOTHER"))
LINKED = CaregiverLinked(caregiver=WHO, tie=Sealed(STREAM, DataClass.IDENTITY, Tie(relation="MOTHER")))


def test_a_caregiver_is_registered_once_in_a_stream_of_their_own():
    caregiver().when(RegisterCaregiver(name=NAME)).then(REGISTERED).then_asked_again().then_nothing()


def test_a_caregivers_name_is_corrected_once():
    right = PersonName(family_name="H\u014dhepa")
    corrected = CaregiverNameCorrected(name=Sealed(STREAM, DataClass.IDENTITY, right))
    outcome = caregiver(REGISTERED).when(CorrectCaregiverName(name=right)).then(corrected)
    outcome.then_asked_again().then_nothing()
    caregiver().when(CorrectCaregiverName(name=right)).then_refused(NoSuchCaregiver, "caregiver")


def test_linking_is_told_in_both_streams_once():
    outcome = student(STUDENT).when(LINK).then(LINKED)
    assert outcome.events_of(Ref(Caregiver, WHO)) == (CareBegun(student=STREAM),)
    outcome.then_asked_again().then_nothing()


def test_what_a_caregiver_is_to_a_student_is_sealed():
    assert "MOTHER" not in repr(LINKED)
    assert "MOTHER" not in repr(LINK)


def test_unlinking_is_told_in_both_streams_once():
    outcome = student(STUDENT, LINKED).when(UnlinkCaregiver(caregiver=WHO))
    outcome.then(CaregiverUnlinked(caregiver=WHO))
    assert outcome.events_of(Ref(Caregiver, WHO)) == (CareEnded(student=STREAM),)
    outcome.then_asked_again().then_nothing()
    assert fold(Caregiver, [CareBegun(student=STREAM), CareEnded(student=STREAM)]).students == ()


def test_whoever_once_cared_for_a_student_is_remembered_once():
    unlinked = CaregiverUnlinked(caregiver=WHO)
    for history, now in (((LINKED,), (WHO,)), ((LINKED, unlinked), ()), ((LINKED, unlinked, LINKED), (WHO,))):
        state = student(STUDENT, *history).state
        assert (state.caregivers, state.caregivers_ever) == (now, (WHO,))


def test_only_somebody_registered_can_be_linked_as_what_is_listed():
    student().when(LINK).then_refused(NoSuchStudent)
    nobody = replace(LINK, caregiver=UUID(int=51))
    student(STUDENT).when(nobody).then_refused(NoSuchCaregiver, "caregiver")
    friend = replace(LINK, tie=Tie(relation="FRIEND"))
    student(STUDENT).when(friend).then_refused(UnknownCode, "relation")


HOME = Address(type=AddressType.TH, role=AddressRole.CURRENT, line="1 Queen Street")
CATCHMENT = catchment_id("C01")
ADD = AddContactDetail(
    contact=UUID(int=60), detail=ContactDetail(phone="021 123 456"), from_on=date(2026, 2, 2), source="School"
)
LIVES = AddContactDetail(
    contact=UUID(int=61),
    detail=ContactDetail(address=HOME),
    from_on=date(2026, 2, 2),
    source="School",
    catchment=CATCHMENT,
)


def test_a_contact_detail_is_sealed_under_the_key_of_the_person_it_reaches():
    for person in (student(STUDENT), caregiver(REGISTERED)):
        outcome = person.when(ADD)
        (added,) = outcome.events
        assert isinstance(added, ContactDetailAdded)
        assert added.detail == Sealed(STREAM, DataClass.CONTACT, ADD.detail)
        assert "021" not in repr(added)
        assert "021" not in repr(ADD)
        outcome.then_asked_again().then_nothing()


def test_a_contact_detail_is_one_thing():
    for detail in (ContactDetail(), ContactDetail(phone="021 123 456", email="a@b.nz")):
        student(STUDENT).when(replace(ADD, detail=detail)).then_refused(NotOneDetail, "detail")


def test_only_an_address_lies_in_a_catchment():
    nowhere = replace(ADD, catchment=CATCHMENT)
    student(STUDENT).when(nowhere).then_refused(OnlyAddressesLieSomewhere, "catchment")


def test_a_student_lives_in_the_catchment_of_the_latest_address_from_its_day_on_BR_33():
    moved = replace(LIVES, contact=UUID(int=62), from_on=date(2026, 3, 1), catchment=catchment_id("C02"))
    (first,), (second,) = student(STUDENT).when(LIVES).events, student(STUDENT).when(moved).events
    lives_in = student(STUDENT, second, first).state.lives_in
    assert lives_in(date(2026, 2, 1)) is None
    assert lives_in(date(2026, 2, 2)) == lives_in(date(2026, 2, 28)) == CATCHMENT
    assert lives_in(date(2026, 3, 1)) == catchment_id("C02")


def test_an_address_lies_in_a_catchment_that_there_is():
    elsewhere = replace(LIVES, catchment=catchment_id("C03"))
    student(STUDENT).when(elsewhere).then_refused(NoSuchCatchment, "catchment")


def test_of_two_addresses_told_for_one_day_the_one_told_last_is_right_BR_33():
    other = replace(LIVES, contact=UUID(int=62), catchment=catchment_id("C02"))
    (first,), (second,) = student(STUDENT).when(LIVES).events, student(STUDENT).when(other).events
    assert student(STUDENT, first, second).state.lives_in(date(2026, 2, 2)) == catchment_id("C02")
    assert student(STUDENT, second, first).state.lives_in(date(2026, 2, 2)) == CATCHMENT


def test_a_dead_address_says_nothing_about_where_a_student_lives_BR_33():
    (lived,) = student(STUDENT).when(LIVES).events
    end = EndContactDetail(contact=LIVES.contact, why=ContactEnd.FOUND_DEAD)
    ended = ContactDetailEnded(contact=LIVES.contact, why=ContactEnd.FOUND_DEAD)
    outcome = student(STUDENT, lived).when(end).then(ended)
    outcome.then_asked_again().then_nothing()
    assert student(STUDENT, lived, ended).state.lives_in(date(2026, 5, 1)) is None
    student(STUDENT).when(end).then_refused(NoSuchContact, "contact")
