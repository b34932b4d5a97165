"""Keyrings on a real database, as processes of the service have them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg

from domain.sealed import DataClass, Sealed
from eventstore.codec import Codec
from eventstore.connections import Connection, connect
from eventstore.key_material import Secret, Secrets
from eventstore.keyring import Keyring, check_secrets
from eventstore.sealing import KeyEncryption, Need
from tests.eventstore.roles import as_role

KEK = Secret("test", b"test" * 8)
ENCRYPTION = KeyEncryption(Secrets(KEK))


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event with personal values of two people."""

    what: Sealed[str]
    also: Sealed[str] | None = None


CODEC = Codec({"Told": Told})


@dataclass(frozen=True, slots=True)
class House:
    """A database, and connections to it in its roles."""

    dsn: str
    stream: UUID = field(default_factory=uuid4)

    def connect(self, role: str | None = None) -> Connection:
        return connect(as_role(self.dsn, role) if role else self.dsn, deadline=None)

    @contextmanager
    def lent(self) -> Iterator[Connection]:
        with self.connect("keys") as connection:
            yield connection

    def keyring(self, encryption: KeyEncryption = ENCRYPTION, **options: Any) -> Keyring:
        """Return the keyring of a process that has started well."""
        with self.lent() as connection:
            check_secrets(connection, encryption.checks)
        return Keyring(self.lent, encryption, **options)

    def told(self, keyring: Keyring, *values: Sealed[Any]) -> Told:
        """Store an event and return it as it is read."""
        draft = CODEC.draft(Told(what=values[0], also=values[1] if values[1:] else None))
        keyring.ensure(draft.needs)
        stored = CODEC.finish(draft, self.stream, 1, keyring)
        event: Told = CODEC.decode(*stored[:3], self.stream, 1, keyring)
        return event

    def count(self, query: str) -> int:
        with psycopg.connect(self.dsn) as db:
            return len(db.execute(query.encode()).fetchall())


def identity(subject: UUID, *about: UUID) -> Need:
    return Need(subject, DataClass.IDENTITY, frozenset(about))
