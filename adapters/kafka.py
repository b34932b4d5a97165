"""Kafka: case facts go out, each once for readers of committed records. The only module that knows the client.

The publisher is a follower of the log. Its position is a record of the same transaction as the facts that it sends, so
that both are there or neither is; it reads the position back once `init_transactions` has ended what an earlier
publisher left open. Kafka being away is waited for, and nobody else waits with it.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from json import dumps, loads
from time import monotonic
from typing import Any, Final

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import (
    AuthorizationError,
    InvalidProducerEpochError,
    KafkaConfigurationError,
    KafkaError,
    KafkaTimeoutError,
    ProducerFencedError,
    TopicAlreadyExistsError,
)
from kafka.partitioner import murmur2

from adapters.case_facts.contract import TOPIC
from adapters.case_facts.messages import Message, Messages
from adapters.case_facts.pseudonyms import Pseudonyms
from eventstore.connections import Connection, Unavailable
from eventstore.followers import Halt
from eventstore.key_material import MissingSecret
from eventstore.log import Recorded, head, tail

PARTITIONS: Final = 12
"""Of a topic that we make. It is not changed later, or one case's facts would lie in two partitions."""

PATIENCE_MS: Final = 15_000
"""How long a commit may take before the producer is given up; longer than a broker takes to come back."""

_FOR_EVER: Final = {"cleanup.policy": "delete", "retention.ms": "-1"}
_COMPACTED: Final = {"cleanup.policy": "compact", "segment.ms": "3600000"}
_OURS: Final[Mapping[str, Any]] = {
    "enable_idempotence": True,
    "acks": "all",
    "allow_auto_create_topics": False,
}
"""What makes it exactly once, and is not to be set from outside."""

_CHOSEN: Final[Mapping[str, Any]] = {
    "client_id": "attendance-publish",
    "linger_ms": 20,
    "batch_size": 131_072,
    "bootstrap_timeout_ms": 5_000,
    "max_block_ms": 10_000,
    "request_timeout_ms": 10_000,
    "delivery_timeout_ms": 12_000,
    "transaction_timeout_ms": 60_000,
    "reconnect_backoff_max_ms": 1_000,
    "metrics_enabled": False,
}
_HASTY: Final[Mapping[str, Any]] = {"bootstrap_timeout_ms": 3_000, "request_timeout_ms": 3_000}
"""For whoever only looks, and would rather say that Kafka is away than wait for it."""

_OPEN_ONES: Final = frozenset(
    name for name, value in KafkaProducer.DEFAULT_CONFIG.items() if value is None or isinstance(value, bool | int | str)
) - {
    "key_serializer",
    "value_serializer",
    "ssl_context",
    "sasl_oauth_token_provider",
    "api_version",
    "transactional_id",
    *_OURS,
}


_FENCED: Final = (ProducerFencedError, InvalidProducerEpochError)


class BadKafkaSettings(Halt):
    """The settings of the Kafka client cannot be used."""


class Fenced(Halt):
    """A newer publisher has taken over: Kafka takes nothing from this one any more."""


class OtherLog(Halt):
    """The topic holds facts of another log or a later copy of it, or pseudonyms of another secret: it is left alone."""


class OtherSecret(Halt):
    """The secret with which the topic was written last was not given: nothing is sent to it."""


class BrokerAway(Unavailable):
    """Kafka does not answer at the moment; what was sent last is looked up when it does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """The last event told, and by what it is known again, so that another log is noticed."""

    position: int = 0
    mark: str = ""


class CaseFacts:
    """The work of the follower that publishes case facts.

    `over` is set, and `ended` called, when there is no use in going on: then the process should end.
    """

    name = "kafka case facts"

    def __init__(
        self,
        settings: Mapping[str, Any],
        messages: Messages,
        *,
        topic: str = TOPIC,
        ended: Callable[[], object] = bool,
    ) -> None:
        self.over: Halt | None = None
        self._settings = settings
        self._messages = messages
        self._topic = topic
        self._ended = ended
        self._producer: Producer | None = None
        self._topics_made = False

    def begin(self, connection: Connection) -> int:
        """Take over from any earlier publisher, and return the position that it committed last.

        Raises BrokerAway, Fenced, BadKafkaSettings, OtherLog.
        """
        with self._speaking():
            if self.over:
                raise self.over
            self.close()
            self._make_topics()
            self._producer = Producer(**self._settings, transactional_id=self._topic)
            self._producer.init_transactions()
            reached = committed(self._settings, self._topic)
        require_same_log(connection, reached, self._messages.pseudonyms)
        self._messages.begin(connection, reached.position)
        return reached.position

    def take(self, connection: Connection, events: Sequence[Recorded]) -> int:
        """Send the facts of these events and the position in one transaction; return the position.

        It is committed by then, or by the next call if more is in the log already: whatever fails before, `begin`
        goes back to what Kafka has.
        Events after one of a type that is not known are left for later. Raises UnknownType if that is the first.
        """
        try:
            facts, last = self._messages.of(connection, events)  # while the last transaction is still being committed
        finally:
            self._settle()
        if facts:
            with self._speaking():
                self._send(facts, last)
            if head(connection)[0] == last.position:
                self._settle()
        return last.position

    def close(self) -> None:
        """Let go of the producer; whatever it had open is aborted by the next one."""
        if self._producer:
            self._producer.abandon()
            self._producer = None

    def _send(self, facts: Sequence[Message], last: Recorded) -> None:
        if self._producer is None:
            raise KafkaTimeoutError
        self._producer.begin_transaction()
        self._producer.tell(self._topic, facts)
        record, day = position_record(last, self._messages.pseudonyms), facts[-1].day
        self._producer.send(positions(self._topic), record, self._topic.encode(), partition=0, timestamp_ms=day)
        self._producer.begin_commit()

    def _settle(self) -> None:
        """Wait for what is being committed; while there is more to tell, that is done after the next is made ready."""
        with self._speaking():
            if self._producer:
                self._producer.end_commit()

    def _make_topics(self) -> None:
        if not self._topics_made:
            make_topics(self._settings, self._topic)
            self._topics_made = True

    @contextmanager
    def _speaking(self) -> Generator[None]:
        """Tell what is over from what is waited for; the client's own messages are not repeated."""
        try:
            yield
        except _FENCED:
            self._end(Fenced(Fenced.__doc__))
        except (KafkaConfigurationError, ValueError, TypeError, RuntimeError, OSError) as error:
            if isinstance(error, OSError) and not isinstance(error, FileNotFoundError | PermissionError):
                raise BrokerAway from error
            self._end(BadKafkaSettings(f"the Kafka client refuses its settings ({type(error).__name__})"))
        except AuthorizationError as error:
            raise Halt(f"Kafka refuses us: {type(error).__name__}") from None
        except KafkaError as error:
            if self._producer and self._producer.fenced:
                self._end(Fenced(Fenced.__doc__))
            raise BrokerAway from error

    def _end(self, halt: Halt) -> None:
        self.over = halt
        self._ended()
        raise halt from None


class Producer(KafkaProducer):  # type: ignore[misc] # the library has no types
    """The client's producer, whose commit ends in time, and which can be left in the middle of anything."""

    _committing: Any = None

    @property
    def fenced(self) -> bool:
        """Whether Kafka has refused us for a newer producer; what the client raises then is often another error."""
        return isinstance(self._transaction_manager.last_error, _FENCED)

    def tell(self, topic: str, facts: Sequence[Message]) -> None:
        """Send facts into the open transaction, each into the partition of its case."""
        count = len(self.partitions_for(topic))
        for key, value, headers, day in facts:
            self.send(topic, value, key, headers, partition_of(key, count), day)

    def begin_commit(self) -> None:
        """Begin to commit, in the client's own thread."""
        self._committing = self._transaction_manager.begin_commit()
        self._sender.wakeup()

    def end_commit(self) -> None:
        """Wait for the commit, if one was begun; raise KafkaTimeoutError if Kafka has not answered in time.

        The client's own `commit_transaction` would wait for ever.
        """
        if self._committing and not self._committing.wait(timeout_ms=PATIENCE_MS):
            raise KafkaTimeoutError
        self._committing = None

    def abandon(self) -> None:
        """Close without sending what is left."""
        self._sender.force_close()
        self._sender.wakeup()
        self._sender.join(PATIENCE_MS / 1_000)
        with suppress(KafkaError):
            self.close(timeout=0)


def settings_of(bootstrap: str, more: Mapping[str, Any]) -> dict[str, Any]:
    """Return the producer's settings: ours, and those that a deployment adds (security, sizes, times).

    Raises BadKafkaSettings naming what there is not, or what is not theirs to set.
    """
    unknown = sorted(more.keys() - _OPEN_ONES)
    if unknown:
        raise BadKafkaSettings(f"there is no such setting of the Kafka client, or it is ours: {', '.join(unknown)}")
    servers = [server.strip() for server in bootstrap.split(",")]
    return {**_CHOSEN, "bootstrap_servers": servers, **more, **_OURS}


def positions(topic: str) -> str:
    """Where the publisher keeps its position: one partition, compacted, written in the transactions of the facts."""
    return f"{topic}.position"


def make_topics(settings: Mapping[str, Any], topic: str) -> None:
    """Make the topics that are not there yet."""
    wanted = {
        topic: {"num_partitions": PARTITIONS, "configs": _FOR_EVER},
        positions(topic): {"num_partitions": 1, "configs": _COMPACTED},
    }
    with closing(KafkaAdminClient(**_shared(settings, KafkaAdminClient))) as admin:
        for name in wanted.keys() - set(admin.list_topics()):
            with suppress(TopicAlreadyExistsError):
                admin.create_topics({name: wanted[name]}, wait_for_metadata=True)


def committed(settings: Mapping[str, Any], topic: str) -> Position:
    """Return the position that was committed last; it is read from the end backwards. Raises KafkaTimeoutError."""
    place = TopicPartition(positions(topic), 0)
    reading = {"isolation_level": "read_committed", "enable_auto_commit": False, "group_id": None}
    with closing(KafkaConsumer(**_shared(settings, KafkaConsumer), **reading)) as consumer:
        consumer.assign([place])
        first, end = (ask([place])[place] for ask in (consumer.beginning_offsets, consumer.end_offsets))
        back, found = 8, None
        while found is None and end > first:
            start = max(first, end - back)
            found = _last_between(consumer, place, start, end)
            back *= 8
            if start == first:
                break
    return Position(**loads(found)) if found else Position()


def told_last(settings: Mapping[str, Any], topic: str) -> Position:
    """Return the same for whoever only looks; nothing is made. Raises BrokerAway within seconds, and Halt."""
    hasty = {**settings, **_HASTY}
    try:
        with closing(KafkaAdminClient(**_shared(hasty, KafkaAdminClient))) as admin:
            begun = positions(topic) in admin.list_topics()
        return committed(hasty, topic) if begun else Position()
    except AuthorizationError as error:
        raise Halt(f"Kafka refuses us: {type(error).__name__}") from None
    except (KafkaError, OSError) as error:
        raise BrokerAway from error


def _last_between(consumer: Any, place: TopicPartition, start: int, end: int) -> bytes | None:
    """Return the value of the last committed record of a stretch, which may hold none."""
    deadline = monotonic() + PATIENCE_MS / 1_000
    consumer.seek(place, start)
    found = None
    while consumer.position(place) < end:
        for record in consumer.poll(timeout_ms=200).get(place, []):
            found = record.value
        if monotonic() > deadline:
            raise KafkaTimeoutError
    return found


def position_record(last: Recorded, pseudonyms: Pseudonyms) -> bytes:
    return dumps({"position": last.position, "mark": pseudonyms.mark(last.command_id)}).encode()


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
        raise OtherLog(OtherLog.__doc__)


@lru_cache(maxsize=65_536)
def partition_of(key: bytes, partitions: int) -> int:
    """Return where a case's facts lie: the partition that every Kafka client finds for the key, kept at hand."""
    return int(murmur2(key) & 0x7FFFFFFF) % partitions


def _shared(settings: Mapping[str, Any], client: Any) -> dict[str, Any]:
    """Return those settings that another client has as well."""
    return {name: value for name, value in settings.items() if name in client.DEFAULT_CONFIG}
