"""The people of the simulation: staff of schools, providers and the Ministry, and the students of whom it tells."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from typing import Any, Final
from uuid import UUID

from api.simulation.asking import Person
from api.simulation.chance import Luck
from api.simulation.names import named
from api.simulation.places import PLACES, REGION, Place
from domain.ids import MINISTRY, region_id
from domain.users.user import Role

MANAGERS: Final = 4  # of each contracted provider
FIVE_YEAR_OLDS: Final = 15  # percent of the students at primary schools
OLDEST: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    """A school and its people."""

    place: Place
    lead: Person
    contacts: tuple[Person, ...]
    office: Person

    @property
    def staff(self) -> tuple[Person, ...]:
        """Whoever may ask for support."""
        return (self.lead, *self.contacts, self.office)


@dataclass(slots=True, kw_only=True)
class Provider:
    """A provider and its people. Whoever has left takes no more cases."""

    id: UUID
    lead: Person
    managers: list[Person]
    left: list[Person] = field(default_factory=list)

    def lose(self, manager: Person) -> None:
        self.managers.remove(manager)
        self.left.append(manager)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pupil:
    """A student, and what stands on the request for them. `id` and case are known to their story."""

    number: int
    school: School
    details: dict[str, Any]
    year_level: int
    caregiver: dict[str, str]

    @property
    def born_on(self) -> date:
        return date.fromisoformat(self.details["born_on"])


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Everybody."""

    schools: tuple[School, ...]
    providers: dict[UUID, Provider]
    admin: Person
    second: Person  # the other administrator, who approves what takes two
    enrol: Person
    ministry: tuple[Person, ...]
    pupils: list[Pupil] = field(default_factory=list)

    @property
    def staff(self) -> Iterator[Person]:
        """Everybody who works with the service, but the administrators and ENROL."""
        yield from self.ministry
        for school in self.schools:
            yield from school.staff
        for provider in self.providers.values():
            yield from (provider.lead, *provider.managers, *provider.left)


def people(seed: int, cases: int, begin: date) -> People:
    """Make up everybody for a term that begins on this day."""
    schools = tuple(_school(seed, place) for place in PLACES)
    providers = {each.id: each for each in _providers(seed)}
    ministry = partial(_person, seed, organisation=MINISTRY)
    made = People(
        schools=schools,
        providers=providers,
        admin=ministry("admin", Role.SYSTEM_ADMIN),
        second=ministry("second.admin", Role.SYSTEM_ADMIN),
        enrol=ministry("enrol", Role.SYSTEM),
        ministry=(
            ministry("cit", Role.CIT_OFFICER),
            ministry("auditor", Role.AUDITOR),
            _person(seed, "regional.advisor", Role.REGIONAL_ADVISOR, region_id(REGION)),
        ),
    )
    made.pupils.extend(_pupil(seed, number, schools, begin) for number in range(1, cases + 1))
    return made


def _school(seed: int, place: Place) -> School:
    person = partial(_person, seed, organisation=place.id)
    at = f"{place.number}"
    return School(
        place=place,
        lead=person(f"lead.{at}", Role.ATTENDANCE_LEAD),
        contacts=tuple(person(f"contact{n}.{at}", Role.SCHOOL_PRIMARY_CONTACT) for n in (1, 2)),
        office=person(f"office.{at}", Role.OFFICE_SUPPORT),
    )


def _providers(seed: int) -> Iterator[Provider]:
    for catchment in dict.fromkeys(place.catchment for place in PLACES):
        organisation = next(place.provider for place in PLACES if place.catchment == catchment)
        yield _provider(seed, organisation, catchment.lower().replace("_", "-"), MANAGERS)
    for place in PLACES:
        if place.isp:
            yield _provider(seed, place.own_provider, f"isp-{place.number}", 1)


def _provider(seed: int, organisation: UUID, at: str, managers: int) -> Provider:
    person = partial(_person, seed, organisation=organisation)
    return Provider(
        id=organisation,
        lead=person(f"workflow.lead.{at}", Role.WORKFLOW_LEAD),
        managers=[person(f"manager{n}.{at}", Role.CASE_MANAGER) for n in range(1, managers + 1)],
    )


def _person(seed: int, login: str, role: Role, organisation: UUID) -> Person:
    return Person(name=named(Luck(seed, login)), login=f"{login}@sample.example", role=role, organisation=organisation)


def _pupil(seed: int, number: int, schools: tuple[School, ...], begin: date) -> Pupil:
    luck = Luck(seed, begin, "pupil", number)
    school = luck.one(schools, [each.place.share for each in schools])
    level = luck.one(school.place.years)
    born = begin - timedelta(days=365 * (level + 5) + luck.between(0, 400))
    if level in range(1, 9) and luck.happens(FIVE_YEAR_OLDS):
        level, born = 1, begin - timedelta(days=6 * 365 - luck.between(5, 150))
    name, run = named(luck), Luck("run", seed, begin).between(0, 9_999)
    details = {"name": name, "born_on": born.isoformat(), "nsn": f"9{run:04d}{number:05d}"}
    caregiver = named(luck, luck.one((name["family_name"], None), (4, 1)))
    return Pupil(number=number, school=school, details=details, year_level=level, caregiver=caregiver)
