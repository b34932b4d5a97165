"""Following live: rows and position move together, so that each event counts once however often we are cut off."""

import multiprocessing
import pickle
import time
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from eventstore.codec import UnknownType
from eventstore.connections import DeadlineConnection, connect
from eventstore.followers import Follower, State
from eventstore.log import tail
from projections.generations import prepare
from projections.live import NotBuilt, Outdated, ReadModel
from projections.model import Model
from tests.projections.small import (
    MODELS,
    Box,
    Colour,
    Dropped,
    Filled,
    Ignored,
    Labelled,
    Opened,
    Painted,
    Shut,
    Thrown,
    boxes,
    coats,
    diary,
    owners,
    phone_and_name,
    rows,
    tools,
)

ANA, HEMI = UUID(int=1), UUID(int=2)
HANG = 60.0


def some_history(world, boxes_=6):
    for i in range(boxes_):
        box = UUID(int=100 + i)
        world.history.add((box, Opened(owner=ANA)), (box, Painted(colour=Colour.RED, layers=i)))
        world.history.add((box, Filled(items=("a", "b"))), (box, Dropped() if i == 2 else Shut()))
    world.history.add((HEMI, phone_and_name(HEMI, "Hēmi", "021")), (HEMI, phone_and_name(HEMI, "Hemi")))


class Doomed(DeadlineConnection):
    """A connection whose server process is killed just before its n-th exchange."""

    left = -1
    killer: psycopg.Connection

    def wait(self, gen, interval=0.1, timeout=None):
        self.left -= 1
        if self.left == 0:
            self.killer.execute("SELECT pg_terminate_backend(%s, 5000)", [self.info.backend_pid])
        return super().wait(gen, interval, timeout)


@pytest.mark.parametrize("model", [boxes, coats, owners], ids=lambda model: model.name)
def test_each_event_counts_once_wherever_the_connection_is_cut(world, model):
    some_history(world)
    expected = undisturbed(world, model)
    cuts = 0
    for n in range(1, 100):
        world.empty(model)
        some_history(world)
        world.follow(model, until=7)
        cut = followed_with_a_cut_before(world, model, n)
        world.follow(model, batch=5)
        assert seen(world, model) == expected
        if not cut:
            break
        cuts += 1
    assert cuts > 5


def undisturbed(world, model):
    world.follow(model)
    return seen(world, model)


def seen(world, model):
    return rows(world.owner, model, 1), world.owner.execute("SELECT stream, position FROM projection.parked").fetchall()


def followed_with_a_cut_before(world, model, n):
    with Doomed.connect(world.followers, autocommit=True) as doomed:
        doomed.deadline = None
        doomed.killer, doomed.left = world.owner, n
        try:
            world.follow(model, batch=5, db=doomed)
        except psycopg.OperationalError:
            return True
    return False


def test_each_event_counts_once_when_the_process_is_killed_again_and_again(world):
    for i in range(300):
        world.history.add((UUID(int=i % 20), Painted(colour=Colour.BLUE, layers=i) if i >= 20 else Opened(owner=ANA)))
    end, spawn = time.monotonic() + HANG, multiprocessing.get_context("spawn")
    killed = 0
    while position(world, boxes) < 300 or killed < 3:
        assert time.monotonic() < end
        before = position(world, boxes)
        follower = spawn.Process(target=follow_for_ever, args=(world.dsn, world.followers), daemon=True)
        follower.start()
        while position(world, boxes) < min(300, before + 40) and time.monotonic() < end:
            time.sleep(0.005)
        follower.kill()
        follower.join()
        killed += 1
    live = rows(world.owner, boxes, 1)
    world.empty(boxes)
    for i in range(300):
        world.history.add((UUID(int=i % 20), Painted(colour=Colour.BLUE, layers=i) if i >= 20 else Opened(owner=ANA)))
    world.follow(boxes)
    assert live == rows(world.owner, boxes, 1)


def follow_for_ever(owner, dsn):
    Follower(dsn, ReadModel(boxes, tools(owner)), batch=3).run()


def position(world, model):
    query = "SELECT position FROM projection.positions WHERE model = %s AND state = 'live'"
    return world.owner.execute(query, [model.name]).fetchone()[0]


def test_two_copies_at_once_do_not_fold_an_event_twice(world):
    some_history(world)
    work = ReadModel(boxes, world.tools)
    with connect(world.followers) as other:
        events = tail(other, 0, 5)
        assert work.take(world.follower, events) == 5
        assert work.take(other, events) == 5
    world.follow(boxes)
    one_present_row_each = "SELECT count(*), count(DISTINCT box_id) FROM service.boxes WHERE to_position IS NULL"
    assert world.owner.execute(one_present_row_each).fetchone() == (6, 6)


def test_no_version_is_written_when_nothing_visible_changed(world):
    box = uuid4()
    world.history.add((box, Opened(owner=ANA, label="a")), (box, Labelled(label="a")), (box, Ignored()))
    world.follow(boxes, batch=1)
    world.history.add((box, Labelled(label="b")))
    world.follow(boxes)
    assert [row[-2:] for row in rows(world.owner, boxes, 1)] == [("1", "4"), ("4", None)]


def test_two_changes_in_one_batch_leave_both_versions(world):
    box = uuid4()
    world.history.add((box, Opened(owner=ANA)), (box, Labelled(label="a")), (box, Labelled(label="b")))
    world.follow(boxes)
    assert [row[-2:] for row in rows(world.owner, boxes, 1)] == [("1", "2"), ("2", "3"), ("3", None)]


def test_a_row_that_ends_can_begin_again(world):
    box = uuid4()
    world.history.add((box, Opened(owner=ANA)), (box, Thrown()), (box, Ignored()), (box, Opened(owner=HEMI)))
    world.follow(boxes, batch=1)
    assert [row[-2:] for row in rows(world.owner, boxes, 1)] == [("1", "2"), ("4", None)]


@pytest.mark.parametrize("batch", [1, 2, 1_000])
def test_what_a_model_cannot_fold_parks_its_stream_and_others_go_on(world, batch):
    bad, good = uuid4(), uuid4()
    world.history.add((bad, Opened(owner=ANA, label="before")), (bad, Dropped()), (bad, Labelled(label="after")))
    world.history.add((good, Opened(owner=ANA)), (bad, Labelled(label="later")), (good, Labelled(label="on")))
    world.follow(boxes, batch=batch)
    present = "SELECT box_id, label FROM service.boxes WHERE to_position IS NULL"
    assert dict(world.owner.execute(present)) == {bad: "before", good: "on"}
    parked = world.owner.execute("SELECT model, stream, position, error FROM projection.parked_now").fetchall()
    assert [row[:3] for row in parked] == [("boxes", bad, 2)]
    assert parked[0][3].startswith("ZeroDivisionError in dropped:")


def test_an_event_is_applied_whole_or_not_at_all(world):
    box = uuid4()
    world.history.add((box, Painted(colour=Colour.RED, layers=1)), (box, Painted(colour=Colour.RED, layers=1)))
    world.history.add((box, Dropped()))
    world.follow(coats)
    assert world.owner.execute("SELECT count(*) FROM service.coats WHERE to_position IS NULL").fetchone() == (2,)
    assert "float" not in str(world.owner.execute("SELECT error FROM projection.parked").fetchall())


def test_data_that_does_not_decode_parks_its_stream(world):
    world.history.add((ANA, Opened(owner=ANA)), (HEMI, Opened(owner=HEMI)))
    bad = "UPDATE log.events SET data = '{}' WHERE position = 1"
    world.owner.execute("SET session_replication_role = replica")
    world.owner.execute("ALTER TABLE log.events DISABLE TRIGGER ALL")
    world.owner.execute(bad)
    world.owner.execute("SET session_replication_role = origin")
    world.follow(boxes)
    assert world.owner.execute("SELECT box_id FROM service.boxes").fetchall() == [(HEMI,)]
    assert world.owner.execute("SELECT stream FROM projection.parked").fetchall() == [(ANA,)]


def test_an_unknown_type_halts_and_does_not_park(world):
    world.history.add((ANA, Opened(owner=ANA)))
    world.history.add((ANA, Ignored()), type_name="Newer")
    world.follow(boxes, until=1)
    with pytest.raises(UnknownType):
        world.follow(boxes)
    assert position(world, boxes) == 1
    assert world.owner.execute("SELECT FROM projection.parked").fetchall() == []


def test_a_database_that_goes_away_parks_nothing(world):
    world.history.add((ANA, phone_and_name(ANA, "Ana")))
    away = tools("host=127.0.0.1 port=1 connect_timeout=1")
    events = tail(world.follower, 0, 10)
    with pytest.raises(psycopg.OperationalError):
        ReadModel(owners, away).take(world.follower, events)
    assert world.owner.execute("SELECT FROM projection.parked").fetchall() == []
    world.follow(owners)
    assert len(rows(world.owner, owners, 1)) == 1


def test_a_model_without_table_or_of_another_shape_halts(world):
    with pytest.raises(NotBuilt):
        ReadModel(Model("nothing", Box, ("box_id",)), world.tools).begin(world.follower)
    with pytest.raises(Outdated):
        ReadModel(Model("boxes", Box, ("box_id",)), world.tools).begin(world.follower)


def test_a_follower_keeps_a_model_without_being_asked(world):
    follower = Follower(world.followers, ReadModel(diary, world.tools), poll=0.1)
    follower.start()
    some_history(world)
    end = time.monotonic() + HANG
    while follower.health.position != world.history.position:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert follower.health.state is State.FOLLOWING
    follower.stop()
    assert len(rows(world.owner, diary, 1)) == world.history.position


def test_followers_own_nothing_and_readers_only_read(world):
    for statement in ("DROP TABLE service.boxes__1", "CREATE TABLE service.mine ()", "DELETE FROM log.events"):
        with pytest.raises(InsufficientPrivilege):
            world.follower.execute(statement)
    with connect(world.dsn + "&options=-c%20role%3Das_cms_service") as reader:
        reader.execute("SELECT * FROM service.boxes")
        for statement in ("SELECT * FROM service.boxes__1", "UPDATE projection.positions SET position = 0"):
            with pytest.raises(InsufficientPrivilege):
                reader.execute(statement)


def test_preparing_twice_makes_nothing_twice(world):
    assert prepare(world.owner, MODELS) == []


def test_a_model_is_found_by_another_process_by_its_name():
    assert pickle.loads(pickle.dumps(diary)) is diary  # noqa: S301 - what we pickled ourselves
