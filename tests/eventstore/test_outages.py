"""When the database is away, everybody is told so soon, and served again soon after its return."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import run
from time import monotonic
from uuid import UUID, uuid4

import pytest

from adapters.embedded_postgres import EmbeddedPostgres
from domain.decision import Ref
from eventstore.connections import Unavailable, connect
from eventstore.log import tail
from eventstore.migrations import migrate
from eventstore.requests import Request
from eventstore.writer import PATIENCE_SECONDS, Writer
from tests.eventstore.tally import SOMEBODY, Count, Tally
from tests.eventstore.writers import writer_of
from tests.proxy import Proxy, proxied

TOLD_WITHIN = 6.0
"""Twice what is promised, on a machine that is busy with other tests."""
SERVED_AGAIN_WITHIN = 10.0

Outage = Callable[[EmbeddedPostgres, Proxy], None]


def count(stream: UUID | None = None, **more: object) -> Request:
    return Request(stream=Ref(Tally, stream or uuid4()), command=Count(), actor=SOMEBODY, opens=True, **more)  # type: ignore[arg-type]  # the fields of a request


def served_again(writer: Writer) -> bool:
    """Ask until somebody answers, or until the promise is broken."""
    until = monotonic() + SERVED_AGAIN_WITHIN
    while monotonic() < until:
        try:
            writer.execute(count())
        except Unavailable:
            continue
        return True
    return False


def signal_all(server: EmbeddedPostgres, what: signal.Signals) -> None:
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    for pid in (server.pid, *map(int, children)):
        os.kill(pid, what)


def killed(server: EmbeddedPostgres, proxy: Proxy) -> None:
    signal_all(server, signal.SIGKILL)  # the postmaster alone would leave sessions that answer for a while


def started(server: EmbeddedPostgres, proxy: Proxy) -> None:
    server.start()
    proxy.target = server.port


def stopped(server: EmbeddedPostgres, proxy: Proxy) -> None:
    signal_all(server, signal.SIGSTOP)


def continued(server: EmbeddedPostgres, proxy: Proxy) -> None:
    signal_all(server, signal.SIGCONT)


def refusing(server: EmbeddedPostgres, proxy: Proxy) -> None:
    proxy.refuse()


def accepting(server: EmbeddedPostgres, proxy: Proxy) -> None:
    proxy.accept_again()


def swallowed(server: EmbeddedPostgres, proxy: Proxy) -> None:
    proxy.swallow()


def passed_on(server: EmbeddedPostgres, proxy: Proxy) -> None:
    proxy.pass_on()


OUTAGES: dict[str, tuple[Outage, Outage]] = {
    "killed": (killed, started),
    "stopped": (stopped, continued),
    "refusing": (refusing, accepting),
    "black-holed": (swallowed, passed_on),
}


@pytest.fixture(scope="module")
def server(passable: Path) -> Iterator[EmbeddedPostgres]:
    """A durable server of its own: it is killed, and nothing that was committed may be lost by that."""
    with EmbeddedPostgres(passable / "outages") as server:
        migrate(server.dsn())
        yield server


@contextmanager
def writer_behind_a_proxy(dsn: str) -> Iterator[tuple[Writer, Proxy]]:
    with proxied(dsn) as (proxy, through):
        writer = writer_of(dsn, through=through, patience=PATIENCE_SECONDS)
        yield writer, proxy
        writer.close()


@pytest.mark.parametrize("outage", OUTAGES)
def test_everybody_is_told_in_time_and_served_again_within_10_s(server: EmbeddedPostgres, outage: str) -> None:
    go_away, come_back = OUTAGES[outage]
    with writer_behind_a_proxy(server.dsn()) as (writer, proxy):
        writer.execute(count())
        go_away(server, proxy)
        try:
            for _ in range(3):
                asked = monotonic()
                with pytest.raises(Unavailable):
                    writer.execute(count())
                assert monotonic() - asked < TOLD_WITHIN
        finally:
            come_back(server, proxy)
        assert served_again(writer)


def test_a_connection_cut_after_commit_is_answered_with_the_first_result(migrated: str) -> None:
    stream, key = uuid4(), uuid4()
    with writer_behind_a_proxy(migrated) as (writer, proxy):
        writer.execute(count(stream))
        proxy.cut_before_the_answer_to(b"Counted")
        done = writer.execute(count(stream, command_id=key, expected=1))
        assert proxy.cuts == 1
        assert (done.version, done.position) == (2, 2)
        assert writer.execute(count(stream, command_id=key, expected=1)) == done
    with connect(migrated) as connection:
        assert len(tail(connection, 0, 10)) == 2


def test_dump_and_restore_into_another_cluster_keep_order_and_positions(
    migrated: str, cluster: EmbeddedPostgres, passable: Path
) -> None:
    writer = writer_of(migrated)
    streams = [uuid4() for _ in range(5)]
    for i in range(20):
        writer.execute(count(streams[i % 5]))
    writer.close()
    with EmbeddedPostgres(passable / "restored", durable=False) as other:
        other_dsn = other.dsn()
        migrate_roles_only(other_dsn)
        dump = run([cluster.binaries / "pg_dump", "--format=custom", migrated], check=True, capture_output=True).stdout
        run(
            [cluster.binaries / "pg_restore", "--dbname", other_dsn, "--exit-on-error"],
            input=dump,
            check=True,
        )
        with connect(migrated) as here, connect(other_dsn) as there:
            assert tail(here, 0, 100) == tail(there, 0, 100)
        restored = writer_of(other_dsn)
        assert restored.execute(count(streams[0])).position == 21
        restored.close()


def migrate_roles_only(dsn: str) -> None:
    """A dump holds no roles: they belong to the cluster."""
    with connect(dsn) as owner:
        for role in ("service", "followers", "keys", "erasure", "expiry", "rotation"):
            owner.execute(f"CREATE ROLE as_cms_{role} NOLOGIN".encode())
