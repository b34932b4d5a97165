"""Bad input, every kind at every route that takes a body: a clear no, nothing half-done, nothing lost, no 5xx."""

import json
from typing import Any
from uuid import uuid4

import pytest

from api.app import bare_app
from api.http.document import reader_of
from api.http.identity import Audience
from api.http.routes import api_routes, calls
from domain.users.user import Role
from tests.api.town import HOMES, Town

APP = bare_app()
ROUTES = [route for route in api_routes(APP) if reader_of(route)]
CANARY = "Whetūrangi"

RAW: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "half a body": (b'{"form": {', 400),
    "a list": (b"[]", 422),
    "null": (b"null", 422),
    "a text": (json.dumps(CANARY).encode(), 422),
    "NaN": (b'{"x": NaN}', 400),
    "a name twice": (b'{"x": 1, "x": 1}', 400),
    "half a character": (rb'{"x": "\ud800"}', 400),
    "no UTF-8": (b'{"x": "\xff\xfe"}', 400),
    "a megabyte": (json.dumps({"x": "ā" * 1_000_000}).encode(), 413),
    "depth": (b'{"x":' * 5_000 + b"1" + b"}" * 5_000, 400),
    "an unknown field": (json.dumps({CANARY: CANARY}).encode(), 422),
}
VALUES: dict[str, Any] = {
    "NUL": f"{CANARY}\0",
    "a control character": f"{CANARY}\x1b[2J",
    "100 KB of text": CANARY * 10_000,
    "a number": 7,
    "a huge number": 10**400,
    "zero": 0,
    "the digit zero": "0",
    "yes": "yes",
    "a list": [CANARY],
    "an object": {CANARY: CANARY},
    "a day out of range": "9999-12-31",
    "an instant out of range": "0001-01-01T00:00:00+14:00",
}


def role_for(route: Any) -> Role:
    audience = next(call for call in calls(route.dependant) if isinstance(call, Audience))
    return next(role for role in HOMES if role in audience.roles)


def sent(town: Town, route: Any, body: bytes) -> Any:
    path = route.path.replace("{", "").replace("}", "")
    for name in route.param_convertors:
        path = path.replace(name, str(uuid4()))
    headers = town.bearer(role_for(route)) | {"Content-Type": "application/json"}
    return town.client.request(min(route.methods), path, content=body, headers=headers)


def example(route: Any) -> dict[str, Any]:
    operation = APP.openapi()["paths"][route.path][min(route.methods).lower()]
    shown: dict[str, Any] = operation["requestBody"]["content"]["application/json"]["example"]
    return shown


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_bad_body_is_refused_and_nothing_is_done(town: Town, route: Any):
    before = town.events()
    for what, (body, status) in RAW.items():
        answer = sent(town, route, body)
        assert (answer.status_code, answer.json()["status"]) == (status, status), (what, answer.text)
        assert CANARY not in answer.text
    assert town.events() == before


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_bad_value_in_any_field_is_never_our_mistake(town: Town, route: Any):
    """Each field of the example is replaced by each bad value; some are fit for some fields, and then rules judge."""
    good = example(route)
    for name in good:
        for what, value in VALUES.items():
            answer = sent(town, route, json.dumps(good | {name: value}).encode())
            assert answer.status_code < 500, (name, what, answer.text)
            if answer.status_code == 422:
                assert CANARY not in answer.text, (name, what)
                assert answer.json().get("errors"), (name, what)
