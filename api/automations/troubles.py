"""Troubles: who could not be helped, and from when on each is tried again. They are known in memory only."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

FIRST_PAUSE: Final = timedelta(minutes=1)
LONGEST_PAUSE: Final = timedelta(hours=1)
MOST: Final = 10_000


class Troubles:
    """Those in trouble, at most 10,000: above that the longest known is forgotten, and tried like anybody else."""

    def __init__(self) -> None:
        self._known: dict[UUID, tuple[int, datetime]] = {}

    def note(self, id_: UUID, now: datetime) -> int:
        """Note a failure and return how many there have been: after the first, the next sweep tries again."""
        attempts = self._known.pop(id_, (0, now))[0] + 1
        self._known[id_] = (attempts, now + _pause(attempts))
        if len(self._known) > MOST:
            self._known.pop(next(iter(self._known)))
        return attempts

    def over(self, id_: UUID) -> None:
        self._known.pop(id_, None)

    def known(self, id_: UUID) -> bool:
        return id_ in self._known

    def wait(self, id_: UUID, now: datetime) -> bool:
        """Say whether it is too early to try again."""
        return id_ in self._known and self._known[id_][1] > now

    def due(self, now: datetime) -> list[UUID]:
        """Return who is to be tried again by now."""
        return [id_ for id_, (_, until) in self._known.items() if until <= now]

    def forget_others(self, ids: Iterable[UUID]) -> None:
        """Forget whoever is not among these: nothing is wanted of them any more."""
        known = set(ids)
        self._known = {id_: trouble for id_, trouble in self._known.items() if id_ in known}


def _pause(attempts: int) -> timedelta:
    return timedelta(0) if attempts == 1 else min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempts - 2, 10))
