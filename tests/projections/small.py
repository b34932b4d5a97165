"""A small world to try read models with: boxes that are opened, labelled, moved and shut, and who they belong to."""

import json
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import psycopg
from psycopg.conninfo import make_conninfo

from domain.sealed import DataClass, Sealed
from eventstore.codec import Codec
from eventstore.connections import connect
from eventstore.key_material import Secret, Secrets
from eventstore.keyring import Keyring, check_secrets
from eventstore.log import Recorded
from eventstore.sealing import KeyEncryption
from projections.model import Changed, Model, Rows
from projections.tools import Tools

BEGINNING = datetime(2026, 2, 2, 9, tzinfo=UTC)
KEK = Secret("test", bytes(range(32)))


class Colour(StrEnum):
    RED = "RED"
    BLUE = "BLUE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    owner: UUID
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Painted:
    colour: Colour
    layers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shut:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Thrown:
    """The box is gone: its row ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """An event that no model can fold while its handler is broken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """An event that no model handles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    name: Sealed[str]
    phone: Sealed[str] | None = None


TYPES = {kind.__name__: kind for kind in (Opened, Labelled, Painted, Filled, Shut, Thrown, Dropped, Ignored, Named)}
CODEC = Codec(TYPES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    box_id: UUID
    owner: UUID
    label: str
    colour: Colour | None = None
    layers: int = 0
    items: tuple[str, ...] = ()
    open: bool = True
    changed_on: date
    changed_at: datetime


boxes: Model[Box] = Model("boxes", Box, ("box_id",), present=(("owner", "open"),), past=("owner", "label"))


@boxes.on(Opened)
def opened(box: Box | None, event: Opened, recorded: Recorded) -> Box:
    return Box(
        box_id=recorded.stream,
        owner=event.owner,
        label=event.label,
        changed_on=recorded.decided_on,
        changed_at=recorded.recorded_at,
    )


@boxes.on(Labelled)
def labelled(box: Box, event: Labelled, recorded: Recorded) -> Box:
    return replace(box, label=event.label)


@boxes.on(Painted)
def painted(box: Box, event: Painted, recorded: Recorded) -> Box:
    return replace(box, colour=event.colour, layers=event.layers, changed_at=recorded.recorded_at)


@boxes.on(Filled)
def filled(box: Box, event: Filled, recorded: Recorded) -> Box:
    return replace(box, items=event.items, changed_on=recorded.decided_on)


@boxes.on(Shut)
def shut(box: Box | None, event: Shut, recorded: Recorded) -> Box | None:
    return box and replace(box, open=False)


@boxes.on(Thrown)
def thrown(box: Box | None, event: Thrown, recorded: Recorded) -> None:
    return None


@boxes.on(Dropped)
def dropped(box: Box, event: Dropped, recorded: Recorded) -> Box:
    if BROKEN:
        raise ZeroDivisionError
    return replace(box, label="mended")


BROKEN = [True]
"""Whether the handler above is broken: emptied by the test that mends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coat:
    """A layer of paint: several rows a box."""

    box_id: UUID
    number: int
    colour: Colour
    under: bool = False


coats: Model[Coat] = Model("coats", Coat, ("box_id", "number"))


@coats.on(Painted)
def coated(rows: Rows[Coat], event: Painted, recorded: Recorded) -> Changed[Coat]:
    under = [replace(coat, under=True) for coat in rows.values()]
    return [*under, Coat(box_id=recorded.stream, number=len(rows) + 1, colour=event.colour)]


@coats.on(Shut)
def covered(rows: Rows[Coat], event: Shut, recorded: Recorded) -> Changed[Coat]:
    return [replace(coat, under=True) for coat in rows.values()]


@coats.on(Dropped)
def cracked(rows: Rows[Coat], event: Dropped, recorded: Recorded) -> Changed[Coat]:
    return [replace(coat, colour=1 / len(rows)) for coat in rows.values()]  # type: ignore[arg-type] # no colour


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    box_id: UUID
    version: int
    what: str
    at: datetime


diary: Model[Entry] = Model("diary", Entry, ("box_id", "version"), forgetful=True)


@diary.on(*(kind for kind in TYPES.values() if kind is not Ignored))
def entered(rows: Rows[Entry], event: object, recorded: Recorded) -> Changed[Entry]:
    at = recorded.recorded_at
    return [Entry(box_id=recorded.stream, version=recorded.version, what=type(event).__name__, at=at)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    owner_id: UUID
    name: Sealed[str]
    phone: Sealed[str] | None = None
    named: int = 1
    had_phone: bool = False


owners: Model[Owner] = Model("owners", Owner, ("owner_id",), subject="owner_id")


@owners.on(Named)
def named(owner: Owner | None, event: Named, recorded: Recorded) -> Owner:
    if owner is None:
        return Owner(owner_id=recorded.stream, name=event.name, phone=event.phone)
    had = owner.had_phone or owner.phone is not None
    return replace(owner, name=event.name, phone=event.phone, named=owner.named + 1, had_phone=had)


MODELS: tuple[Model[Any], ...] = (boxes, coats, diary, owners)


def as_role(dsn: str, role: str) -> str:
    return make_conninfo(dsn, options=f"-c role=as_cms_{role}")


def keyring(dsn: str) -> Keyring:
    """A keyring that connects for each question."""

    @contextmanager
    def lend():
        with connect(as_role(dsn, "keys")) as db:
            yield db

    return Keyring(lend, KeyEncryption(Secrets(KEK)))


def tools(dsn: str) -> Tools:
    return Tools(types=TYPES, codec=CODEC, keyring=keyring(dsn))


def equipment(dsn: str):
    """What another process makes its tools with."""
    return partial(tools, dsn)


class History:
    """Writes a log directly, as its owner: the append is proved elsewhere."""

    def __init__(self, dsn: str) -> None:
        self.db = psycopg.connect(dsn, autocommit=True)
        self.keyring = keyring(dsn)
        check_secrets(self.db, KeyEncryption(Secrets(KEK)).checks)
        self.versions: dict[UUID, int] = {}
        self.position = 0

    def add(self, *events: tuple[UUID, object], type_name: str | None = None) -> int:
        """Append these at one instant, a second after the last one; return the last position."""
        with self.db.cursor().copy("COPY log.events FROM STDIN") as copy:
            for stream, event in events:
                copy.write_row(self._stored(stream, event, type_name))
        self.db.execute("SELECT pg_notify('log', '')")
        return self.position

    def _stored(self, stream: UUID, event: object, type_name: str | None) -> Sequence[Any]:
        version = self.versions[stream] = self.versions.get(stream, 0) + 1
        self.position += 1
        draft = CODEC.draft(event)
        self.keyring.ensure(value.need for value in draft.sealed)
        stored = CODEC.finish(draft, stream, version, self.keyring)
        at = BEGINNING + timedelta(seconds=self.position)
        envelope = json.dumps({"n": self.position}).encode()
        name = type_name or stored.type
        return [self.position, stream, version, name, 1, at, at.date(), uuid4(), envelope, stored.data]

    def close(self) -> None:
        self.db.close()


def phone_and_name(subject: UUID, name: str, phone: str | None = None) -> Named:
    sealed = None if phone is None else Sealed(subject, DataClass.CONTACT, phone)
    return Named(name=Sealed(subject, DataClass.IDENTITY, name), phone=sealed)


def rows(db: psycopg.Connection[Any], model: Model[Any], generation: int) -> list[tuple[Any, ...]]:
    """Every version in one generation's table, each column as PostgreSQL writes it."""
    names = [*model.names, *(["unknown"] if model.sealed else []), "from_position", "to_position"]
    listed = ", ".join(f'"{name}"::text' for name in names)
    query = f"SELECT {listed} FROM {model.table(generation)} ORDER BY 1, 2, from_position"  # noqa: S608 - names of ours
    return db.execute(query.encode()).fetchall()


def standing(versions: Iterable[tuple[Any, ...]], position: int) -> list[tuple[Any, ...]]:
    """Return those versions that stood at a position."""
    return [row for row in versions if int(row[-2]) <= position and (row[-1] is None or int(row[-1]) > position)]
