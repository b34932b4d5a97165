"""The world of a campaign: a real server and broker, each program behind a proxy of its own, and a town to work in."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg.conninfo import make_conninfo

from adapters.embedded_postgres import EmbeddedPostgres
from api.clock import OwnClock
from api.database import migrate
from domain.ids import MINISTRY
from domain.users.user import Role
from tests.api.town import NOW, Town, secret, town_on
from tests.house.tree import ROOT
from tests.kafka_broker import Broker, free_port
from tests.proxy import Proxy

PROGRAM: Final = (sys.executable, "-c", "from api.cli import main; main()")
SERVING: Final = ("serve-1", "serve-2")
STUDENTS: Final = 40
DISK_MEGABYTES: Final = 600
START_SECONDS: Final = 90.0
STOP_SECONDS: Final = 30.0


@dataclass
class Program:
    """One program of the deployment, its proxy, and how it is begun."""

    name: str
    proxy: Proxy
    arguments: tuple[str, ...]
    environ: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [*PROGRAM, *self.arguments], cwd=ROOT, env=self.environ, stdout=out, stderr=out, start_new_session=True
            )

    def send(self, what: signal.Signals) -> None:
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, what)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        if self.process:
            self.process.wait()

    def stop(self) -> int:
        """Tell it to stop; answers with its exit status."""
        assert self.process
        self.send(signal.SIGCONT)
        self.send(signal.SIGTERM)
        try:
            return self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return -signal.SIGKILL

    @property
    def ended(self) -> int | None:
        """The exit status, if it has ended."""
        return self.process.poll() if self.process else None


@dataclass
class World:
    """Everything that faults happen to."""

    folder: Path
    server: EmbeddedPostgres
    disk: Path | None
    broker: Broker | None
    town: Town
    officers: tuple[str, str]
    students: list[UUID]
    erasable: list[UUID]
    addresses: list[str] = field(default_factory=list)
    programs: dict[str, Program] = field(default_factory=dict)
    more: dict[str, str] = field(default_factory=dict)
    left: list[Proxy] = field(default_factory=list)

    @property
    def dsn(self) -> str:
        """The database, past every proxy; another port after each start."""
        return self.server.dsn("campaign")

    @property
    def clock(self) -> OwnClock:
        """The clock of every program."""
        return OwnClock(self.folder / "clock")

    def bearer(self, login: str, organisation: UUID, role: Role) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.town.token(login, organisation, role)}"}

    @contextmanager
    def beside(self) -> Generator[psycopg.Connection[Any]]:
        """A superuser's session that no fault happens to."""
        with psycopg.connect(self.dsn, autocommit=True, connect_timeout=5) as db:
            yield db

    def start_server(self) -> None:
        """Start it after an end, and have every proxy find it."""
        self.server.start()
        for program in self.programs.values():
            program.proxy.target = self.server.port

    def begin_elsewhere(self, program: Program) -> None:
        """Begin a program on another line; the one before stays open on the server's side, and silent."""
        self.left.append(program.proxy)
        program.proxy = Proxy(self.server.port)
        program.environ["DATABASE_URL"] = make_conninfo(program.environ["DATABASE_URL"], port=program.proxy.port)
        program.start()

    def signal_server(self, what: signal.Signals) -> None:
        """To the postmaster and every backend: the postmaster alone would leave sessions that answer for a while."""
        pid = self.server.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for each in (pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(each, what)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What an operator runs, on the machine of the database."""
        environ = self.more | {"DATABASE_URL": self.dsn}
        with (self.folder / "operator.log").open("a") as log:
            done = subprocess.run(
                [*PROGRAM, *arguments], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=300, check=False
            )
            log.write(done.stdout + done.stderr)
        return done

    def logs(self) -> list[Path]:
        """Every file in which something is logged."""
        own = [*self.folder.glob("*.log")]
        servers = [file for name in ("log", "log.previous") if (file := self.server.home / name).exists()]
        kafka = [self.broker._folder / "broker.log"] if self.broker else []  # noqa: SLF001 - where it writes
        return [*own, *servers, *kafka]


@contextmanager
def world(folder: Path, broker: Broker | None = None) -> Generator[World]:
    """Found a town, begin every program, and wait until all work; everything ends with the block."""
    with ExitStack() as opened:
        disk = opened.enter_context(disk_of_its_own())
        home = disk or Path(opened.enter_context(passable_folder()))
        server = opened.enter_context(EmbeddedPostgres(home / "postgres", settings={"max_connections": "200"}))
        with psycopg.connect(server.dsn(), autocommit=True) as superuser:
            superuser.execute("CREATE DATABASE campaign")
        migrate(server.dsn("campaign"))
        made = founded(server, folder, disk, broker)
        for name in ("serve-1", "serve-2", "project", "automate", *(["publish"] if broker else [])):
            made.programs[name] = program(made, name, Proxy(server.port))
        try:
            for each in made.programs.values():
                each.start()
            await_all(made)
            yield made
        finally:
            for each in made.programs.values():
                each.kill()
            for proxy in (*made.left, *(each.proxy for each in made.programs.values())):
                proxy.refuse()


def founded(server: EmbeddedPostgres, folder: Path, disk: Path | None, broker: Broker | None) -> World:
    """People the town; the service that this takes is gone afterwards."""
    with town_on(server.dsn("campaign"), folder) as town:
        students = [town.student() for _ in range(STUDENTS)]
        erasable = [town.student() for _ in range(STUDENTS)]
        officers = [town.person(Role.PRIVACY_OFFICER, MINISTRY)[1] for _ in range(2)]
    made = World(folder, server, disk, broker, town, (officers[0], officers[1]), students, erasable)
    bare = {name: value for name, value in os.environ.items() if not name.startswith("AS_CMS_")}
    secrets_ = {f"AS_CMS_{name}": secret(kind) for name, kind in SECRETS.items()}
    made.more = {
        **bare, **secrets_, "AS_CMS_DATA": str(folder), "AS_CMS_CLOCK_FROM": str(NOW), "AS_CMS_MODE": "development",
        "AS_CMS_COMMANDS_PER_MINUTE": "100000",
    }  # fmt: skip
    return made


SECRETS: Final = {"KEY_ENCRYPTION_KEY": "kek", "CLAIMS_SECRET": "claims", "IDEMPOTENCY_SECRET": "idempotency"}


def program(made: World, name: str, proxy: Proxy) -> Program:
    through = make_conninfo(made.dsn, port=proxy.port)
    environ = made.more | {"DATABASE_URL": through}
    arguments: tuple[str, ...] = (name,)
    if name in SERVING:
        port = free_port()
        made.addresses.append(f"http://127.0.0.1:{port}")
        arguments = ("serve", "--no-project", "--port", str(port))
    if name == "publish":
        assert made.broker
        arguments = ("publish", "--bootstrap", made.broker.bootstrap)
    return Program(name, proxy, arguments, environ, made.folder / f"{name}.log")


def await_all(made: World) -> None:
    from tests.campaign.recovery import missing  # noqa: PLC0415 - it looks at worlds

    until = monotonic() + START_SECONDS
    while lacking := missing(made):
        assert monotonic() < until, lacking
        sleep(0.2)


@contextmanager
def passable_folder() -> Generator[str]:
    """A folder that the server's own user may pass."""
    folder = tempfile.mkdtemp(prefix="as-cms-campaign-")
    Path(folder).chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def disk_of_its_own() -> Generator[Path | None]:
    """A small disk that can be filled; None where we may mount none."""
    with passable_folder() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MEGABYTES}m,mode=0711", "tmpfs", folder]
        if (
            os.geteuid()
            or not shutil.which("mount")
            or subprocess.run(mount, capture_output=True, check=False).returncode
        ):
            yield None
            return
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", "--lazy", folder], check=False)
