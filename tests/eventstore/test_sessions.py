"""Sessions: whoever is gone without goodbye holds nobody up, because the server ends what nobody hears of any more."""

import os
import resource
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from threading import Event, Thread
from time import monotonic, sleep
from uuid import UUID, uuid4

import psycopg
import pytest
from structlog.testing import capture_logs

from eventstore.connections import Connection, connect, pool
from eventstore.followers import Follower, State, opened
from eventstore.log import Recorded
from tests.eventstore.keyrings import House
from tests.eventstore.roles import as_role
from tests.proxy import Proxy, proxied

PATIENCE = 40
"""Seconds after which something never happens. The kernel's own keepalive would take two hours."""


@pytest.fixture
def line(migrated: str) -> Iterator[tuple[Proxy, str]]:
    with proxied(migrated) as (proxy, through):
        yield proxy, through


class Nothing:
    """Work that does nothing with any event."""

    name = "nothing"

    def begin(self, connection: Connection) -> int:
        return 0

    def take(self, connection: Connection, events: Sequence[Recorded]) -> int:
        return events[-1].position


def until(true: Callable[[], bool]) -> bool:
    """Whether it ever comes true."""
    end = monotonic() + PATIENCE
    while monotonic() < end:
        if true():
            return True
        sleep(0.1)
    return False


def test_a_follower_takes_over_from_one_of_whom_nothing_is_heard(line: tuple[Proxy, str], migrated: str):
    """Its line is not cut: nothing arrives any more, and nobody is told."""
    proxy, through = line
    ghost = opened(as_role(through, "followers"), Nothing.name)
    assert ghost.execute("SELECT log.take_turn(%s)", [Nothing.name]).fetchall() == [(True,)]
    successor = Follower(as_role(migrated, "followers"), Nothing(), poll=0.1)
    successor.start()
    assert until(lambda: successor.health.state is State.WAITING)
    proxy.swallow()
    try:
        assert until(lambda: successor.health.state is State.FOLLOWING)
    finally:
        proxy.pass_on()
        successor.stop()
        with suppress(psycopg.Error):
            ghost.close()


def test_a_follower_that_works_keeps_its_turn_however_little_there_is_to_do(migrated: str):
    following = Follower(as_role(migrated, "followers"), Nothing(), poll=0.1, gone=2)
    following.start()
    assert until(lambda: following.health.state is State.FOLLOWING)
    with psycopg.connect(migrated, autocommit=True) as admin:
        first = session(admin, "nothing")
        sleep(4)
        assert session(admin, "nothing") == first
    following.stop()


def session(admin: psycopg.Connection, name: str) -> list[tuple[int, ...]]:
    return admin.execute("SELECT pid FROM pg_stat_activity WHERE application_name = %s", [name]).fetchall()


@pytest.mark.parametrize(
    ("role", "holds"),
    [("erasure", "SELECT log.lock()"), ("service", "LOCK TABLE service.held IN ACCESS SHARE MODE")],
    ids=["an eraser with the lock of the log", "a question with a table"],
)
def test_an_open_transaction_whose_line_is_dead_holds_nobody_up(
    line: tuple[Proxy, str], migrated: str, role: str, holds: str
):
    proxy, through = line
    with psycopg.connect(migrated, autocommit=True) as owner:
        owner.execute("CREATE TABLE service.held (x int)")
        owner.execute("GRANT SELECT ON service.held TO as_cms_service")
        ghost = connect(as_role(through, role), deadline=None if role == "erasure" else 2.0)
        ghost.execute("BEGIN")
        ghost.execute(holds.encode())
        proxy.swallow()
        waits = "SELECT log.lock()" if role == "erasure" else "LOCK TABLE service.held IN ACCESS EXCLUSIVE MODE"
        with owner.transaction():
            owner.execute(f"SET LOCAL lock_timeout = '{PATIENCE}s'".encode())
            owner.execute(waits.encode())
    proxy.pass_on()
    with suppress(psycopg.Error):
        ghost.close()


def test_a_statement_that_nobody_waits_for_any_more_is_ended(line: tuple[Proxy, str], migrated: str):
    """Each deadline of a question left a backend behind that waited for its lock, until there was none to be had."""
    _, through = line
    with psycopg.connect(migrated, autocommit=True) as owner, owner.transaction():
        owner.execute("CREATE TABLE service.held (x int)")
        owner.execute("GRANT SELECT ON service.held TO as_cms_service")
    waiting = "SELECT FROM pg_locks WHERE NOT granted AND relation = 'service.held'::regclass"
    with psycopg.connect(migrated) as owner, pool(as_role(through, "service"), size=4) as lending:
        owner.execute("LOCK TABLE service.held IN ACCESS EXCLUSIVE MODE")
        for _ in range(3):
            with pytest.raises(psycopg.OperationalError), lending.connection() as db:
                db.execute("SELECT FROM service.held")
        with psycopg.connect(migrated, autocommit=True) as admin:
            assert until(lambda: not admin.execute(waiting).fetchall())


def test_a_job_may_take_its_time(migrated: str):
    with connect(as_role(migrated, "service"), deadline=None) as job:
        shown = job.execute("SHOW statement_timeout").fetchall()[0][0]
    assert shown == "0"


def test_the_role_that_a_session_takes_on_stays(migrated: str):
    """Limits go along with the options of the URL, and replace none."""
    with connect(as_role(migrated, "followers")) as follower:
        assert follower.execute("SELECT current_user").fetchall() == [("as_cms_followers",)]


def test_a_job_is_no_ghost_however_long_its_statement_takes(migrated: str):
    with connect(as_role(migrated, "service"), deadline=None) as job:
        assert job.execute("SELECT pg_sleep(4)").rowcount == 1


@pytest.fixture
def many_files() -> Iterator[None]:
    """Have more files open than `select` can name, as a service with a thousand connections has."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4_096, hard), hard))
    with ExitStack() as opened_:
        for _ in range(1_100):
            opened_.callback(os.close, os.open(os.devnull, os.O_RDONLY))
        yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_destroyed_key_is_heard_of_however_many_files_are_open(migrated: str, many_files: None):
    house, child, stop = House(migrated), uuid4(), Event()
    keyring = house.keyring()
    before = keyring.generation
    stood = ExitStack()
    lines = stood.enter_context(capture_logs())
    listening = Thread(target=keyring.listen, args=(as_role(migrated, "keys"), stop))
    listening.start()
    try:
        assert until(lambda: keyring.generation > before), "it listens"
        now = keyring.generation
        with psycopg.connect(migrated, autocommit=True) as owner:
            assert until(lambda: told(owner, child) and keyring.generation > now)
    finally:
        stop.set()
        listening.join()
        stood.close()
    assert [each for each in lines if each["event"] == "keys_not_heard"] == [], "it stands, and is not begun anew"


def told(owner: psycopg.Connection, subject: UUID) -> bool:
    owner.execute("SELECT pg_notify('keys', %s)", [str(subject)])
    return True


def test_a_follower_follows_however_many_files_are_open(migrated: str, many_files: None):
    follower = Follower(as_role(migrated, "followers"), Nothing(), poll=0.1)
    follower.start()
    try:
        assert until(lambda: follower.health.state is State.FOLLOWING)
        sleep(1)
        assert (follower.health.state, follower.health.reason) == (State.FOLLOWING, None)
    finally:
        follower.stop()
