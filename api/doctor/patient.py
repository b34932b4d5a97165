"""The patient: what the settings say of a deployment, and a session as each login that they name."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

import psycopg

from adapters.case_facts.contract import TOPIC
from adapters.embedded_postgres import EmbeddedPostgres, NotRunning
from api.database import Database
from api.doctor.findings import Unseen
from api.own_secrets import OwnSecrets
from api.settings import Login, Settings
from eventstore.connections import AWAY, Connection, Unavailable, connect

NAME: Final = "as-cms doctor"
"""By which our own sessions are known among the others."""

_NO_QUEUE: Final = "SET lock_timeout = '1s'"
"""Whoever holds a lock is found by looking, not by standing in line behind them."""

SERVER: Final = "the embedded PostgreSQL does not run: nobody has begun `attendance serve` with this data folder"


@dataclass(slots=True, kw_only=True)
class Visit:
    """One attempt to come in: the session, or why there is none."""

    session: Connection | None = None
    why: str = ""


@dataclass
class Patient:
    """A deployment, looked at with the rights that the settings give and no others. Closed with `close()`."""

    settings: Settings
    bootstrap: str = ""
    """The brokers of Kafka, if there is one."""
    kafka_settings: Path | None = None
    topic: str = TOPIC
    _visits: dict[Login | None, Visit] = field(default_factory=dict)

    @cached_property
    def lent(self) -> Database:
        """How to connect. Raises Unavailable for an embedded server that does not run; it is left as it is."""
        if not self.settings.embedded:
            return Database(self.settings)
        if not (self.settings.data / "secrets.json").exists():  # reading them would make them
            raise Unavailable(SERVER)
        server = EmbeddedPostgres(self.settings.data / "postgres")
        try:
            server.dsn()
        except (NotRunning, OSError):
            raise Unavailable(SERVER) from None
        return Database(self.settings, OwnSecrets.of(self.settings.data), server)

    def named(self, login: Login) -> bool:
        """Whether the settings name somebody for this login alone, who then has to come in."""
        return self.settings.embedded or bool(self.settings.url(login))

    def visit(self, login: Login | None) -> Visit:
        """Come in as a login (None: as whom DATABASE_URL names, with their own rights); once for the whole round."""
        if login not in self._visits:
            self._visits[login] = self._attempt(login)
        return self._visits[login]

    def session(self, login: Login) -> Connection:
        """Return the session as a login. Raises Unseen if there is none."""
        visit = self.visit(login)
        if visit.session is None:
            raise Unseen(f"nobody comes in as {login}", "see `logins`")
        return visit.session

    def anybody(self) -> Connection:
        """Return the session of whoever came in first, for what everybody may see. Raises Unseen."""
        for login in (*self._visits, *Login):
            session = self.visit(login).session
            if session and not session.closed:
                return session
        raise Unseen("nobody comes in", "see `database`")

    def alive(self) -> bool:
        """Whether the database still answers; sessions that broke off are opened again."""
        for login, visit in [*self._visits.items()]:
            if visit.session and visit.session.closed:
                self._visits[login] = self._attempt(login)
                if self._visits[login].session is None:
                    return False
        return True

    @property
    def sessions(self) -> list[Connection]:
        """Every session that there is, of whoever comes in: together they see more than each of them."""
        visits = [self.visit(login) for login in (None, *Login)]
        return [visit.session for visit in visits if visit.session and not visit.session.closed]

    def close(self) -> None:
        for visit in self._visits.values():
            if visit.session:
                with suppress(psycopg.Error):
                    visit.session.close()

    def _attempt(self, login: Login | None) -> Visit:
        try:
            lent = self.lent
            dsn = lent.reader if login is None else lent.unproven(login)
            session = connect(dsn, name=NAME, writes=False)
            session.execute(_NO_QUEUE)
            return Visit(session=session)
        except AWAY as away:
            return Visit(why=next(_lines(away), "") or type(away).__name__)


def _lines(error: BaseException) -> Iterator[str]:
    """Return what a connection error says, which names hosts and logins but nothing stored."""
    return (line.strip() for line in str(error).splitlines() if line.strip())
