"""Moments as people write them at a command line."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from api.commands.running import Failed
from domain.days import AUCKLAND

_DAY_LENGTH: Final = len("2026-03-02")


def instant_of(text: str) -> datetime:
    """Return the instant that is meant; a day alone is its end in Auckland. Raises Failed."""
    try:
        if len(text) == _DAY_LENGTH:
            next_day = date.fromisoformat(text) + timedelta(days=1)
            return datetime.combine(next_day, time.min, AUCKLAND).astimezone(UTC) - timedelta(microseconds=1)
        instant = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise Failed("--as-at: give an instant such as 2026-03-02T09:00+13:00, or a day") from None
    if instant.tzinfo is None:
        raise Failed("--as-at: say of which time zone, such as 2026-03-02T09:00+13:00")
    return instant


def day_of(text: str | date) -> date:
    """Return the day that is meant (2026-03-02); a default is one already. Raises ValueError."""
    return text if isinstance(text, date) else date.fromisoformat(text)
