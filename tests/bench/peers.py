"""The peer of the commands: the same work on the stock recorder of the eventsourcing library, by the callers."""

import hmac
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import psycopg
from eventsourcing.persistence import IntegrityError, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from domain.days import auckland_day
from domain.decision import Claim, Context, Decision, Holder, Known, Need
from eventstore.codec import Codec
from tests.bench.measuring import Ground
from tests.bench.world import DATA, Work, commands, copy, history
from tests.eventstore.tally import SOMEBODY, TYPES, Tally

_COPY = "COPY stored_events (originator_id, originator_version, topic, state) FROM STDIN"
_TABLES = """
CREATE TABLE answers (command_id uuid PRIMARY KEY, answer bytea NOT NULL);
CREATE TABLE claims (claim bytea, version int, holder uuid NOT NULL, held boolean NOT NULL,
                     PRIMARY KEY (claim, version))
"""
_KEEP = "INSERT INTO answers VALUES (%s, %s)"
_HOLDER = "SELECT version, holder, held FROM claims WHERE claim = %s ORDER BY version DESC LIMIT 1"
_CLAIM = "INSERT INTO claims VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING"
"""Whoever collides here collides at the events too, for the claims of this work are those of their streams. Failing
first would abort the pipeline before the client's statements are prepared, which it then takes for prepared."""

ClaimRow: TypeAlias = tuple[bytes, int, UUID, bool]


class Recorder(PostgresApplicationRecorder):
    """The stock recorder; the answer and the claims are rows of its transaction, where the library has its place."""

    def holder(self, claim: bytes) -> tuple[int, Holder | None]:
        """Return the last row of a claim: its version (0: none) and who holds it, or held it last."""
        with self.datastore.get_connection() as connection:
            row = connection.execute(_HOLDER, [claim], prepare=True).fetchone()
        return (row["version"], Holder(row["holder"], row["held"])) if row else (0, None)

    def _insert_events(self, curs: Any, stored_events: Sequence[StoredEvent], **kwargs: Any) -> None:
        curs.execute(_KEEP, [kwargs["command_id"], kwargs["answer"]], prepare=True)
        for claim in kwargs["claims"]:
            curs.execute(_CLAIM, claim, prepare=True)


class _Claims:
    """The claims of one decision: who holds them, and what it makes of them."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._read: dict[Claim, tuple[int, Holder | None]] = {}

    def holder(self, claim: Need) -> Holder | None:
        assert isinstance(claim, Claim), "this work asks for no other stream"
        self._read[claim] = self._recorder.holder(_digest(claim))
        return self._read[claim][1]

    def rows(self, decided: Decision) -> list[ClaimRow]:
        """Return what is to be stored of the claims that are taken and given back."""
        taken = [(claim, holder, True) for claim, holder in decided.take.items()]
        released = [(claim, UUID(int=0), False) for claim in decided.release]
        return [(_digest(claim), self._read[claim][0] + 1, holder, held) for claim, holder, held in (*taken, *released)]


class Stock:
    """Loads, folds, decides and appends, again whenever somebody else was faster."""

    def __init__(self, dsn: str, streams: int, callers: int) -> None:
        self._streams = streams
        self._recorder = recorder(dsn, callers)
        self._codec = Codec(TYPES)

    def crowd(self, callers: int, seconds: float, seed: int) -> list[float]:
        """Let so many callers work at once for a while; how long each command took, in seconds."""
        until = time.perf_counter() + seconds
        with ThreadPoolExecutor(callers) as crowd:
            taken = [crowd.submit(self._caller, until, seed + caller) for caller in range(callers)]
        return [one for each in taken for one in each.result()]

    def rush(self, size: int, others: int, patience: float) -> list[float]:
        """As `Ours.rush`, but 32 at once: this side's connections are spared the queue of a thousand."""
        over, hot, until = Event(), uuid4(), time.perf_counter() + patience
        with ThreadPoolExecutor(32 + others) as crowd:
            waiting = [crowd.submit(self._other, over, seed) for seed in range(others)]
            rush = [crowd.submit(self._one_of_the_rush, hot, until) for _ in range(size)]
            for one in rush:
                one.result()
            over.set()
        return [taken for each in waiting for taken in each.result()]

    def execute(self, of: UUID, command: Work) -> None:
        """Load, fold, decide and append, until nobody came between."""
        while True:
            tally, version = self._load(of)
            claims = _Claims(self._recorder)
            decided = command.decide(tally, _context(of, claims.holder))
            try:
                if isinstance(decided, Decision):
                    self._append(of, version, decided.parts[0].events, claims.rows(decided))
                else:
                    self._append(of, version, decided, [])
            except IntegrityError:
                continue
            return

    def close(self) -> None:
        self._recorder.datastore.close()

    def _caller(self, until: float, seed: int) -> list[float]:
        taken, work = [], commands(self._streams, seed)
        while time.perf_counter() < until:
            taken.append(self._timed(*next(work)))
        return taken

    def _other(self, over: Event, seed: int) -> list[float]:
        taken, work = [], commands(self._streams, seed)
        while not over.is_set():
            taken.append(self._timed(*next(work)))
        return taken

    def _one_of_the_rush(self, hot: UUID, until: float) -> None:
        if time.perf_counter() < until:
            self.execute(hot, Work(twice=False))

    def _timed(self, of: UUID, command: Work) -> float:
        began = time.perf_counter()
        self.execute(of, command)
        return time.perf_counter() - began

    def _load(self, of: UUID) -> tuple[Tally, int]:
        tally, version = Tally(), 0
        for event in self._recorder.select_events(of):
            version = event.originator_version
            decoded = self._codec.decode(event.topic, 1, event.state, of, version, _NO_KEYS)
            tally = decoded.evolve(tally)
        return tally, version

    def _append(self, of: UUID, version: int, events: Sequence[Any], claims: list[ClaimRow]) -> None:
        stored = [self._stored(of, at, event) for at, event in enumerate(events, start=version + 1)]
        answer = f'{{"ids":{{}},"version":{version + len(stored)}}}'.encode()
        self._recorder.insert_events(stored, command_id=uuid4(), answer=answer, claims=claims)

    def _stored(self, of: UUID, version: int, event: Any) -> StoredEvent:
        written = self._codec.finish(self._codec.draft(event), of, version, _NO_KEYS)
        return StoredEvent(of, version, written.type, written.data)


class _NoKeys:
    """There is nothing personal in the work."""

    def key(self, subject: UUID, data_class: object) -> None:
        raise KeyError(subject)


_NO_KEYS = _NoKeys()


def stock_log(ground: Ground, streams: int) -> str:
    """Make a database of the stock recorder that holds the history; answers with its DSN."""
    dsn = ground.database()
    made = recorder(dsn, 1)
    made.create_table()
    made.datastore.close()
    with psycopg.connect(dsn, autocommit=True) as owner:
        owner.execute(_TABLES)
    copy(dsn, _COPY, ((of, version, "Counted", DATA) for _, of, version in history(streams)))
    return dsn


def recorder(dsn: str, connections: int) -> Recorder:
    """Make a recorder with as many connections as callers."""
    place = conninfo_to_dict(dsn)
    names = (str(place[name]) for name in ("dbname", "host", "port", "user", "password"))
    return Recorder(PostgresDatastore(*names, pool_size=connections, max_overflow=0))


def _digest(claim: Claim) -> bytes:
    return hmac.digest(b"claims", f"{claim.kind}:{claim.key}".encode(), "sha256")


def _context(of: UUID, look: Callable[[Need], object]) -> Context:
    now, known = datetime.now(UTC), Known(look)
    return Context(actor=SOMEBODY, now=now, today=auckland_day(now), command_id=of, stream=of, known=known)
