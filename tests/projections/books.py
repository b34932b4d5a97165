"""A log that is written directly, and every real read model over it, on a database that is emptied for each example."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime, time
from typing import Any
from uuid import UUID

import psycopg

from domain import registry
from domain.days import AUCKLAND
from domain.sealed import UNKNOWN, DataClass, Sealed
from eventstore.codec import Codec
from eventstore.connections import Connection, connect
from eventstore.envelope import Envelope
from eventstore.key_material import Secrets
from eventstore.keyring import check_secrets
from eventstore.log import Recorded, tail
from eventstore.sealing import KeyEncryption
from projections.filling import work
from projections.generations import prepare
from projections.live import ReadModel
from projections.model import Model
from projections.moments import AsAt, Asked, moment
from projections.rebuilding import begin
from projections.registry import MODELS
from projections.tools import Tools
from tests.projections.casework import Happened
from tests.projections.small import KEK, as_role, keyring, rows

POLICY = UUID(int=50)


class Books:
    """The log, and what the models made of it."""

    def __init__(self, dsn: str) -> None:
        self.dsn, self.followers = dsn, as_role(dsn, "followers")
        self.stack = ExitStack()
        self.owner = self.stack.enter_context(connect(dsn, deadline=None))
        self.follower = self.stack.enter_context(connect(self.followers, deadline=None))
        self.reader = self.stack.enter_context(connect(as_role(dsn, "service"), deadline=30.0))
        self.codec = Codec(registry.events())
        self.keys = keyring(dsn)
        self.tools = Tools(types=registry.events(), codec=self.codec, keyring=self.keys)
        check_secrets(self.owner, KeyEncryption(Secrets(KEK)).checks)
        prepare(self.owner, MODELS)
        self.recorded: list[Recorded] = []
        self.versions: dict[UUID, int] = {}

    def empty(self) -> None:
        """Begin anew with an empty log and models that have seen nothing."""
        self.owner.execute("SET session_replication_role = replica")
        self.owner.execute("ALTER TABLE log.events DISABLE TRIGGER ALL")
        self.owner.execute("TRUNCATE log.events, keys.subject_keys, keys.about, keys.destroyed")
        self.owner.execute("ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_are_immutable")
        self.owner.execute("ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_are_never_truncated")
        self.owner.execute("SET session_replication_role = origin")
        for model in MODELS:
            self.owner.execute(f"TRUNCATE {model.table(1)}".encode())
            self.forget_rebuilt(model)
        self.owner.execute("UPDATE projection.positions SET position = 0")
        self.owner.execute("TRUNCATE projection.parked")
        self.recorded, self.versions = [], {}
        self.keys.forget()

    def write(self, happened: Iterable[Happened]) -> None:
        """Record these, each a microsecond after the one before or at noon of a later day."""
        drafts = [(each, self.codec.draft(each.event)) for each in happened]
        self.keys.ensure(value.need for _, draft in drafts for value in draft.sealed)
        with self.owner.cursor().copy("COPY log.events FROM STDIN") as copy:
            for each, draft in drafts:
                stored = self._stored(each, draft)
                self.recorded.append(stored)
                copy.write_row([getattr(stored, field.name) for field in fields(stored)])

    def _stored(self, each: Happened, draft: Any) -> Recorded:
        position = len(self.recorded) + 1
        version = self.versions[each.stream] = self.versions.get(each.stream, 0) + 1
        noon = datetime.combine(each.on, time(12), AUCKLAND).astimezone(UTC)
        return Recorded(
            position, each.stream, version, draft.type, draft.schema_version,
            noon.replace(microsecond=position), each.on, UUID(int=position),
            Envelope.of(each.by, {POLICY: 3}).encode(),
            self.codec.finish(draft, each.stream, version, self.keys).data,
        )  # fmt: skip

    def follow(self, model: Model[Any], batches: Sequence[int] = (1_000,), until: int | None = None) -> None:
        """Follow the log live to its end, or to a position, in batches of these sizes in turn."""
        reading = ReadModel(model, self.tools)
        position, turn, end = reading.begin(self.follower), 0, len(self.recorded) if until is None else until
        while position < end:
            size = min(batches[turn % len(batches)], end - position)
            position, turn = reading.take(self.follower, tail(self.follower, position, size)), turn + 1

    def follow_all(self) -> None:
        for model in MODELS:
            self.follow(model)
        assert self.owner.execute("SELECT model, error FROM projection.parked").fetchall() == []

    def live(self, model: Model[Any]) -> list[tuple[Any, ...]]:
        """Every version that was written live, each column as PostgreSQL writes it."""
        return rows(self.owner, model, 1)

    @contextmanager
    def rebuilt(self, model: Model[Any], shards: int = 1) -> Iterator[list[tuple[Any, ...]]]:
        """Every version that a rebuild from nothing writes."""
        generation = begin(self.owner, model, shards=shards)
        work(self.followers, model, generation.number, self.tools)
        yield rows(self.owner, model, generation.number)
        self.forget_rebuilt(model)

    def forget_rebuilt(self, model: Model[Any]) -> None:
        found = self.owner.execute(
            "DELETE FROM projection.positions WHERE model = %s AND generation > 1 RETURNING generation", [model.name]
        )
        for (number,) in found.fetchall():
            self.owner.execute(f"DROP TABLE {model.table(number)}".encode())

    def versions_of(self, model: Model[Any]) -> list[tuple[Any, int, int | None]]:
        """Every version as a row, from which position it stands, and until which."""
        query = b"SELECT m.from_position, m.to_position, " + model.listed("m").as_bytes(self.owner)
        found = self.owner.execute(query + f" FROM {model.view} m".encode()).fetchall()
        return [(model.read(values), since, until) for since, until, *values in found]

    def present(self, model: Model[Any]) -> list[Any]:
        """The rows that stand now, by the rest of their key."""
        standing = [row for row, _, until in self.versions_of(model) if until is None]
        return sorted(standing, key=lambda row: [str(getattr(row, name)).zfill(9) for name in model.key])

    def asked(self, question: Callable[[Connection, AsAt], Any], *, now: datetime, **which: Any) -> Any:
        """Ask a question of all models as at one moment."""
        with moment(self.reader, MODELS, Asked(**which), now=now, patience=0) as at:
            return question(self.reader, at)

    def destroy(self, subject: UUID, data_class: DataClass) -> None:
        self.owner.execute(
            "INSERT INTO keys.destroyed VALUES (%s, %s, %s, now(), 'test') ON CONFLICT DO NOTHING",
            [subject, data_class, subject],
        )
        gone = "DELETE FROM keys.subject_keys WHERE subject = %s AND data_class = %s"
        self.owner.execute(gone, [subject, data_class])

    def close(self) -> None:
        self.stack.close()


@contextmanager
def books_on(admin: psycopg.Connection, template: str, dsn: Callable[[str], str], name: str) -> Iterator[Books]:
    """Open books in a database of this name, which is dropped at the end."""
    admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy".encode())
    made = Books(dsn(name))
    yield made
    made.close()
    admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def opened(row: Any) -> Any:
    """A row with its personal values in clear, None where nobody can know them any more."""
    values = {each.name: getattr(row, each.name) for each in fields(row)}
    shown = {name: value.open() for name, value in values.items() if isinstance(value, Sealed)}
    return replace(row, **{name: None if value is UNKNOWN else value for name, value in shown.items()})


class Folding:
    """The same by the plainest means: every row of a model is an entry of a dictionary, and nothing is ever parked."""

    def __init__(self, model: Model[Any]) -> None:
        self.model = model
        self.rows: dict[UUID, dict[Any, Any]] = {}

    def take(self, event: Any, recorded: Recorded) -> None:
        handler, mine = self.model.handlers.get(type(event)), self.rows.setdefault(recorded.stream, {})
        if handler is None:
            return
        if self.model.several:
            mine |= {self.model.rest(row): row for row in handler(dict(mine), event, recorded)}
        else:
            mine[None] = handler(mine.get(None), event, recorded)

    @property
    def standing(self) -> dict[tuple[UUID, Any], Any]:
        """The rows that stand, by stream and the rest of their key."""
        found = ((stream, rest, row) for stream, mine in self.rows.items() for rest, row in mine.items())
        return {(stream, rest): opened(row) for stream, rest, row in found if row is not None}
