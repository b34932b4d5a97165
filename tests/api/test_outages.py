"""With the database away every request is answered 503 in time, and served again when it is back."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep
from typing import Any, cast
from uuid import uuid4

import httpx2
import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL, Identifier

from api.settings import Login
from domain.users.user import Role
from eventstore.connections import connect
from projections.generations import prepare
from projections.registry import MODELS
from tests.api.test_disposals import HOLD
from tests.api.town import AWHI, KAURI, Town, settings, town_of, town_on
from tests.eventstore.roles import as_role
from tests.proxy import Proxy, proxied

TOLD_WITHIN = 6.0
"""Twice what is promised: two cores make 120 answers beside other tests. `test_deadlines` holds what is promised."""
SERVED_AGAIN_WITHIN = 10.0
CROWD = 120
"""More at once than there are threads and connections: whoever stands in line is told in time too."""

LEAD, MANAGER = Role.ATTENDANCE_LEAD, Role.CASE_MANAGER
QUESTIONS = {
    f"/v1/schools/{KAURI}/dashboard": LEAD,
    f"/v1/schools/{KAURI}/cases": LEAD,
    f"/v1/schools/{KAURI}/request-form": LEAD,
    f"/v1/providers/{AWHI}/queue": Role.WORKFLOW_LEAD,
    f"/v1/cases/{uuid4()}": MANAGER,
    f"/v1/cases/{uuid4()}/timeline": MANAGER,
}
OUTAGES: dict[str, tuple[Callable[[Proxy], None], Callable[[Proxy], None]]] = {
    "refusing": (Proxy.refuse, Proxy.accept_again),
    "black-holed": (Proxy.swallow, Proxy.pass_on),
}


def statuses(town: Town) -> dict[str, int]:
    """What a command and the question of readiness are answered."""
    headers = town.bearer(MANAGER)
    command = town.client.post(f"/v1/cases/{uuid4()}/resume", json={}, headers=headers)
    assert command.status_code != 503 or command.headers["retry-after"]
    return {"command": command.status_code, "ready": town.client.get("/health/ready").status_code}


def away(proxy: Proxy, town: Town) -> dict[str, int]:
    proxy.refuse()
    return statuses(town)


def served_again(town: Town) -> bool:
    """Ask until both are answered, or until the promise is broken."""
    until = monotonic() + SERVED_AGAIN_WITHIN
    while monotonic() < until:
        if statuses(town) == {"command": 404, "ready": 200}:
            return True
        sleep(0.1)
    return False


def test_the_database_away_is_a_503_and_back_is_served_again(migrated: str, tmp_path: Path):
    with proxied(migrated) as (proxy, through), town_on(through, tmp_path) as town:
        town.follow()
        assert statuses(town) == {"command": 404, "ready": 200}
        assert away(proxy, town) == {"command": 503, "ready": 503}
        assert town.client.get("/health/live").status_code == 200
        proxy.accept_again()
        assert served_again(town)


@pytest.mark.parametrize("outage", OUTAGES)
def test_everybody_in_a_crowd_is_told_in_time_whatever_they_ask(migrated: str, tmp_path: Path, outage: str):
    go_away, come_back = OUTAGES[outage]
    with proxied(migrated) as (proxy, through), town_on(through, tmp_path) as town:
        town.follow()
        assert {status for status, _ in crowd(town, len(QUESTIONS))} <= {200, 404}
        go_away(proxy)
        for _ in range(2):
            answers = crowd(town, CROWD)
            assert {status for status, _ in answers} == {503}
            assert max(waited for _, waited in answers) < TOLD_WITHIN
        come_back(proxy)
        assert served_again(town)


def crowd(town: Town, size: int) -> list[tuple[int, float]]:
    """Let so many ask at once; the status of each answer, and how long it took, in seconds."""
    asked = list(QUESTIONS.items())
    headers = [town.bearer(role) for _, role in asked]

    async def ask(client: Any, number: int) -> tuple[int, float]:
        began = monotonic()
        answer = await client.get(asked[number][0], headers=headers[number])
        return answer.status_code, monotonic() - began

    async def all_at_once() -> list[tuple[int, float]]:
        line = httpx2.ASGITransport(app=cast("Any", town.app))
        async with httpx2.AsyncClient(transport=line, base_url="http://testserver") as client:
            return await asyncio.gather(*(ask(client, n % len(asked)) for n in range(size)))

    return asyncio.run(all_at_once())


def test_commands_are_decided_while_questions_hold_every_connection_of_theirs(own_town: Town):
    """Whoever comes in is looked up, and drafts are counted, beside what questions wait for."""
    town = own_town
    _, login = town.person(LEAD, KAURI)
    headers = {"Authorization": f"Bearer {town.token(login, KAURI, LEAD)}"}
    with ExitStack() as held:
        for _ in range(town.service.settings.reads):
            held.enter_context(town.service.reads.connection())
        assert town.client.get(f"/v1/schools/{KAURI}/dashboard", headers=headers).status_code == 503
        draft = town.client.put(f"/v1/requests/{uuid4()}/draft", json={"form": {}}, headers=headers)
        assert draft.status_code == 201, draft.text
        submitted = town.client.post(
            f"/v1/requests/{uuid4()}/submit", json={"form": town.form(town.student())}, headers=headers
        )
        assert submitted.status_code == 201, submitted.text


def test_while_keys_are_out_of_reach_everybody_is_told_that_the_service_is_away_and_nothing_is_a_fault(
    migrated: str, tmp_path: Path
):
    """Only the keys are: what a decision, a right or an answer has to open is opened by nobody for a while."""
    with connect(migrated) as owner:
        prepare(owner, MODELS)
    with proxied(migrated) as (proxy, through):
        said = settings(tmp_path, migrated, database_url_keys=as_role(through, "keys"))
        with town_of(said) as town, TestClient(town.app, raise_server_exceptions=False) as client:
            student, case = town.student(), town.assigned()
            town.follow()
            asked = [
                ("POST", f"/v1/students/{student}/former-details", {"reason": "Whānau asked."}, Role.PRIVACY_OFFICER),
                ("POST", f"/v1/students/{student}/legal-hold", HOLD, Role.PRIVACY_OFFICER),
                ("POST", f"/v1/requests/{uuid4()}/submit", {"form": town.form(student)}, LEAD),
                ("POST", f"/v1/cases/{case}/activities", activity(), MANAGER),
                ("POST", f"/v1/cases/{case}/pause", {"attestations": {}}, MANAGER),
                ("GET", f"/v1/cases/{case}", None, MANAGER),
                ("GET", f"/v1/cases/{case}/timeline", None, MANAGER),
                ("GET", f"/v1/schools/{KAURI}/request-form", None, LEAD),
            ]

            def answers() -> dict[str, int]:
                town.service.keyring.forget()
                return {
                    path: client.request(verb, path, json=body, headers=town.bearer(role)).status_code
                    for verb, path, body, role in asked
                }

            proxy.refuse()
            away = answers()
            assert 503 in away.values()
            assert 500 not in away.values(), away
            proxy.accept_again()
            until = monotonic() + SERVED_AGAIN_WITHIN
            while (back := answers()) and {500, 503} & {*back.values()}:
                assert monotonic() < until, back


def activity() -> dict[str, Any]:
    return {"activity": str(uuid4()), "kind": "HOME_VISIT", "occurred_on": "2026-05-04", "note": "Hush."}


def test_a_database_that_became_read_only_is_away_for_commands_until_it_is_written_again(
    own_town: Town, admin: psycopg.Connection
):
    """As after a failover: nothing was decided wrongly, and nobody has to start anything anew."""
    town = own_town
    town.follow()
    name = Identifier(str(conninfo_to_dict(town.service.database.dsn(Login.OWNER))["dbname"]))

    def became(state: str) -> None:
        admin.execute(SQL("ALTER DATABASE {} SET default_transaction_read_only = {}").format(name, SQL(state)))
        ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
        admin.execute(ended, [name.as_string().strip('"')])

    became("on")
    client = TestClient(town.app, raise_server_exceptions=False)
    hold, headers = f"/v1/students/{uuid4()}/legal-hold", town.bearer(Role.PRIVACY_OFFICER)
    draft, lead = f"/v1/requests/{uuid4()}/draft", town.bearer(LEAD)
    assert client.put(draft, json={"form": {}}, headers=lead).status_code == 503
    assert client.post(hold, json=HOLD, headers=headers).status_code in {409, 503}, "of nobody: nothing to write"
    assert client.get("/health/ready").status_code == 503
    became("off")
    until = monotonic() + SERVED_AGAIN_WITHIN
    while client.get("/health/ready").status_code == 503:
        assert monotonic() < until, client.get("/health/ready").text
        sleep(0.1)
    assert client.put(draft, json={"form": {}}, headers=lead).status_code == 201
