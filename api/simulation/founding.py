"""Founding: the sample schools, their people with their roles, and the students on the rolls, all through the API."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import date
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

from api.simulation.asking import Api, Person
from api.simulation.people import People, Pupil
from api.simulation.places import PLACES, PROVIDER_NAMES, REGION, Place
from api.simulation.timetable import together
from domain.rights import NEED_TWO
from domain.users.user import PROVIDER_ROLES, Role

T = TypeVar("T")

AT_ONCE: Final = 24
SINCE: Final = "2026-01-05"
AUDIT_ENDS: Final = "2026-12-31"


async def found(api: Api, people: People) -> dict[int, UUID]:
    """Set everything up, and return the id of each pupil."""
    await _invite(api, people.admin, people.enrol)
    await _each(_school, PLACES, api, people.admin)
    await _each(partial(_admitted, people.second), people.staff, api, people.admin)
    ids = await _each(_pupil, people.pupils, api, people.enrol)
    return {pupil.number: made for pupil, made in zip(people.pupils, ids, strict=True)}


async def _each(
    what: Callable[[Api, Person, Any], Awaitable[T]],
    of: Iterable[Any],
    api: Api,
    by: Person,
) -> list[T]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(each: Any) -> T:
        async with gate:
            return await what(api, by, each)

    async with together() as group:
        tasks = [group.create_task(one(each)) for each in of]
    return [task.result() for task in tasks]


async def _school(api: Api, admin: Person, place: Place) -> None:
    details = {
        "number": place.number,
        "name": place.name,
        "type": place.type,
        "authority": "STATE",
        "region": REGION,
        "territorial_authority": place.territory,
        "anniversary_set": "WELLINGTON",
    }
    await api.ask(admin, "/v1/schools", {"details": details}, name=place.number)
    zone = {"catchment": str(place.catchment_id), "effective_on": SINCE}
    await api.ask(admin, f"/v1/schools/{place.id}/catchment", zone)
    if place.isp:
        await _in_school(api, admin, place)


async def _in_school(api: Api, admin: Person, place: Place) -> None:
    """Fund a school's own provision, which is a provider of its own (BR-31)."""
    own = {
        "code": place.number,
        "name": PROVIDER_NAMES[place.own_provider],
        "kind": "SCHOOL",
        "region": REGION,
        "anniversary_set": "WELLINGTON",
    }
    await api.ask(admin, "/v1/providers", {"details": own}, name=place.number)
    await api.ask(admin, f"/v1/schools/{place.id}/isp-funding", {"from_on": SINCE})


async def _invite(api: Api, admin: Person, person: Person) -> None:
    details = {"name": person.name, "email": person.login, "login": person.login}
    invited = await api.ask(admin, "/v1/users", {"details": details}, name=person.login)
    person.id = UUID(invited["ids"]["user"])


async def _admitted(second: Person, api: Api, admin: Person, person: Person) -> None:
    """Invite somebody, and give them their role: the administrator alone, or both together."""
    await _invite(api, admin, person)
    if person.role in PROVIDER_ROLES:
        await api.ask(admin, f"/v1/users/{person.id}/training", {"passed_on": SINCE})
    grant = {"role": person.role, "organisation": str(person.organisation), "from_on": SINCE}
    if person.role is Role.AUDITOR:
        grant |= {"to_on": AUDIT_ENDS, "reason": "The yearly audit of the sample."}
    if person.role not in NEED_TWO:
        await api.ask(admin, f"/v1/users/{person.id}/grant", grant)
        return
    asked = await api.ask(admin, "/v1/approvals/role", {"user": str(person.id)} | grant, name=person.login)
    if asked["version"]:  # else they have the role already
        await api.ask(second, f"/v1/approvals/{asked['id']}/approve", {"login": person.login})


async def _pupil(api: Api, enrol: Person, pupil: Pupil) -> UUID:
    made = await api.ask(enrol, "/v1/students", {"details": pupil.details}, name=str(pupil.number))
    student = UUID(made["ids"]["student"])
    since = max(date(2026, 2, 2), date(pupil.born_on.year + 5, pupil.born_on.month, 1))
    enrolment = {"school": str(pupil.school.place.id), "from_on": since.isoformat()}
    await api.ask(enrol, f"/v1/students/{student}/enrol", enrolment)
    return student
