"""Facts for readers: what they are judged by is what the log holds, whatever was kept, and costs one exchange."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest

from domain.decision import Known, Ref
from eventstore.codec import Codec
from eventstore.connections import Connection, connect
from eventstore.facts import Facts
from eventstore.log import Log, Reading
from eventstore.requests import Request
from eventstore.states import ForeignStream
from eventstore.writer import Writer
from tests.eventstore.roles import as_role, as_service
from tests.eventstore.tally import SOMEBODY, TYPES, Count, Diary, NoteDay, Tally
from tests.eventstore.writers import writer_of


@dataclass
class Exchanges:
    """The log, and how many streams each exchange with it asked for."""

    log: Log
    asked: list[int] = field(default_factory=list)

    def read(self, connection: Connection, commands: Any, streams: Any, *more: Any) -> Reading:
        wanted = list(streams)
        self.asked.append(len(wanted))
        return self.log.read(connection, commands, wanted, *more)


@pytest.fixture
def writer(migrated: str) -> Iterator[Writer]:
    opened = writer_of(migrated)
    yield opened
    opened.close()


@pytest.fixture
def reader(migrated: str) -> Iterator[Connection]:
    with connect(as_role(migrated, "service")) as opened:
        yield opened


@pytest.fixture
def exchanges(migrated: str) -> Iterator[Exchanges]:
    log = Log(as_service(migrated), size=1)
    yield Exchanges(log)
    log.close()


@pytest.fixture
def facts(exchanges: Exchanges, writer: Any) -> Facts:
    return Facts(exchanges, Codec(TYPES), writer.keyring, most=3)  # type: ignore[arg-type] # all of a log that it needs


def count(writer: Writer, stream: UUID, amount: int = 1, of: type[Any] = Tally, command: Any = None) -> None:
    writer.execute(Request(stream=Ref(of, stream), command=command or Count(amount=amount), actor=SOMEBODY, opens=True))


def total(stream: UUID) -> Any:
    return lambda known: known[Ref(Tally, stream)].total


def in_order(streams: list[UUID]) -> Any:
    """A question that asks for the next only once it knows the one before."""

    def asked(known: Known) -> int:
        return sum(total(stream)(known) for stream in streams)

    return asked


def test_what_happened_since_is_seen_by_whoever_asks_next(facts: Facts, reader: Connection, writer: Writer):
    stream = uuid4()
    assert facts.ask(reader, total(stream)) == 0
    for counted in (1, 2, 3):
        count(writer, stream)
        assert facts.ask(reader, total(stream)) == counted


def test_what_was_asked_lately_costs_one_exchange_however_long_the_chain(
    facts: Facts, reader: Connection, writer: Writer, exchanges: Exchanges
):
    streams = [uuid4() for _ in range(3)]
    for stream in streams:
        count(writer, stream)
    assert facts.ask(reader, in_order(streams)) == 3
    assert exchanges.asked == [1, 1, 1]
    count(writer, streams[2])
    exchanges.asked.clear()
    assert facts.ask(reader, in_order(streams)) == 4
    assert exchanges.asked == [3], "all are proven, what was kept as well"


def test_a_reader_in_a_transaction_is_judged_by_its_snapshot_or_later(
    facts: Facts, reader: Connection, writer: Writer, migrated: str
):
    stream = uuid4()
    count(writer, stream)
    with connect(as_role(migrated, "service")) as early, early.transaction():
        early.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        assert facts.ask(early, total(stream)) == 1
        count(writer, stream)
        assert facts.ask(early, total(stream)) == 1
        assert facts.ask(reader, total(stream)) == 2
        assert facts.ask(early, total(stream)) == 2, "what somebody else has seen by now is not unseen"
    assert facts.ask(reader, total(stream)) == 2


def test_no_more_is_kept_than_it_may_and_nothing_is_wrong_by_it(
    facts: Facts, reader: Connection, writer: Writer, exchanges: Exchanges
):
    streams = [uuid4() for _ in range(5)]
    for stream in streams:
        count(writer, stream)
    assert [facts.ask(reader, total(stream)) for stream in streams] == [1] * 5
    exchanges.asked.clear()
    assert facts.ask(reader, in_order(streams)) == 5
    assert len(exchanges.asked) > 1, "the first were let go of"


def test_many_who_ask_at_once_are_told_the_same(facts: Facts, writer: Writer, migrated: str):
    stream = uuid4()
    for _ in range(20):
        count(writer, stream)

    def asked(_: int) -> int:
        with connect(as_role(migrated, "service")) as db:
            return max(facts.ask(db, total(stream)) for _ in range(10))

    with ThreadPoolExecutor(8) as crowd:
        assert set(crowd.map(asked, range(8))) == {20}


def test_a_stream_of_another_kind_is_nobodys_if_it_was_addressed_and_an_alarm_if_not(
    facts: Facts, reader: Connection, writer: Writer
):
    stream = uuid4()
    count(writer, stream, of=Diary, command=NoteDay())
    assert facts.ask(reader, total(stream), addressed=[Ref(Tally, stream)]) == 0
    for _ in range(2):
        with pytest.raises(ForeignStream) as alarm:
            facts.ask(reader, total(stream))
        assert (alarm.value.kind, alarm.value.stream) == ("Tally", stream)
