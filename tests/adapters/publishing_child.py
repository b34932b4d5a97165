"""A publisher in a process of its own, for tests that kill it: DSN, bootstrap, topic, and how it ends.

`follows` goes on until it is killed; `dies` kills itself with its first transaction written and not committed.
"""

import os
import signal
import sys

from adapters.case_facts.messages import Messages
from adapters.kafka import CaseFacts, Producer, settings_of
from eventstore.followers import Follower


def die(producer: Producer) -> None:
    producer.flush()
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    dsn, bootstrap, topic, how = sys.argv[1:]
    if how == "dies":
        Producer.begin_commit = die  # type: ignore[method-assign,assignment] # it is what a crash does at that moment
    work = CaseFacts(settings_of(bootstrap, {}), Messages(), topic=topic)
    Follower(dsn, work, batch=200, poll=0.1).run()


if __name__ == "__main__":
    main()
