"""Bodies are read strictly: whatever is wrong is named at once, nothing is cast, and nothing sent comes back."""

import json
from typing import Any

import pytest

from api.app import bare_app
from api.http.bodies import LARGEST_BODY, NotStrict, Reader
from api.http.document import reader_of
from api.http.problems import Problem
from api.http.routes import api_routes
from domain import registry
from domain.cases.meeting import RecordSchoolMeeting, ScheduleMeeting
from domain.requests.drafting import SaveDraft
from domain.users.user import Role
from tests.api.town import Town

CANARY = "Whetūrangi"
MEETING = {"meeting": "00000000-0000-0000-0000-000000000001", "held_on": "2026-05-04"}
READER = Reader(RecordSchoolMeeting)

WRONG = {
    "zero for a day": ("held_on", 0, "not_a_day"),
    "a digit for a day": ("held_on", "0", "not_a_day"),
    "a time stamp for a day": ("held_on", "1700000000", "not_a_day"),
    "an instant for a day": ("held_on", "2026-05-04T00:00:00Z", "not_a_day"),
    "no such day": ("held_on", "2026-02-30", "not_a_day"),
    "digits of another script": ("held_on", "\uff12026-05-04", "not_a_day"),
    "a day before anybody": ("held_on", "1066-10-14", "day_out_of_range"),
    "a day after everybody": ("held_on", "9999-12-31", "day_out_of_range"),
    "no id": ("meeting", CANARY, "not_an_id"),
    "a number for an id": ("meeting", 7, "not_an_id"),
    "a name that nobody knows": ("colour", "red", "unknown_field"),
    "a code of no list": ("health_relevant_to", CANARY, "not_in_list"),
    "a text for a list": ("topics", CANARY, "not_a_list"),
    "a list for a text": ("note", [CANARY], "not_a_text"),
    "NUL": ("note", f"{CANARY}\0", "bad_text"),
    "a text too long": ("note", CANARY * 1_100, "bad_text"),
    "an empty text": ("note", " ", "bad_text"),
}

UNREADABLE = {
    "no JSON": b"{",
    "nothing": b"",
    "a name twice": b'{"meeting": 1, "meeting": 2}',
    "a name twice inside": b'{"meeting": {"a": 1, "a": 1}}',
    "NaN": b'{"meeting": NaN}',
    "infinity": b'{"meeting": -Infinity}',
    "half a character": rb'{"note": "\ud800"}',
    "no UTF-8": b'{"note": "\xff"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "depth": b"[" * 100_000,
    "some depth": b"[" * 100 + b"]" * 100,
    "a number of 5,000 digits": b'{"meeting": ' + b"1" * 5_000 + b"}",
}


def refused(body: bytes, reader: Reader[Any] = READER) -> Problem:
    with pytest.raises(Problem) as caught:
        reader.read(body)
    return caught.value


def test_a_command_is_its_own_body():
    body = json.dumps(MEETING | {"topics": ["HEALTH"], "note": " Kōrero\r\nmai "}).encode()
    read = READER.read(body)
    assert (read.held_on.isoformat(), read.topics, read.note) == ("2026-05-04", ("HEALTH",), "Kōrero\nmai")


def test_macrons_are_read_alike_composed_and_decomposed():
    reader = Reader(SaveDraft)
    bodies = [json.dumps({"form": {"reason": reason}}) for reason in ("wha\u0304nau", "wh\u0101nau")]
    one, other = (reader.read(body.encode()) for body in bodies)
    assert one == other


def test_an_instant_is_read_in_utc():
    body = MEETING | {"kind": "SCHOOL", "mode": "PHONE", "at": "2026-05-06T09:30:00+12:00"}
    del body["held_on"]
    assert Reader(ScheduleMeeting).read(json.dumps(body).encode()).at.isoformat() == "2026-05-05T21:30:00+00:00"


@pytest.mark.parametrize("at", ["2026-05-06T09:30:00", "1700000000", 0, "2026-05-06", "9999-12-31T23:59:59-12:00"])
def test_an_instant_names_its_offset(at: object):
    body = MEETING | {"kind": "SCHOOL", "mode": "PHONE", "at": at}
    del body["held_on"]
    [fault] = refused(json.dumps(body).encode(), Reader(ScheduleMeeting)).errors
    assert fault.pointer == "/at"


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_named_and_never_repeated(what: str):
    name, value, code = WRONG[what]
    problem = refused(json.dumps(MEETING | {name: value}).encode())
    assert [(fault.pointer, fault.code) for fault in problem.errors] == [(f"/{name}", code)]
    assert problem.status == 422
    assert CANARY not in bytes(problem.answer().body).decode()


@pytest.mark.parametrize("what", UNREADABLE)
def test_what_two_readers_could_read_differently_is_refused(what: str):
    assert (refused(UNREADABLE[what]).status, refused(UNREADABLE[what]).code) == (400, "MalformedJson")


def test_yes_is_no_boolean():
    [fault] = refused(b'{"form": {"strategies_tried": "yes"}}', Reader(SaveDraft)).errors
    assert (fault.pointer, fault.code) == ("/form/strategies_tried", "not_a_boolean")


def test_all_mistakes_are_named_at_once():
    problem = refused(b'{"held_on": 0, "topics": ["NOISE"], "colour": 1}')
    assert {fault.pointer for fault in problem.errors} == {"/meeting", "/held_on", "/topics/0", "/colour"}


def test_a_name_that_is_not_ours_is_not_repeated():
    [fault] = refused(json.dumps(MEETING | {f"{CANARY} Ngata": 1}).encode()).errors
    assert (fault.pointer, fault.code) == ("", "unknown_field")


def test_a_number_is_one_that_everybody_reads_exactly():
    [fault] = refused(json.dumps({"form": {"year_level": 10**30}}).encode(), Reader(SaveDraft)).errors
    assert fault.pointer == "/form/year_level"


def test_a_body_that_is_not_declared_strict_stops_the_start():
    class Loose:
        pass

    with pytest.raises(NotStrict):
        Reader(Loose)


def test_no_body_takes_a_text_without_limits():
    """Every text of every body is one of the kinds in domain/text.py, which refuse NUL and over-length."""
    for route in api_routes(bare_app()):
        reader = reader_of(route)
        if reader:
            assert list(loose_texts(reader.adapter.json_schema(), ())) == [], reader.of.__name__


def loose_texts(schema: Any, place: tuple[str, ...]):
    if isinstance(schema, list):
        for each in schema:
            yield from loose_texts(each, place)
    if isinstance(schema, dict):
        if schema.get("type") == "string" and not {"format", "enum", "maxLength", "const"} & set(schema):
            yield "/".join(place)
        for name, each in schema.items():
            yield from loose_texts(each, (*place, name))


def test_every_command_has_a_route_or_is_the_systems_own():
    offered = {reader.of.__name__ for route in api_routes(bare_app()) if (reader := reader_of(route))}
    assert set(registry.commands()) - offered == SYSTEMS_OWN


SYSTEMS_OWN = {
    "BeginDisposal",
    "ExpireDraft",
    "NoteEnrolment",
    "NoteManagerLeft",
    "NotePrimaryContactLeft",
    "RecalculateDeadlines",
    "RecordKeysDestroyed",
    "ReclaimStream",
    "ResumeWhenDue",
    "WarnOfExpiry",
}


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "", "application/json; charset=latin-1"])
def test_a_body_of_another_kind_is_refused(town: Town, kind: str):
    asked = town.bearer(Role.CASE_MANAGER) | {"Content-Type": kind}
    answer = town.client.post(f"/v1/cases/{MEETING['meeting']}/resume", content=b"{}", headers=asked)
    assert (answer.status_code, answer.json()["code"]) == (415, "NotJson")


def test_a_body_too_long_is_refused(town: Town):
    asked = town.bearer(Role.CASE_MANAGER) | {"Content-Type": "application/json"}
    path = f"/v1/cases/{MEETING['meeting']}/resume"
    answer = town.client.post(path, content=b" " * (LARGEST_BODY + 1), headers=asked)
    assert (answer.status_code, answer.json()["code"]) == (413, "BodyTooLarge")
    assert town.client.post(path, content=b" " * LARGEST_BODY + b"{}", headers=asked).status_code == 413
    assert town.client.post(path, content=b" " * 1_000 + b"{}", headers=asked).status_code == 404
