"""The client: its settings, a producer that ends in time, and what its errors mean to us."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import Any, Final

from kafka import KafkaProducer
from kafka.errors import (
    AuthorizationError,
    InvalidProducerEpochError,
    KafkaConfigurationError,
    KafkaError,
    KafkaTimeoutError,
    ProducerFencedError,
)
from kafka.partitioner import murmur2

from adapters.case_facts.messages import Message
from eventstore.connections import Unavailable
from eventstore.followers import Halt

PATIENCE_MS: Final = 15_000
"""How long a commit may take before the producer is given up; longer than a broker takes to come back."""

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


class BrokerAway(Unavailable):
    """Kafka does not answer at the moment; what was sent last is looked up when it does."""


class Lost(KafkaError):  # type: ignore[misc] # the library has no types
    """A record of the transaction was not written, or the client began another one in its middle."""


class Producer(KafkaProducer):  # type: ignore[misc] # the library has no types
    """The client's producer, whose commit ends in time, and which can be left in the middle of anything.

    The client commits what is left of a transaction of which it gave up a record, or which it lost together with its
    epoch when the broker was killed. Here a transaction is committed whole, or not at all.
    """

    _sent: list[Any] | None = None
    _began_as: Any = None

    @property
    def fenced(self) -> bool:
        """Whether Kafka takes nothing from us any more; what the client raises then is often another error."""
        return isinstance(self._transaction_manager.last_error, _FENCED)

    def begin_transaction(self) -> None:
        super().begin_transaction()
        self._sent, self._began_as = [], self._present

    def send(self, *record: Any, **more: Any) -> Any:
        """Send a record into the open transaction; answers with what becomes of it."""
        future = super().send(*record, **more)
        if self._sent is not None:
            self._sent.append(future)
        return future

    def tell(self, topic: str, facts: Sequence[Message]) -> None:
        """Send facts into the open transaction, each into the partition of its case."""
        count = len(self.partitions_for(topic))
        for key, value, headers, day in facts:
            self.send(topic, value, key, headers, partition_of(key, count), day)

    def commit(self) -> None:
        """Commit what was sent since the transaction began, if one did, once all of it is written.

        Raises Lost, or KafkaTimeoutError if Kafka has not answered in time; the client's own `commit_transaction` would
        wait for ever.
        """
        if self._sent is None:
            return
        self.flush(PATIENCE_MS / 1_000)
        if self._began_as != self._present or not all(record.succeeded() for record in self._sent):
            raise Lost(Lost.__doc__)
        committing = self._transaction_manager.begin_commit()
        self._sender.wakeup()
        if not committing.wait(timeout_ms=PATIENCE_MS):
            raise KafkaTimeoutError
        self._sent = None

    @property
    def open(self) -> bool:
        """Whether something was sent that is not committed."""
        return self._sent is not None

    @property
    def _present(self) -> tuple[int, int]:
        """As whom Kafka knows us; another epoch is another transaction."""
        known = self._transaction_manager.producer_id_and_epoch
        return known.producer_id, known.epoch

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


def shared(settings: Mapping[str, Any], client: Any) -> dict[str, Any]:
    """Return those settings that another client has as well."""
    return {name: value for name, value in settings.items() if name in client.DEFAULT_CONFIG}


@contextmanager
def speaking(producer: Callable[[], Producer | None]) -> Generator[None]:
    """Tell what is over from what is waited for; the client's own messages are not repeated.

    Raises Fenced if Kafka takes nothing from this producer any more, BadKafkaSettings, BrokerAway, or Halt.
    """
    try:
        yield
    except _FENCED:
        raise Fenced(Fenced.__doc__) from None
    except (KafkaConfigurationError, ValueError, TypeError, RuntimeError, OSError) as error:
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError | PermissionError):
            raise BrokerAway from error
        raise BadKafkaSettings(f"the Kafka client refuses its settings ({type(error).__name__})") from None
    except AuthorizationError as error:
        raise Halt(f"Kafka refuses us: {type(error).__name__}") from None
    except KafkaError as error:
        ours = producer()
        if ours and ours.fenced:
            raise Fenced(Fenced.__doc__) from None
        raise BrokerAway from error


@lru_cache(maxsize=65_536)
def partition_of(key: bytes, partitions: int) -> int:
    """Return where a case's facts lie: the partition that every Kafka client finds for the key, kept at hand."""
    return int(murmur2(key) & 0x7FFFFFFF) % partitions
