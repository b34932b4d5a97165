"""Escalating: one administrator alone comes to nothing that takes two, whatever she asks as whomever she controls."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from random import Random
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import registry
from domain.codesets.code_set import CodeEntry, CodeSet
from domain.decision import Actor, Claim, Decision, Holder, Part, Ref, Refused
from domain.ids import MINISTRY, code_set_id
from domain.permits import authority
from domain.policies.policy import SERVICE_POLICY, Policy, PolicyValues
from domain.privacy.holding import LiftLegalHold, PlaceLegalHold
from domain.providers.provider import Provider
from domain.rights import NEED_TWO
from domain.schools.school import School
from domain.students.caregiver import Caregiver
from domain.students.caring import CorrectCaregiverName, LinkCaregiver, RegisterCaregiver, Tie, UnlinkCaregiver
from domain.students.contacting import AddContactDetail, ContactDetail, ContactEnd, EndContactDetail
from domain.students.correcting import CorrectStudentDetails
from domain.students.disclosing import ReadFormerDetails
from domain.students.enrolling import RecordEnrolment, RecordWithdrawal
from domain.students.merging import MergeNsn
from domain.students.registering import RegisterStudent
from domain.students.student import Student, StudentDetails
from domain.text import PersonName
from domain.users.approval import Approval, ApprovalStatus
from domain.users.approving import Approve
from domain.users.granting import GrantRole, NotARoleOfThisOrganisation, RevokeRole
from domain.users.inviting import InviteUser, login_claim
from domain.users.training import RecordTrainingPassed
from domain.users.user import PROVIDER_ROLES, SCHOOL_ROLES, Grant, Role, User, UserDetails
from tests.api.conftest import own_town
from tests.api.town import AWHI, HOMES, KAURI, LONG_AGO, TODAY, Town
from tests.domain.cases import scenes
from tests.domain.given import fold
from tests.domain.test_permits import CAREGIVERS, CASES, HOLDERS, ME, OWN, SIBLING, THEIRS
from tests.projections.casework import Casework

__all__ = ["own_town"]

AUTHORITY = authority()
HERS = tuple(f"hers-{number}" for number in range(4))
"""The logins with which she comes in."""

ANA, BELL, PIPI = (UUID(int=number) for number in (901, 902, 903))
STAFF = {ANA: (HERS[0], Role.SYSTEM_ADMIN), BELL: ("bell", Role.SYSTEM_ADMIN), PIPI: ("pipi", Role.PRIVACY_OFFICER)}
LOGINS = (*HERS, "bell", "pipi")
KINDS = (User, Approval, Policy)
COMMANDS = tuple(each for each in registry.commands().values() if set(registry.states_of(each)) & set(KINDS))
"""All that is asked of users, approvals and the policy: a new command of theirs is tried by itself."""


def details(login: str) -> UserDetails:
    return UserDetails(name=PersonName(family_name="Parata"), email="somebody@example.nz", login=login)


@dataclass
class Country(Casework):
    """Two administrators and a privacy officer; Ana is the adversary, the others do nothing at all."""

    tried: int = 0
    done: set[type[Any]] = field(default_factory=set)

    def found(self, staff: Mapping[UUID, tuple[str, Role]]) -> "Country":
        self.states[Ref(School, KAURI)] = scenes.school("100", "Te Kura", None)
        self.states[Ref(Provider, AWHI)] = scenes.provider("AWHI")
        for user, (login, role) in staff.items():
            assert self.ask(User, user, InviteUser(details=details(login)))
            assert self.ask(User, user, GrantRole(role=role, organisation=MINISTRY, from_on=self.today))
        return self

    def tries(self, by: Actor, ref: Ref, command: Any) -> None:
        """Ask as the writer does, judged by the permit."""
        self.tried += 1
        context = replace(self.context(ref.id, by), command_id=UUID(int=self.tried << 64))
        state = self.states.get(ref, ref.of())
        try:
            AUTHORITY.check(command, state, context)
            answer = command.decide(state, context)
        except Refused:
            return
        decision = answer if isinstance(answer, Decision) else Decision(parts=(Part(ref, tuple(answer)),))
        self.append(ref, decision, by)
        if any(part.events for part in decision.parts):
            self.done.add(type(command))

    def users(self) -> dict[UUID, User]:
        return {ref.id: state for ref, state in self.states.items() if ref.of is User}

    def controlled(self) -> dict[UUID, User]:
        """Whoever comes with a login of hers."""
        held = (self.claims.get(login_claim(login)) for login in HERS)
        return {each.stream: self.users()[each.stream] for each in held if each and each.held}

    def powers(self) -> set[tuple[UUID, Role]]:
        """Who holds, or will hold, a role that takes two."""
        return {
            (user, grant.role) for user, state in self.users().items() for grant in state.grants
            if grant.role in NEED_TWO and (grant.to_on or date.max) >= self.today
        }  # fmt: skip

    def logins(self) -> dict[Claim, UUID]:
        return {claim: each.stream for claim, each in self.claims.items() if claim.kind == "login" and each.held}


def step(country: Country, luck: Random) -> None:
    """Do something that she may think of: as somebody whom she controls, any command, of anything, saying anything."""
    held = [(user, grant) for user, state in country.controlled().items() for grant in state.grants]
    user, grant = luck.choice([*held, *[each for each in held if each[1].role is Role.SYSTEM_ADMIN] * len(held)])
    kind = luck.choice((*COMMANDS, *[Approve] * 8))
    of = next(each for each in registry.states_of(kind) if each in KINDS)
    there = [ref.id for ref, state in country.states.items() if ref.of is of and waits(state)]
    stream = SERVICE_POLICY if of is Policy else luck.choice([*there[-6:], *there[:2], new(country)])
    if kind is RevokeRole and stream in country.controlled():
        return  # she knows better
    by = Actor(user=user, role=grant.role, organisation=grant.organisation)
    country.tries(by, Ref(of, stream), made(kind, country, luck))


def waits(state: Any) -> bool:
    return not isinstance(state, Approval) or state.status is ApprovalStatus.ASKED


def new(country: Country) -> UUID:
    return UUID(int=(country.tried + 1) << 32)


def made(kind: type[Any], country: Country, luck: Random) -> Any:
    hints = get_type_hints(kind, include_extras=True)
    return kind(**{each.name: said(each.name, hints[each.name], country, luck) for each in fields(kind)})


def said(name: str, hint: Any, country: Country, luck: Random) -> Any:
    """Something for a field, from the little world that she knows."""
    if get_origin(hint) is not None and type(None) in get_args(hint):
        return said(name, get_args(hint)[0], country, luck)
    plain = get_args(hint)[0] if hasattr(hint, "__metadata__") else hint
    if plain is UUID:
        return luck.choice((MINISTRY, KAURI, AWHI) if name == "organisation" else sorted(country.users(), key=str))
    choices: dict[Any, Any] = {
        date: lambda: country.today - timedelta(days=luck.choice((0, 0, 400))) if name != "to_on" else country.today,
        str: lambda: luck.choice(LOGINS),
        int: lambda: country.states.get(Ref(Policy, SERVICE_POLICY), Policy()).latest + 1,
        Role: lambda: luck.choice(tuple(Role)),
        UserDetails: lambda: details(luck.choice(LOGINS)),
        PolicyValues: lambda: PolicyValues(administrators_apart_days=luck.choice((0, 14)), approval_days=60),
    }
    return choices[plain]()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32), days=st.integers(0, 40))
def test_one_administrator_alone_gets_no_second_no_reader_of_everything_and_no_login_of_anybody(seed, days):
    country, luck = Country().found(STAFF), Random(seed)
    powers, logins = country.powers(), country.logins()
    for number in range(400):
        step(country, luck)
        if number % 100 == 99:
            country.today += timedelta(days=days)
        assert country.powers() <= powers
        assert all(user == country.logins().get(claim) for claim, user in logins.items())


def test_she_is_tried_with_every_command_of_users_and_most_of_them_come_to_something():
    country, luck = Country().found(STAFF), Random(1)
    for _ in range(3_000):
        step(country, luck)
    names = {each.__name__ for each in country.done}
    assert names >= {"InviteUser", "GrantRole", "AskForRole", "AskForLogin", "Withdraw", "PublishPolicy", "RevokeRole"}
    assert not names & {"Approve", "Decline"}
    assert len(country.controlled()) > 1


def test_with_a_second_administrator_the_same_walk_does_come_to_something():
    """So that the walk above can fail: it is the second person who makes the difference."""
    country, luck = Country().found(STAFF | {BELL: (HERS[1], Role.SYSTEM_ADMIN)}), Random(1)
    before, gained = country.powers(), set()
    for _ in range(3_000):
        step(country, luck)
        gained |= country.powers() - before
    assert gained
    assert Role.SYSTEM not in {role for _, role in gained}


def somebody(who: UUID) -> dict[type[Any], Any]:
    """Every command of students and caregivers that may be asked, with the id of somebody in each place for one."""
    student = StudentDetails(name=details("").name, born_on=date(2015, 1, 1))
    mother = Tie(relation="MOTHER")
    phone = ContactDetail(phone="021 123 456")
    commands = (
        RegisterStudent(details=student),
        CorrectStudentDetails(details=student, reason="Misspelt."),
        RecordEnrolment(school=who, from_on=TODAY),
        RecordWithdrawal(school=who, last_day_of_attendance=TODAY, withdrawn_on=TODAY, reason="LEFT"),
        MergeNsn(master="1"),
        LinkCaregiver(caregiver=who, tie=mother),
        UnlinkCaregiver(caregiver=who),
        RegisterCaregiver(name=student.name),
        CorrectCaregiverName(name=student.name),
        AddContactDetail(contact=who, detail=phone, from_on=TODAY, source="School", catchment=None),
        EndContactDetail(contact=who, why=ContactEnd.FOUND_DEAD),
        ReadFormerDetails(reason="Asked for by the whānau."),
        PlaceLegalHold(authority="CIV-2026-404-1", reason="A claim."),
        LiftLegalHold(hold=who, authority="CIV-2026-404-1", reason="Settled."),
    )
    return {type(each): each for each in commands}


def people() -> Casework:
    """A student whose case is mine, with a caregiver; a student of a colleague's, with another; nobody in common."""
    work = Casework()
    work.states |= {ref: fold(ref.of, told) if isinstance(told, tuple) else told for ref, told in CASES.items()}
    work.states |= CAREGIVERS
    work.states[Ref(User, ME)] = User(grants=(Grant(role=Role.CASE_MANAGER, organisation=scenes.AWHI, from_on=TODAY),))
    work.states[Ref(CodeSet, code_set_id("Relation"))] = CodeSet(codes=(CodeEntry(code="MOTHER", label_en="Mother"),))
    work.claims |= {claim: Holder(case, held=True) for claim, case in HOLDERS.items()}
    work.today = TODAY
    return work


MANAGER = Actor(user=ME, role=Role.CASE_MANAGER, organisation=scenes.AWHI)


def allowed(work: Casework, ref: Ref, command: Any) -> bool:
    """Say whether the Case Manager may ask this."""
    try:
        AUTHORITY.check(command, work.states.get(ref, ref.of()), work.context(ref.id, MANAGER))
    except Refused:
        return False
    return True


def reached(work: Casework) -> set[UUID]:
    """Whom the Case Manager reaches: whose details they may correct."""
    every = somebody(ME)
    right = {Student: every[CorrectStudentDetails], Caregiver: every[CorrectCaregiverName]}
    return {ref.id for ref in work.states if ref.of in right and allowed(work, ref, right[ref.of])}


def test_every_command_of_students_and_caregivers_is_tried():
    of_people = {each for each in registry.commands().values() if set(registry.states_of(each)) & {Student, Caregiver}}
    assert set(somebody(ME)) == of_people


@pytest.mark.parametrize("whom", [THEIRS, SIBLING], ids=["a caregiver", "a student"])
def test_no_id_in_a_body_makes_somebody_reachable_who_was_not(whom):
    before = reached(people())
    assert {scenes.HANA, OWN} <= before
    assert not {THEIRS, SIBLING} & before
    for command in somebody(whom).values():
        for of, stream in (
            (Student, scenes.HANA),
            (Caregiver, OWN),
            (Student, UUID(int=70)),
            (Caregiver, UUID(int=70)),
        ):
            work = people()
            if of in registry.states_of(type(command)) and allowed(work, Ref(of, stream), command):
                work.ask(of, stream, command, MANAGER)
            assert not {THEIRS, SIBLING} & reached(work), command


ORGANISATIONS = {"school": KAURI, "provider": AWHI, "ministry": MINISTRY, "region": HOMES[Role.REGIONAL_ADVISOR]}


PLACES = {
    **{each: {"school"} for each in SCHOOL_ROLES},
    **{each: {"provider"} for each in PROVIDER_ROLES},
    Role.DELEGATED_AUTHORISER: {"school", "provider"},
    Role.REGIONAL_ADVISOR: set(ORGANISATIONS),
}


def test_every_role_is_granted_where_it_is_one_and_refused_in_words_elsewhere(own_town: Town):
    for role in sorted(Role):
        user, taken = uuid4(), set()
        own_town.tell(User, user, InviteUser(details=details(user.hex)))
        own_town.tell(User, user, RecordTrainingPassed(passed_on=LONG_AGO))
        for place, organisation in ORGANISATIONS.items():
            grant = GrantRole(role=role, organisation=organisation, from_on=TODAY, to_on=TODAY, reason="Why not")
            with suppress(NotARoleOfThisOrganisation):
                own_town.tell(User, user, grant)
                taken.add(place)
        assert taken == PLACES.get(role, {"ministry"}), role
