"""Programs that are begun before their database wait for it, if they are told to; else they say so and end."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import psycopg
import pytest

from api.database import migrate
from api.settings import SECRETS, variable
from eventstore.key_material import Secret
from tests.api.test_cli import HANG_SECONDS, PROGRAM, Place
from tests.proxy import proxied

GIVEN = {variable(name): Secret("2026", b"w" * 32).text for name in SECRETS}

ARGUMENTS = {
    "serve": ("--port", "0", "--no-project"),
    "project": (),
    "automate": (),
    "publish": ("--bootstrap", "127.0.0.1:1"),
}
SESSIONS = {
    "serve": "as-cms writer",
    "project": "blanking",
    "automate": "as-cms automate",
    "publish": "kafka case facts",
}
"""What the server shows of each program once it works."""


@pytest.fixture
def here(tmp_path: Path) -> Place:
    return Place(tmp_path)


def told(dsn: str) -> dict[str, str]:
    return {"DATABASE_URL": dsn, "AS_CMS_MODE": "development", **GIVEN}


def begun(name: str, here: Place, dsn: str) -> subprocess.Popen[str]:
    command, quiet = [*PROGRAM, name, *ARGUMENTS[name], "--wait"], subprocess.DEVNULL
    return subprocess.Popen(command, env=here.environ(**told(dsn)), stderr=subprocess.PIPE, stdout=quiet, text=True)


def reason(lines: Iterator[str], known: str = "") -> str:
    """Why it says next that it waits."""
    said = (json.loads(line) for line in lines if line.startswith("{"))
    return next(each["reason"] for each in said if each["event"] == "waiting" and each["reason"] != known)


def works(dsn: str, name: str) -> bool:
    query = "SELECT FROM pg_stat_activity WHERE application_name = %s AND datname = current_database()"
    until = monotonic() + HANG_SECONDS
    with psycopg.connect(dsn, autocommit=True) as db:
        while monotonic() < until:
            if db.execute(query, [SESSIONS[name]]).fetchall():
                return True
            sleep(0.1)
    return False


@pytest.mark.parametrize("name", SESSIONS)
def test_it_waits_for_the_database_and_then_for_its_schema(name: str, here: Place, database: str):
    with proxied(database) as (proxy, through):
        proxy.refuse()
        with begun(name, here, through) as one:
            assert one.stderr
            away = reason(one.stderr)
            assert "does not answer" in away
            proxy.accept_again()
            assert "attendance migrate" in reason(one.stderr, away)
            migrate(database)
            assert works(database, name)
            one.terminate()
            one.stderr.read()
            assert one.wait(HANG_SECONDS) == 0


@pytest.mark.parametrize("name", SESSIONS)
def test_without_being_told_it_says_in_one_line_what_is_missing_and_ends(name: str, here: Place, database: str):
    done = here.run(name, *ARGUMENTS[name], **told(database))
    assert done.returncode == 3
    assert "attendance migrate" in done.stderr.splitlines()[-1]
    with proxied(database) as (proxy, through):
        proxy.refuse()
        done = here.run(name, *ARGUMENTS[name], **told(through))
    assert done.returncode == 4
    assert "does not answer" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize("name", SESSIONS)
def test_one_that_waits_ends_when_it_is_told_to(name: str, here: Place, database: str):
    with proxied(database) as (proxy, through):
        proxy.refuse()
        with begun(name, here, through) as one:
            assert one.stderr
            reason(one.stderr)
            one.terminate()
            one.stderr.read()
            assert one.wait(HANG_SECONDS) == 0
