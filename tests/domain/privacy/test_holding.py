"""A legal hold keeps everything of a person until it is lifted, whatever was authorised (BR-115)."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter, ValidationError

from domain.authority import NotAllowed
from domain.decision import Actor, Ref
from domain.ids import MINISTRY
from domain.permits import authority
from domain.privacy.disposing import BeginDisposal
from domain.privacy.holding import LegalHoldLifted, LegalHoldPlaced, LiftLegalHold, PlaceLegalHold
from domain.privacy.reach import UnderLegalHold
from domain.sealed import UNKNOWN, DataClass, Sealed
from domain.students.caregiver import Caregiver
from domain.students.caring import CaregiverRegistered
from domain.students.person import NobodyThere
from domain.students.registering import StudentRegistered
from domain.students.student import Student, StudentDetails
from domain.text import PersonName
from domain.users.inviting import InvitationOpened, UserInvited
from domain.users.user import Grant, Role, User, UserDetails
from tests.domain.given import SOMEBODY, STREAM, TODAY, World, world
from tests.domain.privacy.scenes import ANA, HANA, ask, asked, authorised, by, given, reached, register

NAME = PersonName(family_name="Ngata")


def own(value: Any, data_class: DataClass = DataClass.IDENTITY) -> Any:
    return Sealed(STREAM, data_class, value)


PEOPLE: dict[Any, Any] = {
    Student: StudentRegistered(details=own(StudentDetails(name=NAME, born_on=TODAY))),
    Caregiver: CaregiverRegistered(name=own(NAME)),
    User: UserInvited(details=own(UserDetails(name=NAME, email="a@example.nz", login="ana"))),
}
GONE = Sealed[Any](STREAM, DataClass.IDENTITY, lambda: UNKNOWN, lazy=True)
ERASED: dict[Any, Any] = {
    Student: StudentRegistered(details=GONE),
    Caregiver: CaregiverRegistered(name=GONE),
    User: UserInvited(details=GONE),
}
PLACE = PlaceLegalHold(authority="CIV-2026-404-1", reason="A claim against the provider.")
OTHER_HOLD = UUID(int=71)
PLACED_BEFORE = LegalHoldPlaced(hold=OTHER_HOLD, authority="COI-7", reason=own("An inquiry."))


def lift(hold: UUID) -> LiftLegalHold:
    return LiftLegalHold(hold=hold, authority="CIV-2026-404-1", reason="The claim was settled.")


def placed(person: World) -> LegalHoldPlaced:
    (happened,) = person.when(PLACE).events
    assert isinstance(happened, LegalHoldPlaced)
    return happened


of_each = pytest.mark.parametrize("of", PEOPLE, ids=lambda of: of.__name__)


@of_each
def test_a_hold_is_placed_once_under_an_authority_and_answers_which_it_is_BR_115(of):
    person = world(of)(PEOPLE[of])
    outcome = person.when(PLACE)
    hold = placed(person)
    assert hold.authority == "CIV-2026-404-1"
    assert hold.reason.open() == "A claim against the provider."
    assert outcome.decision.answer == {"hold": hold.hold}
    again = outcome.then_asked_again()
    again.then_nothing()
    assert again.decision.answer == {"hold": hold.hold}


@of_each
def test_a_hold_is_lifted_once_under_an_authority_BR_115(of):
    person = world(of)(PEOPLE[of])
    hold = placed(person)
    outcome = world(of)(PEOPLE[of], hold).when(lift(hold.hold))
    (lifted,) = outcome.events
    assert isinstance(lifted, LegalHoldLifted)
    assert (lifted.hold, lifted.authority) == (hold.hold, "CIV-2026-404-1")
    assert lifted.reason.open() == "The claim was settled."
    outcome.then_asked_again().then_nothing()
    assert world(of)(PEOPLE[of], hold, lifted).state == person.state


@of_each
def test_several_holds_stand_on_their_own_and_to_lift_one_leaves_the_others_BR_115(of):
    first = placed(world(of)(PEOPLE[of]))
    second = placed(replace(world(of)(PEOPLE[of], first), command_id=UUID(int=72)))
    assert first.hold != second.hold
    both = world(of)(PEOPLE[of], PLACED_BEFORE, first, second)
    assert set(both.state.legal_holds) == {OTHER_HOLD, first.hold, second.hold}
    (lifted,) = both.when(lift(second.hold)).events
    left = world(of)(*both.events, lifted)
    assert set(left.state.legal_holds) == {OTHER_HOLD, first.hold}
    left.when(lift(second.hold)).then_nothing()


@of_each
def test_to_lift_what_does_not_stand_is_nothing_and_lifts_no_other_BR_115(of):
    world(of)(PEOPLE[of], PLACED_BEFORE).when(lift(UUID(int=73))).then_nothing()
    world(of)(PEOPLE[of]).when(lift(OTHER_HOLD)).then_nothing()


@of_each
def test_nobody_and_nobody_erased_is_held_BR_115(of):
    world(of)().when(PLACE).then_refused(NobodyThere)
    world(of)(ERASED[of]).when(PLACE).then_refused(NobodyThere)
    world(of)().when(lift(OTHER_HOLD)).then_refused(NobodyThere)


def test_an_id_that_stands_for_a_user_holds_nobody_BR_115():
    world(User)(InvitationOpened(user=ANA)).when(PLACE).then_refused(NobodyThere)


@of_each
def test_why_somebody_is_held_is_sealed_and_dies_with_their_identity_BR_115(of):
    """No other key is sure to be there: whoever is known can be held, whatever else of them was destroyed."""
    hold = placed(world(of)(PEOPLE[of]))
    (lifted,) = world(of)(PEOPLE[of], hold).when(lift(hold.hold)).events
    for event in (hold, lifted):
        assert isinstance(event, LegalHoldPlaced | LegalHoldLifted)
        assert "claim" not in repr(event)
        assert event.reason.data_class is DataClass.IDENTITY
        assert STREAM in {event.reason.subject, *event.reason.about}


def test_as_long_as_one_hold_stands_nothing_is_destroyed_BR_115():
    people = register()
    request = asked(people, HANA)
    held = people.holds(Student, HANA)
    held.tell(Ref(Student, HANA), PLACED_BEFORE)
    given(held).by(by(ANA)).when(ask(HANA)).then_refused(UnderLegalHold)
    first, second = held.state(Student, HANA).legal_holds
    held.ask(Student, HANA, lift(first))
    history = (request, authorised(request))
    given(held, *history).when(BeginDisposal()).then_refused(UnderLegalHold)
    held.ask(Student, HANA, lift(second))
    assert given(held, *history).when(BeginDisposal()).events
    assert reached(held, HANA).students == (HANA,)


@pytest.mark.parametrize("field", ["authority", "reason"])
@pytest.mark.parametrize("said", [None, "", "  "])
def test_a_hold_names_its_authority_and_why_BR_115(field, said):
    for command, more in ((PlaceLegalHold, {}), (LiftLegalHold, {"hold": str(OTHER_HOLD)})):
        reader: TypeAdapter[Any] = TypeAdapter(command)
        body = {"authority": "CIV-1", "reason": "A claim.", **more}
        assert reader.validate_strings(body).authority == "CIV-1"
        wrong = {**body, field: said} if said is not None else {name: body[name] for name in body if name != field}
        with pytest.raises(ValidationError) as found:
            reader.validate_strings(wrong)
        assert [each["loc"] for each in found.value.errors()] == [(field,)]


@pytest.mark.parametrize("role", Role)
def test_privacy_officers_alone_place_and_lift_holds_BR_115(role):
    actor = Actor(user=SOMEBODY.user, role=role, organisation=MINISTRY)
    granted = User(grants=(Grant(role=role, organisation=MINISTRY, from_on=TODAY),))
    context = world(Student).by(actor).knowing({Ref(User, actor.user): granted}).context()
    for command in (PLACE, lift(OTHER_HOLD)):
        if role is Role.PRIVACY_OFFICER:
            authority().check(command, Student(), context)
        else:
            with pytest.raises(NotAllowed):
                authority().check(command, Student(), context)
