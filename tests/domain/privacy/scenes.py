"""A register of children, caregivers and users, made by what people ask of the domain; and who disposes of whom."""

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from domain.cases.case import active_case_of
from domain.codesets.code_set import CodeEntry, CodeSet
from domain.decision import Actor, Claim, Event, Holder, Ref, Refused
from domain.ids import MINISTRY, code_set_id
from domain.privacy.disposal import Disposal, Order, People
from domain.privacy.disposing import AskForDisposal, DisposalAskedFor, DisposalAuthorised
from domain.privacy.holding import PlaceLegalHold
from domain.sealed import UNKNOWN, DataClass, Sealed
from domain.students.caregiver import Caregiver
from domain.students.caring import LinkCaregiver, RegisterCaregiver, Tie, UnlinkCaregiver
from domain.students.identity import nsn_claim
from domain.students.merging import MergeNsn
from domain.students.registering import RegisterStudent
from domain.students.student import Student, StudentDetails
from domain.text import PersonName
from domain.users.granting import UserRoleGranted
from domain.users.inviting import InviteUser
from domain.users.user import Grant, Role, User, UserDetails
from tests.domain.given import COMMAND_ID, TODAY, Outcome, World, fold, note, world

DAY = timedelta(days=1)
HANA, HEMI, TAMA, MOANA = (UUID(int=number) for number in (101, 102, 103, 104))
"""Children; who of them are siblings or one child is told in each test."""

MERE, NAN, KORO = (UUID(int=number) for number in (201, 202, 203))
"""Caregivers."""

ANA, BELL, CARA, PITA = (UUID(int=number) for number in (301, 302, 303, 304))
"""Three Privacy Officers, and a user with no role."""

DISPOSAL = UUID(int=401)
LAST_DAY = TODAY + 14 * DAY
NAMES = {HANA: "1001", HEMI: "1002", TAMA: "1003", MOANA: "1004"}
REASON = "Registered by mistake."


def by(user: UUID) -> Actor:
    return Actor(user=user, role=Role.PRIVACY_OFFICER, organisation=MINISTRY)


def officer(to_on: date | None = None) -> UserRoleGranted:
    """That somebody is a Privacy Officer, for a time or for good."""
    return UserRoleGranted(grant=Grant(role=Role.PRIVACY_OFFICER, organisation=MINISTRY, from_on=TODAY, to_on=to_on))


@dataclass
class Register:
    """Everybody's streams, and who holds which number or case."""

    streams: dict[Ref, tuple[Event, ...]] = field(default_factory=dict)
    lists: dict[Ref, Any] = field(default_factory=dict)
    holders: dict[Claim, Holder] = field(default_factory=dict)

    def ask(self, of: Any, stream: UUID, command: Any, command_id: UUID = COMMAND_ID) -> Outcome:
        """Have something decided of somebody as they stand, and let it have happened."""
        ref = Ref(of, stream)
        person = self.around(world(of)(*self.streams.get(ref, ()))).at(stream)
        outcome = replace(person, command_id=command_id).when(command)
        for part in outcome.decision.parts:
            self.tell(part.stream, *part.events)
        self.holders |= {claim: Holder(who, held=True) for claim, who in outcome.decision.take.items()}
        return outcome

    def tell(self, ref: Ref, *events: Event) -> None:
        self.streams[ref] = (*self.streams.get(ref, ()), *events)

    def state(self, of: Any, who: UUID) -> Any:
        """How somebody stands."""
        return fold(of, self.streams.get(Ref(of, who), ()))

    def around(self, of: World) -> World:
        return replace(of, facts={**of.facts, **self.lists, **self.streams}, holders=dict(self.holders))

    def cares(self, caregiver: UUID, *children: UUID) -> "Register":
        for child in children:
            self.ask(Student, child, LinkCaregiver(caregiver=caregiver, tie=Tie(relation="NAN")))
        return self

    def cares_no_more(self, caregiver: UUID, *children: UUID) -> "Register":
        for child in children:
            self.ask(Student, child, UnlinkCaregiver(caregiver=caregiver))
        return self

    def merges(self, child: UUID, master: UUID) -> "Register":
        """Let a child turn out to be another one."""
        self.ask(Student, child, MergeNsn(master=NAMES[master]))
        return self

    def holds(self, of: Any, person: UUID) -> "Register":
        """Place a legal hold."""
        self.ask(of, person, PlaceLegalHold(authority="CIV-1", reason="A claim."))
        return self

    def works(self, child: UUID, *, active: bool = True) -> "Register":
        """Let a child have a case, active or closed."""
        self.holders[active_case_of(child)] = Holder(UUID(int=child.int + 1000), held=active)
        return self

    def erases(self, *people: UUID) -> "Register":
        """Destroy the identity of people: what was sealed with it is unknown, and what they claimed is free."""
        self.streams = {ref: tuple(_forgotten(event, people) for event in told) for ref, told in self.streams.items()}
        for claim in [nsn_claim(NAMES[each]) for each in people if each in NAMES]:
            self.holders.pop(claim, None)
        return self

    def grants(self, user: UUID, role: Role, from_on: date = TODAY, to_on: date | None = None) -> "Register":
        granted = Grant(role=role, organisation=MINISTRY, from_on=from_on, to_on=to_on)
        self.tell(Ref(User, user), UserRoleGranted(grant=granted))
        return self


def _forgotten(event: Event, people: tuple[UUID, ...]) -> Event:
    fields: dict[str, Any] = {name: getattr(event, name) for name in getattr(event, "__slots__", ())}
    gone: dict[str, Any] = {
        name: Sealed(value.subject, value.data_class, lambda: UNKNOWN, lazy=True)
        for name, value in fields.items()
        if isinstance(value, Sealed) and value.subject in people and value.data_class is DataClass.IDENTITY
    }
    return replace(event, **gone)  # type: ignore[type-var]  # every event is a dataclass


def register() -> Register:
    """Four children, three caregivers of nobody, three officers and a user."""
    made = Register()
    relations = CodeSet(codes=(CodeEntry(code="NAN", label_en="Grandmother"),))
    made.lists[Ref(CodeSet, code_set_id("Relation"))] = relations
    name = PersonName(family_name="Ngata")
    for child, nsn in NAMES.items():
        details = StudentDetails(name=name, born_on=date(2015, 3, 1), nsn=nsn)
        made.ask(Student, child, RegisterStudent(details=details))
    for caregiver in (MERE, NAN, KORO):
        made.ask(Caregiver, caregiver, RegisterCaregiver(name=name))
    for user in (ANA, BELL, CARA, PITA):
        login = UserDetails(name=name, email="a@example.nz", login=f"esl|{user.int}")
        made.ask(User, user, InviteUser(details=login), UUID(int=user.int))
    for user in (ANA, BELL, CARA):
        made.tell(Ref(User, user), officer())
    return made


def given(people: Register, *events: Event) -> World:
    """What has happened to a disposal, among these people."""
    return people.around(world(Disposal)(*events)).at(DISPOSAL)


def ask(person: UUID, **more: Any) -> AskForDisposal:
    return AskForDisposal(person=person, authority="DA 712", disposal_class="3.2", reason=REASON, **more)


def asked(people: Register, person: UUID, **more: Any) -> DisposalAskedFor:
    """What comes of it that Ana asks."""
    (happened,) = given(people).by(by(ANA)).when(ask(person, **more)).events
    assert isinstance(happened, DisposalAskedFor)
    return happened


def reached(people: Register, person: UUID, **more: Any) -> People:
    """Whom a disposal is of."""
    return asked(people, person, **more).order.people


def authorised(request: DisposalAskedFor) -> DisposalAuthorised:
    """That Bell authorised what Ana asked for."""
    order: Order = request.order
    return DisposalAuthorised(
        people=order.people, classes=order.classes, authority=order.authority, disposal_class=order.disposal_class,
        asked_by=ANA, authorised_by=BELL,
    )  # fmt: skip


def why(reason: str, *about: UUID) -> Sealed[Any]:
    """What was written of why, as a disposal of these people seals it."""
    return note(reason, DataClass.IDENTITY, DISPOSAL, about=about, stream=DISPOSAL)


def refused(outcome: Outcome) -> type[Refused] | None:
    """By what a command was refused, if it was."""
    return type(outcome.what) if isinstance(outcome.what, Refused) else None
