"""A process that has just started, or whose line was lost, answers like one that has seen everything before."""

from collections.abc import Iterator
from typing import Any

import pytest

from api.app import bare_app
from api.http.document import reader_of
from api.http.routes import api_routes
from tests.api.test_bad_input import role_for
from tests.api.test_deadlines import MORE
from tests.attacks.conftest import NewTown
from tests.attacks.walking import Places

ROUTES = [route for route in api_routes(bare_app()) if route.path.startswith("/v1")]


@pytest.fixture(scope="module")
def warm(new_town: NewTown) -> Iterator[Places]:
    with new_town() as town:
        yield settled(Places.of(town))


@pytest.fixture(scope="module")
def cold(new_town: NewTown) -> Iterator[Places]:
    with new_town(cold=True) as town:
        yield settled(Places.of(town))


def settled(places: Places) -> Places:
    places.town.follow()
    return places


def asked(places: Places, route: Any) -> tuple[int, str]:
    """How the example of the document is answered: the status, and the code of a refusal."""
    body = places.body(route) if reader_of(route) else None
    answer = places.ask(route, role_for(route), places.path(route) + MORE.get(route.path, ""), body)
    code = answer.json().get("code", "") if answer.status_code >= 400 else ""
    places.town.follow()
    return answer.status_code, code


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{min(route.methods)} {route.path}")
def test_whatever_is_asked_first_is_answered_as_it_is_later(warm: Places, cold: Places, route: Any):
    """The examples of the document, one after the other, in two towns that are alike."""
    before = asked(cold, route)
    assert before == asked(warm, route)
    assert before[0] < 500
