"""Histories of cases for the exit: an example of every event, full of what must not get out, and a log of many."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID, uuid4, uuid5

import psycopg

from adapters.case_facts.pseudonyms import Pseudonyms
from domain import registry
from domain.cases.case import Case
from domain.days import auckland_day
from domain.decision import Source
from domain.sealed import DataClass, Sealed
from domain.users.training import Event as Training
from eventstore.codec import Codec
from eventstore.envelope import Envelope
from eventstore.key_material import Secret, Secrets
from eventstore.log import Recorded
from tests.eventstore.keys_in_memory import KeysInMemory

SECRET = Secret("test", bytes(range(32)))
PSEUDONYMS = Pseudonyms(Secrets(SECRET))
CANARY = "Hinemoa Paewai"
USER = UUID(int=0xACCE55)
ORGANISATION = UUID(int=0x0B6)
PEOPLE = {
    *("student", "manager", "previous_manager", "last_manager", "primary_contact", "previous_contact"),
    *("user", "previous"),
}
"""Fields of events that name a person."""

BEGINNING = datetime(2026, 2, 1, 20, tzinfo=UTC)  # nine on Monday 2 February in Auckland
CODEC = Codec(registry.events())
KEYS = KeysInMemory()
COLUMNS = [field.name for field in fields(Recorded)]
STORED = f"COPY log.events ({', '.join(COLUMNS)}) FROM STDIN"


def of_cases() -> list[type[Any]]:
    """Every event of a case."""
    return [kind for kind in registry.events().values() if Case in registry.states_of(kind)]


def example(kind: type[Any]) -> Any:
    """An event with every field filled; persons are USER, and what is sealed holds the canary."""
    hints = get_type_hints(kind, include_extras=True)
    return kind(**{field.name: USER if field.name in PEOPLE else value(hints[field.name]) for field in fields(kind)})


def value(kind: Any, text: str = "SOME_CODE") -> Any:
    """Some value of a type that can be stored."""
    if get_args(kind):
        return _compound(get_origin(kind), get_args(kind), text)
    if issubclass(kind, StrEnum):
        return next(iter(kind))
    if is_dataclass(kind):
        hints: Any = get_type_hints(kind, include_extras=True)
        return kind(**{field.name: value(hints[field.name], text) for field in fields(kind)})  # type: ignore[operator] # mypy takes it for an instance
    return LEAVES.get(kind, text)


def _compound(origin: Any, parts: tuple[Any, ...], text: str) -> Any:
    if origin is Sealed:
        return Sealed(USER, DataClass.NARRATIVE, value(parts[0], CANARY))
    if origin is tuple:
        return (value(parts[0], text),)
    if origin is dict:
        return {text: value(parts[1], text)}
    return value(next(part for part in parts if part is not NoneType), text)  # X | None, or Annotated


LEAVES = {
    UUID: UUID(int=7),
    date: date(2026, 2, 3),
    datetime: datetime(2026, 2, 4, 1, tzinfo=UTC),
    bool: True,
    int: 7,
}


class CaseLog:
    """Writes a log directly, as its owner: the append is proved elsewhere."""

    def __init__(self, dsn: str) -> None:
        self.db = psycopg.connect(dsn, autocommit=True)
        self.versions: dict[UUID, int] = {}
        self.position = 0

    def add(self, events: Iterable[tuple[UUID, Any]], *, type_name: str | None = None) -> int:
        """Append, one in ten minutes, and return the last position."""
        rows = (self.next(stream, event) for stream, event in events)
        return self.write(replace(row, type=type_name or row.type) for row in rows)

    def next(self, stream: UUID, event: Any, **how: Any) -> Recorded:
        """Return an event in its place at the end of the log, where `write` puts it."""
        version = self.versions[stream] = self.versions.get(stream, 0) + 1
        self.position += 1
        return recorded(self.position, stream, version, event, **how)

    def write(self, rows: Iterable[Recorded]) -> int:
        """Append these, and return the last position."""
        with self.db.cursor().copy(STORED.encode()) as copy:
            for row in rows:
                copy.write_row([getattr(row, name) for name in COLUMNS])
        self.db.execute("SELECT pg_notify('log', '')")
        return self.position

    def close(self) -> None:
        self.db.close()


def recorded(
    position: int, stream: UUID, version: int, event: Any, *, at: datetime | None = None, by: bytes | None = None
) -> Recorded:
    """An event as the log keeps it, one in ten minutes, sealed with keys that nobody here hands out."""
    draft = CODEC.draft(event)
    KEYS.ensure(draft.needs)
    name, schema_version, data, _ = CODEC.finish(draft, stream, version, KEYS)
    at = at or BEGINNING + timedelta(minutes=10 * position)
    day = auckland_day(at)
    return Recorded(position, stream, version, name, schema_version, at, day, uuid4(), by or envelope(position), data)


def envelope(position: int) -> bytes:
    """One of its own for each event, as decisions have that used other facts."""
    facts = {str(uuid5(USER, str(number))): position + number for number in range(3)}
    by = {"user": USER, "role": "CASE_MANAGER", "organisation": ORGANISATION, "on_behalf_of": USER}
    return Envelope(**by, source=Source.PORTAL, facts=facts).encode()  # type: ignore[arg-type] # each has its own type


def history(cases: int, events: int, seed: int) -> Iterator[tuple[UUID, Any]]:
    """Events of many cases, interleaved; among them some of a user, which are nobody's business outside."""
    draw = random.Random(seed)
    examples = [example(kind) for kind in of_cases()]
    other = example(registry.members(Training)[0])
    ids = [uuid5(UUID(int=seed), str(number)) for number in range(cases)]
    for _ in range(events):
        yield (USER, other) if draw.random() < 0.05 else (draw.choice(ids), draw.choice(examples))
