"""A publisher in a process of its own, for tests that kill it: DSN, bootstrap, topic, and how it ends.

`follows` goes on until it is killed; `dies` kills itself with its first facts written and not committed; `pauses` stops
itself there instead, and goes on when it is continued. It ends with 5 if it is over.
"""

import os
import signal
import sys
from collections.abc import Callable, Sequence
from itertools import count

from adapters.case_facts.messages import Messages
from adapters.kafka.client import Producer, settings_of
from adapters.kafka.publisher import CaseFacts
from api.commands.publishing import FENCED
from eventstore.connections import Connection
from eventstore.followers import Follower
from eventstore.log import Recorded
from tests.adapters.case_histories import PSEUDONYMS

STRUCK = {"dies": signal.SIGKILL, "pauses": signal.SIGSTOP}

TIMEOUT_MS = 1_000
"""After which Kafka gives up the transaction of one that pauses."""


class Telling(CaseFacts):
    """Prints every position that it has reached."""

    def take(self, connection: Connection, events: Sequence[Recorded]) -> int:
        position = super().take(connection, events)
        sys.stdout.write(f"{position}\n")
        sys.stdout.flush()
        return position


def struck(by: signal.Signals) -> Callable[[Producer], None]:
    """Return a way to commit that meets a signal at the second time: the first is a claim, without facts."""
    commits, commit = count(1), Producer.commit

    def met(producer: Producer) -> None:
        if producer.open and next(commits) == 2:
            producer.flush()
            os.kill(os.getpid(), by)
        commit(producer)

    return met


def main() -> None:
    dsn, bootstrap, topic, how = sys.argv[1:]
    if how in STRUCK:
        Producer.commit = struck(STRUCK[how])  # type: ignore[method-assign,assignment] # it happens at that moment
    settings = settings_of(bootstrap, {"transaction_timeout_ms": TIMEOUT_MS} if how == "pauses" else {})
    work = Telling(settings, Messages(PSEUDONYMS), topic=topic, ended=lambda: follower.stop())  # noqa: PLW0108 - there is none yet
    follower = Follower(dsn, work, batch=200, poll=0.1)
    follower.run()
    sys.exit(FENCED if work.over else 0)


if __name__ == "__main__":
    main()
