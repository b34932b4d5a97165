"""The topic, as a consumer sees it: only what was committed."""

from collections.abc import Iterator
from contextlib import closing
from json import loads
from time import monotonic
from typing import Any, Final

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaTimeoutError

PATIENCE_SECONDS: Final = 20.0


def records(bootstrap: str, topic: str) -> Iterator[Any]:
    """Every committed record of a topic. Raises KafkaTimeoutError."""
    with closing(
        KafkaConsumer(
            bootstrap_servers=bootstrap, isolation_level="read_committed", enable_auto_commit=False, group_id=None,
            bootstrap_timeout_ms=2_000, request_timeout_ms=5_000,
        )
    ) as consumer:  # fmt: skip
        places = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic) or ())]
        if not places:
            return
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends, until = consumer.end_offsets(places), monotonic() + PATIENCE_SECONDS
        while any(consumer.position(place) < ends[place] for place in places):
            for batch in consumer.poll(timeout_ms=200).values():
                yield from batch
            if monotonic() > until:
                raise KafkaTimeoutError


def told(bootstrap: str, topic: str) -> int:
    """The position of the log that the publisher committed last."""
    last = None
    for record in records(bootstrap, f"{topic}.position"):
        last = record.value
    return int(loads(last)["position"]) if last else 0
