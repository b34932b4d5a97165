"""What an error means for the connection is judged in one place, by its SQLSTATE, whatever was asked."""

import inspect
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import make_conninfo

from adapters.embedded_postgres import EmbeddedPostgres
from eventstore.connections import AWAY, Pool, Unavailable, available, connect, pool
from tests.proxy import Proxy

SERVERS = {"08", "40", "53", "55", "57", "58"}
"""Classes of SQLSTATE by which the server speaks of itself: line, rollback, resources, state, operator, system."""

TRANSACTIONS = {"25006": "a failover", "25P03": "silence within a transaction", "25P04": "a transaction too long"}
"""Of class 25, what is the server's doing. All else of it is a mistake of ours, and a 500."""

KNOWN: dict[str, type[psycopg.Error]] = {
    error.sqlstate: error
    for error in vars(errors).values()
    if inspect.isclass(error) and issubclass(error, psycopg.Error) and isinstance(error.sqlstate, str)
}


@pytest.mark.parametrize("state", sorted(each for each in KNOWN if each[:2] in SERVERS or each in TRANSACTIONS))
def test_what_the_server_says_of_itself_is_its_absence(state: str):
    with pytest.raises(Unavailable), available():
        raise KNOWN[state]


@pytest.mark.parametrize("state", sorted(each for each in KNOWN if each[:2] == "25" and each not in TRANSACTIONS))
def test_a_mistake_within_a_transaction_is_ours(state: str):
    assert not issubclass(KNOWN[state], AWAY)


def test_a_session_that_was_ended_in_silence_is_the_databases_absence(migrated: str):
    db = connect(migrated, in_transaction=0.1)
    db.execute("BEGIN")
    with connect(migrated) as other:
        other.execute("SELECT pg_sleep(0.5)")
    with pytest.raises(Unavailable), available():
        db.execute("SELECT 1")
    db.close()


@pytest.fixture(scope="module")
def standby(passable: Path) -> Iterator[EmbeddedPostgres]:
    """A server that is only read."""
    only_read = {"default_transaction_read_only": "on"}
    with EmbeddedPostgres(passable / "standby", durable=False, settings=only_read) as server:
        yield server


@pytest.fixture
def pair(
    cluster: EmbeddedPostgres, standby: EmbeddedPostgres, admin: psycopg.Connection
) -> Iterator[tuple[Proxy, Proxy, str]]:
    """The server that is written, another one with the same login, and the DSN that names both."""
    with psycopg.connect(standby.dsn(), autocommit=True) as superuser:
        superuser.execute("SET default_transaction_read_only = off")
        for each in (admin, superuser):
            each.execute("CREATE ROLE traveller LOGIN PASSWORD 'from host to host'")
        with Proxy(cluster.port) as written, Proxy(standby.port) as read:
            dsn = cluster.dsn("postgres", "traveller", "from host to host")
            twice = dict.fromkeys(("host", "hostaddr"), "127.0.0.1,127.0.0.1")
            yield written, read, make_conninfo(dsn, **twice, port=f"{read.port},{written.port}")
        for each in (admin, superuser):
            each.execute("DROP ROLE traveller")


def port_of(db: psycopg.Connection) -> int:
    return int(db.execute("SELECT current_setting('port')").fetchall()[0][0])


def test_whoever_writes_does_not_come_to_a_server_that_is_only_read(standby: EmbeddedPostgres):
    with pytest.raises(Unavailable), available():
        connect(standby.dsn())
    with connect(standby.dsn(), writes=False) as db:
        assert port_of(db) == standby.port
    with pool(standby.dsn(), size=1) as lending, lending.connection() as db:
        assert port_of(db) == standby.port


def test_of_several_hosts_the_one_that_is_written_is_found_and_found_again(
    pair: tuple[Proxy, Proxy, str], cluster: EmbeddedPostgres
):
    """Whichever stands first, and whoever asks: rights are judged by the log that is written."""
    one, other, both = pair
    with pool(both, size=2) as lending:
        for _ in range(3):
            with connect(both) as db:
                assert port_of(db) == cluster.port
            with connect(both, writes=False) as db:
                assert port_of(db) == cluster.port
            with lending.connection() as db:
                assert port_of(db) == cluster.port
            one.target, other.target = other.target, one.target  # a failover
            for each in (one, other):
                each.refuse()
                each.accept_again()


def test_one_of_two_hosts_is_enough(pair: tuple[Proxy, Proxy, str], cluster: EmbeddedPostgres):
    _, read, both = pair
    read.refuse()
    with connect(both) as db:
        assert port_of(db) == cluster.port


def test_a_pool_lets_go_of_sessions_that_became_read_only(migrated: str):
    with pool(migrated, size=1) as lending:
        with lending.connection() as db:
            db.execute("SET default_transaction_read_only = on")
        with pytest.raises(Unavailable):
            written(lending)
        written(lending)


def written(lending: Pool) -> None:
    with available(), lending.connection() as db:
        db.execute("CREATE TABLE kept ()")
