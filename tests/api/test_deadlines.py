"""An answer has one deadline, whatever is waited for on the way; nobody is kept longer by one step after the other."""

import asyncio
from typing import Any

import pytest

from api.app import bare_app
from api.http import edge
from api.http.document import reader_of
from api.http.metrics import Metrics
from api.http.routes import api_routes
from eventstore.connections import Pool, Unavailable, available, pool
from eventstore.deadlines import allow, left, within
from eventstore.writer import PATIENCE_SECONDS
from tests.api.test_bad_input import role_for
from tests.api.town import Town
from tests.attacks.walking import Places

MORE = {"/v1/providers/{provider_id}/kpi": "?first=2026-05-01&last=2026-05-31"}
"""What a route cannot be asked without."""

TOLD_WITHIN = 3.0
"""Seconds, as docs/running.md promises."""

SLOWLY = 0.3
"""How long a client takes to send, in seconds."""

ROUTES = [route for route in api_routes(bare_app()) if route.path.startswith("/v1")]


def test_every_step_has_what_is_left_of_the_whole():
    assert left(2.0) == 2.0, "of whom nobody waits for an answer"
    with within(60):
        assert left(2.0) == 2.0
        assert 59 < left(120.0) <= 60
        allow(600)
        assert 599 < left(1_000.0) <= 600
        with within(0):
            assert left(2.0) == 0.0
        assert left(2.0) == 2.0
    allow(600)
    assert left(1_000.0) == 1_000.0


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{min(route.methods)} {route.path}")
def test_when_the_time_is_over_nothing_is_waited_for_whatever_was_asked(
    town: Town, places: Places, route: Any, monkeypatch: pytest.MonkeyPatch
):
    """Each route: what the next slice waits for on the way to an answer is bounded by the same."""
    monkeypatch.setattr(edge, "ANSWER_SECONDS", 0.0)
    body = places.body(route) if reader_of(route) else None
    answer = places.ask(route, role_for(route), places.path(route) + MORE.get(route.path, ""), body)
    assert answer.status_code == 503, answer.text
    assert answer.headers["retry-after"]


@pytest.fixture(scope="module")
def places(town: Town) -> Places:
    found = Places.of(town)
    town.follow()
    return found


def test_whoever_waits_is_told_within_the_3_s_that_are_promised():
    """The deadline is what makes it so; half a second is left for the answer itself."""
    assert edge.ANSWER_SECONDS <= TOLD_WITHIN - 0.5
    assert PATIENCE_SECONDS <= TOLD_WITHIN - 0.5


def test_what_a_client_takes_to_send_is_not_our_time():
    """A body that comes slowly has a limit of its own, at the connection."""
    kept: list[float] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        before = left(60)
        await receive()
        kept.append(left(60) - before)

    async def slowly() -> dict[str, Any]:
        await asyncio.sleep(SLOWLY)
        return {"type": "http.request"}

    async def answer(message: Any) -> None:
        """Take it."""

    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    asyncio.run(edge.Edge(app, Metrics())(scope, slowly, answer))
    assert abs(kept[0]) < SLOWLY


def test_somebody_without_time_left_has_nobody_else_refused(migrated: str):
    with pool(migrated, size=1) as lending:
        with lending.connection(), within(0), pytest.raises(Unavailable), available():
            lent(lending)
        lent(lending)


def lent(lending: Pool) -> None:
    with lending.connection() as db:
        assert db.execute("SELECT 1").fetchall() == [(1,)]
