"""A repeated request acts once, a version that was seen is guarded, and the answer says what was done."""

import threading
from typing import Any
from uuid import uuid4

import pytest

from domain.users.user import Role
from tests.api.town import Town

ETAG = '"{}"'


def barrier(**more: object) -> dict[str, Any]:
    return {
        "barrier": str(uuid4()),
        "category": "TRANSPORT",
        "source": "SCHOOL",
        "identified_on": "2026-05-04",
    } | more


def test_the_first_answer_is_repeated_byte_for_byte_BR_19(town: Town):
    path, body = f"/v1/requests/{uuid4()}/submit", {"form": town.form(town.student())}
    headers = town.bearer(Role.ATTENDANCE_LEAD) | {"Idempotency-Key": uuid4().hex}
    first, second = (town.client.post(path, json=body, headers=headers) for _ in range(2))
    assert first.status_code == 201
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert [first.headers[name] for name in ("etag", "location")] == [
        second.headers[name] for name in ("etag", "location")
    ]


def test_a_repeat_makes_no_event(town: Town):
    case, body = town.assigned(), barrier()
    headers = {"Idempotency-Key": "once"}
    first = town.ask(f"/v1/cases/{case}/barriers", body, Role.CASE_MANAGER, **headers)
    before = town.events()
    body["status"] = "RESOLVED"
    assert town.ask(f"/v1/cases/{case}/barriers", barrier(), Role.CASE_MANAGER, **headers).status_code == 422
    del body["status"]
    again = town.ask(f"/v1/cases/{case}/barriers", body, Role.CASE_MANAGER, **headers)
    assert (again.content, town.events()) == (first.content, before)


def test_a_key_with_another_body_is_refused(town: Town):
    case, headers = town.assigned(), {"Idempotency-Key": uuid4().hex}
    assert town.ask(f"/v1/cases/{case}/barriers", barrier(), Role.CASE_MANAGER, **headers).status_code == 200
    answer = town.ask(f"/v1/cases/{case}/barriers", barrier(), Role.CASE_MANAGER, **headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "IdempotencyKeyReused")


def test_a_key_is_one_persons_and_one_paths(town: Town):
    one, other, headers = town.assigned(), town.assigned(), {"Idempotency-Key": uuid4().hex}
    body = barrier()
    answers = [
        town.ask(f"/v1/cases/{one}/barriers", body, Role.CASE_MANAGER, **headers),
        town.ask(f"/v1/cases/{other}/barriers", body, Role.CASE_MANAGER, **headers),
        town.ask(f"/v1/cases/{one}/barriers", barrier(), Role.WORKFLOW_LEAD, **headers),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert len({answer.json()["position"] for answer in answers}) == 3


def test_the_same_key_sent_at_once_acts_once(town: Town):
    path, body = "/v1/students", {"details": {"name": {"family_name": "Tamatea"}, "born_on": "2014-06-01"}}
    headers = town.bearer(Role.SYSTEM) | {"Idempotency-Key": uuid4().hex}
    answers: list[Any] = []
    threads = [
        threading.Thread(target=lambda: answers.append(town.client.post(path, json=body, headers=headers)))
        for _ in range(8)
    ]
    before = town.events()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert town.events() == before + 1


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "kī".encode()])
def test_a_key_is_visible_ascii(town: Town, key: str | bytes):
    headers = town.bearer(Role.CASE_MANAGER) | {"Idempotency-Key": key}
    answer = town.client.post(f"/v1/cases/{uuid4()}/resume", json={}, headers=headers)  # type: ignore[arg-type] # bytes are what a client can send
    assert answer.status_code == 422
    assert [(one["source"], one["pointer"]) for one in answer.json()["errors"]] == [("header", "/idempotency-key")]


def test_a_version_that_was_seen_is_guarded(town: Town):
    case = town.assigned()
    seen = town.ask(f"/v1/cases/{case}/barriers", barrier(), Role.CASE_MANAGER).headers["etag"]
    moved = town.ask(f"/v1/cases/{case}/barriers", barrier(), Role.CASE_MANAGER, **{"If-Match": seen})
    stale = town.ask(f"/v1/cases/{case}/barriers", barrier(), Role.CASE_MANAGER, **{"If-Match": seen})
    assert (moved.status_code, stale.status_code, stale.json()["code"]) == (200, 412, "Stale")
    assert moved.headers["etag"] == ETAG.format(moved.json()["version"]) != seen


@pytest.mark.parametrize(
    ("tag", "status"),
    [("*", 200), ('W/"3"', 412), ('"abc"', 412), ('"99999999999999999999"', 412), ("3", 422), ('"1", "2"', 422)],
)
def test_a_tag_that_no_version_had_never_matches(town: Town, tag: str, status: int):
    answer = town.ask(f"/v1/cases/{town.assigned()}/barriers", barrier(), Role.CASE_MANAGER, **{"If-Match": tag})
    assert answer.status_code == status


def test_an_answer_says_what_was_done(town: Town):
    case = town.assigned()
    answer = town.ask(f"/v1/cases/{case}/barriers", barrier(), Role.CASE_MANAGER)
    said = answer.json()
    assert set(said) == {"id", "version", "position", "ids"}
    assert (said["id"], said["position"]) == (case, town.events())


def test_asking_for_what_is_so_already_is_no_mistake(town: Town):
    case, body = town.assigned(), barrier()
    answers = [town.ask(f"/v1/cases/{case}/barriers", body, Role.CASE_MANAGER) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].headers["etag"] == answers[1].headers["etag"]
