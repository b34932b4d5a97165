"""A small world of read models on a database of its own, emptied for each test or example."""

from collections.abc import Iterator
from contextlib import ExitStack

import psycopg
import pytest

from eventstore.connections import connect
from eventstore.log import tail
from projections.generations import generations, prepare
from projections.live import ReadModel
from projections.model import Model
from tests.projections.small import BROKEN, MODELS, History, as_role, tools


class World:
    """A log that is written directly, and the read models over it."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.followers = as_role(dsn, "followers")
        self.stack = ExitStack()
        self.owner = self.stack.enter_context(connect(dsn, deadline=None))
        self.follower = self.stack.enter_context(connect(self.followers, deadline=None))
        self.history = History(dsn)
        self.tools = tools(dsn)
        prepare(self.owner, MODELS)

    def empty(self, *models: Model) -> None:
        """Begin anew with an empty log, and with these models (or all), which have seen nothing."""
        self.owner.execute("SET session_replication_role = replica")
        self.owner.execute("ALTER TABLE log.events DISABLE TRIGGER ALL")
        self.owner.execute("TRUNCATE log.events, keys.subject_keys, keys.about, keys.destroyed")
        self.owner.execute("ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_are_immutable")
        self.owner.execute("ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_are_never_truncated")
        self.owner.execute("SET session_replication_role = origin")
        for model in MODELS:
            self.owner.execute(f"DROP VIEW IF EXISTS {model.view}")
            for each in generations(self.owner, model):
                self.owner.execute(f"DROP TABLE {model.table(each.number)}")
        self.owner.execute("TRUNCATE projection.positions CASCADE")
        prepare(self.owner, models or MODELS)
        self.history.versions.clear()
        self.history.position = 0
        self.history.keyring.forget()
        BROKEN[:] = [True]

    def follow(self, model: Model, until: int | None = None, batch: int = 1_000, db: psycopg.Connection | None = None):
        """Follow the log live to its end, or to a position; return where the model stands."""
        connection, work = db or self.follower, ReadModel(model, self.tools)
        position = work.begin(connection)
        end = self.history.position if until is None else until
        while position < end:
            position = work.take(connection, tail(connection, position, min(batch, end - position)))
        return position

    def close(self) -> None:
        self.history.close()
        self.stack.close()


@pytest.fixture(scope="module")
def shared(cluster, admin, template) -> Iterator[World]:
    admin.execute(f"CREATE DATABASE world TEMPLATE {template} STRATEGY file_copy")
    made = World(cluster.dsn("world"))
    yield made
    made.close()
    admin.execute("DROP DATABASE world WITH (FORCE)")


@pytest.fixture
def world(shared: World) -> World:
    shared.empty()
    return shared
