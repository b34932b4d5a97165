"""An issuer publishes its keys at an address: who waits for them, and what is said while there are none."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
from joserfc import jwt

from adapters.fetched_keys import PERIOD_SECONDS, FetchedKeys
from adapters.identity import Tokens
from api.app import tokens
from api.commands.running import said
from api.settings import BadSettings, Settings
from domain.users.user import Role
from tests.api.test_cli import HANG_SECONDS, Place, one_clear_line
from tests.api.town import KAURI, Town
from tests.issuer import Clock, Issuer, away, issuing, key, published

OURS, NEW = key("ours"), key("new")
US, DAY = "https://identity.example", 86_400.0
PATH = f"/v1/schools/{KAURI}/dashboard"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with issuing(published(OURS)) as opened:
        yield opened


@pytest.fixture
def keys(town: Town, issuer: Issuer, clock: Clock) -> Iterator[FetchedKeys]:
    """The keys by which the service of the town judges tokens; nobody has fetched them yet."""
    keys = FetchedKeys(issuer.url, good_seconds=DAY, clock=clock)
    judge = Tokens(keys, issuer=US, audience="as-cms")
    door = town.app.state.door
    town.app.state.door = replace(door, tokens=judge, fetched=keys)
    town.follow()
    yield keys
    town.app.state.door = door


def bearer(kid: Any) -> dict[str, str]:
    """The header of an attendance lead, by a token that the issuer has signed with this key."""
    now = int(time.time())
    claims = {"iss": US, "aud": "as-cms", "iat": now, "exp": now + 600, "org": str(KAURI), "role": "ATTENDANCE_LEAD"}
    login = f"{Role.ATTENDANCE_LEAD.lower()}-{KAURI.hex[:6]}"
    return {"Authorization": f"Bearer {jwt.encode({'alg': 'ES256', 'kid': kid.kid}, claims | {'sub': login}, kid)}"}


def status(town: Town, kid: Any) -> int:
    return town.client.get(PATH, headers=bearer(kid)).status_code


def test_whoever_comes_first_waits_for_the_keys(town: Town, keys: FetchedKeys, issuer: Issuer):
    assert (status(town, OURS), issuer.asked) == (200, 1)


def test_a_key_that_is_not_known_yet_is_fetched_while_its_bearer_waits(
    town: Town, keys: FetchedKeys, issuer: Issuer, clock: Clock
):
    assert status(town, OURS) == 200
    issuer.answer(published(OURS, NEW))
    assert (status(town, NEW), issuer.asked) == (401, 1), "it was asked a moment ago"
    clock.now += 30
    assert (status(town, NEW), status(town, OURS), issuer.asked) == (200, 200, 2)


def test_keys_that_nobody_has_lead_to_no_more_fetches(town: Town, keys: FetchedKeys, issuer: Issuer, clock: Clock):
    assert status(town, OURS) == 200
    clock.now += 30
    assert {status(town, key(f"made up {n}")) for n in range(20)} == {401}
    assert issuer.asked == 2


def test_while_somebody_waits_for_the_issuer_others_are_answered(
    town: Town, keys: FetchedKeys, issuer: Issuer, clock: Clock
):
    assert status(town, OURS) == 200
    issuer.answer(published(OURS, NEW))
    issuer.open.clear()
    clock.now += 30

    async def ask(client: Any, kid: Any) -> int:
        return cast("int", (await client.get(PATH, headers=bearer(kid))).status_code)

    async def together() -> tuple[list[int], bool, set[int]]:
        line = httpx2.ASGITransport(app=cast("Any", town.app))
        async with httpx2.AsyncClient(transport=line, base_url="http://testserver") as client:
            waiting = [asyncio.create_task(ask(client, NEW)) for _ in range(60)]  # more than there are threads
            known = [await ask(client, OURS) for _ in range(5)]
            waited = not any(task.done() for task in waiting)
            issuer.open.set()
            return known, waited, set(await asyncio.gather(*waiting))

    assert asyncio.run(together()) == ([200] * 5, True, {200})
    assert issuer.asked == 2


def test_who_gives_up_waiting_takes_the_keys_from_nobody(town: Town, keys: FetchedKeys, issuer: Issuer, clock: Clock):
    issuer.open.clear()

    async def give_up() -> None:
        token = bearer(OURS)["Authorization"].removeprefix("Bearer ")
        waiting = asyncio.create_task(town.app.state.door.enter(token))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)

    asyncio.run(give_up())
    issuer.open.set()
    assert (status(town, OURS), issuer.asked) == (200, 1)


def test_keys_that_are_too_old_prove_nothing_and_it_is_said_until_there_are_new_ones(
    town: Town, keys: FetchedKeys, issuer: Issuer, clock: Clock
):
    assert (status(town, OURS), ready(town)) == (200, {"status": "ready"})
    issuer.answer(b"", 503)
    clock.now += DAY - 1
    assert (status(town, OURS), good_seconds(town)) == (200, 1)
    clock.now += 31
    answer = town.client.get(PATH, headers=bearer(OURS))
    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "KeysOutdated", "30")
    assert ready(town)["detail"] == "At the moment the issuer's keys are too old."
    assert good_seconds(town) == 0
    assert town.client.get("/health/live").status_code == 200
    assert town.client.get(PATH).status_code == 401, "who brings no token is told so"
    issuer.answer(published(OURS))
    clock.now += 30
    assert (status(town, OURS), ready(town)) == (200, {"status": "ready"})


def test_a_service_that_nobody_asks_because_it_is_not_ready_becomes_ready_again(
    town: Town, keys: FetchedKeys, issuer: Issuer, clock: Clock
):
    assert "too old" in ready(town)["detail"]
    until = time.monotonic() + HANG_SECONDS
    while ready(town) != {"status": "ready"} and time.monotonic() < until:
        time.sleep(0.05)
    assert (ready(town), issuer.asked) == ({"status": "ready"}, 1)


def test_whoever_reads_the_figures_of_a_service_that_nobody_asks_has_its_keys_fetched(
    town: Town, keys: FetchedKeys, issuer: Issuer, clock: Clock
):
    """Else they would tell of an issuer that is away where nobody came."""
    assert status(town, OURS) == 200
    clock.now += PERIOD_SECONDS
    until = time.monotonic() + HANG_SECONDS
    while good_seconds(town) < DAY and time.monotonic() < until:
        time.sleep(0.05)
    assert (good_seconds(town), issuer.asked) == (DAY, 2)


def ready(town: Town) -> dict[str, str]:
    return cast("dict[str, str]", town.client.get("/health/ready").json())


def good_seconds(town: Town) -> int:
    """What the figures say of the keys."""
    lines = town.client.get("/metrics").text.splitlines()
    (number,) = [line.split()[1] for line in lines if line.startswith("as_cms_issuer_keys_good_seconds ")]
    return int(number)


def test_where_no_keys_are_fetched_the_figures_do_not_speak_of_them(town: Town):
    assert "issuer_keys" not in town.client.get("/metrics").text


@pytest.mark.parametrize("workers", [pytest.param("1", marks=pytest.mark.soak), "2"])
def test_a_start_without_keys_is_one_clear_line(passable: Path, tmp_path: Path, workers: str):
    place, serve = Place(passable / f"keyless-{workers}"), ("serve", "--port", "0", "--workers", workers)
    with away() as url:
        gone = place.run(*serve, AS_CMS_ISSUER=US, AS_CMS_JWKS_URL=url)
    assert (gone.returncode, "AS_CMS_JWKS_URL: the issuer does not answer" in one_clear_line(gone)) == (4, True)
    with issuing(b"{}") as useless:
        wrong = place.run(*serve, AS_CMS_ISSUER=US, AS_CMS_JWKS_URL=useless.url)
    assert (wrong.returncode, "AS_CMS_JWKS_URL: there is no JSON" in one_clear_line(wrong)) == (3, True)
    for file in (tmp_path / "nothing.json", tmp_path):
        lost = place.run(*serve, AS_CMS_ISSUER=US, AS_CMS_JWKS_FILE=str(file))
        assert (lost.returncode, "AS_CMS_JWKS_FILE: " in one_clear_line(lost)) == (3, True)


def test_each_of_several_processes_fetches_the_keys_before_it_serves(passable: Path, issuer: Issuer):
    place = Place(passable / "fetching")
    with place.serving("--workers", "2", AS_CMS_ISSUER=US, AS_CMS_JWKS_URL=issuer.url) as (_, address):
        numbers = httpx2.get(f"{address}/metrics", timeout=HANG_SECONDS).text
        until = time.monotonic() + HANG_SECONDS
        while issuer.asked < 3 and time.monotonic() < until:
            time.sleep(0.1)
    assert issuer.asked == 3, "the one that starts them, which fails without keys, and each of them"
    assert "as_cms_issuer_keys_good_seconds 86" in numbers


def test_a_file_without_keys_is_named_by_its_setting(tmp_path: Path):
    file = tmp_path / "jwks.json"
    file.write_text("{}")
    with pytest.raises(BadSettings, match="AS_CMS_JWKS_FILE: there is no JSON Web Key Set") as error:
        tokens(Settings(issuer=US, jwks_file=file))
    assert str(file) not in said(error.value)
