"""Faults: everything that happens to a deployment sooner or later, each begun and ended again."""

import os
import shutil
import signal
from collections.abc import Callable
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from time import sleep
from typing import TYPE_CHECKING, Final
from uuid import UUID

import httpx2
import psycopg
from psycopg.sql import SQL, Identifier

from domain.ids import MINISTRY
from domain.users.user import Role
from projections.registry import MODELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.campaign.world import World

Happen = Callable[["World", str, float], None]

SERVING: Final = ("serve-1", "serve-2")
PROGRAMS: Final = (*SERVING, "project", "automate", "publish")
TABLES: Final = ("log.claims", "log.answers", "keys.subject_keys", "projection.positions")
READ: Final = ("log.events", "log.claims", "service.cases", "keys.subject_keys")


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault: to whom it happens, and how long, in seconds."""

    name: str
    targets: tuple[str, ...]
    seconds: tuple[float, float]
    happen: Happen


FAULTS: Final[dict[str, Fault]] = {}


def fault(*targets: str, seconds: tuple[float, float] = (1.0, 6.0)) -> Callable[[Happen], Happen]:
    """Enter a function into the registry: it begins the fault, and returns at its end."""

    def enter(happen: Happen) -> Happen:
        name = happen.__name__.replace("_", "-")
        FAULTS[name] = Fault(name, targets or ("database",), seconds, happen)
        return happen

    return enter


# Programs


@fault(*PROGRAMS)
def program_killed(world: "World", target: str, seconds: float) -> None:
    world.programs[target].kill()
    sleep(seconds)
    world.programs[target].start()


@fault(*PROGRAMS, seconds=(2.0, 14.0))
def program_paused(world: "World", target: str, seconds: float) -> None:
    """Its machine sleeps for a while."""
    world.programs[target].send(signal.SIGSTOP)
    sleep(seconds)
    world.programs[target].send(signal.SIGCONT)


# Lines


@fault(*PROGRAMS)
def line_refused(world: "World", target: str, seconds: float) -> None:
    world.programs[target].proxy.refuse()
    sleep(seconds)
    world.programs[target].proxy.accept_again()


@fault(*PROGRAMS, seconds=(2.0, 10.0))
def line_half_open(world: "World", target: str, seconds: float) -> None:
    """Nothing arrives, and nobody is told."""
    world.programs[target].proxy.swallow()
    sleep(seconds)
    world.programs[target].proxy.pass_on()


@fault(*PROGRAMS, seconds=(0.0, 0.1))
def lines_cut(world: "World", target: str, seconds: float) -> None:
    """All at once, and new ones are taken the next moment."""
    world.programs[target].proxy.refuse()
    world.programs[target].proxy.accept_again()


@fault(*SERVING, seconds=(1.0, 3.0))
def line_cut_after_commit(world: "World", target: str, seconds: float) -> None:
    """What was appended is stored, and nobody is told. It is waited for until it happens: somebody records a visit."""
    proxy = world.programs[target].proxy
    before = proxy.cuts
    proxy.cut_before_the_answer_to(APPENDED)
    for _ in range(MOST_WAITED * 10):
        if proxy.cuts > before:
            break
        sleep(0.1)
    assert proxy.cuts > before, "nothing was appended"
    sleep(seconds)


APPENDED: Final = b"ActivityRecorded"
"""What stands among the values of an append; its text is sent once for each session."""
MOST_WAITED: Final = 60


@fault("project", "automate", *SERVING, seconds=(0.5, 3.0))
def program_gone(world: "World", target: str, seconds: float) -> None:
    """Its machine is gone without goodbye, and a successor begins on another one; nobody tells the server."""
    program = world.programs[target]
    program.proxy.swallow()
    program.kill()
    sleep(seconds)
    world.begin_elsewhere(program)


@fault(seconds=(2.0, 10.0))
def everybody_cut_off(world: "World", target: str, seconds: float) -> None:
    for each in world.programs.values():
        each.proxy.refuse()
    sleep(seconds)
    for each in world.programs.values():
        each.proxy.accept_again()


# The server


@fault(seconds=(0.5, 4.0))
def server_killed(world: "World", target: str, seconds: float) -> None:
    world.signal_server(signal.SIGKILL)
    world.server.stop()
    sleep(seconds)
    world.start_server()


@fault(seconds=(0.5, 4.0))
def server_restarted(world: "World", target: str, seconds: float) -> None:
    world.server.stop()
    sleep(seconds)
    world.start_server()


@fault(seconds=(1.0, 10.0))
def server_frozen(world: "World", target: str, seconds: float) -> None:
    world.signal_server(signal.SIGSTOP)
    sleep(seconds)
    world.signal_server(signal.SIGCONT)


@fault(seconds=(1.0, 6.0))
def read_only(world: "World", target: str, seconds: float) -> None:
    """As after a failover."""
    for state in ("on", "off"):
        with world.beside() as db:
            db.execute("SET default_transaction_read_only = off")
            db.execute(SQL("ALTER DATABASE campaign SET default_transaction_read_only = {}").format(SQL(state)))
        sessions_ended(world, target, 0.0)
        sleep(seconds if state == "on" else 0.0)


@fault(seconds=(0.0, 0.1))
def sessions_ended(world: "World", target: str, seconds: float) -> None:
    with world.beside() as db:
        db.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")


@fault(seconds=(1.0, 4.0))
def disk_full(world: "World", target: str, seconds: float) -> None:
    """The server may end by it; whoever makes room starts it again."""
    if world.disk is None:
        return
    filler = world.disk / "filler"
    with suppress(OSError), filler.open("wb") as out:
        os.posix_fallocate(out.fileno(), 0, max(1, shutil.disk_usage(world.disk).free - 4_096))
    sleep(seconds)
    filler.unlink(missing_ok=True)
    if not answers(world):
        world.server.stop()
        world.start_server()


def answers(world: "World") -> bool:
    for _ in range(20):
        with suppress(psycopg.Error, OSError), world.beside() as db:
            db.execute("CREATE TEMPORARY TABLE room AS SELECT 1")
            return True
        sleep(0.25)
    return False


# What people do to the database


@contextmanager
def held(world: "World", statement: str) -> "Iterator[None]":
    """A statement in a transaction that stays open for the block; nobody waits for its lock for long."""
    with ExitStack() as opened:
        db = opened.enter_context(world.beside())
        with suppress(psycopg.Error), db.transaction(force_rollback=True):
            db.execute("SET LOCAL lock_timeout = '5s'")
            db.execute(statement.encode())
            yield
            return
        yield


@fault(*READ, seconds=(1.0, 6.0))
def table_locked(world: "World", target: str, seconds: float) -> None:
    with held(world, f"LOCK TABLE {target} IN ACCESS EXCLUSIVE MODE"):
        sleep(seconds)


@fault("log.events (decided_on)", "log.answers (position)", seconds=(1.0, 4.0))
def index_built(world: "World", target: str, seconds: float) -> None:
    with held(world, f"CREATE INDEX ON {target}"):
        sleep(seconds)


@fault("log.events", "service.cases", seconds=(4.0, 12.0))
def analyst_reads(world: "World", target: str, seconds: float) -> None:
    with held(world, f"SELECT count(*) FROM {target}"):  # noqa: S608 - names of ours
        sleep(seconds)


@fault(*TABLES, seconds=(0.0, 0.1))
def vacuum_full(world: "World", target: str, seconds: float) -> None:
    with suppress(psycopg.errors.LockNotAvailable), world.beside() as db:
        db.execute("SET lock_timeout = '5s'")
        db.execute(SQL("VACUUM FULL {}").format(Identifier(*target.split("."))))


@fault(*(model.name for model in MODELS), seconds=(0.0, 0.1))
def rebuild(world: "World", target: str, seconds: float) -> None:
    world.run("rebuild", target)


@fault(seconds=(0.0, 0.1))
def migrate(world: "World", target: str, seconds: float) -> None:
    world.run("migrate")


@fault(seconds=(0.0, 0.1))
def backup(world: "World", target: str, seconds: float) -> None:
    file = world.folder / "copy"
    file.unlink(missing_ok=True)
    world.run("backup", str(file))


@fault(seconds=(0.0, 0.1))
def erasure(world: "World", target: str, seconds: float) -> None:
    """Two officers agree, and the program carries it out beside all that runs."""
    if not world.erasable:
        return
    ask = {"person": str(world.erasable.pop()), "authority": "DA 712", "disposal_class": "3.2", "reason": "It is time."}
    first, second = (world.bearer(login, MINISTRY, Role.PRIVACY_OFFICER) for login in world.officers)
    with suppress(httpx2.HTTPError, KeyError), httpx2.Client(base_url=world.addresses[0], timeout=10) as line:
        disposal = UUID(line.post("/v1/disposals", json=ask, headers=first).json()["id"])
        line.post(f"/v1/disposals/{disposal}/authorise", json={}, headers=second)
    world.run("erase", "--all", "--yes")


@fault(seconds=(60.0, 7_200.0))
def clock_forward(world: "World", target: str, seconds: float) -> None:
    """The service's own clock, by so many seconds."""
    world.clock.set(world.clock() + timedelta(seconds=seconds))


# Kafka


@fault("broker", seconds=(0.5, 4.0))
def broker_killed(world: "World", target: str, seconds: float) -> None:
    if world.broker:
        world.broker.kill()
        sleep(seconds)
        world.broker.start()


@fault("broker", seconds=(2.0, 12.0))
def broker_frozen(world: "World", target: str, seconds: float) -> None:
    if world.broker:
        world.broker.send(signal.SIGSTOP)
        sleep(seconds)
        world.broker.send(signal.SIGCONT)
