"""Parameters that two readers could read differently are refused on every route, present and future."""

import asyncio
import json
from typing import Any, TypeAlias
from uuid import uuid4

import pytest
import structlog
from httpx2 import QueryParams

from api.app import bare_app
from api.http.figures import Scraper
from api.http.identity import Audience
from api.http.routes import api_routes, calls
from api.http.strictness import ONCE
from api.settings import Mode, Settings
from domain.users.user import Role
from tests.api.town import HOMES, Town

ROUTES = [
    (path, method, operation)
    for path, methods in bare_app().openapi()["paths"].items()
    for method, operation in methods.items()
]
NAMES = [f"{method} {path}" for path, method, _ in ROUTES]
CANARY = "Whetu"
Scalar: TypeAlias = str | int | float | bool | None


def placed(path: str, operation: dict[str, Any], value: str) -> str:
    """The path with this for every id."""
    names = [each["name"] for each in operation.get("parameters", []) if each["in"] == "path"]
    return path.format(**dict.fromkeys(names, value))


def entered(town: Town, path: str, method: str) -> dict[str, str]:
    """The headers of somebody whom the route lets in; none if it is public."""
    [route] = [each for each in api_routes(town.app) if each.path == path and method.upper() in (each.methods or ())]
    audience = next((call for call in calls(route.dependant) if isinstance(call, Audience)), None)
    return town.bearer(min(audience.roles & HOMES.keys())) if audience else {}


def faults(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.text
    assert CANARY not in answer.text
    return [(each["pointer"], each["code"]) for each in answer.json()["errors"]]


@pytest.mark.parametrize(("path", "method", "operation"), ROUTES, ids=NAMES)
def test_every_route_refuses_headers_that_are_given_twice(town: Town, path: str, method: str, operation: Any):
    address = placed(path, operation, str(uuid4()))
    headers = [(name, CANARY) for name in ONCE for _ in range(2)]
    answer = town.client.request(method, address, headers=headers)
    assert set(faults(answer)) >= {(f"/{name}", "given_twice") for name in ONCE}


@pytest.mark.parametrize(("path", "method", "operation"), ROUTES, ids=NAMES)
def test_every_route_refuses_queries_given_twice_or_unknown_and_ids_in_another_form(
    town: Town, path: str, method: str, operation: Any
):
    queries = [each["name"] for each in operation.get("parameters", []) if each["in"] == "query"]
    ids = [
        each["name"]
        for each in operation.get("parameters", [])
        if each["in"] == "path" and each["schema"].get("format") == "uuid"
    ]
    headers = entered(town, path, method)
    one = uuid4()
    for other in (f"{{{one}}}", f"urn:uuid:{one}", one.hex):
        sent: list[tuple[str, Scalar]] = [*((name, CANARY) for name in queries for _ in range(2)), (CANARY, "1")]
        found = faults(
            town.client.request(method, placed(path, operation, other), params=QueryParams(sent), headers=headers)
        )
        assert set(found) == {
            ("", "unknown"),
            *((f"/{name}", "given_twice") for name in queries),
            *((f"/{name}", "not_an_id") for name in ids),
        }


@pytest.mark.parametrize("form", ["{{{0}}}", "urn:uuid:{0}", "{0.hex}"])
def test_an_id_in_a_body_has_its_hyphens_and_nothing_around_it(town: Town, form: str):
    body = {"barrier": form.format(uuid4()), "category": "TRANSPORT", "source": "SCHOOL", "identified_on": "2026-05-04"}
    found = faults(town.ask(f"/v1/cases/{uuid4()}/barriers", body, Role.CASE_MANAGER))
    assert found == [("/barrier", "not_an_id")]


def test_who_hangs_up_while_sending_is_no_mistake_of_ours(town: Town):
    case = town.assigned()
    path = f"/v1/cases/{case}/barriers"
    headers = {"content-type": "application/json"} | town.bearer(Role.CASE_MANAGER)
    scope = {
        "type": "http", "http_version": "1.1", "method": "POST", "path": path, "raw_path": path.encode(),
        "root_path": "", "scheme": "http", "query_string": b"", "server": ("a", 1), "client": ("b", 1),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    messages = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return messages.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    with structlog.testing.capture_logs() as lines:
        asyncio.run(town.app(scope, receive, send))
    assert [(line["event"], line["status"]) for line in lines] == [("request", 499)]
    assert sent == []
    assert 'route="/v1/cases/{case_id}/barriers",status="499"' in town.client.get("/metrics").text


def test_the_numbers_are_read_with_a_token_of_their_own(own_town: Town):
    own_town.app.state.scraper = Scraper.of(Settings(metrics_token="once" * 8))
    for headers in ({}, {"Authorization": "Bearer twice"}, own_town.bearer(Role.CASE_MANAGER)):
        assert own_town.client.get("/metrics", headers=headers).status_code == 401
    assert own_town.client.get("/metrics", headers={"Authorization": "Bearer " + "once" * 8}).status_code == 200


def test_in_production_nobody_reads_the_numbers_without_one(own_town: Town):
    production = Settings().model_copy(update={"mode": Mode.PRODUCTION})
    own_town.app.state.scraper = Scraper.of(production)
    answer = own_town.client.get("/metrics")
    assert (answer.status_code, json.loads(answer.text)["code"]) == (404, "NotFound")
