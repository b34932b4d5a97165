"""What is true of every answer: an id, no store, problems, one line in the log without a word of what was sent."""

from uuid import uuid4

import pytest
import structlog

from api.http.audiences import PUBLIC
from api.http.edge import SAFE
from domain.decision import Refused
from domain.users.user import Role
from tests.api.town import Town

CANARY = "Whetūrangi"


class NobodyHome(Refused):
    """Nobody is at home.

    Come back when
    somebody is.
    """


@pytest.fixture
def said():
    """What was written to the log meanwhile."""
    with structlog.testing.capture_logs() as lines:
        yield lines


def test_every_answer_keeps_out_of_caches_and_names_its_request(town: Town):
    asked = str(uuid4())
    for path in ("/health/live", "/nowhere", "/v1/cases/7/pause", "/openapi.json"):
        answer = town.client.get(path, headers={"X-Request-Id": asked})
        assert {name: answer.headers[name] for name in SAFE} == SAFE
        assert answer.headers["x-request-id"] == asked


def test_a_request_without_an_id_of_its_own_gets_one(town: Town):
    ids = {town.client.get("/health/live", headers=h).headers["x-request-id"] for h in ({}, {"X-Request-Id": "x"})}
    assert len(ids) == 2


def test_the_log_names_the_route_and_never_what_was_sent(town: Town, said):
    headers = town.bearer(Role.CASE_MANAGER) | {"User-Agent": "Whetu"}
    town.client.post(f"/v1/cases/{uuid4()}/barriers?name={CANARY}", json={"note": CANARY}, headers=headers)
    town.client.get(f"/v1/students/{CANARY}/123456789")
    assert [(line["event"], line["route"], line["status"]) for line in said] == [
        ("request", "/v1/cases/{case_id}/barriers", 422),
        ("request", "none", 404),
    ]
    assert "Whet" not in repr(said)
    assert "123456789" not in repr(said)


def test_the_log_names_the_rule_that_refused(town: Town, said):
    town.ask(f"/v1/cases/{uuid4()}/resume", {}, Role.CASE_MANAGER)
    assert [line["rule"] for line in said if line["event"] == "request"] == ["NotFound"]


def test_a_mistake_of_ours_is_a_problem_without_details_and_logged_once(town: Town, said):
    @town.app.get("/broken", dependencies=[PUBLIC])
    def broken() -> None:
        raise RuntimeError(CANARY)

    answer = town.client.get("/broken")
    assert (answer.status_code, answer.json()["code"]) == (500, "InternalError")
    assert answer.headers["content-type"] == "application/problem+json"
    assert CANARY not in answer.text
    [line] = [line for line in said if line["event"] == "unexpected"]
    assert (line["error"], CANARY in repr(said)) == ("RuntimeError", False)
    assert "test_edge" in line["at"]


def test_a_refusal_is_a_problem_with_its_docstring_as_words(town: Town):
    @town.app.get("/refused", dependencies=[PUBLIC])
    def refused() -> None:
        raise NobodyHome("door.bell")

    answer = town.client.get("/refused")
    assert answer.status_code == 409
    assert answer.json() == {
        "type": "/problems/nobody-home",
        "title": "Nobody is at home.",
        "status": 409,
        "code": "NobodyHome",
        "detail": "Come back when somebody is.",
        "errors": [
            {
                "source": "body",
                "pointer": "/door/bell",
                "code": "refused",
                "message": "is refused by this rule",
            }
        ],
    }


def test_what_the_framework_refuses_is_a_problem_too(town: Town):
    missing, wrong = town.client.get("/nowhere"), town.client.delete("/health/live")
    assert (missing.status_code, missing.json()["code"]) == (404, "NotFound")
    assert (wrong.status_code, wrong.json()["code"], wrong.headers["allow"]) == (405, "MethodNotAllowed", "GET")
    assert {answer.headers["content-type"] for answer in (missing, wrong)} == {"application/problem+json"}


def test_a_path_that_names_no_id_is_a_problem_that_does_not_repeat_it(town: Town):
    answer = town.ask(f"/v1/cases/{CANARY}/resume", {}, Role.CASE_MANAGER)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/case_id")
    assert CANARY not in answer.text


def test_the_service_is_ready_and_counts_what_it_does(town: Town):
    town.follow()
    assert town.client.get("/health/live").json() == {"status": "live"}
    assert town.client.get("/health/ready").json() == {"status": "ready"}
    numbers = town.client.get("/metrics")
    assert numbers.headers["content-type"].startswith("text/plain")
    assert 'as_cms_requests_total{method="GET",route="/health/ready",status="200"}' in numbers.text
    assert "as_cms_commands_waiting 0" in numbers.text
    assert 'as_cms_request_seconds_bucket{route="/health/live",le="+Inf"}' in numbers.text
