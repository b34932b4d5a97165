"""Rebuilding: resumable, shared by workers, and shown without anybody standing in line for long."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from uuid import UUID, uuid4

import psycopg
import pytest

from eventstore.codec import UnknownType
from eventstore.connections import connect
from eventstore.patience import InUse
from projections import filling
from projections.generations import generations
from projections.model import Model
from projections.rebuilding import Progress, begin, rebuild
from tests.house.tree import ROOT
from tests.projections.small import (
    MODELS,
    Box,
    Colour,
    Dropped,
    Ignored,
    Labelled,
    Opened,
    Painted,
    boxes,
    coats,
    equipment,
    rows,
    tools,
)

HANG = 60.0


def boxes_full(world, streams=40):
    ids = [uuid4() for _ in range(streams)]
    for box in ids:
        world.history.add((box, Opened(owner=UUID(int=1))), (box, Painted(colour=Colour.RED, layers=1)))
    for i, box in enumerate(ids):
        world.history.add((box, Labelled(label=str(i)) if i % 7 else Dropped()))
    return ids


def rebuilt(world, model=boxes, **options):
    return rebuild(world.dsn, world.followers, model, equipment(world.dsn), **options)


def test_readers_see_the_new_generation_and_the_former_is_dropped(world):
    boxes_full(world)
    world.follow(boxes)
    before = world.owner.execute("SELECT * FROM service.boxes ORDER BY 1, from_position").fetchall()
    assert rebuilt(world) == 2
    assert [each.number for each in generations(world.owner, boxes)] == [2]
    assert world.owner.execute("SELECT to_regclass('service.boxes__1')").fetchone() == (None,)
    assert world.owner.execute("SELECT * FROM service.boxes ORDER BY 1, from_position").fetchall() == before


def test_progress_is_reported_from_none_to_all_of_each_phase(world):
    boxes_full(world)
    told: list[Progress] = []
    rebuilt(world, shards=4, report=told.append)
    assert [(each.phase, each.done) for each in told if each.phase == "fold"] == [
        ("fold", share) for share in (0, 0.25, 0.5, 0.75, 1, 1)
    ]
    assert list(dict.fromkeys(each.phase for each in told)) == ["fold", "index", "catch up", "swap", "drop"]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_several_workers_make_what_one_makes(world, model):
    boxes_full(world)
    world.follow(model)
    alone = rows(world.owner, model, 1)
    number = rebuilt(world, model, workers=2, shards=5)
    assert rows(world.owner, model, number) == alone


def test_a_rebuild_does_itself_what_workers_that_die_leave(world, tmp_path):
    boxes_full(world)
    world.follow(boxes)
    live = rows(world.owner, boxes, 1)
    end = time.monotonic() + HANG

    def until_two_have_died(_):
        while (started := len([*tmp_path.iterdir()])) < 2 and done(world) == 1:
            assert time.monotonic() < end
            time.sleep(0.02)
        deaths.append(started)

    deaths: list[int] = []
    dying = partial(dies_elsewhere, os.getpid(), tmp_path, world.dsn)
    report = until_two_have_died
    assert rebuild(world.dsn, world.followers, boxes, dying, workers=3, shards=5, report=report) == 2
    assert deaths[-1] == 2
    assert rows(world.owner, boxes, 2) == live


def dies_elsewhere(parent, notes, dsn):
    """What a process that works makes its tools with; any but the parent ends here."""
    if os.getpid() != parent:
        (notes / str(os.getpid())).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return tools(dsn)


def test_a_killed_rebuild_goes_on_where_it_was(world, tmp_path):
    boxes_full(world)
    world.follow(boxes)
    live = rows(world.owner, boxes, 1)
    program = tmp_path / "slow.py"
    program.write_text(SLOW)
    started = subprocess.Popen([sys.executable, program, world.dsn, world.followers], cwd=ROOT)
    end = time.monotonic() + HANG
    while done(world) < 2:
        assert time.monotonic() < end
        assert started.poll() is None
        time.sleep(0.02)
    started.send_signal(signal.SIGKILL)
    started.wait()
    kept = done(world)
    assert 2 <= kept < 8
    taken = []
    shares = rebuilt(world, report=lambda each: taken.append(each.done) if each.phase == "fold" else None)
    assert shares == 2
    assert len(taken) == 2 + 8 - done_then(kept)
    assert rows(world.owner, boxes, 2) == live


SLOW = """
import sys, time
sys.path.insert(0, ".")
from projections.rebuilding import rebuild
from tests.projections.small import boxes, equipment

if __name__ == "__main__":
    owner, followers = sys.argv[1:]
    rebuild(owner, followers, boxes, equipment(owner), shards=8, report=lambda _: time.sleep(0.3))
"""


def done(world):
    return world.owner.execute("SELECT count(*) FROM projection.shards WHERE done").fetchone()[0]


def done_then(kept):
    return kept


def test_a_worker_that_dies_in_a_shard_leaves_it_to_the_others(world, monkeypatch):
    boxes_full(world)
    world.follow(boxes)
    generation = begin(world.owner, boxes, shards=3)
    fold_shard = filling.fold_shard

    def dying(model, tools, events, put):
        put(b"")
        raise KeyboardInterrupt

    monkeypatch.setattr(filling, "fold_shard", dying)
    with pytest.raises(KeyboardInterrupt):
        filling.work(world.followers, boxes, generation.number, world.tools)
    monkeypatch.setattr(filling, "fold_shard", fold_shard)
    assert rebuilt(world) == generation.number
    assert len(rows(world.owner, boxes, 2)) == len({*rows(world.owner, boxes, 2)}) > 0


def test_a_worker_waits_for_the_shard_of_another_and_takes_it_if_that_one_dies(world):
    boxes_full(world)
    generation = begin(world.owner, boxes, shards=2)
    arguments = (world.followers, boxes, generation.number, world.tools)
    with connect(world.followers, deadline=None) as other, other.transaction(force_rollback=True):
        other.execute("SELECT FROM projection.shards WHERE shard = 0 FOR UPDATE")
        worker = threading.Thread(target=filling.work, args=arguments)
        worker.start()
        end = time.monotonic() + HANG
        while done(world) < 1:
            assert time.monotonic() < end
        worker.join(0.5)
        assert worker.is_alive()
    worker.join(HANG)
    assert done(world) == 2


def test_half_a_rebuild_is_not_continued_by_other_code(world):
    boxes_full(world)
    first = begin(world.owner, boxes, shards=3)
    world.owner.execute("UPDATE projection.positions SET code = 'other' WHERE state = 'building'")
    second = begin(world.owner, boxes, shards=3)
    assert (first.number, second.number) == (2, 2)
    assert world.owner.execute("SELECT code FROM projection.positions WHERE state = 'building'").fetchone() != (
        "other",
    )


def test_a_model_of_another_shape_takes_the_place_of_the_former(world):
    boxes_full(world)
    other = Model("boxes", Box, ("box_id",), present=(("label",),))
    other.handlers.update(boxes.handlers)
    assert rebuilt(world, other) == 2
    assert generations(world.owner, boxes)[0].shape == other.shape != boxes.shape


def test_a_log_that_is_newer_than_the_program_is_not_rebuilt(world):
    world.history.add((uuid4(), Ignored()), type_name="Newer")
    with pytest.raises(UnknownType):
        rebuilt(world)
    assert [each.state for each in generations(world.owner, boxes)] == ["live", "building"]


def test_an_open_transaction_of_an_analyst_delays_the_swap_and_nobody_else(world):
    boxes_full(world)
    with psycopg.connect(world.dsn) as analyst, connect(world.dsn, deadline=5.0) as reader:
        analyst.execute("SELECT count(*) FROM service.boxes")
        done_by = threading.Thread(target=rebuilt, args=(world,))
        done_by.start()
        end = time.monotonic() + HANG
        while state(world, 2) != "building" or not indexed(world):
            assert time.monotonic() < end
        for _ in range(20):
            reader.execute("SELECT count(*) FROM service.boxes")
            time.sleep(0.05)
        assert state(world, 2) == "building"
        world.history.add((uuid4(), Opened(owner=UUID(int=1))))
        world.follow(boxes)
        analyst.rollback()
        done_by.join(HANG)
        assert not done_by.is_alive()
    assert state(world, 2) == "live"
    assert world.owner.execute("SELECT count(*) FROM service.boxes WHERE to_position IS NULL").fetchone() == (41,)


def state(world, number):
    return next((each.state for each in generations(world.owner, boxes) if each.number == number), None)


def indexed(world):
    return world.owner.execute("SELECT to_regclass('service.boxes__2_now')").fetchone() != (None,)


def test_a_swap_that_is_never_possible_is_given_up_and_can_be_tried_again(world):
    boxes_full(world)
    with psycopg.connect(world.dsn) as analyst:
        analyst.execute("SELECT count(*) FROM service.boxes")
        with pytest.raises(InUse):
            rebuilt(world, patience=0.2)
        assert state(world, 1) == "live"
    assert rebuilt(world) == 2


def test_the_live_follower_goes_on_with_the_new_generation(world):
    ids = boxes_full(world)
    world.follow(boxes, until=50)
    rebuilt(world)
    world.history.add(*((box, Painted(colour=Colour.BLUE, layers=9)) for box in ids))
    world.follow(boxes)
    blue = "SELECT count(*) FROM service.boxes WHERE to_position IS NULL AND colour = 'BLUE'"
    assert world.owner.execute(blue).fetchone() == (34,)
    assert world.owner.execute("SELECT count(*) FROM projection.parked_now").fetchone() == (6,)


@pytest.mark.soak
def test_memory_is_constant_however_long_the_log_is(world):
    def peak(streams):
        program = (
            "import sys; sys.path.insert(0, '.'); from tests.projections.test_rebuilding import measure; measure()"
        )
        grown(world, streams)
        answer = subprocess.run(
            [sys.executable, "-c", program, world.dsn, world.followers], capture_output=True, check=True, text=True
        )
        return int(answer.stdout)

    small = peak(1_000)
    large = peak(50_000)
    assert large < small + 20_000  # kB


def grown(world, streams):
    world.empty(coats)
    for _ in range(0, streams, 1_000):
        ids = [uuid4() for _ in range(1_000)]
        for layers in range(4):
            world.history.add(*((box, Painted(colour=Colour.RED, layers=layers)) for box in ids))


def measure():
    owner, followers = sys.argv[1:]
    rebuild(owner, followers, coats, equipment(owner))
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)  # noqa: T201 - the answer
