"""Registering, correcting and merging students."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from domain.codesets.code_set import CodeEntry, CodeSet, UnknownCode
from domain.decision import Actor, Claim, Ref
from domain.ids import code_set_id
from domain.sealed import UNKNOWN, DataClass, Sealed
from domain.students.correcting import CorrectStudentDetails, NsnIsOfTheRoll, NsnOfAnother, StudentDetailCorrected
from domain.students.identity import BornInTheFuture, BornTooLongAgo, nsn_claim
from domain.students.merging import MergedInACircle, MergeNsn, NoNsn, NsnAliasAdded, NsnMerged, NsnReplaced
from domain.students.registering import RegisterStudent, StudentRegistered
from domain.students.student import NoSuchStudent, Student, StudentDetails, StudentForgotten
from domain.text import PersonName
from domain.users.user import Role
from tests.domain.given import STREAM, TODAY, world

given = world(Student)
OTHER = UUID(int=77)
DETAILS = StudentDetails(name=PersonName(family_name="Ngata"), born_on=date(2015, 3, 1), nsn="123456789")
REGISTERED = StudentRegistered(details=Sealed(STREAM, DataClass.IDENTITY, DETAILS))
REGISTER = RegisterStudent(details=DETAILS)
OURS = {nsn_claim("123456789"): STREAM}
MASTER = {nsn_claim("987654321"): OTHER}
THEIR_DETAILS = replace(DETAILS, nsn="987654321")
THERE = {Ref(Student, OTHER): [StudentRegistered(details=Sealed(OTHER, DataClass.IDENTITY, THEIR_DETAILS))]}
LAST = StudentRegistered(details=Sealed(UUID(int=88), DataClass.IDENTITY, replace(DETAILS, nsn="555")))


def forgotten(event):
    return replace(event, details=Sealed(STREAM, DataClass.IDENTITY, lambda: UNKNOWN, lazy=True))


def test_a_student_is_registered_with_details_sealed_under_their_own_key():
    outcome = given().when(REGISTER).then(REGISTERED)
    assert outcome.decision.take == OURS
    assert outcome.decision.answer == {"student": STREAM}


def test_the_same_nsn_registers_once_and_answers_who_it_is_BR_117():
    outcome = given().claimed({nsn_claim("123456789"): OTHER}).when(REGISTER)
    outcome.then_nothing()
    assert outcome.decision.answer == {"student": OTHER}
    assert outcome.decision.take == {}


def test_zeros_in_front_make_no_other_nsn():
    padded = replace(DETAILS, nsn="0123456789")
    outcome = given().claimed({nsn_claim("123456789"): OTHER}).when(RegisterStudent(details=padded))
    assert outcome.decision.answer == {"student": OTHER}


def test_an_nsn_that_nobody_has_any_more_can_be_registered():
    outcome = given().claimed({nsn_claim("123456789"): OTHER}, held=False).when(REGISTER)
    outcome.then(REGISTERED)


def test_registering_twice_makes_one_student():
    again = given().when(REGISTER).then_asked_again()
    again.then_nothing()
    assert again.decision.answer == {"student": STREAM}


def test_students_without_an_nsn_claim_nothing():
    outcome = given().when(RegisterStudent(details=replace(DETAILS, nsn=None)))
    assert len(outcome.events) == 1
    assert outcome.decision.take == {}


def test_nobody_is_registered_before_they_are_born():
    today = replace(DETAILS, born_on=TODAY)
    assert given().when(RegisterStudent(details=today)).events
    tomorrow = replace(DETAILS, born_on=date(2026, 5, 5))
    given().when(RegisterStudent(details=tomorrow)).then_refused(BornInTheFuture, "born_on")


def test_a_birth_date_of_last_century_is_a_slip():
    assert given().when(RegisterStudent(details=replace(DETAILS, born_on=date(1996, 1, 1)))).events
    old = replace(DETAILS, born_on=date(1995, 12, 31))
    given().when(RegisterStudent(details=old)).then_refused(BornTooLongAgo, "born_on")


def test_gender_and_ethnicity_are_codes_of_their_lists():
    listed = {Ref(CodeSet, code_set_id("Gender")): CodeSet(codes=(CodeEntry(code="31", label_en="Another"),))}
    known = RegisterStudent(details=replace(DETAILS, gender="31"))
    assert given().knowing(listed).when(known).events
    given().when(known).then_refused(UnknownCode, "gender")
    unknown = RegisterStudent(details=replace(DETAILS, ethnicities=("21111",)))
    given().when(unknown).then_refused(UnknownCode, "ethnicities")


def test_the_nsn_and_the_name_never_show_in_what_could_be_logged_BR_117():
    for thing in (REGISTER, REGISTERED, DETAILS, MergeNsn(master="123456789")):
        assert "123456789" not in repr(thing)
        assert "Ngata" not in repr(thing)


RIGHT = replace(DETAILS, born_on=date(2015, 3, 2))
CORRECT = CorrectStudentDetails(details=RIGHT, reason="The birth certificate says so.")


def test_a_correction_supersedes_and_names_the_fields_BR_113():
    given(REGISTERED).claimed(OURS).when(CORRECT).then(
        StudentDetailCorrected(
            details=Sealed(STREAM, DataClass.IDENTITY, RIGHT),
            reason=Sealed(STREAM, DataClass.NARRATIVE, "The birth certificate says so."),
            changed=("born_on",),
        )
    )


def test_correcting_twice_makes_one_fact():
    given(REGISTERED).claimed(OURS).when(CORRECT).then_asked_again().then_nothing()


def test_a_corrected_nsn_releases_the_wrong_one():
    right = replace(DETAILS, nsn="555")
    outcome = given(REGISTERED).claimed(OURS).when(CorrectStudentDetails(details=right, reason="Typed wrong."))
    assert outcome.decision.take == {nsn_claim("555"): STREAM}
    assert outcome.decision.release == (nsn_claim("123456789"),)


def test_an_nsn_of_another_student_cannot_be_taken_by_a_correction():
    command = CorrectStudentDetails(details=replace(DETAILS, nsn="987654321"), reason="Found it.")
    given(REGISTERED).claimed(MASTER).when(command).then_refused(NsnOfAnother, "nsn")


@pytest.mark.parametrize("role", [Role.CASE_MANAGER, Role.WORKFLOW_LEAD, Role.CIT_OFFICER])
def test_whoever_does_not_see_every_student_learns_of_no_nsn_whether_it_is_known(role):
    world_ = given(REGISTERED).by(Actor(user=UUID(int=5), role=role, organisation=UUID(int=6)))
    for claims in (MASTER, {}):
        for nsn in ("987654321", "0123456789"):
            command = CorrectStudentDetails(details=replace(DETAILS, nsn=nsn), reason="Found it.")
            world_.claimed(claims).when(command).then_refused(NsnIsOfTheRoll, "nsn")
    kept = world_.claimed(OURS).when(CorrectStudentDetails(details=replace(RIGHT, nsn=None), reason="Misspelt."))
    (event,) = kept.events
    assert isinstance(event, StudentDetailCorrected)
    known = event.details.open()
    assert isinstance(known, StudentDetails)
    assert known.nsn == DETAILS.nsn
    assert (kept.decision.take, kept.decision.release) == ({}, ())


def test_a_privacy_officer_corrects_an_nsn_and_is_told_if_it_is_anothers():
    officer = Actor(user=UUID(int=5), role=Role.PRIVACY_OFFICER, organisation=UUID(int=6))
    command = CorrectStudentDetails(details=replace(DETAILS, nsn="987654321"), reason="Found it.")
    assert given(REGISTERED).by(officer).claimed(OURS).when(command).events
    given(REGISTERED).by(officer).claimed(MASTER).when(command).then_refused(NsnOfAnother, "nsn")


def test_nobody_can_be_corrected_who_is_not_there_or_is_forgotten():
    given().when(CORRECT).then_refused(NoSuchStudent)
    given(forgotten(REGISTERED)).when(CORRECT).then_refused(StudentForgotten)


def test_merging_nsns_makes_the_old_one_an_alias_and_moves_no_history_BR_118():
    outcome = given(REGISTERED).knowing(THERE).claimed({**OURS, **MASTER}).when(MergeNsn(master="987654321"))
    outcome.then(NsnMerged(master=OTHER))
    assert outcome.events_of(Ref(Student, OTHER)) == (NsnAliasAdded(alias=STREAM),)
    assert len(outcome.decision.parts) == 2
    assert outcome.decision.release == ()
    assert outcome.decision.answer == {"master": OTHER}
    outcome.then_asked_again().then_nothing()


def test_both_students_know_of_each_other_once_they_are_merged_BR_118():
    assert given(REGISTERED, NsnMerged(master=OTHER)).state.merged_into == OTHER
    master = given(REGISTERED, NsnAliasAdded(alias=OTHER), NsnAliasAdded(alias=UUID(int=88))).state
    assert (master.aliases, master.merged_into) == ((OTHER, UUID(int=88)), None)
    assert master.details == REGISTERED.details


def test_a_student_is_merged_into_the_last_of_a_chain_who_is_told_of_it_BR_118():
    last = UUID(int=88)
    chain = {Ref(Student, OTHER): [*THERE[Ref(Student, OTHER)], NsnMerged(master=last)], Ref(Student, last): [LAST]}
    outcome = given(REGISTERED).knowing(chain).claimed({**OURS, **MASTER}).when(MergeNsn(master="987654321"))
    outcome.then(NsnMerged(master=last))
    assert outcome.events_of(Ref(Student, last)) == (NsnAliasAdded(alias=STREAM),)
    assert outcome.events_of(Ref(Student, OTHER)) == ()


def test_whoever_asks_by_the_alias_is_told_the_master_BR_118():
    merged = {Ref(Student, OTHER): Student(merged_into=UUID(int=88))}
    outcome = given().claimed({nsn_claim("123456789"): OTHER}).knowing(merged).when(REGISTER)
    assert outcome.decision.answer == {"student": UUID(int=88)}


def test_a_master_number_that_nobody_has_becomes_the_students_own_BR_118():
    outcome = given(REGISTERED).claimed(OURS).when(MergeNsn(master="987654321"))
    new = Sealed(STREAM, DataClass.IDENTITY, replace(DETAILS, nsn="987654321"))
    outcome.then(NsnReplaced(details=new))
    assert len(outcome.decision.parts) == 1
    assert outcome.decision.take == {nsn_claim("987654321"): STREAM}
    assert outcome.decision.release == ()
    outcome.then_asked_again().then_nothing()


def test_two_students_are_not_merged_into_each_other_BR_118():
    merged = {Ref(Student, OTHER): Student(merged_into=STREAM)}
    world_ = given(REGISTERED).claimed({**OURS, **MASTER}).knowing(merged)
    world_.when(MergeNsn(master="987654321")).then_refused(MergedInACircle)


def test_without_an_nsn_there_is_nothing_to_merge():
    bare = StudentRegistered(details=Sealed(STREAM, DataClass.IDENTITY, replace(DETAILS, nsn=None)))
    given(bare).when(MergeNsn(master="987654321")).then_refused(NoNsn)


def test_nobody_knows_when_a_student_whose_key_was_destroyed_was_born():
    assert given(forgotten(REGISTERED)).state.born_on() is UNKNOWN
    assert Student().born_on() is UNKNOWN


def test_a_claim_names_no_student_in_a_key_of_another_kind():
    assert nsn_claim("7") == Claim("nsn", "7")
