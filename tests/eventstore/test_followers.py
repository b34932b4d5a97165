"""The follower's loop: every event once and in order, whatever happens to the database, the log, or another copy."""

import os
import signal
import time
from contextlib import contextmanager, suppress
from threading import Event
from uuid import uuid4

import psycopg
import pytest

from adapters.embedded_postgres import EmbeddedPostgres
from eventstore.codec import UnknownType
from eventstore.connections import connect
from eventstore.followers import Follower, Halt, Removed, State, require_whole
from eventstore.log import tail
from eventstore.migrations import migrate
from tests.projections.small import History, Ignored, as_role

HANG = 20.0


class Kept:
    """Work that keeps what it takes in a table, with its position, and knows only some types."""

    def __init__(self, name="kept", knows=("Ignored",)):
        self.name = name
        self.knows = knows
        self.broken = False
        self.stumbled = Event()

    def begin(self, connection):
        row = connection.execute("SELECT coalesce(max(position), 0) FROM kept").fetchone()
        return row[0]

    def take(self, connection, events):
        with connection.transaction():
            for event in events:
                if self.broken:
                    self.stumbled.set()
                    raise ZeroDivisionError
                if event.type not in self.knows:
                    raise UnknownType(event.type)
                connection.execute("INSERT INTO kept VALUES (%s)", [event.position])
        return events[-1].position


@pytest.fixture
def log(migrated):
    history = History(migrated)
    history.db.execute("CREATE TABLE kept (position bigint PRIMARY KEY)")
    history.db.execute("GRANT SELECT, INSERT ON kept TO as_cms_followers")
    yield history
    history.close()


@contextmanager
def following(dsn, work, **options):
    follower = Follower(as_role(dsn, "followers"), work, **({"poll": 0.1} | options))
    follower.start()
    try:
        yield follower
    finally:
        follower.stop()


def until(holds, what=""):
    """Wait for something that is bound to happen."""
    end = time.monotonic() + HANG
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.01)


def something(log):
    return log.add((uuid4(), Ignored()))


def kept(log):
    return [position for (position,) in log.db.execute("SELECT position FROM kept ORDER BY 1")]


def test_every_event_is_taken_once_and_in_order(log, migrated):
    for _ in range(5):
        something(log)
    with following(migrated, Kept(), batch=2) as follower:
        until(lambda: len(kept(log)) == 5)
        something(log)
        until(lambda: len(kept(log)) == 6)
        until(lambda: follower.health.behind == 0)
        assert follower.ready
        assert follower.health.position == 6
    assert follower.health.state is State.STOPPED
    assert not follower.ready


def test_a_notice_wakes_the_follower_long_before_it_would_look_again(log, migrated):
    with following(migrated, Kept(), poll=10 * HANG) as follower:
        until(lambda: follower.ready)
        something(log)
        until(lambda: kept(log) == [1])


def test_an_event_whose_notice_is_lost_is_found_by_looking_again(log, migrated):
    with following(migrated, Kept()) as follower:
        until(lambda: follower.ready)
        without_notice(log)
        until(lambda: kept(log) == [1])


def without_notice(log):
    with log.db.cursor().copy("COPY log.events FROM STDIN") as copy:
        copy.write_row(log._stored(uuid4(), Ignored(), None))  # noqa: SLF001 - the same, but for the notice


def test_a_gap_in_the_positions_halts_the_follower_because_events_were_removed(log, migrated):
    something(log)
    log.position += 1
    something(log)
    with following(migrated, Kept(), batch=1) as follower:
        until(lambda: follower.health.state is State.HALTED)
        assert not follower.ready
        assert "after position 1 comes 3" in follower.health.reason
        assert kept(log) == [1]


def test_events_are_whole_only_right_after_the_position_that_they_follow(log):
    something(log)
    something(log)
    require_whole(1, tail(log.db, 1, 1))
    with pytest.raises(Removed):
        require_whole(0, tail(log.db, 1, 1))


def test_an_unknown_type_halts_an_old_release_and_a_newer_one_takes_over(log, migrated):
    something(log)
    log.add((uuid4(), Ignored()), type_name="Newer")
    with following(migrated, Kept(), batch=1) as old:
        until(lambda: old.health.state is State.HALTED)
        assert old.health.reason == "UnknownType: Newer"
        assert kept(log) == [1]
        with following(migrated, Kept(knows=("Ignored", "Newer"))) as new:
            until(lambda: kept(log) == [1, 2])
            until(lambda: new.ready)
            until(lambda: old.health.state is State.WAITING)


def test_a_bad_event_never_ends_the_follower_which_goes_on_once_it_can(log, migrated):
    work = Kept()
    work.broken = True
    something(log)
    with following(migrated, work) as follower:
        assert work.stumbled.wait(HANG)
        until(lambda: follower.health.state is State.HALTED)
        assert follower.health.reason == "ZeroDivisionError"
        work.broken = False
        until(lambda: kept(log) == [1])


def test_work_that_halts_says_why(log, migrated):
    class Halting(Kept):
        def begin(self, connection):
            raise Halt("not built yet")

    with following(migrated, Halting()) as follower:
        until(lambda: follower.health.state is State.HALTED)
        assert follower.health.reason == "Halt: not built yet"


def test_a_second_copy_waits_and_takes_over_when_the_first_ends(log, migrated):
    with following(migrated, Kept()) as first:
        until(lambda: first.health.state is State.FOLLOWING)
        with following(migrated, Kept()) as second:
            until(lambda: second.health.state is State.WAITING)
            assert not second.ready, "what the first one does is not known"
            waited = second.health.seconds
            until(lambda: second.health.seconds > waited, "it says for how long")
            something(log)
            until(lambda: kept(log) == [1])
            assert second.health.state == "waiting"
            first.stop()
            until(lambda: second.health.state == "following")
            something(log)
            until(lambda: kept(log) == [1, 2])


def test_other_work_does_not_wait(log, migrated):
    with following(migrated, Kept()) as one, following(migrated, Kept(name="other")) as other:
        until(lambda: {one.health.state, other.health.state} == {State.FOLLOWING})


def test_a_connection_that_is_cut_again_and_again_costs_no_event(log, migrated):
    with following(migrated, Kept(), batch=3) as follower, connect(migrated) as killer:
        for i in range(30):
            something(log)
            if i % 5 == 0:
                cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'kept'"
                killer.execute(cut)
        until(lambda: len(kept(log)) == 30)
        until(lambda: follower.ready)
    assert kept(log) == list(range(1, 31))


def test_a_database_that_is_away_or_hangs_is_waited_for(passable, monkeypatch):
    monkeypatch.setattr("eventstore.followers.DEADLINE_SECONDS", 0.5)
    server = EmbeddedPostgres(passable / "follower", durable=False)
    server.start()
    try:
        migrate(server.dsn())
        with suppress(psycopg.OperationalError), psycopg.connect(server.dsn(), autocommit=True) as db:
            db.execute("CREATE TABLE kept (position bigint PRIMARY KEY)")
            db.execute("GRANT SELECT, INSERT ON kept TO as_cms_followers")
        with following(server.dsn(), Kept()) as follower:
            until(lambda: follower.ready)
            stopped = backend(follower, server)
            os.kill(stopped, signal.SIGSTOP)
            until(lambda: follower.health.state is State.AWAY, "stopped")
            until(lambda: follower.health.state is State.WAITING, "another backend serves; the turn is not free yet")
            os.kill(stopped, signal.SIGCONT)
            until(lambda: follower.ready, "the server ends a session that nobody is at the other end of")
            server.stop()
            until(lambda: follower.health.state is State.AWAY, "killed")
            assert not follower.ready
    finally:
        server.stop()


def backend(follower, server):
    with psycopg.connect(server.dsn(), autocommit=True) as db:
        found = "SELECT pid FROM pg_stat_activity WHERE application_name = 'kept'"
        return db.execute(found).fetchall()[0][0]


def test_stopping_does_not_wait_for_the_next_look(log, migrated):
    follower = Follower(as_role(migrated, "followers"), Kept(), poll=100 * HANG)
    follower.start()
    until(lambda: follower.ready)
    follower.stop()
    assert follower.health.state is State.STOPPED
