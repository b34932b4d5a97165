"""Patience: whoever changes a table does not stand in line for it, where every reader would have to stand behind them.

A lock that is not to be had at once is asked for again and again, for as long as somebody's open transaction holds on.
"""

import time
from collections.abc import Callable
from typing import Final

from psycopg.errors import LockNotAvailable
from psycopg.sql import SQL

from eventstore.connections import Connection

LOCK_TIMEOUT: Final = SQL("SET LOCAL lock_timeout = '100ms'")
"""How long readers may have to stand behind us, who stand behind somebody's open transaction."""

RETRY_SECONDS: Final = 0.5


class InUse(Exception):
    """Somebody's open transaction has held on to the view or table for as long as we were willing to wait."""


def patiently(owner: Connection, attempt: Callable[[], None], patience: float) -> None:
    """Try in a transaction, which sets LOCK_TIMEOUT before it changes a table, until it gets the lock. Raises InUse."""

    def within_a_transaction() -> None:
        with owner.transaction():
            attempt()

    insist(within_a_transaction, patience)


def insist(attempt: Callable[[], object], patience: float) -> None:
    """Try again and again while others hold the lock, for so many seconds. Raises InUse."""
    end = time.monotonic() + patience
    while True:
        try:
            attempt()
        except LockNotAvailable:
            if time.monotonic() > end:
                raise InUse from None
            time.sleep(min(RETRY_SECONDS, patience))
        else:
            return
