"""The database of a process: the one that DATABASE_URL names, or the embedded one, started or joined."""

import fcntl
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg
import structlog
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import InsufficientPrivilege
from psycopg.sql import SQL, Composed, Identifier, Literal

from adapters.embedded_postgres import AlreadyRunning, EmbeddedPostgres
from api.hardening import harden
from api.own_rights import require_own_rights
from api.own_secrets import OwnSecrets
from api.settings import BadSettings, Login, Settings, variable
from eventstore import migrations
from eventstore.connections import Connection, available, connect
from eventstore.erasure import outstanding, reapply
from eventstore.journal import Erasure, Journal
from projections.generations import prepare
from projections.registry import MODELS

log = structlog.get_logger()

NAME: Final = "attendance"

_KNOWN: Final = "SELECT subject FROM keys.subject_keys WHERE subject = ANY(%s)"


class ErasuresOutstanding(Exception):
    """The erasure journal names people whom this database still knows, and this program may not destroy their keys.

    The database was restored from a copy of before: run `attendance migrate` with AS_CMS_DATABASE_URL_ERASURE first.
    """


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
        dsn = self.unproven(login)
        if self.settings.production and login not in self._fit:
            require_own_rights(dsn, login, self.said_by(login))
            self._fit.add(login)
        return dsn

    def unproven(self, login: Login) -> str:
        """Return the same without a look at the login's rights: for whoever looks at them."""
        if self.server and self.own:
            return self.server.dsn(NAME, f"{NAME}_{login}", self.own.passwords[login])
        return self.settings.url(login) or _with_role(self._everybodys, login)

    def said_by(self, login: Login) -> str:
        """Return the variable that says where this login connects."""
        return variable(f"database_url_{login}" if self.settings.url(login) else "database_url")

    @property
    def reader(self) -> str:
        """How to connect as whoever this process comes as by itself; that may read who was erased."""
        return self.dsn(Login.ERASURE) if self.server else self._everybodys

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
        lent = Database(settings)
        settle(lent)
        yield lent
        return
    own = OwnSecrets.of(settings.data)
    server = EmbeddedPostgres(settings.data / "postgres")
    lent = Database(settings, own, server)
    try:
        with one_at_a_time(settings.data):
            _start(lent, server, own)
            begin_journal(lent)
        settle(lent)
        yield lent
    finally:
        server.stop()


def settle(lent: Database) -> None:
    """Carry out what the erasure journal names and this database lacks, before anybody reads (ADR 18).

    For every start of every program: the database was restored from before, or an erasure was cut off. A login that may
    not ask who was destroyed reads nobody's data. Raises ErasuresOutstanding if this process may not carry it out.
    """
    said, waiting = lent.settings, list[Erasure]()
    journal = Journal(said.journal)
    with available(), suppress(InsufficientPrivilege), connect(lent.reader, name="as-cms start") as reader:
        if said.production and not journal.there and any_destroyed(reader):
            raise ErasuresOutstanding(f"{variable('erasure_journal')}: there is no journal, and somebody was erased")
        waiting = outstanding(reader, journal) if _keeps_keys(reader) else []
    if not waiting:
        return
    subjects = [entry.subject for entry in waiting]
    try:
        with connect(lent.dsn(Login.ERASURE), deadline=None, name="as-cms erasure") as eraser:
            known = eraser.execute(
                "SELECT subject FROM keys.subject_keys WHERE subject = ANY(%s)", [subjects]
            ).fetchall()
            reapply(eraser, journal)
    except psycopg.Error:
        raise ErasuresOutstanding(ErasuresOutstanding.__doc__) from None
    if known:
        log.warning("erased_again", keys=len(known))


def begin_journal(lent: Database) -> None:
    """Make the erasure journal of a database where nobody was ever erased, so that none means that it was lost."""
    journal = Journal(lent.settings.journal)
    if journal.there:
        return
    with connect(lent.reader, name="as-cms start") as reader:
        if not any_destroyed(reader):
            lent.settings.journal.parent.mkdir(parents=True, exist_ok=True)
            journal.begin()


@contextmanager
def one_at_a_time(folder: Path) -> Generator[None]:
    """Let one process at a time find out what is there in a folder, so that the others find it prepared."""
    with open(folder / "starting.lock", "a", opener=lambda path, flags: os.open(path, flags, 0o600)) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _keeps_keys(reader: Connection) -> bool:
    query = "SELECT to_regclass('keys.destroyed') IS NOT NULL"
    return bool(reader.execute(query).fetchall()[0][0])


def any_destroyed(reader: Connection) -> bool:
    """Say whether anybody was ever erased in this database."""
    return _keeps_keys(reader) and bool(reader.execute("SELECT FROM keys.destroyed LIMIT 1").fetchall())


def migrate(dsn: str) -> list[str]:
    """Apply what the schema lacks, as its owner, make the read models that have no table, and say what was new."""
    applied = migrations.migrate(dsn)
    with connect(dsn, deadline=None, name="as-cms migrate") as owner:
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
    with connect(server.dsn(), deadline=None, name="as-cms prepare") as superuser:
        _prepare(superuser, own)
    with connect(server.dsn(NAME), deadline=None, name="as-cms prepare") as superuser:
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
