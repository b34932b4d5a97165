"""The timetable: stories wait for their hour, and the clock of the service moves on when nobody has more to do.

So a term of ten weeks lasts as long as its requests take to be answered, and everything happens at its own hour.
"""

import asyncio
import heapq
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeAlias

Wait: TypeAlias = tuple[datetime, int, asyncio.Future[None]]


class Over(Exception):
    """What somebody would do next lies beyond the end of the simulated time."""


@asynccontextmanager
async def together() -> AsyncGenerator[asyncio.TaskGroup]:
    """Lend a group of tasks that all end when one fails. Raises what that one raised."""
    try:
        async with asyncio.TaskGroup() as group:
            yield group
    except* Exception as several:  # noqa: BLE001 - the first of them says what went wrong
        raise several.exceptions[0] from None


class Timetable:
    """Tells the simulated time to stories that run at once."""

    def __init__(self, begin: datetime, end: datetime, turn: Callable[[datetime], None]) -> None:
        self.now = begin
        self.end = end
        self._turn = turn  # called with each new hour, in UTC, before anybody does anything in it
        self._waiting: list[Wait] = []
        self._order = count()
        self._busy = 0
        self._idle = asyncio.Event()

    async def until(self, when: datetime) -> None:
        """Wait for an hour, which may be now. Raises Over if it lies beyond the end."""
        if when > self.end:
            raise Over
        if when <= self.now:
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (when, next(self._order), woken))
        self._rest()
        await woken

    async def play(self, stories: Iterable[Coroutine[Any, Any, None]]) -> None:
        """Let all stories happen. Raises the first exception of any."""
        async with together() as group:
            for story in stories:
                self._busy += 1
                group.create_task(self._tell(story))
            group.create_task(self._conduct())

    async def _tell(self, story: Coroutine[Any, Any, None]) -> None:
        try:
            await story
        except Over:
            pass
        finally:
            self._rest()

    async def _conduct(self) -> None:
        while True:
            await self._idle.wait()
            if not self._waiting:
                return
            self.now = self._waiting[0][0]
            self._turn(self.now.astimezone(UTC))
            self._wake()

    def _wake(self) -> None:
        """Wake everybody who waits for this hour."""
        self._idle.clear()
        while self._waiting and self._waiting[0][0] <= self.now:
            _, _, woken = heapq.heappop(self._waiting)
            self._busy += 1
            woken.set_result(None)

    def _rest(self) -> None:
        self._busy -= 1
        if not self._busy:
            self._idle.set()
