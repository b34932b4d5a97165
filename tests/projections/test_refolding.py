"""Refolding: a mended model is driven again, and an erased person is taken out of every version of every row."""

import threading
from uuid import UUID, uuid4

from domain.sealed import DataClass
from eventstore.connections import connect
from projections.filling import work
from projections.generations import index
from projections.live import catch_up
from projections.rebuilding import begin
from projections.refolding import blank, redrive
from tests.projections.small import (
    BROKEN,
    MODELS,
    Dropped,
    Labelled,
    Opened,
    boxes,
    owners,
    phone_and_name,
    rows,
    tools,
)
from tests.projections.test_live_equals_rebuilt import destroy

ANA, HEMI = UUID(int=1), UUID(int=2)


def dropped_box(world):
    box = uuid4()
    world.history.add((box, Opened(owner=ANA)), (box, Dropped()), (box, Labelled(label="later")))
    world.follow(boxes)
    return box


def present(world):
    return dict(world.owner.execute("SELECT box_id, label FROM service.boxes WHERE to_position IS NULL"))


def test_a_mended_stream_is_driven_again_from_its_start(world):
    box, still = dropped_box(world), dropped_box(world)
    BROKEN.clear()
    assert redrive(world.follower, boxes, world.tools, box) == []
    assert present(world) == {box: "later", still: ""}
    assert redrive(world.follower, boxes, world.tools) == []
    assert present(world) == {box: "later", still: "later"}
    world.history.add((box, Labelled(label="on")))
    world.follow(boxes)
    assert present(world)[box] == "on"


def test_what_is_still_broken_stays_parked_and_is_named(world):
    box = dropped_box(world)
    before = rows(world.owner, boxes, 1)
    assert redrive(world.follower, boxes, world.tools) == [box]
    assert rows(world.owner, boxes, 1) == before


def named(world, *, times=1):
    for _ in range(times):
        world.history.add((ANA, phone_and_name(ANA, "Ana", "021")), (HEMI, phone_and_name(HEMI, "Hēmi", "022")))
        world.history.add((ANA, phone_and_name(ANA, "Anahera", "023")))


def dump(world, generation=1):
    return str(rows(world.owner, owners, generation))


def test_no_version_of_an_erased_person_keeps_a_value_and_others_keep_theirs(world):
    named(world)
    world.follow(owners)
    assert "Ana" in dump(world)
    destroy(world, ANA, DataClass.IDENTITY)
    blank(world.follower, MODELS, world.tools, ANA)
    assert "Ana" not in dump(world)
    assert "023" in dump(world)
    assert "Hēmi" in dump(world)
    destroy(world, ANA, DataClass.CONTACT)
    blank(world.follower, MODELS, world.tools, ANA)
    blank(world.follower, MODELS, world.tools, ANA)
    assert "023" not in dump(world)
    unknown = world.owner.execute("SELECT unknown FROM service.owners WHERE owner_id = %s", [ANA]).fetchall()
    assert {tuple(each) for (each,) in unknown} == {("name", "phone")}


def test_both_generations_are_blanked_while_a_rebuild_is_under_way(world):
    named(world)
    world.follow(owners)
    generation = begin(world.owner, owners, shards=1)
    work(world.followers, owners, generation.number, world.tools)
    destroy(world, ANA, DataClass.IDENTITY)
    blank(world.follower, [owners], world.tools, ANA)
    assert "Ana" not in dump(world, 1) + dump(world, 2)
    index(world.owner, owners, 2)
    world.history.add((HEMI, phone_and_name(HEMI, "Hemi")))
    world.follow(owners)
    catch_up(world.follower, owners, world.tools, 2, world.history.position)
    assert dump(world, 1) == dump(world, 2)


def test_a_shard_that_is_filled_later_finds_the_key_gone(world):
    named(world)
    world.follow(owners)
    generation = begin(world.owner, owners, shards=1)
    destroy(world, ANA, DataClass.IDENTITY)
    blank(world.follower, [owners], world.tools, ANA)
    work(world.followers, owners, generation.number, world.tools)
    assert "Ana" not in dump(world, 2)


def test_a_follower_with_the_key_still_in_memory_writes_no_value_after_the_erasure(world):
    named(world)
    other = tools(world.dsn)
    assert other.keyring
    other.keyring.load([(ANA, DataClass.IDENTITY)])
    world.follow(owners)
    world.history.add((ANA, phone_and_name(ANA, "Ana again")))
    destroy(world, ANA, DataClass.IDENTITY)
    blank(world.follower, [owners], other, ANA)
    world.follow(owners)
    assert "Ana" not in dump(world)


def test_blanking_waits_for_the_batch_that_is_being_written(world):
    named(world)
    with connect(world.followers, deadline=None) as writing, writing.transaction():
        world.follow(owners, db=writing)
        destroy(world, ANA, DataClass.IDENTITY)
        blanked = threading.Thread(target=lambda: blank(world.follower, [owners], world.tools, ANA))
        blanked.start()
        blanked.join(0.3)
        assert blanked.is_alive()
    blanked.join()
    assert "Ana" not in dump(world)


def test_a_value_that_was_erased_is_told_from_one_that_was_never_given(world):
    named(world)
    world.follow(owners)
    destroy(world, HEMI, DataClass.CONTACT)
    blank(world.follower, [owners], world.tools, HEMI)
    world.history.add((HEMI, phone_and_name(HEMI, "Hemi")))
    world.follow(owners)
    row = "SELECT name, phone, unknown, had_phone FROM service.owners WHERE owner_id = %s AND to_position IS NULL"
    assert world.owner.execute(row, [HEMI]).fetchone() == ("Hemi", None, [], True)
