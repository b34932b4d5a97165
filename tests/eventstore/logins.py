"""A database as production has it: hardened, owned by nobody's superuser, and with a login of its own for each role."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from adapters.embedded_postgres import EmbeddedPostgres
from api.database import migrate
from api.hardening import harden
from api.settings import Login


@dataclass(frozen=True)
class Production:
    """How to connect as each login, as the superuser, and as somebody without any role."""

    dsns: Mapping[Login, str]
    superuser: str
    stranger: str
    name: str


@contextmanager
def production(cluster: EmbeddedPostgres, admin: psycopg.Connection) -> Iterator[Production]:
    """Make the database and its logins; nothing is left of them."""
    name = f"test_{secrets.token_hex(8)}"
    logins = {login: f"{name}_{login}" for login in Login}
    stranger = f"{name}_stranger"
    try:
        for login in (*logins.values(), stranger):
            create = SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(Identifier(login), Literal(name))
            admin.execute(create)
        owner = Identifier(logins[Login.OWNER])
        admin.execute(SQL("ALTER ROLE {} CREATEROLE").format(owner))
        admin.execute(SQL("CREATE DATABASE {} OWNER {}").format(Identifier(name), owner))
        with psycopg.connect(cluster.dsn(name), autocommit=True) as superuser:
            harden(superuser)
        migrate(cluster.dsn(name, logins[Login.OWNER], name))
        for login, role in logins.items():
            if login is not Login.OWNER:
                admin.execute(SQL("GRANT {} TO {}").format(Identifier(f"as_cms_{login}"), Identifier(role)))
        yield Production(
            dsns={login: cluster.dsn(name, role, name) for login, role in logins.items()},
            superuser=cluster.dsn(name),
            stranger=cluster.dsn(name, stranger, name),
            name=name,
        )
    finally:
        admin.execute(SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
        for login in (*logins.values(), stranger):
            admin.execute(SQL("DROP ROLE IF EXISTS {}").format(Identifier(login)))
