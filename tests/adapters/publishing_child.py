"""A publisher in a process of its own, for tests that kill it: DSN, bootstrap, topic, and how it ends.

`follows` goes on until it is killed; `dies` kills itself with its first transaction written and not committed.
"""

import os
import signal
import sys
from collections.abc import Sequence

from adapters.case_facts.messages import Messages
from adapters.kafka import CaseFacts, Producer, settings_of
from eventstore.connections import Connection
from eventstore.followers import Follower
from eventstore.log import Recorded
from tests.adapters.case_histories import PSEUDONYMS


class Telling(CaseFacts):
    """Prints every position that it has reached."""

    def take(self, connection: Connection, events: Sequence[Recorded]) -> int:
        position = super().take(connection, events)
        sys.stdout.write(f"{position}\n")
        sys.stdout.flush()
        return position


def die(producer: Producer) -> None:
    producer.flush()
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    dsn, bootstrap, topic, how = sys.argv[1:]
    if how == "dies":
        Producer.begin_commit = die  # type: ignore[method-assign,assignment] # it is what a crash does at that moment
    work = Telling(settings_of(bootstrap, {}), Messages(PSEUDONYMS), topic=topic)
    Follower(dsn, work, batch=200, poll=0.1).run()


if __name__ == "__main__":
    main()
