"""What all commands of the program share: settings, the service, and errors as one clear line with an exit status."""

import logging
import signal
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from time import monotonic, sleep
from types import FrameType
from typing import Annotated, Any, Final, NoReturn, TypeVar

import psycopg
import structlog
import typer

from adapters.development_issuer import NotInProduction
from adapters.postgres_binaries import EmbeddedPostgresError
from adapters.public_keys import KeysAway
from adapters.schools_csv import Unreadable
from api.bootstrap import Service, service
from api.clock import ClockBehind, NotFresh
from api.database import ErasuresOutstanding, NotMigrated
from api.own_rights import ServerQuotes, TooPowerful
from api.settings import BadSettings, Settings, load
from domain.decision import Refused
from eventstore.canonical import Misshapen
from eventstore.connections import Unavailable
from eventstore.erasure import UnderHold
from eventstore.key_material import MissingSecret, WrongSecret
from eventstore.migrations import SchemaEdited, SchemaNewer
from eventstore.patience import InUse
from eventstore.states import ForeignStream
from projections.moments import NotYetProjected

T = TypeVar("T")

FAILED: Final = 1
MISUSED: Final = 2  # what typer exits with
UNUSABLE: Final = 3
AWAY: Final = 4


AGAIN_SECONDS: Final = 1.0
"""How long is waited between two looks at whether the database is there."""
REMIND_SECONDS: Final = 60.0

Wait = Annotated[
    bool,
    typer.Option("--wait", help="If the database is away or not migrated yet, wait for it instead of ending."),
]

log = structlog.get_logger()

DEVELOPMENT: Final = (
    "attendance: in development: whoever reads the data folder can sign in as anybody, the clock can be set, and no "
    "login is checked; not for data of real people"
)


class Failed(Exception):
    """A command could not do what was asked; the message says why."""


STATUSES: Final[Mapping[type[Exception], int]] = {
    Failed: FAILED,
    Unreadable: FAILED,
    Refused: FAILED,
    ForeignStream: FAILED,
    UnderHold: FAILED,
    InUse: FAILED,
    NotInProduction: UNUSABLE,
    BadSettings: UNUSABLE,
    NotMigrated: UNUSABLE,
    ErasuresOutstanding: UNUSABLE,
    Misshapen: UNUSABLE,
    SchemaEdited: UNUSABLE,
    SchemaNewer: UNUSABLE,
    MissingSecret: UNUSABLE,
    WrongSecret: UNUSABLE,
    NotFresh: UNUSABLE,
    ClockBehind: UNUSABLE,
    TooPowerful: UNUSABLE,
    ServerQuotes: UNUSABLE,
    EmbeddedPostgresError: UNUSABLE,
    NotYetProjected: AWAY,
    Unavailable: AWAY,
    KeysAway: AWAY,
    psycopg.OperationalError: AWAY,
}
"""What may be expected to go wrong, and the exit status of each."""


class Stopped(BaseException):
    """Somebody asked the program to end (SIGTERM)."""


@contextmanager
def opened() -> Generator[Service]:
    """Lend the service of the settings."""
    with service(settings()) as lent:
        yield lent


def begun(work: Callable[[], T], *, wait: bool) -> T:
    """Do what goes on until it is told to stop. With `wait` it is begun again while there is nothing to begin with."""
    since, told = monotonic(), ""
    while True:
        try:
            return work()
        except tuple(STATUSES) as error:
            if not (wait and _may_come(error)):
                raise
            why, seconds = said(error), monotonic() - since
        news = f"{why} {seconds // REMIND_SECONDS}"
        if news != told:
            log.warning("waiting", reason=why, seconds=round(seconds))
            told = news
        sleep(AGAIN_SECONDS)


def _may_come(error: Exception) -> bool:
    """Whether somebody else may be about to mend it: what ends with 4, and a schema that is being migrated."""
    return isinstance(error, NotMigrated) or _status(error) == AWAY


def settings() -> Settings:
    """Read the settings; development on a database of one's own is said first. Raises BadSettings."""
    said = load()
    if said.database_url and not said.production:
        warn_of_development()
    return said


def warn_of_development() -> None:
    """Say what development means, before anything else."""
    sys.stderr.write(f"{DEVELOPMENT}\n")
    sys.stderr.flush()


def program(**options: Any) -> typer.Typer:
    """Return a program, or a group of its commands; its help is plain text unless somebody looks at it."""
    markup: Any = "rich" if sys.stdout.isatty() else None
    plain = {"add_completion": False, "pretty_exceptions_enable": False, "rich_markup_mode": markup}
    return typer.Typer(no_args_is_help=True, **plain, **options)


def run(app: Callable[[], object]) -> NoReturn:
    """Run the program; whatever may be expected to go wrong is one line and an exit status."""
    configure_logs()
    signal.signal(signal.SIGTERM, _stop)
    try:
        app()
        status = 0
    except SystemExit as ending:
        status = ending.code if isinstance(ending.code, int) else 0
    except Stopped:
        status = 128 + signal.SIGTERM
    except KeyboardInterrupt:
        status = 128 + signal.SIGINT
    except tuple(STATUSES) as error:
        status = _status(error)
        sys.stderr.write(f"attendance: {said(error)}\n")
    sys.exit(status)


def _status(error: Exception) -> int:
    return next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)


def said(error: Exception) -> str:
    """Return what an error says to people: its message, or what its class means."""
    if isinstance(error, Refused):
        return f"{error.message} ({error.code})"
    if isinstance(error, Unavailable):
        return f"the database does not answer{_cause(error)}"
    if isinstance(error, psycopg.Error):
        return f"the database does not answer: {_first_line(error)}"
    meant = " ".join((type(error).__doc__ or "").split())
    if isinstance(error, SchemaEdited):
        return f"{meant} ({error})"
    return str(error) or meant or type(error).__name__


def configure_logs() -> None:
    """Log to standard error: for people on a terminal, else one JSON object a line."""
    console = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer() if console else structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _cause(error: Exception) -> str:
    return f": {_first_line(error.__cause__)}" if isinstance(error.__cause__, psycopg.Error) else ""


def _first_line(error: BaseException) -> str:
    """Return the beginning of a connection error, which names hosts and logins but nothing stored."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__


def _stop(number: int, frame: FrameType | None) -> NoReturn:
    raise Stopped
