"""The database of a process: the one that DATABASE_URL names, or the embedded one, started or joined."""

import fcntl
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.sql import SQL, Composed, Identifier, Literal

from adapters.embedded_postgres import AlreadyRunning, EmbeddedPostgres
from api.hardening import harden
from api.own_rights import require_own_rights
from api.own_secrets import OwnSecrets
from api.settings import BadSettings, Login, Settings, variable
from eventstore import migrations
from eventstore.connections import Connection
from projections.generations import prepare
from projections.registry import MODELS

NAME: Final = "attendance"


class NotMigrated(Exception):
    """The database lacks a part of its schema; run `attendance migrate`."""


@dataclass(frozen=True, slots=True)
class Database:
    """How to connect as whom; `server` is the embedded one if there is one."""

    settings: Settings = field(repr=False)
    own: OwnSecrets | None = field(default=None, repr=False)
    server: EmbeddedPostgres | None = None
    _fit: set[Login] = field(default_factory=set, repr=False)

    def dsn(self, login: Login) -> str:
        """Return how to connect as this login; it holds a password.

        In production the login's rights are looked at when it is first asked for, whoever asks. Raises TooPowerful.
        """
        if self.server and self.own:
            return self.server.dsn(NAME, f"{NAME}_{login}", self.own.passwords[login])
        own = self.settings.url(login)
        dsn = own or _with_role(self._everybodys, login)
        if self.settings.production and login not in self._fit:
            require_own_rights(dsn, login, variable(f"database_url_{login}" if own else "database_url"))
            self._fit.add(login)
        return dsn

    @property
    def _everybodys(self) -> str:
        url = self.settings.database_url
        if url is None:
            raise BadSettings("DATABASE_URL is not set")
        return url.get_secret_value()


@contextmanager
def database(settings: Settings) -> Iterator[Database]:
    """Lend the database; the embedded one is started and migrated if nobody runs it, and stopped afterwards."""
    if not settings.embedded:
        yield Database(settings)
        return
    own = OwnSecrets.of(settings.data)
    server = EmbeddedPostgres(settings.data / "postgres")
    lent = Database(settings, own, server)
    try:
        with _one_at_a_time(settings.data):
            _start(lent, server, own)
        yield lent
    finally:
        server.stop()


def migrate(dsn: str) -> list[str]:
    """Apply what the schema lacks, as its owner, make the read models that have no table, and say what was new."""
    applied = migrations.migrate(dsn)
    with psycopg.connect(dsn, autocommit=True) as owner:
        return applied + prepare(owner, MODELS)


def require_migrated(connection: Connection) -> None:
    """Raise NotMigrated unless the schema is that of this release."""
    if migrations.pending(connection):
        raise NotMigrated(NotMigrated.__doc__)


def _start(lent: Database, server: EmbeddedPostgres, own: OwnSecrets) -> None:
    try:
        server.start()
    except AlreadyRunning:
        return  # who runs it has prepared it, because we came after them
    with psycopg.connect(server.dsn(), autocommit=True) as superuser:
        _prepare(superuser, own)
    with psycopg.connect(server.dsn(NAME), autocommit=True) as superuser:
        harden(superuser)
    migrate(lent.dsn(Login.OWNER))


def _prepare(superuser: Connection, own: OwnSecrets) -> None:
    """Make the roles, a login for each, and the database; what is there already only gets its password."""
    known = {name for (name,) in superuser.execute("SELECT rolname FROM pg_roles")}
    with superuser.transaction():
        for login, password in own.passwords.items():
            for statement in _login(login, password, known):
                superuser.execute(statement)
    if not superuser.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
        owner = Identifier(f"{NAME}_{Login.OWNER}")
        superuser.execute(SQL("CREATE DATABASE {} OWNER {}").format(Identifier(NAME), owner))


def _login(login: Login, password: str, known: set[str]) -> Iterator[Composed]:
    name, role = f"{NAME}_{login}", f"as_cms_{login}"
    if login is not Login.OWNER and role not in known:
        yield SQL("CREATE ROLE {}").format(Identifier(role))
    if name not in known:
        yield SQL("CREATE ROLE {}").format(Identifier(name))
    yield SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(Identifier(name), Literal(password))
    if login is Login.OWNER:
        yield SQL("ALTER ROLE {} CREATEROLE").format(Identifier(name))
    else:
        yield SQL("GRANT {} TO {}").format(Identifier(role), Identifier(name))


def _with_role(url: str, login: Login) -> str:
    """Take on the role, and only its rights, whoever the URL names; the owner is who it names."""
    if login is Login.OWNER:
        return url
    options = str(conninfo_to_dict(url).get("options") or "")
    return make_conninfo(url, options=f"{options} -c role=as_cms_{login}".strip())


@contextmanager
def _one_at_a_time(folder: Path) -> Generator[None]:
    """Let one process at a time find out who runs the server, so that the others find it prepared."""
    with open(folder / "starting.lock", "a", opener=lambda path, flags: os.open(path, flags, 0o600)) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
