"""Every route says who may ask it, has a name and an example, and documents every answer that it gives."""

import json
from pathlib import Path

import pytest
from fastapi import APIRouter, FastAPI
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from api.app import bare_app, openapi_text
from api.http.audiences import PUBLIC, CaseWorker
from api.http.document import reader_of
from api.http.identity import Audience
from api.http.routes import UndeclaredAudience, api_routes, calls, require_audiences
from domain.rights import TABLE, Action
from domain.users.user import Role

ROOT = Path(__file__).parents[2]
APP = bare_app()
ROUTES = api_routes(APP)
BODIES = [route for route in ROUTES if reader_of(route)]


def house() -> FastAPI:
    return FastAPI(openapi_url=None, docs_url=None, redoc_url=None)


def test_a_route_that_does_not_say_who_may_ask_stops_the_start():
    app, router = house(), APIRouter(prefix="/v1")

    @router.get("/open")
    def forgotten() -> None: ...

    app.include_router(router)
    with pytest.raises(UndeclaredAudience, match="/v1/open"):
        require_audiences(app)


def test_a_route_of_another_kind_does_not_slip_through():
    app = house()
    app.router.routes.append(Route("/raw", PlainTextResponse("open")))
    with pytest.raises(UndeclaredAudience, match="/raw"):
        require_audiences(app)


def test_a_route_says_who_may_ask_by_a_type_or_that_it_is_public():
    app, router = house(), APIRouter()

    @router.get("/theirs")
    def theirs(actor: CaseWorker) -> None: ...

    @router.get("/everybodys", dependencies=[PUBLIC])
    def everybodys() -> None: ...

    app.include_router(router)
    require_audiences(app)


def test_only_health_numbers_and_documentation_are_public():
    public = {route.path for route in ROUTES if not any(isinstance(c, Audience) for c in calls(route.dependant))}
    assert public == {"/health/live", "/health/ready", "/metrics", "/openapi.json", "/docs"}


def test_an_audience_is_the_roles_that_hold_the_right():
    audience = Audience(Action.ASSIGN, Action.CLOSE)
    assert audience.roles == {*TABLE[Action.ASSIGN], *TABLE[Action.CLOSE]}
    assert Audience(Action.NAME_PRIMARY_CONTACT).roles == {Role.ATTENDANCE_LEAD}


def test_every_operation_has_a_name_of_its_own_that_says_what_it_does():
    names = [route.unique_id for route in ROUTES]
    assert len(names) == len(set(names))
    assert all((route.endpoint.__doc__ or "").strip() for route in ROUTES)


@pytest.mark.parametrize("route", BODIES, ids=lambda route: route.name)
def test_the_example_of_a_body_is_one_that_the_reader_takes(route):
    operation = APP.openapi()["paths"][route.path][min(route.methods).lower()]
    example = operation["requestBody"]["content"]["application/json"]["example"]
    reader = reader_of(route)
    assert reader
    assert isinstance(reader.read(json.dumps(example).encode()), reader.of)


def test_the_document_that_is_kept_is_the_one_that_is_served():
    """`attendance openapi > docs/openapi.json` writes it again."""
    assert (ROOT / "docs" / "openapi.json").read_text(encoding="utf-8") == openapi_text()


def test_the_document_is_openapi_31_and_every_reference_leads_somewhere():
    document = APP.openapi()
    assert document["openapi"].startswith("3.1")
    text = json.dumps(document)
    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named <= set(document["components"]["schemas"])


def test_every_answer_that_is_no_success_is_a_documented_problem():
    for path, methods in APP.openapi()["paths"].items():
        for operation in methods.values():
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert set(answer["content"]) == {"application/problem+json"}, (path, status)
