"""For any history: the model that followed along, in whatever batches, is the one that is rebuilt from nothing."""

from dataclasses import fields, replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.sealed import UNKNOWN, DataClass, Sealed
from projections.filling import work
from projections.generations import index
from projections.live import catch_up
from projections.moments import AsAt
from projections.rebuilding import begin, rebuild
from projections.refolding import blank
from tests.projections.small import (
    MODELS,
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
    equipment,
    owners,
    phone_and_name,
    rows,
)

STREAMS = [UUID(int=i << 124 | i) for i in range(6)]
OWNERS = [UUID(int=i << 124 | i) for i in range(10, 13)]

text = st.text(st.characters(blacklist_characters="\0", blacklist_categories=["Cs"]), max_size=4) | st.sampled_from(
    ["\\N", "\\", "\t", "\n", '"', "{}", "NULL", "Māori"]
)
happenings = st.one_of(
    st.builds(Opened, owner=st.sampled_from(OWNERS), label=text),
    st.builds(Labelled, label=text),
    st.builds(Painted, colour=st.sampled_from(Colour), layers=st.integers(0, 2) | st.integers()),
    st.builds(Filled, items=st.lists(text, max_size=2).map(tuple)),
    st.just(Shut()),
    st.just(Thrown()),
    st.just(Dropped()),
    st.just(Ignored()),
)
names = st.builds(
    lambda owner, name, phone: (owner, phone_and_name(owner, name, phone)),
    st.sampled_from(OWNERS),
    st.sampled_from(["Ana", "Hēmi", ""]),
    st.sampled_from([None, "021"]),
)
histories = st.lists(st.tuples(st.sampled_from(STREAMS), happenings) | names, min_size=1, max_size=25)

many = settings(max_examples=settings().max_examples // 4, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
@many
@given(data=st.data())
def test_live_equals_rebuilt_at_every_position_byte_for_byte(shared, model, data):
    history = data.draw(histories)
    begun, shown = sorted(data.draw(st.tuples(*[st.integers(0, len(history))] * 2)))
    shared.empty(model)
    for stream, event in history[:begun]:
        shared.history.add((stream, event))
    generation = begin(shared.owner, model, shards=data.draw(st.integers(1, 5)))
    for stream, event in history[begun:]:
        shared.history.add((stream, event))
    shared.follow(model, until=shown, batch=data.draw(st.integers(1, 30)))
    work(shared.followers, model, generation.number, shared.tools)
    index(shared.owner, model, generation.number)
    catch_up(shared.follower, model, shared.tools, generation.number, shown)
    shared.follow(model, batch=data.draw(st.integers(1, 30)))
    catch_up(shared.follower, model, shared.tools, generation.number, shared.history.position)
    assert rows(shared.owner, model, 1) == rows(shared.owner, model, generation.number)
    assert parked_streams(shared, model, 1) == parked_streams(shared, model, generation.number)
    for position in range(len(history) + 1):
        assert table_as_at(shared, model, position) == folded(model, history[:position])


@many
@given(history=histories, batch=st.integers(1, 30), destroyed=st.sets(st.sampled_from(OWNERS)), data=st.data())
def test_live_equals_rebuilt_for_equal_sets_of_destroyed_keys(shared, history, batch, destroyed, data):
    shared.empty(owners)
    for stream, event in history:
        shared.history.add((stream, event))
    until = data.draw(st.integers(0, len(history)))
    shared.follow(owners, until=until, batch=batch)
    for subject in destroyed:
        destroy(shared, subject, data.draw(st.sampled_from([DataClass.IDENTITY, DataClass.CONTACT])))
        blank(shared.follower, [owners], shared.tools, subject)
    shared.follow(owners, batch=batch)
    live = rows(shared.owner, owners, 1)
    number = rebuild(shared.dsn, shared.followers, owners, equipment(shared.dsn), shards=3)
    assert live == rows(shared.owner, owners, number)


@many
@given(history=histories, batch=st.integers(1, 30), data=st.data())
def test_a_model_shown_in_the_middle_is_followed_on_exactly_once(shared, history, batch, data):
    shared.empty(boxes)
    middle, late = sorted(data.draw(st.tuples(*[st.integers(0, len(history))] * 2)))
    for stream, event in history[:middle]:
        shared.history.add((stream, event))
    shared.follow(boxes, until=data.draw(st.integers(0, middle)), batch=batch)
    number = rebuild(shared.dsn, shared.followers, boxes, equipment(shared.dsn), shards=2)
    for stream, event in history[middle:]:
        shared.history.add((stream, event))
    shared.follow(boxes, until=late, batch=batch)
    shared.follow(boxes, batch=batch)
    assert number == 2
    for position in range(len(history) + 1):
        assert table_as_at(shared, boxes, position) == folded(boxes, history[:position])


def destroy(world, subject, data_class):
    world.owner.execute(
        "INSERT INTO keys.destroyed VALUES (%s, %s, %s, now(), 'test') ON CONFLICT DO NOTHING",
        [subject, data_class, subject],
    )
    world.owner.execute("DELETE FROM keys.subject_keys WHERE subject = %s AND data_class = %s", [subject, data_class])


def parked_streams(world, model, generation):
    query = "SELECT stream, position, error FROM projection.parked WHERE model = %s AND generation = %s ORDER BY 1"
    return world.owner.execute(query, [model.name, generation]).fetchall()


def table_as_at(world, model, position):
    """What a question as at this position reads."""
    at = AsAt(position=position, day=date(2026, 2, 2))
    listed = ", ".join(f'm."{name}"' for name in model.names)
    table = model.table(1 if live(world, model, 1) else 2)
    query = f"SELECT {listed} FROM {table} m WHERE ".encode()  # noqa: S608 - names of ours
    found = world.owner.execute(query + at.rows(model, "m").as_bytes(world.owner)).fetchall()
    return {shown(model.row(**dict(zip(model.names, loaded(model, row), strict=True)))) for row in found}


def live(world, model, number):
    query = "SELECT FROM projection.positions WHERE model = %s AND generation = %s AND state = 'live'"
    return world.owner.execute(query, [model.name, number]).fetchone() is not None


def loaded(model, row):
    return [
        value if column.kind.sealed or value is None else column.kind.load(value)
        for column, value in zip(model.columns, row, strict=True)
    ]


def shown(row):
    """A row with its personal values open, and its instants left out: the oracle has none."""
    opened = {name: value.open() for name, value in values(row).items() if isinstance(value, Sealed)}
    plain = {name: None if value is UNKNOWN else value for name, value in opened.items()}
    instants = {"changed_on", "changed_at", "at"} & values(row).keys()
    return str(replace(row, **plain, **dict.fromkeys(instants)))


def values(row):
    return {each.name: getattr(row, each.name) for each in fields(row)}


def folded(model, history):
    """The same by the plainest means: all events from the first, each row a dictionary entry."""
    found: dict[UUID, Any] = {}
    versions: dict[UUID, int] = {}
    stuck = set()
    for stream, event in history:
        versions[stream] = versions.get(stream, 0) + 1
        if stream not in stuck and not step(model, found, stream, event, versions[stream]):
            stuck.add(stream)
    return {shown(row) for each in found.values() for row in each.values()}


def step(model, found, stream, event, version):
    """Fold one event; False if the model cannot, or its table cannot hold what it made."""
    handler = model.handlers.get(type(event))
    if handler is None:
        return True
    mine, recorded = dict(found.get(stream, {})), Recorded(stream, version)
    try:
        if model in (coats, diary):
            made = {model.rest(row): row for row in handler(mine, event, recorded)}
        else:
            made = {None: handler(mine.get(None), event, recorded)}
    except (TypeError, AttributeError, ZeroDivisionError):
        return False
    if not all(fits(row) for row in made.values()):
        return False
    found[stream] = {key: row for key, row in (mine | made).items() if row is not None}
    return True


def fits(row):
    layers = getattr(row, "layers", 0)
    return not isinstance(getattr(row, "colour", None), float) and -(2**63) <= layers < 2**63


class Recorded:
    """What the handlers ask of what is recorded."""

    decided_on = None
    recorded_at = None

    def __init__(self, stream, version):
        self.stream = stream
        self.version = version
