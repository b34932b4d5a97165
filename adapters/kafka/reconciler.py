"""The reconciler: makes a topic say what a restored log says, so that its publisher can go on (ADR 27)."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any, Final
from uuid import uuid4

from adapters.case_facts.contract import TOPIC
from adapters.case_facts.messages import Message, Messages
from adapters.case_facts.reconciling import Contents, Difference, Reconciliation
from adapters.kafka.client import Producer, speaking
from adapters.kafka.topics import (
    OtherLog,
    Position,
    committed,
    records,
    require_same_log,
    tell_position,
    told_before,
)
from eventstore.connections import Connection
from eventstore.followers import Halt

TOGETHER: Final = 5_000
"""How many corrections go into one transaction at most."""


class NothingShared(Halt):
    """No fact of the topic is of an event of this log: it is another database, not an older copy; nothing was told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Reconciles a topic with the log; `tell` is told the phase, and the share of it that is done."""

    settings: Mapping[str, Any]
    messages: Messages
    day: date
    topic: str = TOPIC
    tell: Callable[[str, float], object] = lambda _phase, _share: None

    def preview(self, connection: Connection) -> Difference | None:
        """Say how topic and log differ, and change nothing; None if the publisher can go on as it is.

        Raises NothingShared, OtherSecret, BrokerAway, UnknownType.
        """
        if self._follows(connection):
            return None
        found = self._reconciliation()
        deque(found.corrections(connection), maxlen=0)
        if not found.difference.standing:
            raise NothingShared(NothingShared.__doc__)
        return found.difference

    def carry_out(self, connection: Connection) -> Difference:
        """Take over from every publisher, tell what the preview found, and then where the publisher goes on.

        The last comes in a transaction of its own, so whatever cuts this off, publishers leave the topic alone until it
        was done again. Raises Fenced if somebody took over meanwhile.
        """
        with speaking(lambda: None):
            producer = Producer(**self.settings, transactional_id=self.topic)
        try:
            return self._carry_out(connection, producer)
        finally:
            producer.abandon()

    def _carry_out(self, connection: Connection, producer: Producer) -> Difference:
        with speaking(lambda: producer):
            producer.init_transactions()
        found = self._reconciliation()
        corrections = found.corrections(connection)
        while together := list(islice(corrections, TOGETHER)):
            self._send(producer, together)
        self._send(producer, (), self._reached(found))
        return found.difference

    def _follows(self, connection: Connection) -> bool:
        with speaking(lambda: None):
            there = told_before(self.settings, self.topic)
            reached = committed(self.settings, self.topic) if there else Position()
        try:
            require_same_log(connection, reached, self.messages.pseudonyms)
        except OtherLog:
            return False
        return True

    def _reconciliation(self) -> Reconciliation:
        contents = Contents()
        with speaking(lambda: None):
            for record, share in records(self.settings, self.topic):
                contents.add(record)
                self.tell("reading the topic", share)
        self.tell("comparing", 0.0)
        return Reconciliation(contents, self.messages, self.day)

    def _reached(self, found: Reconciliation) -> Position:
        if found.last is None:
            raise NothingShared(NothingShared.__doc__)
        mark = self.messages.pseudonyms.mark(found.last.command_id)
        return Position(position=found.last.position, mark=mark, by=str(uuid4()), generation=found.generation)

    def _send(self, producer: Producer, facts: Sequence[Message], reached: Position | None = None) -> None:
        with speaking(lambda: producer):
            producer.begin_transaction()
            producer.tell(self.topic, facts)
            if reached:
                tell_position(producer, self.topic, reached)
            producer.commit()
        self.tell("telling", 1.0)
