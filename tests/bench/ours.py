"""Our side of the commands: the deciding writer, asked from one event loop as the HTTP routes ask it."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any
from uuid import UUID, uuid4

import uvloop

from domain.decision import Ref
from eventstore.requests import Request
from tests.bench.world import Work, commands
from tests.eventstore.tally import SOMEBODY, Tally
from tests.eventstore.writers import writer_of


class Ours:
    """One process of the service: a writer, and the callers that wait for it."""

    def __init__(self, dsn: str, streams: int, callers: int) -> None:
        self._streams = streams
        self._writer = writer_of(dsn)

    def crowd(self, callers: int, seconds: float, seed: int) -> list[float]:
        """Let so many callers work at once for a while; how long each command took, in seconds."""
        return run(self._crowd(callers, seconds, seed))

    def rush(self, size: int, others: int, patience: float) -> list[float]:
        """Send so many commands to one stream at once; how long others waited until these were answered, in seconds.

        The other side runs out of patience (seconds), this one does not.
        """
        return run(self._rush(size, others))

    def close(self) -> None:
        self._writer.close()

    async def _crowd(self, callers: int, seconds: float, seed: int) -> list[float]:
        over = asyncio.Event()
        asyncio.get_running_loop().call_later(seconds, over.set)
        taken = await asyncio.gather(*(self._caller(over, seed + caller) for caller in range(callers)))
        return [one for each in taken for one in each]

    async def _rush(self, size: int, others: int) -> list[float]:
        over, hot = asyncio.Event(), uuid4()
        waiting = [asyncio.create_task(self._caller(over, seed)) for seed in range(others)]
        rush = []
        for _ in range(size):
            rush.append(asyncio.create_task(self._execute(hot, Work(twice=False))))
            await asyncio.sleep(0)  # they come one after the other, as from sockets: the loop serves others in between
        await asyncio.gather(*rush)
        over.set()
        return [one for each in await asyncio.gather(*waiting) for one in each]

    async def _caller(self, over: asyncio.Event, seed: int) -> list[float]:
        taken, work = [], commands(self._streams, seed)
        while not over.is_set():
            began = time.perf_counter()
            await self._execute(*next(work))
            taken.append(time.perf_counter() - began)
        return taken

    async def _execute(self, of: UUID, command: Work) -> None:
        await self._writer.execute_async(Request(stream=Ref(Tally, of), command=command, actor=SOMEBODY, opens=True))


def run(work: Coroutine[Any, Any, list[float]]) -> list[float]:
    """Run on the event loop that the service runs on."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
