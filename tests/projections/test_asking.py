"""A question keeps its plan: whom, when and as at what it is asked about goes beside its text."""

from datetime import UTC, date, datetime
from uuid import UUID, uuid4

import pytest
from psycopg.sql import SQL

from eventstore.connections import connect
from projections.asking import Given, ask
from projections.moments import Asked, moment
from tests.projections.small import Labelled, Opened, as_role, boxes

ANA, BEN = UUID(int=1), UUID(int=2)
NOW = datetime(2026, 7, 1, tzinfo=UTC)
HERS = SQL("SELECT b.label FROM service.boxes b WHERE {} AND b.changed_on <= {} ORDER BY 1")
PLANS = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%service.boxes b%%'"


@pytest.fixture
def reader(world):
    for owner, label in ((ANA, "a"), (BEN, "b")):
        box = uuid4()
        world.history.add((box, Opened(owner=owner, label=label)), (box, Labelled(label=label.upper())))
    world.follow(boxes)
    with connect(as_role(world.dsn, "service"), deadline=20.0) as db:
        yield db


def labels(db, owner, **which):
    with moment(db, (boxes,), Asked(**which), now=NOW) as at:
        question = HERS.format(at.rows_with(boxes, "b", "owner", "owner"), Given(date(2026, 6, owner.int)))
        return [label for (label,) in ask(db, question, {"owner": owner})]


def test_what_is_given_is_asked_for(reader):
    assert [labels(reader, owner) for owner in (ANA, BEN)] == [["A"], ["B"]]
    assert [labels(reader, ANA, position=position) for position in (1, 2, 3)] == [["a"], ["A"], ["A"]]


def test_a_question_about_others_at_other_moments_keeps_its_plan(reader):
    for owner, position in ((ANA, 1), (ANA, 2), (BEN, 3), (BEN, 2), (ANA, 3), (BEN, 1)):
        labels(reader, owner, position=position)
    assert reader.execute(PLANS).fetchone() == (1,)


def test_elsewhere_a_given_value_is_a_literal(reader):
    assert reader.execute(SQL("SELECT {}, {}").format(Given(ANA), Given(NOW.date()))).fetchone() == (ANA, NOW.date())
