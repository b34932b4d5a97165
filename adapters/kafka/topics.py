"""The two topics: that of the facts, which everybody reads, and that of the publisher's position, which is its own."""

from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from json import dumps, loads
from time import monotonic
from typing import Any, Final

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaTimeoutError, TopicAlreadyExistsError

from adapters.case_facts.pseudonyms import Pseudonyms
from adapters.kafka.client import PATIENCE_MS, Producer, shared, speaking
from eventstore.connections import Connection
from eventstore.followers import Halt
from eventstore.key_material import MissingSecret
from eventstore.log import tail

PARTITIONS: Final = 12
"""Of a topic that we make. It is not changed later, or one case's facts would lie in two partitions."""

_FOR_EVER: Final = {"cleanup.policy": "delete", "retention.ms": "-1"}
_COMPACTED: Final = {"cleanup.policy": "compact", "segment.ms": "3600000"}
_HASTY: Final = {"bootstrap_timeout_ms": 3_000, "request_timeout_ms": 3_000}
"""For whoever would rather say that Kafka is away than wait for it."""
_COMMITTED: Final = {"isolation_level": "read_committed", "enable_auto_commit": False, "group_id": None}


class OtherLog(Halt):
    """The topic holds facts that are not in this log: it is left alone."""

    def __init__(self) -> None:
        super().__init__(
            "the topic holds facts that are not in this log, and is left alone: this is another database, or one "
            "restored from an older copy; then `attendance reconcile` shows how they differ, and brings them together"
        )


class OtherSecret(Halt):
    """The secret with which the topic was written last was not given: nothing is sent to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """The last event told, and by what it is known again, so that another log is noticed.

    `by` names the claim of the publisher that wrote this; `generation` how often the topic was reconciled with a
    restored log.
    """

    position: int = 0
    mark: str = ""
    by: str = ""
    generation: int = 0


def positions(topic: str) -> str:
    """Where the publisher keeps its position: one partition, compacted, written in the transactions of the facts."""
    return f"{topic}.position"


def make_topics(settings: Mapping[str, Any], topic: str) -> None:
    """Make the topics that are not there yet."""
    wanted = {
        topic: {"num_partitions": PARTITIONS, "configs": _FOR_EVER},
        positions(topic): {"num_partitions": 1, "configs": _COMPACTED},
    }
    with closing(KafkaAdminClient(**shared(settings, KafkaAdminClient))) as admin:
        for name in wanted.keys() - set(admin.list_topics()):
            with suppress(TopicAlreadyExistsError):
                admin.create_topics({name: wanted[name]}, wait_for_metadata=True)


def told_before(settings: Mapping[str, Any], topic: str) -> bool:
    """Say whether there is such a topic."""
    with closing(KafkaAdminClient(**shared(settings, KafkaAdminClient))) as admin:
        return {topic, positions(topic)} <= set(admin.list_topics())


def committed(settings: Mapping[str, Any], topic: str) -> Position:
    """Return the position that was committed last; it is read from the end backwards. Raises KafkaTimeoutError."""
    place = TopicPartition(positions(topic), 0)
    with closing(KafkaConsumer(**shared(settings, KafkaConsumer), **_COMMITTED)) as consumer:
        consumer.assign([place])
        first, end = (ask([place])[place] for ask in (consumer.beginning_offsets, consumer.end_offsets))
        back, found = 8, None
        while found is None and end > first:
            start = max(first, end - back)
            consumer.seek(place, start)
            for record in _until(consumer, {place: end}):
                found = record.value
            back *= 8
            if start == first:
                break
    return Position(**loads(found)) if found else Position()


def told_last(settings: Mapping[str, Any], topic: str) -> Position:
    """Return the same for whoever only looks; nothing is made. Raises BrokerAway within seconds, and Halt."""
    hasty = {**settings, **_HASTY}
    with speaking(lambda: None):
        return committed(hasty, topic) if told_before(hasty, topic) else Position()


def records(settings: Mapping[str, Any], topic: str) -> Iterator[tuple[Any, float]]:
    """Return every committed record of a topic, in order within a case, and the share that was read by then, 0 to 1.

    Raises KafkaTimeoutError.
    """
    with closing(KafkaConsumer(**shared(settings, KafkaConsumer), **_COMMITTED)) as consumer:
        places = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        for count, record in enumerate(_until(consumer, ends), start=1):
            yield record, count / sum(ends.values())


def tell_position(producer: Producer, topic: str, reached: Position, day: int | None = None) -> None:
    """Send a position into the open transaction; the record is of the day of its facts, in Unix milliseconds."""
    record = dumps(asdict(reached)).encode()
    producer.send(positions(topic), record, topic.encode(), partition=0, timestamp_ms=day)


def _until(consumer: Any, ends: Mapping[TopicPartition, int]) -> Iterator[Any]:
    """Return the committed records up to these offsets, of which there may be none. Raises KafkaTimeoutError."""
    heard = monotonic()
    while any(consumer.position(place) < end for place, end in ends.items()):
        before = [consumer.position(place) for place in ends]
        for found in consumer.poll(timeout_ms=200).values():
            yield from found
        if before != [consumer.position(place) for place in ends]:
            heard = monotonic()
        elif monotonic() > heard + PATIENCE_MS / 1_000:
            raise KafkaTimeoutError


def require_same_log(connection: Connection, reached: Position, pseudonyms: Pseudonyms) -> None:
    """Raise OtherLog unless the event that was told last stands in this log; OtherSecret if we cannot recognise it."""
    if not reached.position:
        return
    try:
        found = [
            pseudonyms.marked(reached.mark, event.command_id) for event in tail(connection, reached.position - 1, 1)
        ]
    except MissingSecret:
        raise OtherSecret(OtherSecret.__doc__) from None
    if found != [True]:
        raise OtherLog
