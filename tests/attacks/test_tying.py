"""Tying: nobody can make what is written of one child die with another (ADR 15)."""

import ast
import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.ids import own_id
from domain.requests.request import Request
from domain.sealed import DataClass
from domain.users.user import Role
from eventstore.sealing import Need
from tests.api.town import KAURI, RIMU, Town
from tests.attacks.walking import COMMANDS, ITEMS, Places, ids_in, name_of, put, roles, run
from tests.house.tree import modules

MANAGER, LEAD = Role.CASE_MANAGER, Role.ATTENDANCE_LEAD
MEETING = {"held_on": "2026-05-04", "mode": "IN_PERSON"}


def people_of(town: Town) -> dict[tuple[UUID, str], set[UUID]]:
    """Whom each key is about."""
    found: dict[tuple[UUID, str], set[UUID]] = {}
    with town.service.keyring._connection() as keeper:  # noqa: SLF001 - the keys' own login, as the service has it
        for subject, data_class, person in keeper.execute("SELECT subject, data_class, person FROM keys.about"):
            found.setdefault((subject, data_class), set()).add(person)
    return found


def subjects(town: Town) -> set[UUID]:
    """Whose keys there are."""
    with town.service.keyring._connection() as keeper:  # noqa: SLF001 - the keys' own login, as the service has it
        return {subject for (subject,) in keeper.execute("SELECT subject FROM keys.subject_keys")}


@pytest.fixture(scope="module")
def places(attacked: Town) -> Places:
    return Places.of(attacked)


@pytest.mark.parametrize("route", COMMANDS, ids=lambda route: route.name)
def test_no_id_that_somebody_sends_names_a_key(places: Places, route: Any):
    """Every id of the path and the body is made up, or somebody else's; none of them becomes whose key it is."""
    town = places.town
    person, body = town.student(at=RIMU), places.body(route)
    sent = {uuid4() for _ in range(2)} | {person}
    before = subjects(town)
    for value in sent:
        changed = json.loads(json.dumps(body))
        for place in ids_in(changed):
            if name_of(place) in ITEMS:
                put(changed, place, value)
        names = {name: value for name in route.param_convertors if name not in places.there}
        answer = places.ask(route, roles(route)[0], places.path(route, **names), changed)
        assert answer.status_code < 500, answer.text
    made = subjects(town) - before
    assert not made & (sent - {person})
    assert all(len(about) <= 1 or students(town, about) <= 1 for about in people_of(town).values())


def students(town: Town, people: set[UUID]) -> int:
    query = "SELECT FROM log.events WHERE version = 1 AND type = 'StudentRegistered' AND stream = ANY(%s)"
    with town.service.reads.connection() as db:
        return len(db.execute(query, [list(people)]).fetchall())


def test_two_siblings_in_one_hui_have_a_note_each_under_one_meeting_id(town: Town):
    meeting, cases = str(uuid4()), [town.assigned(), town.assigned()]
    for case in cases:
        body = {"activity": meeting, "kind": "HOME_VISIT", "occurred_on": "2026-05-04", "note": "Nan spoke for both."}
        assert town.ask(f"/v1/cases/{case}/activities", body, MANAGER).status_code == 200
    assert UUID(meeting) not in subjects(town)
    assert all(students(town, about) <= 1 for about in people_of(town).values())


@pytest.mark.parametrize("whose", ["another school's", "nobody's", "of another kind"])
def test_a_draft_names_no_student_who_is_not_on_the_schools_roll(town: Town, whose: str):
    student = {"another school's": town.student(at=RIMU), "nobody's": uuid4(), "of another kind": KAURI}[whose]
    name = uuid4()
    answer = town.client.put(
        f"/v1/requests/{name}/draft", json={"form": {"student": str(student)}}, headers=town.bearer(LEAD)
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "NotEnrolledAtSchool")
    assert not any(student in about for about in people_of(town).values())


def test_a_draft_that_comes_to_be_about_another_student_has_another_key(town: Town):
    name, first, second = uuid4(), town.student(), town.student()
    for student in (first, second, first):
        body = {"form": {"student": str(student), "reason": "Away since March."}}
        answer = town.client.put(f"/v1/requests/{name}/draft", json=body, headers=town.bearer(LEAD))
        assert answer.status_code in {200, 201}, answer.text
    about = [people for people in people_of(town).values() if people & {first, second}]
    assert sorted(about, key=str) == sorted([{first}, {second}], key=str)
    assert own_id(Request, KAURI, name) not in subjects(town)


def test_only_the_context_says_whose_key_a_note_has():
    """A slice that named the subject of a note itself would let its callers name it."""
    found = {
        str(path)
        for path, source in modules("domain")
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Sealed"
        and any(each.arg == "about" for each in node.keywords)
    }
    assert found == {"domain/decision.py"}


def test_an_operator_is_shown_the_keys_that_were_tied_before(own_town: Town):
    town, note = own_town, uuid4()
    first, second = town.student(), town.student()
    person = town.people[LEAD]
    town.service.keyring.ensure([Need(note, DataClass.NARRATIVE, frozenset({first, second}))])
    town.service.keyring.ensure([Need(uuid4(), DataClass.NARRATIVE, frozenset({first, person}))])
    (shown,) = json.loads(run(town, "tied-keys", "--json"))
    assert (shown["subject"], set(shown["students"])) == (str(note), {str(first), str(second)})
