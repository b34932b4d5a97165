"""Facts a second that go out exactly once, against a plain producer that sends the same bytes from memory."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from uuid import uuid4

from kafka import KafkaProducer

from adapters.case_facts.messages import Message, Messages
from adapters.kafka.client import settings_of
from adapters.kafka.publisher import CaseFacts
from adapters.kafka.topics import make_topics, positions
from api.commands.publishing import BATCH
from eventstore.connections import connect
from eventstore.followers import require_whole
from eventstore.log import Recorded, head, tail
from eventstore.migrations import migrate
from tests.adapters.case_histories import PSEUDONYMS, CaseLog, history
from tests.bench.measuring import Benchmarks, Figure, Ground, alternately
from tests.kafka_broker import broker, possible
from tests.projections.small import as_role

EVENTS = 40_000
CASES = 2_000
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Transaction:
    """What both sides send at once: facts, and the event whose position goes along."""

    facts: Sequence[Message]
    last: Recorded


def kafka_publish(ground: Ground) -> list[Figure]:
    """From the log into a topic, and from memory into another one, in transactions of the same facts."""
    dsn = our_log(ground)
    transactions = list(prepared(dsn))
    facts = sum(len(each.facts) for each in transactions)
    with broker() as lent:
        ours, peer = alternately(
            ground,
            ROUNDS,
            lambda: facts / published(dsn, lent.bootstrap),
            lambda: facts / sent(transactions, lent.bootstrap),
        )
    note = f"transactions of {BATCH:,} events; both with keys, ten headers and the position record"
    return [Figure(name="kafka-publish", ours=ours, peer=peer, ratio=ours / peer, unit="facts/s", n=facts, note=note)]


def our_log(ground: Ground) -> str:
    """Make a log of cases, their events interleaved; answers with the DSN of a follower."""
    dsn = ground.database()
    migrate(dsn)
    with closing(CaseLog(dsn)) as log:
        log.add(history(ground.size(CASES, 5), ground.size(EVENTS, 50), seed=1))
        log.db.execute("VACUUM ANALYZE")
    return as_role(dsn, "followers")


def prepared(dsn: str) -> Iterator[Transaction]:
    """What the publisher will send, made beforehand."""
    messages = Messages(PSEUDONYMS)
    with connect(dsn, deadline=None) as connection:
        messages.begin(connection, 0)
        for events in batches(connection):
            yield Transaction(*messages.of(connection, events))


def batches(connection: object) -> Iterator[list[Recorded]]:
    """Read the log as a follower does."""
    position = 0
    while events := tail(connection, position, BATCH):  # type: ignore[arg-type] # the alias is not exported
        require_whole(position, events)
        yield events
        position = events[-1].position


def published(dsn: str, bootstrap: str) -> float:
    """Let the publisher send the log; how long it took, in seconds, once it had taken over."""
    with connect(dsn, deadline=None) as connection:
        work = CaseFacts(settings_of(bootstrap, {}), Messages(PSEUDONYMS), topic=new_topic())
        position, end = work.begin(connection), head(connection)[0]
        began = time.perf_counter()
        while position < end:
            events = tail(connection, position, BATCH)
            require_whole(position, events)
            position = work.take(connection, events)
        taken = time.perf_counter() - began
        work.close()
    return taken


def sent(transactions: Sequence[Transaction], bootstrap: str) -> float:
    """Send what was prepared with the client alone; how long it took, in seconds."""
    topic, settings = new_topic(), settings_of(bootstrap, {})
    make_topics(settings, topic)
    with closing(KafkaProducer(**settings, transactional_id=topic)) as producer:
        producer.init_transactions()
        began = time.perf_counter()
        for each in transactions:
            producer.begin_transaction()
            for key, value, headers, day in each.facts:
                producer.send(topic, value, key, headers, timestamp_ms=day)
            record = PSEUDONYMS.mark(each.last.command_id).encode()
            producer.send(positions(topic), record, topic.encode())
            producer.commit_transaction()
        return time.perf_counter() - began


def new_topic() -> str:
    return f"attendance.case-facts.bench-{uuid4().hex}"


BENCHMARKS: Benchmarks = {"kafka-publish": kafka_publish} if possible() else {}
"""None where there can be no broker."""
