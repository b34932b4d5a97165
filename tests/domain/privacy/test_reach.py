"""Whom a disposal takes along, and what forbids it: nobody is erased whom two officers did not agree to (BR-115)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.decision import Refused
from domain.privacy.disposal import People
from domain.privacy.disposing import AuthoriseDisposal, BeginDisposal
from domain.privacy.reach import CaseStillWorked, OthersConcernedNow, StillHoldsRoles, UnderLegalHold
from domain.sealed import DataClass
from domain.students.caregiver import Caregiver
from domain.students.student import Student
from domain.users.user import Role, User
from tests.domain.given import TODAY
from tests.domain.privacy import scenes
from tests.domain.privacy.scenes import (
    ANA,
    BELL,
    DAY,
    HANA,
    HEMI,
    KORO,
    MERE,
    MOANA,
    NAN,
    PITA,
    TAMA,
    Register,
    ask,
    asked,
    authorised,
    by,
    reached,
    register,
)

CHILDREN, CAREGIVERS = (HANA, HEMI, TAMA, MOANA), (MERE, NAN, KORO)
CHAIN = ((HANA, HEMI), (HEMI, TAMA))
ALL_BUT_IDENTITY = tuple(each for each in DataClass if each is not DataClass.IDENTITY)


@pytest.mark.parametrize("named", [HANA, HEMI, TAMA])
@pytest.mark.parametrize("order", [CHAIN, CHAIN[::-1]], ids=["up the chain", "down the chain"])
def test_a_child_is_erased_under_every_merged_number_whichever_was_named_BR_115_BR_118(named, order):
    people = register()
    for child, master in order:
        people.merges(child, master)
    assert reached(people, named) == People(students=(HANA, HEMI, TAMA))
    assert reached(people, MOANA) == People(students=(MOANA,))


@pytest.mark.parametrize("named", CHILDREN)
def test_two_numbers_with_one_master_are_one_child_BR_115_BR_118(named):
    people = register().merges(HANA, TAMA).merges(HEMI, TAMA).merges(TAMA, MOANA)
    assert reached(people, named).students == CHILDREN


def test_a_number_that_is_merged_again_elsewhere_belongs_to_the_same_child_whichever_was_named_BR_115_BR_118():
    people = register().merges(HANA, HEMI).merges(HANA, TAMA)
    found = {named: reached(people, named).students for named in (HANA, HEMI, TAMA)}
    assert {HANA, TAMA} <= set(found[HANA])
    for students in found.values():
        assert all(found[each] == students for each in students), found


def test_each_number_is_erased_with_the_caregivers_of_the_others_BR_115_BR_118():
    people = register().cares(MERE, HANA).cares(NAN, HEMI).merges(HANA, HEMI)
    both = People(students=(HANA, HEMI), caregivers=(MERE, NAN))
    assert reached(people, HANA) == reached(people, HEMI) == both


def test_a_caregiver_of_nobody_else_goes_along_if_asked_BR_115():
    people = register().cares(MERE, HANA).cares(NAN, HANA)
    assert reached(people, HANA).caregivers == (MERE, NAN)
    assert reached(people, HANA, caregivers_too=False).caregivers == ()


def test_a_caregiver_of_a_sibling_who_is_known_stays_BR_115():
    assert reached(register().cares(MERE, HANA, HEMI), HANA).caregivers == ()


def test_a_caregiver_goes_along_with_the_last_of_the_siblings_BR_115():
    people = register().cares(MERE, HANA, HEMI, TAMA).erases(HEMI)
    assert reached(people, HANA).caregivers == ()
    assert reached(people.erases(TAMA), HANA).caregivers == (MERE,)


def test_a_caregiver_who_once_cared_for_the_child_and_for_nobody_now_goes_along_BR_115():
    assert reached(register().cares(MERE, HANA).cares_no_more(MERE, HANA), HANA).caregivers == (MERE,)
    again = register().cares(MERE, HANA).cares_no_more(MERE, HANA).cares(MERE, HANA)
    assert reached(again, HANA).caregivers == (MERE,)


def test_a_caregiver_who_once_cared_for_the_child_and_for_another_now_stays_BR_115():
    people = register().cares(MERE, HANA, HEMI).cares_no_more(MERE, HANA)
    assert reached(people, HANA).caregivers == ()
    assert reached(people, HEMI).caregivers == (MERE,)


def test_a_caregiver_who_was_erased_is_not_named_again_BR_115():
    assert reached(register().cares(MERE, HANA).cares(NAN, HANA).erases(MERE), HANA).caregivers == (NAN,)


def test_a_caregiver_of_the_child_under_another_number_only_is_a_caregiver_of_nobody_else_BR_115_BR_118():
    people = register().cares(MERE, HANA, HEMI).merges(HANA, HEMI)
    assert reached(people, HANA) == People(students=(HANA, HEMI), caregivers=(MERE,))


def test_a_sibling_who_is_known_by_a_number_that_was_merged_keeps_the_caregiver_BR_115_BR_118():
    people = register().cares(MERE, HANA, HEMI).merges(HEMI, TAMA)
    assert reached(people, HANA).caregivers == ()


def test_caregivers_of_others_have_nothing_to_do_with_it_BR_115():
    assert reached(register().cares(MERE, HEMI), HANA) == People(students=(HANA,))


def test_unless_who_they_are_is_destroyed_nobody_goes_along_and_a_case_is_no_obstacle_BR_115():
    people = register().cares(MERE, HANA).works(HANA).holds(Caregiver, MERE)
    assert reached(people, HANA, classes=ALL_BUT_IDENTITY) == People(students=(HANA,))
    assert not asked(people, HANA, classes=ALL_BUT_IDENTITY).order.takes_caregivers
    holder = register().grants(PITA, Role.NATIONAL_ANALYST)
    assert reached(holder, PITA, classes=ALL_BUT_IDENTITY) == People(users=(PITA,))


@pytest.mark.parametrize("worked", [HANA, HEMI, TAMA])
@pytest.mark.parametrize("named", [HANA, HEMI, TAMA])
def test_a_child_whose_case_is_active_under_any_number_stays_known_BR_115_BR_118(named, worked):
    people = register().merges(HANA, HEMI).merges(HEMI, TAMA)
    scenes.given(people.works(worked)).by(by(ANA)).when(ask(named)).then_refused(CaseStillWorked)
    only = ask(named, classes=(DataClass.IDENTITY,))
    scenes.given(people).by(by(ANA)).when(only).then_refused(CaseStillWorked)
    assert reached(people.works(worked, active=False), named).students == (HANA, HEMI, TAMA)


def test_the_case_of_a_sibling_is_no_obstacle_BR_115():
    assert reached(register().cares(MERE, HANA, HEMI).works(HEMI), HANA) == People(students=(HANA,))


def test_a_user_who_holds_a_role_today_stays_known_BR_115():
    for to_on in (None, TODAY):
        held = register().grants(PITA, Role.NATIONAL_ANALYST, to_on=to_on)
        scenes.given(held).by(by(ANA)).when(ask(PITA)).then_refused(StillHoldsRoles)
    over = register().grants(PITA, Role.NATIONAL_ANALYST, from_on=TODAY - 9 * DAY, to_on=TODAY - DAY)
    assert reached(over, PITA) == People(users=(PITA,))


@dataclass(frozen=True)
class Change:
    """What may happen while two people agree: to which family, to what disposal of whom, and why it is refused then."""

    before: Callable[[Register], Register]
    after: Callable[[Register], Register]
    refusal: type[Refused]
    person: UUID = HANA
    more: dict[str, Any] = field(default_factory=dict)


def nothing(people: Register) -> Register:
    return people


def cared_for(people: Register) -> Register:
    return people.cares(MERE, HANA)


def siblings(people: Register) -> Register:
    return people.cares(MERE, HANA, HEMI)


def merged(people: Register) -> Register:
    return people.merges(HANA, HEMI)


HOLDS: dict[str, Change] = {
    "a hold on the child": Change(nothing, lambda people: people.holds(Student, HANA), UnderLegalHold),
    "a hold on a number merged into it": Change(
        lambda people: people.merges(HEMI, HANA), lambda people: people.holds(Student, HEMI), UnderLegalHold
    ),
    "a hold on its master": Change(merged, lambda people: people.holds(Student, HEMI), UnderLegalHold),
    "a hold on a caregiver": Change(cared_for, lambda people: people.holds(Caregiver, MERE), UnderLegalHold),
    "a hold on the caregiver named": Change(
        nothing, lambda people: people.holds(Caregiver, MERE), UnderLegalHold, person=MERE
    ),
    "a hold on the user named": Change(nothing, lambda people: people.holds(User, PITA), UnderLegalHold, person=PITA),
    "a hold where notes only are destroyed": Change(
        nothing, lambda people: people.holds(Student, HANA), UnderLegalHold, more={"classes": (DataClass.NARRATIVE,)}
    ),
    "a hold on a number where notes only are destroyed": Change(
        merged, lambda people: people.holds(Student, HEMI), UnderLegalHold, more={"classes": (DataClass.NARRATIVE,)}
    ),
}
OBSTACLES: dict[str, Change] = {
    "a case of the child": Change(nothing, lambda people: people.works(HANA), CaseStillWorked),
    "a case under another number": Change(merged, lambda people: people.works(HEMI), CaseStillWorked),
    "a role of the user": Change(
        nothing, lambda people: people.grants(PITA, Role.NATIONAL_ANALYST), StillHoldsRoles, person=PITA
    ),
}
OTHERS: dict[str, Change] = {
    "a caregiver was linked": Change(cared_for, lambda people: people.cares(NAN, HANA), OthersConcernedNow),
    "a caregiver came to care for a sibling": Change(
        cared_for, lambda people: people.cares(MERE, HEMI), OthersConcernedNow
    ),
    "a caregiver does not care for a sibling any more": Change(
        siblings, lambda people: people.cares_no_more(MERE, HEMI), OthersConcernedNow
    ),
    "a sibling was erased": Change(siblings, lambda people: people.erases(HEMI), OthersConcernedNow),
    "the child was merged into another": Change(nothing, merged, OthersConcernedNow),
    "another was merged into the child": Change(nothing, lambda people: people.merges(HEMI, HANA), OthersConcernedNow),
    "the master was merged into another": Change(merged, lambda people: people.merges(HEMI, TAMA), OthersConcernedNow),
    "another was merged into the master": Change(merged, lambda people: people.merges(TAMA, HEMI), OthersConcernedNow),
    "another number brought its caregiver": Change(lambda people: people.cares(MERE, HEMI), merged, OthersConcernedNow),
    "it was merged where notes only are destroyed": Change(
        nothing, merged, OthersConcernedNow, more={"classes": (DataClass.NARRATIVE,)}
    ),
    "it was merged where no caregiver goes along": Change(
        nothing, merged, OthersConcernedNow, more={"caregivers_too": False}
    ),
}
CHANGES = HOLDS | OBSTACLES | OTHERS


@pytest.mark.parametrize("what", HOLDS | OBSTACLES)
def test_what_forbids_it_refuses_the_asking_BR_115(what):
    change = CHANGES[what]
    people = change.after(change.before(register()))
    outcome = scenes.given(people).by(by(ANA)).when(ask(change.person, **change.more))
    outcome.then_refused(change.refusal)


@pytest.mark.parametrize("what", CHANGES)
def test_what_forbids_it_or_whom_it_concerns_is_looked_at_again_when_it_is_authorised_BR_115(what):
    change = CHANGES[what]
    people = change.before(register())
    request = asked(people, change.person, **change.more)
    same = scenes.given(people, request).by(by(BELL)).when(AuthoriseDisposal())
    same.then(authorised(request))
    scenes.given(change.after(people), request).by(by(BELL)).when(AuthoriseDisposal()).then_refused(change.refusal)


@pytest.mark.parametrize("what", CHANGES)
def test_what_forbids_it_or_whom_it_concerns_is_looked_at_again_when_it_is_begun_BR_115(what):
    change = CHANGES[what]
    people = change.before(register())
    request = asked(people, change.person, **change.more)
    history = (request, authorised(request))
    assert scenes.given(people, *history).when(BeginDisposal()).events
    scenes.given(change.after(people), *history).when(BeginDisposal()).then_refused(change.refusal)


def test_what_changes_nobody_who_goes_along_is_no_obstacle_BR_115():
    people = cared_for(register())
    request = asked(people, HANA)
    people.cares_no_more(MERE, HANA).cares(NAN, HEMI).merges(HEMI, TAMA).works(HEMI)
    history = (request, authorised(request))
    scenes.given(people, request).by(by(BELL)).when(AuthoriseDisposal()).then(authorised(request))
    assert scenes.given(people, *history).when(BeginDisposal()).events


@pytest.mark.parametrize("more", [{"caregivers_too": False}, {"classes": ALL_BUT_IDENTITY}])
def test_where_no_caregiver_goes_along_another_one_is_no_obstacle_BR_115(more):
    people = cared_for(register())
    request = asked(people, HANA, **more)
    people.cares(NAN, HANA).holds(Caregiver, MERE)
    assert scenes.given(people, request, authorised(request)).when(BeginDisposal()).events


def one_child(merges: Iterable[tuple[UUID, UUID]]) -> dict[UUID, set[UUID]]:
    """Which numbers are one child, worked out from the merges alone."""
    groups = {child: {child} for child in CHILDREN}
    for pair in merges:
        joined = groups[pair[0]] | groups[pair[1]]
        groups |= dict.fromkeys(joined, joined)
    return groups


class Story:
    """What happened to a few people, and whom a disposal would take, told a second time and more simply."""

    def __init__(self) -> None:
        self.people = register()
        self.ties: set[tuple[UUID, UUID]] = set()
        self.ever: set[tuple[UUID, UUID]] = set()
        self.merges: list[tuple[UUID, UUID]] = []
        self.erased: set[UUID] = set()

    def happens(self, what: str, one: UUID, other: UUID, caregiver: UUID) -> None:
        if what == "care" and not {one, caregiver} & self.erased:
            self.people.cares(caregiver, one)
            self.ties.add((caregiver, one))
            self.ever.add((caregiver, one))
        elif what == "care no more":
            self.people.cares_no_more(caregiver, one)
            self.ties.discard((caregiver, one))
        elif what == "merge" and self._can_merge(one, other):
            self.people.merges(one, other)
            self.merges.append((one, other))
        elif what == "erase":
            self._erase(one)

    def _can_merge(self, one: UUID, other: UUID) -> bool:
        """Each number once, and never two that are one already."""
        groups = one_child(self.merges)
        return one not in dict(self.merges) and other not in groups[one] and not (groups[one] | {other}) & self.erased

    def _erase(self, child: UUID) -> None:
        whom = self.expected(child)
        self.people.erases(*whom.students, *whom.caregivers)
        self.erased |= {*whom.all}

    def expected(self, child: UUID) -> People:
        students = one_child(self.merges)[child]
        orphans = {
            caregiver
            for caregiver, cared in self.ever
            if cared in students
            and caregiver not in self.erased
            and not any(c == caregiver and s not in students and s not in self.erased for c, s in self.ties)
        }
        return People(students=tuple(sorted(students)), caregivers=tuple(sorted(orphans)))


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["care", "care", "care", "care no more", "merge", "merge", "erase"]),
        st.sampled_from(CHILDREN),
        st.sampled_from(CHILDREN),
        st.sampled_from(CAREGIVERS),
    ),
    max_size=14,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=STEPS)
def test_whatever_happened_to_a_family_the_same_people_go_whichever_number_is_named_BR_115_BR_118(steps):
    story = Story()
    for step in steps:
        story.happens(*step)
    for child in CHILDREN:
        assert reached(story.people, child) == story.expected(child)
