"""Own rights: in production every login has those of its role, and whoever has more does not start."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from pydantic import SecretStr

from adapters.embedded_postgres import EmbeddedPostgres
from api.bootstrap import folding, service, wrapping
from api.commands.projecting import followers
from api.database import database
from api.own_rights import TooPowerful
from api.settings import SECRETS, Login, Settings
from eventstore.key_material import Secret
from tests.eventstore.logins import Production, production

SECRET: dict[str, Any] = {name: SecretStr(Secret("one", bytes(32)).text) for name in SECRETS}

MORE = {
    "is a superuser": ("ALTER ROLE {} SUPERUSER", "ALTER ROLE {} NOSUPERUSER"),
    "makes roles": ("ALTER ROLE {} CREATEROLE", "ALTER ROLE {} NOCREATEROLE"),
    "makes databases": ("ALTER ROLE {} CREATEDB", "ALTER ROLE {} NOCREATEDB"),
    "passes by row security": ("ALTER ROLE {} BYPASSRLS", "ALTER ROLE {} NOBYPASSRLS"),
    "replicates": ("ALTER ROLE {} REPLICATION", "ALTER ROLE {} NOREPLICATION"),
    "is a member of more than its role": ("GRANT pg_read_all_data TO {}", "REVOKE pg_read_all_data FROM {}"),
}


@pytest.fixture(scope="module")
def house(cluster: EmbeddedPostgres, admin: psycopg.Connection) -> Iterator[Production]:
    with production(cluster, admin) as made:
        yield made


@pytest.fixture
def said(house: Production, tmp_path: Path) -> Callable[..., Settings]:
    """The settings of production, with a login for each role; what is named wins."""

    def make(**named: str) -> Settings:
        urls = {f"database_url_{login}": SecretStr(dsn) for login, dsn in house.dsns.items()}
        given = {name: SecretStr(dsn) for name, dsn in named.items()}
        return Settings(
            mode="production",
            data=tmp_path / "data",
            erasure_journal=tmp_path / "erasures.jsonl",
            issuer="https://identity.example",
            jwks_file=tmp_path / "keys.json",
            **{"database_url": SecretStr(house.dsns[Login.SERVICE]), **urls, **SECRET, **given},
        )

    return make


def test_with_a_login_for_each_role_everything_starts(said):
    settings = said()
    with service(settings):
        pass
    with database(settings) as lent, folding(settings, lent):
        assert wrapping(settings, lent).present == "kek/one"
        assert all(lent.dsn(login) for login in Login)


@pytest.mark.parametrize("login", [login for login in Login if login is not Login.OWNER])
@pytest.mark.parametrize("more", MORE)
def test_a_login_with_more_than_its_role_is_refused(
    said, house: Production, admin: psycopg.Connection, login: Login, more: str
):
    give, take = MORE[more]
    name = Identifier(f"{house.name}_{login}")
    admin.execute(SQL(give).format(name))
    try:
        with (
            database(said()) as lent,
            pytest.raises(TooPowerful, match=f"AS_CMS_DATABASE_URL_{login.upper()}: .* {more}"),
        ):
            lent.dsn(login)
    finally:
        admin.execute(SQL(take).format(name))


@pytest.mark.parametrize("login", [login for login in Login if login is not Login.OWNER])
def test_nobody_comes_as_the_owner_or_as_a_member_of_two_roles(said, house: Production, login: Login):
    other = Login.KEYS if login is not Login.KEYS else Login.SERVICE
    for dsn in (house.superuser, house.dsns[Login.OWNER], house.dsns[other]):
        with database(said(**{f"database_url_{login}": dsn})) as lent, pytest.raises(TooPowerful):
            lent.dsn(login)


def test_not_even_the_owner_is_a_superuser(said, house: Production):
    with database(said(database_url_owner=house.superuser)) as lent, pytest.raises(TooPowerful, match="superuser"):
        lent.dsn(Login.OWNER)


@contextmanager
def projecting(settings: Settings) -> Iterator[object]:
    with database(settings) as lent, folding(settings, lent) as tools, followers(lent, tools) as running:
        yield running


@pytest.mark.parametrize(
    ("login", "starts"), [(Login.SERVICE, service), (Login.KEYS, service), (Login.FOLLOWERS, projecting)]
)
def test_what_starts_looks_at_every_login_that_it_works_with(said, house: Production, login: Login, starts: Any):
    settings = said(**{f"database_url_{login}": house.superuser})
    with pytest.raises(TooPowerful), starts(settings):
        pass


def test_development_takes_what_there_is(said, house: Production, tmp_path: Path):
    settings = Settings(database_url=SecretStr(house.superuser), data=tmp_path, **SECRET)
    with database(settings) as lent:
        assert all(lent.dsn(login) for login in Login)
