"""Each kind of work has a budget of connections, which it never exceeds; the server is asked for it at the start."""

import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from psycopg_pool import PoolTimeout

from adapters.embedded_postgres import EmbeddedPostgres
from api.bootstrap import LOGINS
from api.commands.projecting import followers
from api.database import Database
from api.sessions import KEYS, of_automations, of_followers, of_service, require_room, together
from api.settings import BadSettings, Login, Settings
from tests.api.automations.test_automating import environ
from tests.api.test_cli import Place
from tests.api.test_upkeep import OLD, fields
from tests.api.town import Town, folding_tools
from tests.eventstore.logins import production
from tests.house.tree import ROOT

SHOWN = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


@pytest.fixture
def count(migrated: str):
    """How many sessions the database has beside this one."""
    with psycopg.connect(migrated, autocommit=True) as beside:
        yield lambda: int(beside.execute(SHOWN).fetchall()[0][0])


def test_a_service_holds_no_more_than_its_budget_whatever_is_asked_at_once(own_town: Town, count: Callable[[], int]):
    said, service = own_town.service.settings, own_town.service
    keys: Any = service.keyring._connection  # noqa: SLF001 - the pool of keys, as the service has it
    kinds = [(service.reads.connection, said.reads), (service.logins.connection, LOGINS), (keys, KEYS - 1)]
    with ExitStack() as held:
        for lend, most in kinds:
            for _ in range(most):
                held.enter_context(lend())
            with pytest.raises(PoolTimeout):
                held.enter_context(lend(0.1))
        assert count() == sum(of_service(said).values())


def test_followers_hold_no_more_than_theirs(own_town: Town, count: Callable[[], int]):
    before, until = count(), monotonic() + 60
    with followers(own_town.service.database, folding_tools(own_town)) as running:
        while not all(each.ready for each in running):
            assert monotonic() < until
            sleep(0.1)
        assert count() - before <= sum(of_followers().values())


def test_a_process_that_may_need_more_than_the_server_has_says_so_at_the_start(own_town: Town):
    done = Place(own_town.service.settings.data).run(
        "serve", "--port", "0", "--workers", "60", **environ(own_town) | {"AS_CMS_READS": "40"}
    )
    assert done.returncode == 3
    assert re.search(r"takes up to \d+ connections, and the server has \d+: lower AS_CMS_READS", done.stderr)


def test_the_limit_of_a_login_is_looked_at_too(cluster: EmbeddedPostgres, admin: psycopg.Connection, tmp_path: Path):
    with production(cluster, admin) as house:
        said = Settings(**fields(house, tmp_path, Login.SERVICE, OLD))
        wanted = of_service(said)
        limit = SQL("ALTER ROLE {} CONNECTION LIMIT {}")
        login = Identifier(f"{house.name}_{Login.SERVICE}")
        admin.execute(limit.format(login, wanted[Login.SERVICE] - 1))
        with pytest.raises(BadSettings, match="the login of service has"):
            require_room(Database(said), wanted)
        admin.execute(limit.format(login, wanted[Login.SERVICE]))
        require_room(Database(said), wanted)


def test_the_page_says_what_each_process_takes():
    page = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    serve, project = of_service(Settings(data=ROOT)), together(of_followers(), {Login.KEYS: KEYS})
    assert f"`serve`: {sum(serve.values())} for each worker" in page
    assert f"`project`: {sum(project.values())}" in page
    assert f"`automate`: {sum(together(serve, of_automations()).values())}" in page
