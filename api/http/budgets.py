"""Budgets: how much one person may ask of one process in a minute and send in a day, whatever they ask (ADR 17).

They are kept in memory, for those who asked last: with several processes, each has its own. Systems have none.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from uuid import UUID

from api.http.problems import Problem
from api.settings import Settings
from domain.decision import Actor
from domain.users.user import Role

MINUTE: Final = 60
DAY: Final = 24 * 60 * MINUTE
MOST_PEOPLE: Final = 50_000
"""Of so many the last is known: more than ask a process in a day."""


@dataclass(slots=True)
class _Spent:
    """What somebody has asked in this minute, and sent on this day, counted from the start of the process."""

    minute: int = 0
    commands: int = 0
    day: int = 0
    sent: int = 0


class Budgets:
    """Counts what each person asks. Used by the event loop alone."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._commands = settings.commands_per_minute
        self._bytes = settings.bytes_per_day
        self._clock = clock
        self._spent: OrderedDict[UUID, _Spent] = OrderedDict()

    def spend(self, by: Actor, size: int) -> None:
        """Count a command with a body of so many bytes; raise a Problem, 429, if that is more than the budget."""
        if by.role == Role.SYSTEM:
            return
        now, spent = self._clock(), self._of(by.user)
        minute, day = int(now // MINUTE), int(now // DAY)
        if spent.minute != minute:
            spent.minute, spent.commands = minute, 0
        if spent.day != day:
            spent.day, spent.sent = day, 0
        if spent.commands >= self._commands:
            raise too_much("commands in a minute", MINUTE - now % MINUTE)
        if spent.sent + size > self._bytes:
            raise too_much("bytes in a day", DAY - now % DAY)
        spent.commands += 1
        spent.sent += size

    def _of(self, user: UUID) -> _Spent:
        spent = self._spent.pop(user, None) or _Spent()
        self._spent[user] = spent
        if len(self._spent) > MOST_PEOPLE:
            self._spent.popitem(last=False)
        return spent


def too_much(what: str, seconds: float) -> Problem:
    """Say that somebody has used up a budget, and when to ask again."""
    return Problem(
        status=HTTPStatus.TOO_MANY_REQUESTS,
        code="BudgetSpent",
        title="This is more than one person may ask for at once.",
        detail=f"Used up are the {what}.",
        headers={"Retry-After": str(max(1, int(seconds) + 1))},
    )
