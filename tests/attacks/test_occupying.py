"""Occupying: nobody can begin something where somebody else's has, or will have, its place (ADR 15)."""

import json
from dataclasses import asdict, replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from structlog.testing import capture_logs

from domain.calendars.publishing import Calendar, SchoolCalendar
from domain.cases.case import Case
from domain.cases.deadlines import NATIONAL
from domain.catchments.catchment import Catchment
from domain.codesets.code_set import CodeSet
from domain.decision import Actor, Ref
from domain.ids import (
    catchment_id,
    code_set_id,
    in_school_provider_id,
    own_id,
    provider_id,
    school_calendar_id,
    school_id,
)
from domain.policies.criteria import CRITERIA, Criteria
from domain.policies.policy import SERVICE_POLICY, Policy
from domain.privacy.disposal import Disposal
from domain.providers.provider import Provider
from domain.requests.drafting import SaveDraft
from domain.requests.form import Form
from domain.requests.request import Request
from domain.schools.school import School
from domain.streams.reclaiming import NoSuchKind, NotOccupied, ReclaimStream
from domain.streams.stream import Stream
from domain.students.student import Student
from domain.users.user import Role, User
from eventstore.requests import Request as Asked
from tests.api.town import KAURI, NORTH, RIMU, SYSTEM, Town, school_details
from tests.attacks.walking import (
    COMMANDS,
    ITEMS,
    KINDS,
    Places,
    disposal_of,
    ids_in,
    name_of,
    put,
    roles,
    run,
    strangers,
)
from tests.domain.given import world

LEAD = Role.ATTENDANCE_LEAD
YEAR = {"year": 2026, "terms": [{"number": 1, "opens_on": "2026-02-02", "closes_on": "2026-04-02"}], "closed": []}


def derived() -> list[Ref]:
    """Streams whose ids everybody can make, and in which nothing has happened yet."""
    return [
        Ref(SchoolCalendar, school_calendar_id(RIMU)),
        Ref(SchoolCalendar, school_calendar_id(school_id("4321"))),
        Ref(School, school_id("4321")),
        Ref(Provider, in_school_provider_id("200")),
        Ref(Provider, provider_id("NEW")),
        Ref(Catchment, catchment_id("NEW")),
        Ref(CodeSet, code_set_id("Gender")),
        Ref(Policy, SERVICE_POLICY),
        Ref(Criteria, CRITERIA),
    ]


def taken(town: Town) -> list[Ref]:
    """Streams of every kind in which something has happened, other people's too."""
    name, rimu = uuid4(), town.bearer(LEAD, RIMU)
    assert town.client.put(f"/v1/requests/{name}/draft", json={"form": {}}, headers=rimu).status_code == 201
    theirs = [Ref(Request, name), Ref(Request, own_id(Request, RIMU, name))]
    people = [Ref(User, town.people[Role.SYSTEM_ADMIN]), Ref(Student, town.student(at=RIMU))]
    disposed = Ref(Disposal, disposal_of(town, town.student()))
    places = [Ref(School, RIMU), Ref(Catchment, NORTH), Ref(Calendar, NATIONAL)]
    return [*theirs, *people, *places, disposed, Ref(Case, UUID(town.case()))]


def begun(town: Town, refs: list[Ref]) -> dict[Ref, list[str]]:
    """What has been told in streams that is not of their kind, or where nothing should have been told at all."""
    found = {ref: strangers(town, ref) for ref in refs}
    return {ref: names for ref, names in found.items() if names}


@pytest.fixture(scope="module")
def places(attacked: Town) -> Places:
    return Places.of(attacked)


@pytest.mark.parametrize("route", [each for each in COMMANDS if each.param_convertors], ids=lambda route: route.name)
def test_no_address_that_somebody_makes_up_begins_a_stream_there(places: Places, route: Any):
    town, body = places.town, places.body(route)
    new, old = derived(), taken(town)
    (name,) = route.param_convertors
    for role in roles(route):
        for ref in (*new, *old, Ref(object, uuid4())):
            answer = places.ask(route, role, places.path(route, **{name: ref.id}), body)
            assert answer.status_code < 500, (role, ref, answer.text)
    assert begun(town, [*new, *old]) == {}
    with town.service.reads.connection() as db:
        ids = [ref.id for ref in new if ref.id not in (SERVICE_POLICY, CRITERIA)]
        assert db.execute("SELECT stream, type FROM log.events WHERE stream = ANY(%s)", [ids]).fetchall() == []


@pytest.mark.parametrize("route", COMMANDS, ids=lambda route: route.name)
def test_an_id_in_a_body_that_is_of_another_kind_is_answered_like_nobodys(places: Places, route: Any):
    town, body = places.town, places.body(route)
    refs = [*derived()[:4], *taken(town)]
    for place in ids_in(body):
        if name_of(place) in ITEMS:
            continue
        role = roles(route)[0]
        answers = {}
        for ref in (Ref(object, uuid4()), *refs):
            changed = json.loads(json.dumps(body))
            put(changed, place, ref.id)
            answer = places.ask(route, role, places.path(route), changed)
            assert answer.status_code < 500, (place, ref, answer.text)
            answers[ref] = (answer.status_code, answer.json().get("code"), answer.json().get("errors"))
        nobodys = next(iter(answers.values()))
        assert {ref.of for ref, said in answers.items() if said != nobodys} <= KINDS[name_of(place)], answers
    assert begun(town, refs) == {}


def test_what_somebody_names_is_theirs_alone_whatever_the_name(own_town: Town):
    """A school's user takes the ids of everything that others will need; the others notice nothing."""
    town, rimu = own_town, own_town.bearer(LEAD, RIMU)
    for ref in derived():
        for verb, path, body in (("PUT", "draft", {"form": {}}), ("POST", "discard", {"reason": "NOT_NEEDED"})):
            answer = town.client.request(verb, f"/v1/requests/{ref.id}/{path}", json=body, headers=rimu)
            assert answer.status_code in {200, 201}, answer.text
        assert town.submit().status_code == 201
    calendar = {"school": str(KAURI), "effective_from": "2026-01-05", "year": YEAR}
    assert town.ask("/v1/school-calendars", calendar, Role.SYSTEM_ADMIN).status_code == 200
    assert begun(town, derived()) == {}


def test_two_schools_that_choose_one_name_have_a_request_each(town: Town):
    name = uuid4()
    for school in (KAURI, RIMU):
        answer = town.client.put(f"/v1/requests/{name}/draft", json={"form": {}}, headers=town.bearer(LEAD, school))
        assert (answer.status_code, answer.json()["id"]) == (201, str(name))


def test_a_request_goes_by_the_name_that_its_client_gave_it_BR_19(town: Town):
    name, form = uuid4(), town.form(town.student())
    first, again = (town.ask(f"/v1/requests/{name}/submit", {"form": form}, LEAD).json() for _ in range(2))
    assert first["id"] == first["ids"]["request"] == str(name)
    assert again["ids"] == first["ids"]


HIT = [Ref(SchoolCalendar, school_calendar_id(KAURI)), Ref(CodeSet, code_set_id("Gender"))]
HIT_BY_NUMBER = Ref(School, school_id("4321"))


@pytest.fixture
def hit(own_town: Town) -> Town:
    """A town from before, some of whose streams a school's requests occupy."""
    by = Actor(user=own_town.people[LEAD], role=LEAD, organisation=KAURI)
    for ref in (*HIT, HIT_BY_NUMBER):
        draft = Asked(stream=Ref(Request, ref.id), command=SaveDraft(form=Form()), actor=by, opens=True)
        own_town.service.writer.execute(draft)
    return own_town


def test_an_occupied_stream_is_an_alarm_and_never_the_askers_mistake(hit: Town):
    with capture_logs() as lines:
        answer = hit.submit()
    assert (answer.status_code, answer.json()["code"]) == (500, "ForeignStream")
    alarm = {"kind": "SchoolCalendar", "stream": str(HIT[0].id), "event": "foreign_stream", "log_level": "error"}
    assert alarm in lines


def test_an_operator_takes_occupied_streams_back(hit: Town):
    found = json.loads(run(hit, "reclaim", "--json"))
    assert {(each["kind"], each["stream"], each["taken_back"]) for each in found} == {
        (ref.of.__name__, str(ref.id), False) for ref in (*HIT, HIT_BY_NUMBER)
    }
    assert hit.submit().status_code == 500, "a list changes nothing"
    assert json.loads(run(hit, "reclaim", "SchoolCalendar", str(HIT[0].id), "--json"))[0]["taken_back"]
    assert len(json.loads(run(hit, "reclaim", "--all", "--json"))) == 2
    as_it_should_be(hit)


def as_it_should_be(town: Town) -> None:
    """Everything that was occupied serves what it is kept for, and so do the read models."""
    assert town.submit().status_code == 201
    calendar = {"school": str(KAURI), "effective_from": "2026-01-05", "year": YEAR}
    assert town.ask("/v1/school-calendars", calendar, Role.SYSTEM_ADMIN).status_code == 200
    new = {"details": asdict(school_details("4321", "Te Kura Hou"))}
    assert town.ask("/v1/schools", new, Role.SYSTEM_ADMIN).status_code == 200
    assert town.submit().status_code == 201
    town.follow()
    with town.service.reads.connection() as db:
        query = "SELECT name FROM service.schools WHERE school_id = %s AND to_position IS NULL"
        assert db.execute(query, [HIT_BY_NUMBER.id]).fetchall() == [("Te Kura Hou",)]
        assert db.execute("SELECT FROM service.drafts WHERE to_position IS NULL").fetchall() == []
        assert db.execute("SELECT FROM projection.parked_now").fetchall() == []


@pytest.mark.parametrize("stream", [KAURI, NORTH])
def test_what_is_no_request_is_never_taken_back(own_town: Town, stream: UUID):
    asked = Asked(stream=Ref(Stream, stream), command=ReclaimStream(kind="CodeSet"), actor=SYSTEM)
    with pytest.raises(NotOccupied):
        own_town.service.writer.execute(asked)
    own_kind = ReclaimStream(kind="School" if stream == KAURI else "Catchment")
    assert own_town.service.writer.execute(replace(asked, command=own_kind)).ids == {}
    assert own_town.submit().status_code == 201


def test_only_what_has_a_public_name_is_taken_back_for():
    reclaim = world(Stream)
    reclaim.when(ReclaimStream(kind="Student")).then_refused(NoSuchKind, "kind")
    reclaim.when(ReclaimStream(kind="School")).then_nothing()
