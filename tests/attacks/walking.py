"""Walking: every route that takes a command, asked with ids of the attacker's choice in every place that takes one."""

import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from api.app import bare_app
from api.http.document import reader_of
from api.http.identity import Audience
from api.http.routes import api_routes, calls
from domain.catchments.catchment import Catchment
from domain.decision import Actor, Ref
from domain.ids import MINISTRY
from domain.privacy.disposal import Disposal
from domain.privacy.disposing import AskForDisposal
from domain.providers.provider import Provider
from domain.registry import events, states_of
from domain.schools.school import School
from domain.students.caregiver import Caregiver
from domain.students.caring import RegisterCaregiver
from domain.students.student import Student
from domain.text import PersonName
from domain.users.user import Role, User
from tests.api.automations.test_automating import HANG_SECONDS, environ
from tests.api.town import AWHI, HOMES, KAURI, NORTH, Town
from tests.house.tree import ROOT

APP = bare_app()
PROGRAM = (sys.executable, "-W", "error::ResourceWarning", "-c", "from api.cli import main; main()")
COMMANDS = [route for route in api_routes(APP) if reader_of(route)]
ITEMS = frozenset(
    {"action", "activity", "attempt", "barrier", "consultation", "contact", "correction", "hold", "meeting", "pathway"}
    | {"plan", "review"}
)
"""Names of fields by which a caller names something within one stream."""

KINDS: dict[str, set[type[Any]]] = {
    "caregiver": {Caregiver},
    "catchment": {Catchment},
    "forums": {Catchment},
    "manager": {User},
    "organisation": {object},  # roles are held in schools, providers, offices: none of them is looked up
    "person": {Student, Caregiver, User},
    "primary_contact": {User},
    "provider": {Provider},
    "school": {School},
    "student": {Student},
    "user": {User},
}
"""What the other ids in bodies name. A field that is in neither list has to be placed in one."""


@dataclass(frozen=True)
class Places:
    """An id of a thing that is there, by the name of the path's parameter or the body's field that takes one."""

    town: Town
    there: dict[str, UUID] = field(default_factory=dict)

    @classmethod
    def of(cls, town: Town) -> "Places":
        """Have one of each kind in the town."""
        student, caregiver = town.student(), uuid4()
        town.tell(Caregiver, caregiver, RegisterCaregiver(name=PersonName(family_name="Ngata")))
        lead, manager = town.people[Role.ATTENDANCE_LEAD], town.people[Role.CASE_MANAGER]
        there = {
            "case_id": UUID(town.assigned()), "school_id": KAURI, "catchment_id": NORTH, "student_id": student,
            "caregiver_id": caregiver, "user_id": lead, "student": student, "school": KAURI, "catchment": NORTH,
            "provider": AWHI, "manager": manager, "user": lead, "primary_contact": lead, "caregiver": caregiver,
            "organisation": KAURI, "forums": NORTH, "person": student, "disposal_id": disposal_of(town, student),
        }  # fmt: skip
        return cls(town, there)

    def path(self, route: Any, **put: UUID) -> str:
        """The route's path to things that are there, but for those that are put in their places."""
        named = {name: put.get(name) or self.there.get(name) or uuid4() for name in route.param_convertors}
        return str(route.path.format(**named))

    def body(self, route: Any) -> dict[str, Any]:
        """The example of the document, about things that are there."""
        operation = APP.openapi()["paths"][route.path][min(route.methods).lower()]
        shown = copy.deepcopy(operation["requestBody"]["content"]["application/json"]["example"])
        for place in ids_in(shown):
            put(shown, place, self.there.get(name_of(place)) or uuid4())
        return dict(shown)

    def ask(self, route: Any, role: Role, path: str, body: Any) -> Any:
        """Ask it as somebody in a role."""
        headers = self.town.bearer(role) | {"Content-Type": "application/json"}
        return self.town.client.request(min(route.methods), path, content=json.dumps(body), headers=headers)


def disposal_of(town: Town, student: UUID) -> UUID:
    """A disposal that waits to be authorised."""
    officer = Actor(user=town.people[Role.PRIVACY_OFFICER], role=Role.PRIVACY_OFFICER, organisation=MINISTRY)
    ask = AskForDisposal(person=student, authority="DA 712", disposal_class="3.2", reason="Registered by mistake.")
    return town.tell(Disposal, uuid4(), ask, by=officer).stream


def roles(route: Any) -> list[Role]:
    """Everybody in the town who may ask it of something."""
    audience = next(call for call in calls(route.dependant) if isinstance(call, Audience))
    return [role for role in HOMES if role in audience.roles]


def ids_in(body: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where a body holds an id."""
    if isinstance(body, dict | list):
        for key, part in body.items() if isinstance(body, dict) else enumerate(body):
            yield from ids_in(part, (*place, key))
    elif isinstance(body, str) and _is_id(body):
        yield place


def put(body: Any, place: tuple[Any, ...], value: UUID) -> None:
    """Put an id into a body."""
    *way, last = place
    for step in way:
        body = body[step]
    body[last] = str(value)


def name_of(place: tuple[Any, ...]) -> str:
    """The name of the field that holds an id."""
    return str([step for step in place if isinstance(step, str)][-1])


def strangers(town: Town, ref: Ref) -> list[str]:
    """The events in a stream that tell of something else than it is kept for."""
    with town.service.reads.connection() as db:
        rows = db.execute("SELECT type FROM log.events WHERE stream = %s ORDER BY version", [ref.id]).fetchall()
    return [name for (name,) in rows if ref.of not in states_of(events()[name])]


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def run(town: Town, *arguments: str) -> str:
    """Run `attendance` on the town's database in a process of its own; answers with what it prints."""
    done = subprocess.run(
        [*PROGRAM, *arguments], cwd=ROOT, env=environ(town), capture_output=True, text=True,
        timeout=HANG_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
