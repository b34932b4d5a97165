"""Cursors lead on in one list only, and moments are read as strictly as bodies."""

from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from api.http import problems
from api.http.cursors import Place, cursor, place
from api.http.moments import AtMoment
from api.http.problems import Problem
from eventstore.key_material import Secrets
from eventstore.sealing import Digests
from projections.moments import Asked
from tests.api.town import secret

DIGESTS = Digests(claims=Secrets.parse(secret("one")), idempotency=Secrets.parse(secret("two")))
OTHERS = Digests(claims=Secrets.parse(secret("one")), idempotency=Secrets.parse(secret("three")))
PLACE = Place(position=7, key=("2026-05-04", 3, None))

keys = st.tuples(st.text(), st.integers(-(2**60), 2**60), st.none())


@given(st.integers(0, 2**60), keys)
def test_a_cursor_leads_back_to_its_place(position: int, key: tuple[Any, ...]):
    there = Place(position=position, key=key)
    assert place("queue", cursor("queue", there, DIGESTS), DIGESTS) == there


@pytest.mark.parametrize(
    "carried",
    [
        "",
        "x",
        "Whetūrangi",
        "A" * 40,
        cursor("queue", PLACE, DIGESTS) + "A",
        cursor("queue", PLACE, DIGESTS)[:-2],
        cursor("caseload", PLACE, DIGESTS),
        cursor("queue", PLACE, OTHERS),
    ],
)
def test_a_cursor_that_is_not_of_this_list_is_refused(carried: str):
    with pytest.raises(Problem) as caught:
        place("queue", carried, DIGESTS)
    assert (caught.value.status, caught.value.errors[0].pointer) == (422, "/after")


@pytest.fixture(scope="module")
def client():
    app = FastAPI()
    seen: list[Asked] = []

    @app.get("/asked")
    def asked(at: AtMoment) -> dict[str, str]:
        seen.append(at)
        return {"instant": str(at.instant), "position": str(at.position), "at_least": str(at.at_least)}

    problems.install(app)
    with TestClient(app) as opened:
        yield opened


def test_no_moment_is_now(client: TestClient):
    assert client.get("/asked").json() == {"instant": "None", "position": "None", "at_least": "0"}


def test_a_moment_is_an_instant_with_its_offset_or_a_position(client: TestClient):
    instant = client.get("/asked", params={"as_at": "2026-05-04T09:30:00+12:00"})
    assert instant.json()["instant"] == str(datetime(2026, 5, 3, 21, 30, tzinfo=UTC))
    assert client.get("/asked", params={"position": "7", "at_least": "3"}).json() == {
        "instant": "None",
        "position": "7",
        "at_least": "3",
    }


@pytest.mark.parametrize(
    ("parameters", "pointer"),
    [
        ({"as_at": "2026-05-04"}, "/as_at"),
        ({"as_at": "2026-05-04T09:30:00"}, "/as_at"),
        ({"as_at": "1700000000"}, "/as_at"),
        ({"as_at": "Whetūrangi"}, "/as_at"),
        ({"position": "-1"}, "/position"),
        ({"position": str(2**64)}, "/position"),
        ({"position": "Whetūrangi"}, "/position"),
        ({"at_least": "x"}, "/at_least"),
        ({"as_at": "2026-05-04T09:30:00Z", "position": "7"}, "/position"),
    ],
)
def test_a_moment_that_is_none_is_refused_without_repeating_it(client: TestClient, parameters, pointer: str):
    answer = client.get("/asked", params=parameters)
    assert (answer.status_code, [fault["pointer"] for fault in answer.json()["errors"]]) == (422, [pointer])
    assert "Whetūrangi" not in answer.text
