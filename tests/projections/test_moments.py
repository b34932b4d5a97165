"""Moments: one position and one day for everything in an answer."""

import threading
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from eventstore.connections import connect
from projections.moments import (
    AsAt,
    Asked,
    MomentAhead,
    NoSuchPosition,
    NotYetProjected,
    moment,
    parked,
    parked_among,
)
from projections.rebuilding import rebuild
from tests.projections.small import (
    BEGINNING,
    Colour,
    Dropped,
    Filled,
    Labelled,
    Opened,
    Painted,
    as_role,
    boxes,
    coats,
    equipment,
)

ANA = UUID(int=1)
NOW = datetime(2026, 7, 1, tzinfo=UTC)


@pytest.fixture
def reader(world):
    with connect(as_role(world.dsn, "service"), deadline=20.0) as db:
        yield db


def labels(db, at: AsAt):
    query = b"SELECT label FROM service.boxes b WHERE " + at.rows(boxes, "b").as_bytes(db) + b" ORDER BY 1"
    return [label for (label,) in db.execute(query)]


def asked(db, models=(boxes,), now=NOW, patience=0.0, **which):
    with moment(db, models, Asked(**which), now=now, patience=patience) as at:
        return at, labels(db, at)


def three_labels(world):
    box = uuid4()
    for label in "abc":
        world.history.add((box, Opened(owner=ANA, label="a") if label == "a" else Labelled(label=label)))
    world.follow(boxes)
    return box


def test_now_is_the_position_of_the_model_and_the_day_of_the_clock(world, reader):
    three_labels(world)
    at, shown = asked(reader, now=datetime(2026, 6, 30, 12, 30, tzinfo=UTC))
    assert (at.position, at.day, shown) == (3, date(2026, 7, 1), ["c"])
    assert at.present == {"boxes"}


@pytest.mark.parametrize(("position", "shown"), [(1, ["a"]), (2, ["b"]), (3, ["c"])])
def test_an_earlier_position_shows_what_stood_then_and_its_day(world, reader, position, shown):
    three_labels(world)
    at, found = asked(reader, position=position)
    assert (at.position, found, at.day) == (position, shown, BEGINNING.date())


def test_an_instant_includes_what_was_recorded_at_that_very_instant(world, reader):
    three_labels(world)
    second = BEGINNING + timedelta(seconds=2)
    assert asked(reader, instant=second)[1] == ["b"]
    assert asked(reader, instant=second - timedelta(microseconds=1))[1] == ["a"]
    assert asked(reader, instant=BEGINNING)[1] == []


def test_the_day_of_an_instant_is_that_of_auckland(world, reader):
    three_labels(world)
    at, _ = asked(reader, instant=datetime(2026, 6, 30, 12, 30, tzinfo=UTC))
    assert at.day == date(2026, 7, 1)


def test_an_instant_is_answered_only_once_the_clock_has_passed_it(world, reader):
    three_labels(world)
    with pytest.raises(MomentAhead):
        asked(reader, instant=NOW)
    assert asked(reader, instant=NOW - timedelta(microseconds=1))[1] == ["c"]


def test_a_position_that_the_log_has_not_reached_is_refused(world, reader):
    three_labels(world)
    for position in (4, -1):
        with pytest.raises(NoSuchPosition):
            asked(reader, position=position)


def test_what_is_recorded_but_not_yet_folded_is_waited_for(world, reader):
    box = three_labels(world)
    world.history.add((box, Labelled(label="d")))
    with pytest.raises(NotYetProjected):
        asked(reader, at_least=4)
    later = threading.Timer(0.2, lambda: world.follow(boxes))
    later.start()
    assert asked(reader, at_least=4, patience=20.0)[1] == ["d"]
    later.join()


def test_an_instant_waits_for_what_was_recorded_by_then(world, reader):
    box = three_labels(world)
    world.history.add((box, Labelled(label="d")))
    with pytest.raises(NotYetProjected):
        asked(reader, instant=BEGINNING + timedelta(seconds=4))


def test_models_are_read_as_at_the_lowest_of_their_positions(world, reader):
    box = three_labels(world)
    world.follow(coats)
    world.history.add((box, Labelled(label="d")), (box, Painted(colour=Colour.RED, layers=1)))
    world.follow(boxes)
    at, shown = asked(reader, models=(boxes, coats))
    assert (at.position, shown, at.present) == (3, ["c"], {"coats"})
    world.follow(coats)
    at, shown = asked(reader, models=(boxes, coats))
    assert (at.position, shown, at.present) == (5, ["d"], {"boxes", "coats"})


def test_an_answer_is_of_one_moment_though_the_models_go_on(world, reader):
    box = three_labels(world)
    with moment(reader, [boxes], now=NOW) as at:
        world.history.add((box, Labelled(label="d")))
        world.follow(boxes)
        assert labels(reader, at) == ["c"]
    assert asked(reader)[1] == ["d"]


def test_an_answer_is_of_one_moment_though_the_model_is_rebuilt(world, reader):
    box = three_labels(world)
    swap = threading.Thread(
        target=lambda: rebuild(world.dsn, world.followers, boxes, equipment(world.dsn), patience=20.0)
    )
    with moment(reader, [boxes], now=NOW) as at:
        swap.start()
        swap.join(1.0)
        assert swap.is_alive()
        assert labels(reader, at) == ["c"]
    swap.join()
    world.history.add((box, Labelled(label="d")))
    world.follow(boxes)
    assert asked(reader)[1] == ["d"]


def test_the_rows_of_one_owner_are_found_in_the_past_as_now_and_by_index(world, reader):
    for i in range(400):
        box = UUID(int=i << 100)
        world.history.add((box, Opened(owner=UUID(int=i % 50))), (box, Labelled(label=str(i))))
    world.follow(boxes)
    world.history.add(*((UUID(int=i << 100), Filled(items=("x",))) for i in range(400)))
    world.follow(boxes)
    world.owner.execute("ANALYZE service.boxes__1")
    assert owned(reader, ANA, position=600) == [i for i in range(300) if i % 50 == 1]
    assert owned(reader, ANA) == [i for i in range(400) if i % 50 == 1]
    reader.execute("SET enable_seqscan = off")
    assert "boxes__1_past_1" in plan(reader, ANA, position=600)
    assert "boxes__1_now_1" in plan(reader, ANA)


def owned_query(db, at):
    return b"SELECT label FROM service.boxes b WHERE " + at.rows_with(boxes, "b", "owner", "owner").as_bytes(db)


def owned(db, owner, **which):
    with moment(db, [boxes], Asked(**which), now=NOW) as at:
        return sorted(int(label) for (label,) in db.execute(owned_query(db, at), {"owner": owner}) if label)


def plan(db, owner, **which):
    with moment(db, [boxes], Asked(**which), now=NOW) as at:
        return str(db.execute(b"EXPLAIN " + owned_query(db, at), {"owner": owner}).fetchall())


def test_an_answer_says_how_many_streams_stand_still(world, reader):
    bad = uuid4()
    world.history.add((bad, Opened(owner=ANA)), (bad, Dropped()), (uuid4(), Dropped()), (uuid4(), Opened(owner=ANA)))
    world.follow(boxes)
    assert parked(reader, [boxes]) == 2
    assert parked(reader, [coats]) == 0
    among = b"SELECT count(*) FROM service.boxes b WHERE " + parked_among(boxes, "b").as_bytes(reader)
    assert reader.execute(among).fetchone() == (1,)
