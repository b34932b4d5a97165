"""The publisher: a follower of the log that tells the facts of cases.

Its position is a record of the same transaction as the facts that it sends, so that both are there or neither is; it
reads the position back once `init_transactions` has ended what an earlier publisher left open. What it commits first
is a claim: the same position, in a new name. So one from which Kafka takes nothing any more can tell whether a newer
publisher is there, or whether Kafka gave it up while it was paused (ADR 27).
Kafka being away is waited for, and nobody else waits with it.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from uuid import uuid4

from kafka.errors import KafkaTimeoutError

from adapters.case_facts.contract import TOPIC
from adapters.case_facts.messages import Message, Messages
from adapters.kafka.client import BadKafkaSettings, Fenced, Producer, speaking
from adapters.kafka.topics import Position, committed, make_topics, require_same_log, tell_position
from eventstore.connections import Connection, Unavailable
from eventstore.followers import Halt
from eventstore.log import Recorded, head


class GivenUp(Unavailable):
    """Kafka gave this publisher up while it was paused, and no newer one is there: it begins anew."""


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
        self._known = set[str]()  # the claims that are no newer than our last one
        self._refused = False
        self._reached = Position()
        self._turn: Connection | None = None

    def begin(self, connection: Connection) -> int:
        """Take over from any earlier publisher, and return the position that it committed last.

        Raises BrokerAway, Fenced, BadKafkaSettings; OtherLog and OtherSecret, and nobody was replaced then.
        """
        if self.over:
            raise self.over
        self._turn = connection
        with self._speaking():
            self.close()
            self._make_topics()
            before = self._look()
        require_same_log(connection, before, self._messages.pseudonyms)
        with self._speaking():
            self._producer = Producer(**self._settings, transactional_id=self._topic)
            self._producer.init_transactions()
            self._reached = committed(self._settings, self._topic)
        require_same_log(connection, self._reached, self._messages.pseudonyms)
        self._claim()
        self._messages.begin(connection, self._reached.position, self._reached.generation)
        return self._reached.position

    def take(self, connection: Connection, events: Sequence[Recorded]) -> int:
        """Send the facts of these events and the position in one transaction; return the position.

        It is committed by then, or by the next call if more is in the log already: whatever fails before, `begin`
        goes back to what Kafka has.
        Events after one of a type that is not known are left for later. Raises UnknownType if that is the first.
        """
        try:
            facts, last = self._messages.of(connection, events)  # while the last ones are still being written
        finally:
            self._settle()
        if facts:
            reached = replace(
                self._reached, position=last.position, mark=self._messages.pseudonyms.mark(last.command_id)
            )
            with self._speaking():
                self._send(reached, facts)
            if head(connection)[0] == last.position:
                self._settle()
        return last.position

    def close(self) -> None:
        """Let go of the producer; whatever it had open is aborted by the next one."""
        if self._producer:
            self._producer.abandon()
            self._producer = None

    def _claim(self) -> None:
        """Say in the topic that we are here, before anything else: whoever was here before ends then."""
        claim = str(uuid4())
        self._known = {claim, self._reached.by}
        self._reached = replace(self._reached, by=claim)
        with self._speaking():
            self._send(self._reached)
        self._settle()

    def _send(self, reached: Position, facts: Sequence[Message] = ()) -> None:
        if self._producer is None:
            raise KafkaTimeoutError
        self._producer.begin_transaction()
        self._producer.tell(self._topic, facts)
        tell_position(self._producer, self._topic, reached, facts[-1].day if facts else None)

    def _settle(self) -> None:
        """Commit what was sent; while there is more to tell, that is done after the next is made ready."""
        with self._speaking():
            if self._producer:
                self._producer.commit()

    def _make_topics(self) -> None:
        if not self._topics_made:
            make_topics(self._settings, self._topic)
            self._topics_made = True

    def _look(self) -> Position:
        """Return what was committed last. Raises Fenced if Kafka refused us, and somebody newer wrote it."""
        with speaking(lambda: None):
            found = committed(self._settings, self._topic)
        if self._refused and found.by not in self._known:
            raise Fenced(Fenced.__doc__)
        self._refused = False
        return found

    @contextmanager
    def _speaking(self) -> Generator[None]:
        """End what is over. Raises GivenUp if Kafka refuses us, and nobody newer is there."""
        try:
            with speaking(lambda: self._producer):
                yield
        except Fenced as fenced:
            self._end_if_replaced(fenced)
            raise GivenUp(GivenUp.__doc__) from None
        except BadKafkaSettings as halt:
            self._end(halt)

    def _end_if_replaced(self, fenced: Fenced) -> None:
        """End, unless our turn is gone as well, which raises: then a copy has it, and we stand by until it is ours."""
        if self._turn:
            self._turn.execute("SELECT")
        self._refused = True
        try:
            self._look()
        except Fenced:
            self._end(fenced)

    def _end(self, halt: Halt) -> None:
        self.over = halt
        self._ended()
        raise halt from None
