"""Scenes for the attacks on staleness: a case at a place of its own, who is who, and how it is taken from them."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from domain.cases.assigning import AssignCaseManager
from domain.cases.case import Case, ClosureReason
from domain.cases.closing import CloseCase
from domain.cases.naming_contact import NamePrimaryContact
from domain.catchments.catchment import Catchment, CatchmentDetails
from domain.catchments.contracting import EndContract, RecordContract
from domain.catchments.defining import DefineCatchment
from domain.decision import Actor
from domain.ids import MINISTRY, catchment_id, provider_id, region_id, school_id
from domain.policies.policy import SERVICE_POLICY, Policy, PolicyValues
from domain.policies.publishing import PublishPolicy
from domain.providers.provider import Provider, ProviderDetails, ProviderKind
from domain.providers.registering import RegisterProvider
from domain.schools.registering import RegisterSchool
from domain.schools.school import School
from domain.schools.zoning import AssignSchoolToCatchment
from domain.students.enrolling import RecordEnrolment, RecordWithdrawal
from domain.students.student import Student
from domain.users.user import Role
from tests.api.town import LONG_AGO, TODAY, Town, school_details

SCHOOL, CONTACT, OFFICE = Role.ATTENDANCE_LEAD, Role.SCHOOL_PRIMARY_CONTACT, Role.OFFICE_SUPPORT
LEAD, MANAGER, ADVISOR = Role.WORKFLOW_LEAD, Role.CASE_MANAGER, Role.REGIONAL_ADVISOR
CIT, AUDITOR, SYSTEM = Role.CIT_OFFICER, Role.AUDITOR, Role.SYSTEM
NOBODYS = UUID(int=0)
numbers, versions = count(7000), count(1)


@dataclass(frozen=True, slots=True)
class Person:
    user: UUID
    login: str
    role: Role
    organisation: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A school in a catchment of its own, which a provider of its own serves."""

    region: str
    school: UUID
    catchment: UUID
    provider: UUID
    code: str


@dataclass
class Scene:
    """A case at one place, and who is who."""

    town: Town
    here: Place
    there: Place
    student: UUID
    people: dict[tuple[Role, UUID, int], Person] = field(default_factory=dict)
    case: UUID = NOBODYS

    def who(self, role: Role, organisation: UUID, number: int = 1) -> Person:
        key = (role, organisation, number)
        if key not in self.people:
            self.people[key] = Person(*self.town.person(role, organisation), role, organisation)
        return self.people[key]

    def asks(self, place: Place) -> None:
        """Its school asks for support."""
        lead = self.who(SCHOOL, place.school)
        form = self.town.form(self.student, primary_contact=str(lead.user))
        headers = bearer(self.town, lead)
        done = self.town.client.post(f"/v1/requests/{uuid4()}/submit", json={"form": form}, headers=headers)
        assert done.status_code in {200, 201}, done.text
        self.case = UUID(done.json()["ids"]["case"])

    def does(self, *commands: Any) -> None:
        for command in commands:
            self.town.tell(Case, self.case, command, by=Actor(user=UUID(int=1), role=SYSTEM, organisation=MINISTRY))

    def moves(self) -> None:
        self.town.tell(Student, self.student, RecordEnrolment(school=self.there.school, from_on=TODAY))


def place(town: Town, region: str) -> Place:
    number = str(next(numbers))
    made = Place(
        region=region, school=school_id(number), catchment=catchment_id(f"S{number}"),
        provider=provider_id(f"S{number}"), code=f"S{number}",
    )  # fmt: skip
    zoned(town, made, region)
    town.tell(Catchment, made.catchment, RecordContract(provider=made.provider, from_on=LONG_AGO, funding_cents=0))
    town.tell(School, made.school, RegisterSchool(details=replace(school_details(number), region=region)))
    town.tell(School, made.school, AssignSchoolToCatchment(catchment=made.catchment, effective_on=TODAY))
    return made


def zoned(town: Town, made: Place, region: str) -> None:
    """Put a catchment, and the provider that serves it, under an office."""
    named = {"code": made.code, "name": made.code, "region": region, "anniversary_set": "WELLINGTON"}
    provider = ProviderDetails(kind=ProviderKind.CATCHMENT, **named)
    town.tell(Provider, made.provider, RegisterProvider(details=provider))
    town.tell(Catchment, made.catchment, DefineCatchment(details=CatchmentDetails(**named)))


def bearer(town: Town, who: Person) -> dict[str, str]:
    return {"Authorization": f"Bearer {town.token(who.login, who.organisation, who.role)}"}


def begun(town: Town) -> Scene:
    here, there = place(town, "Wellington"), place(town, "Waikato")
    scene = Scene(town, here, there, town.student(at=here.school))
    scene.asks(here)
    return scene


def worked(town: Town) -> Scene:
    scene = begun(town)
    scene.does(AssignCaseManager(manager=manager(scene).user))
    return scene


def closed(town: Town) -> Scene:
    scene = worked(town)
    scene.does(CloseCase(reason=ClosureReason.DUPLICATE))
    return scene


def unallocated(town: Town) -> Scene:
    here, there = place(town, "Wellington"), place(town, "Waikato")
    town.tell(Catchment, here.catchment, EndContract(provider=here.provider, to_on=LONG_AGO))
    scene = Scene(town, here, there, town.student(at=here.school))
    scene.asks(here)
    return scene


def in_a_third_catchment(town: Town) -> Scene:
    """It waits, and its school has come to lie in a catchment that the case has not heard of."""
    scene = unallocated(town)
    scene.there = place(town, "Wellington")
    in_another_catchment(scene)
    return scene


def named(town: Town) -> Scene:
    scene = worked(town)
    scene.does(NamePrimaryContact(user=contact(scene).user))
    return scene


def manager(scene: Scene) -> Person:
    return scene.who(MANAGER, scene.here.provider)


def other_manager(scene: Scene) -> Person:
    return scene.who(MANAGER, scene.here.provider, 2)


def lead(scene: Scene) -> Person:
    return scene.who(LEAD, scene.here.provider)


def school(scene: Scene) -> Person:
    return scene.who(SCHOOL, scene.here.school)


def contact(scene: Scene) -> Person:
    return scene.who(CONTACT, scene.here.school)


def office(scene: Scene) -> Person:
    return scene.who(OFFICE, scene.here.school)


def advisor(scene: Scene) -> Person:
    return scene.who(ADVISOR, region_id("Wellington"))


def of_ministry(role: Role) -> Callable[[Scene], Person]:
    return lambda scene: scene.who(role, MINISTRY)


def moves_and_asks_again(scene: Scene) -> None:
    case = scene.case
    scene.moves()
    scene.asks(scene.there)
    assert scene.case == case, "the closed case was reopened"


def withdrawn(scene: Scene) -> None:
    left = RecordWithdrawal(
        school=scene.here.school, last_day_of_attendance=TODAY, withdrawn_on=TODAY, reason="CONTINUOUS_ABSENCE"
    )
    scene.town.tell(Student, scene.student, left)


def revoked(who: Callable[[Scene], Person]) -> Callable[[Scene], None]:
    def revoke(scene: Scene) -> None:
        person = who(scene)
        scene.town.revoke(person.user, person.role, person.organisation)

    return revoke


def rezoned(scene: Scene) -> None:
    zoned(scene.town, scene.here, "Waikato")


def rezoned_there(scene: Scene) -> None:
    zoned(scene.town, scene.there, "Waikato")


def in_another_catchment(scene: Scene) -> None:
    zoning = AssignSchoolToCatchment(catchment=scene.there.catchment, effective_on=TODAY)
    scene.town.tell(School, scene.here.school, zoning)


def timeline_of_office(scene: Scene) -> None:
    """Taken from Office Support by the policy."""
    publish(scene.town, timeline=False)


def publish(town: Town, *, timeline: bool) -> None:
    values = PolicyValues(office_support_timeline=timeline)
    town.tell(Policy, SERVICE_POLICY, PublishPolicy(version=next(versions), effective_from=TODAY, values=values))
