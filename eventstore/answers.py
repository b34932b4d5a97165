"""Answers whose time is over are removed, some at a time, so that nobody who appends waits for it."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from eventstore.connections import Connection

EXPIRED_AT_ONCE: Final = 5_000


def expire(
    db: Connection, before: datetime, report: Callable[[int], object] = bool, *, at_once: int = EXPIRED_AT_ONCE
) -> int:
    """Remove the answers given before an instant, as as_cms_expiry, and return how many.

    Those that are younger than 30 days stay, whatever is asked. `report` is told how many are gone, batch by batch.
    """
    removed = 0
    while gone := _some(db, before, at_once):
        removed += gone
        report(removed)
    return removed


def _some(db: Connection, before: datetime, at_once: int) -> int:
    row = db.execute("SELECT log.expire_answers(%s, %s)", [before, at_once]).fetchone()
    return row[0] if row else 0
