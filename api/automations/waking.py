"""Waking: sweeps when something was recorded, at midnight in Auckland, and at least once a minute.

Whatever wakes us is only a hint, and may come before the row that it is about: the next sweep finds it. The loop never
ends by itself; a database that is away is waited for.
"""

import threading
from collections.abc import Collection
from datetime import date
from time import monotonic
from typing import Final

import structlog

from api.automations.automation import Automation
from api.automations.sweeping import Sweep, Tally
from api.bootstrap import Service
from api.settings import Login
from domain.days import auckland_day
from eventstore.connections import AWAY, Connection, connect, heard
from eventstore.log import CHANNEL

AT_LEAST_EVERY: Final = 60.0
AT_MOST_EVERY: Final = 5.0
"""So many seconds lie between two sweeps while events keep coming."""
TICK_SECONDS: Final = 1.0
LONGEST_PAUSE: Final = 10.0

log = structlog.get_logger()


class Automations:
    """Runs some automations: `once()`, or `run(stop)` until told to stop."""

    def __init__(
        self,
        service: Service,
        automations: Collection[Automation],
        *,
        at_most_every: float = AT_MOST_EVERY,
        at_least_every: float = AT_LEAST_EVERY,
    ) -> None:
        self._service = service
        self._each = [Sweep(each, service) for each in automations]
        self._at_most_every = at_most_every
        self._at_least_every = at_least_every
        self._failures = 0
        self.sweeps = 0
        """How many times all were swept; for those who watch over it."""

    def once(self) -> dict[str, Tally]:
        """Sweep once and return what came of each. Raises Unavailable."""
        return {sweep.automation.name: sweep.run() for sweep in self._each}

    def run(self, stop: threading.Event) -> None:
        """Sweep whenever there may be something to do, whatever happens."""
        while not stop.is_set():
            try:
                with connect(self._service.database.dsn(Login.SERVICE), name="as-cms automate") as connection:
                    self._watch(Bell(connection), stop)
            except Exception as error:  # noqa: BLE001 - whatever is wrong now may be right after a while
                away = isinstance(error, AWAY)
                log.warning("database_away" if away else "automations_failed", error=type(error).__name__)
                stop.wait(min(LONGEST_PAUSE, 0.5 * 2**self._failures))
                self._failures = min(self._failures + 1, 5)

    def _watch(self, bell: "Bell", stop: threading.Event) -> None:
        while not stop.is_set():
            day = self._today()
            self.once()
            self._failures = 0
            self.sweeps += 1
            self._rest(bell, day, stop)

    def _rest(self, bell: "Bell", day: date, stop: threading.Event) -> None:
        """Wait for a minute, for another day, or for something to be recorded."""
        began, rung = monotonic(), False
        while not stop.is_set() and self._today() == day:
            passed = monotonic() - began
            if passed >= self._at_least_every or (rung and passed >= self._at_most_every):
                return
            if rung:
                stop.wait(min(TICK_SECONDS, self._at_most_every))
            else:
                rung = bell.rings(TICK_SECONDS)

    def _today(self) -> date:
        return auckland_day(self._service.clock())


class Bell:
    """Rings when something was recorded."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rung = False
        connection.add_notify_handler(self._ring)
        connection.execute(f"LISTEN {CHANNEL}")

    def rings(self, seconds: float) -> bool:
        """Say whether it rang since it was last asked, or does within so many seconds."""
        if not self._rung and heard([self._connection.fileno()], seconds):
            self._connection.execute("SELECT 1")  # takes in what the server has sent; raises if it is gone
        rung, self._rung = self._rung, False
        return rung

    def _ring(self, _: object) -> None:
        self._rung = True
