"""What was recorded of a person before it was corrected is read for a reason that is kept (BR-113)."""

from typing import Any

import pytest

from domain.authority import NotAllowed
from domain.decision import Actor, Ref
from domain.ids import MINISTRY
from domain.permits import authority
from domain.sealed import DataClass, Sealed
from domain.students.caregiver import Caregiver
from domain.students.caring import CaregiverRegistered
from domain.students.disclosing import FormerDetailsRead, ReadFormerDetails
from domain.students.person import NobodyThere
from domain.students.registering import StudentRegistered
from domain.students.student import Student, StudentDetails
from domain.text import PersonName
from domain.users.inviting import UserInvited
from domain.users.user import Grant, Role, User, UserDetails
from tests.domain.given import TODAY, world

NAME = PersonName(family_name="Ngata")


def own(of: Any, value: Any) -> Any:
    return Sealed(world(of).stream, DataClass.IDENTITY, value)


PEOPLE: dict[Any, Any] = {
    Student: StudentRegistered(details=own(Student, StudentDetails(name=NAME, born_on=TODAY))),
    Caregiver: CaregiverRegistered(name=own(Caregiver, NAME)),
    User: UserInvited(details=own(User, UserDetails(name=NAME, email="a@example.nz", login="ana"))),
}
READ = ReadFormerDetails(reason="Whānau asked.")


@pytest.mark.parametrize("of", PEOPLE)
def test_that_it_was_read_and_why_is_recorded_each_time_BR_113(of):
    person = world(of)(PEOPLE[of])
    (happened,) = person.when(READ).events
    before = person.state
    assert happened == FormerDetailsRead(reason=Sealed(world(of).stream, DataClass.NARRATIVE, "Whānau asked."))
    assert happened.evolve(before) is before


@pytest.mark.parametrize("of", PEOPLE)
def test_of_nobody_nothing_is_read(of):
    world(of)().when(READ).then_refused(NobodyThere)


@pytest.mark.parametrize("role", Role)
def test_the_privacy_officer_alone_reads_what_was_corrected_BR_113(role):
    actor = Actor(user=world(Student).stream, role=role, organisation=MINISTRY)
    held = User(grants=(Grant(role=role, organisation=MINISTRY, from_on=TODAY),))
    context = world(Student).by(actor).knowing({Ref(User, actor.user): held}).context()
    if role is Role.PRIVACY_OFFICER:
        authority().check(READ, Student(), context)
    else:
        with pytest.raises(NotAllowed):
            authority().check(READ, Student(), context)
