"""The work that both sides do: streams of 20 events, and commands that append one or two more."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from uuid import UUID, uuid4, uuid5

import psycopg

from domain.decision import Claim, Context, Decision, Event, Part, Ref
from eventstore.migrations import migrate
from tests.bench.measuring import Ground
from tests.eventstore.tally import Counted, Tally

EVENTS = 20
BEGAN = datetime(2026, 2, 2, tzinfo=UTC)
ENVELOPE = (
    b'{"causation":null,"correlation":null,"facts":{},"on_behalf_of":null,"organisation":'
    b'"00000000-0000-0000-0000-000000000002","role":"TESTER","source":"portal","user":'
    b'"00000000-0000-0000-0000-000000000001"}'
)
DATA = b'{"amount":1,"on":"2026-02-02"}'

_OURS = """COPY log.events (position, stream, version, type, schema_version, recorded_at, decided_on, command_id,
                            envelope, data) FROM STDIN"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """One event; or two, and a claim of the stream's own taken or given back."""

    twice: bool

    def decide(self, tally: Tally, context: Context) -> list[Event] | Decision:
        event = Counted(amount=1, on=context.today)
        if not self.twice:
            return [event]
        parts = (Part(Ref(Tally, context.stream), (event, event)),)
        claim = Claim("work", str(context.stream))
        holder = context.holder(claim)
        if holder and holder.held:
            return Decision(parts=parts, release=(claim,))
        return Decision(parts=parts, take={claim: context.stream})


@cache
def stream(number: int) -> UUID:
    """The id of a stream, by its number from 0."""
    return uuid5(UUID(int=0), str(number))


def commands(streams: int, seed: int) -> Iterator[tuple[UUID, Work]]:
    """Work without end on streams drawn at random; every other command appends two events."""
    draw = random.Random(seed)
    while True:
        yield stream(draw.randrange(streams)), Work(twice=draw.random() < 0.5)


def history(streams: int) -> Iterator[tuple[int, UUID, int]]:
    """Position, stream and version of every event that is there from the start, the streams interleaved."""
    ids = [stream(number) for number in range(streams)]
    places = ((version, of) for version in range(1, EVENTS + 1) for of in ids)
    return ((position, of, version) for position, (version, of) in enumerate(places, start=1))


def our_log(ground: Ground, streams: int) -> str:
    """Make a migrated database that holds the history; answers with the superuser's DSN."""
    dsn = ground.database()
    migrate(dsn)
    rows = (
        (position, of, version, "Counted", 1, BEGAN, date(2026, 2, 2), uuid4(), ENVELOPE, DATA)
        for position, of, version in history(streams)
    )
    copy(dsn, _OURS, rows)
    return dsn


def copy(dsn: str, into: str, rows: Iterable[tuple[object, ...]]) -> None:
    """Fill a table, and let the planner know it."""
    with psycopg.connect(dsn, autocommit=True) as owner:
        with owner.cursor().copy(into) as table:
            for row in rows:
                table.write_row(row)
        owner.execute("VACUUM ANALYZE")
