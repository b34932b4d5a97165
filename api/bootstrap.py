"""The composition root: puts the service together from its settings, and takes it apart again."""

import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

from api.clock import Clock, ClockBehind, NotFresh, OwnClock, system
from api.database import Database, database, one_at_a_time, require_migrated
from api.own_secrets import OwnSecrets
from api.settings import SECRETS, BadSettings, Login, Settings, variable
from domain import registry
from eventstore.codec import Codec
from eventstore.connections import Pool, available, connect, pool
from eventstore.facts import Facts
from eventstore.key_material import Secrets
from eventstore.keyring import Keyring, check_secrets
from eventstore.log import Log, head
from eventstore.sealing import Digests, KeyEncryption
from eventstore.states import States
from eventstore.turn import Tools
from eventstore.writer import Writer
from projections.tools import Tools as FoldingTools

SKEW: Final = timedelta(minutes=5)
"""So far the clocks of two machines may differ before one of them refuses to start."""

LOGINS: Final = 2
"""Connections for looking up who comes in: questions hold none of them, so that no command waits for a question."""

_WHICH: Final = """
SELECT concat_ws(' ', system_identifier, oid) FROM pg_control_system(), pg_database WHERE datname = current_database()
"""
"""What tells this database from every other one, also from one of the same name that was there before."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """All that routes, commands of the program and automations work with."""

    settings: Settings
    database: Database
    writer: Writer
    reads: Pool
    logins: Pool
    digests: Digests
    keyring: Keyring
    codec: Codec
    clock: Clock
    log: Log
    facts: Facts
    secrets: dict[str, Secrets] = field(repr=False)

    @property
    def own_clock(self) -> OwnClock:
        """The clock, if it can be set. Raises BadSettings if it is the system's."""
        if isinstance(self.clock, OwnClock):
            return self.clock
        raise BadSettings(f"the system's clock is not set; begin with {variable('clock_from')} on a fresh database")


@contextmanager
def service(settings: Settings) -> Generator[Service]:
    """Open the service; everything is closed in order when the block ends.

    Raises BadSettings, NotMigrated, MissingSecret or WrongSecret, NotFresh, ClockBehind, Unavailable.
    """
    with ExitStack() as opened:
        with available():
            lent = opened.enter_context(database(settings))
        yield assemble(settings, lent, opened)


def assemble(settings: Settings, lent: Database, opened: ExitStack) -> Service:
    """Check that this process may start on this database, and put the service together."""
    secrets = given_secrets(settings, lent.own)
    encryption = KeyEncryption(secrets["key_encryption_key"])
    digests = _digests(secrets)
    with available():
        require_schema(lent)
        clock = _checked(settings, lent, encryption, digests)
    _closed(opened, clock)
    keyring = _keyring(lent, encryption, opened)
    codec = Codec(registry.events())
    log = _closed(opened, Log(lent.dsn(Login.SERVICE)))
    reads = _open(opened, pool(lent.dsn(Login.SERVICE), size=settings.reads))
    logins = _open(opened, pool(lent.dsn(Login.SERVICE), size=LOGINS, name="as-cms logins"))
    tools = Tools(log=log, codec=codec, keyring=keyring, digests=digests, states=States(codec, keyring))
    writer = _closed(opened, Writer(lent.dsn(Login.SERVICE), tools, clock))
    return Service(
        settings=settings,
        database=lent,
        writer=writer,
        reads=reads,
        logins=logins,
        digests=digests,
        keyring=keyring,
        codec=codec,
        clock=clock,
        log=log,
        facts=Facts(log, codec, keyring),
        secrets=secrets,
    )


@contextmanager
def folding(settings: Settings, lent: Database) -> Generator[FoldingTools]:
    """Lend what followers and rebuilding workers fold with. Raises what `service` does."""
    secrets = given_secrets(settings, lent.own)
    encryption = KeyEncryption(secrets["key_encryption_key"])
    with ExitStack() as opened:
        with available():
            require_schema(lent)
            _check_secrets(lent, encryption, _digests(secrets))
        keyring = _keyring(lent, encryption, opened)
        types = registry.events()
        yield FoldingTools(types=types, codec=Codec(types), keyring=keyring)


def wrapping(settings: Settings, lent: Database) -> KeyEncryption:
    """Return what keys are wrapped with, compared with the database as whoever rotates. Raises what `service` does."""
    secrets = given_secrets(settings, lent.own)
    encryption = KeyEncryption(secrets["key_encryption_key"])
    with available():
        require_schema(lent)
        _check_secrets(lent, encryption, _digests(secrets), Login.ROTATION)
    return encryption


def now(settings: Settings) -> datetime:
    """Return what the clock of the service says, without the service."""
    file = settings.data / "clock"
    return OwnClock(file)() if _keeps_its_own(settings, file) else system()


def given_secrets(settings: Settings, own: OwnSecrets | None) -> dict[str, Secrets]:
    """Return the secrets by the name of their setting, from outside or our own. Raises BadSettings."""
    given = {name: settings.secrets(name) or (own and own.secrets[name]) for name in SECRETS}
    missing = [variable(name) for name, secrets in given.items() if secrets is None]
    if missing:
        raise BadSettings(f"with DATABASE_URL, give {', '.join(missing)} too, or their _FILE")
    return {name: secrets for name, secrets in given.items() if secrets}


@contextmanager
def listening(keyring: Keyring, dsn: str) -> Generator[None]:
    """Heed notices of destroyed keys in a thread of its own."""
    stop = threading.Event()
    thread = threading.Thread(target=keyring.listen, args=(dsn, stop), name="keys", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _checked(settings: Settings, lent: Database, encryption: KeyEncryption, digests: Digests) -> Clock:
    """Compare the database with its secrets and its clock, and return the clock."""
    with connect(lent.dsn(Login.SERVICE), name="as-cms start") as connection:
        position, last = head(connection)
        which = connection.execute(_WHICH).fetchall()[0][0] if settings.clock_from else ""
    _check_secrets(lent, encryption, digests)
    return _clock(settings, position, last, which)


def require_schema(lent: Database) -> None:
    """Look at it as whoever this process comes as by itself: the roles that it takes on are made with it.

    Raises NotMigrated.
    """
    with connect(lent.reader, name="as-cms start", writes=False) as reader:
        require_migrated(reader)


def _digests(secrets: Mapping[str, Secrets]) -> Digests:
    return Digests(claims=secrets["claims_secret"], idempotency=secrets["idempotency_secret"])


def _check_secrets(lent: Database, encryption: KeyEncryption, digests: Digests, login: Login = Login.KEYS) -> None:
    with connect(lent.dsn(login), name="as-cms start") as keeper:
        check_secrets(keeper, encryption.checks, digests.checks, former=encryption.former)


def _clock(settings: Settings, position: int, last: datetime | None, which: str) -> Clock:
    """Return the clock of the database that is called `which`."""
    file = settings.data / "clock"
    clock: Clock = system
    if settings.clock_from and position == 0:
        file.parent.mkdir(parents=True, exist_ok=True)
        with one_at_a_time(file.parent):
            clock = OwnClock.begin(file, settings.clock_from, of=which)
    elif _keeps_its_own(settings, file):
        clock = OwnClock(file)
    elif settings.clock_from:
        raise NotFresh(NotFresh.__doc__)
    if last and clock() < last - SKEW:
        raise ClockBehind(ClockBehind.__doc__)
    return clock


def _keeps_its_own(settings: Settings, file: Path) -> bool:
    return not settings.production and file.exists() and bool(settings.embedded or settings.clock_from)


def _keyring(lent: Database, encryption: KeyEncryption, opened: ExitStack) -> Keyring:
    keys = _open(opened, pool(lent.dsn(Login.KEYS), size=2, name="as-cms keys"))
    keyring = Keyring(keys.connection, encryption)
    opened.enter_context(listening(keyring, lent.dsn(Login.KEYS)))
    return keyring


def _open(opened: ExitStack, closed: Pool) -> Pool:
    closed.open()
    return _closed(opened, closed)


def _closed(opened: ExitStack, thing: T) -> T:
    """Close it at the end, if it can be closed."""
    close: Callable[[], Any] | None = getattr(thing, "close", None)
    if close:
        opened.callback(close)
    return thing
