"""Automations wake up when something is recorded, at midnight and every minute, and outlive the database."""

import threading
import time as wall
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, time, timedelta
from pathlib import Path

from api.automations.acting import admit
from api.automations.automation import Automation
from api.automations.noticing_enrolments import NOTICING_ENROLMENTS
from api.automations.resuming import RESUMING
from api.automations.waking import Automations
from domain.cases.status import Status
from domain.days import auckland_day
from eventstore.connections import connect
from tests.api.automations.sweeps import enrol, paused, state, types, walk_to, withdraw
from tests.api.town import RIMU, TODAY, Town, town_on
from tests.proxy import proxied

HANG_SECONDS = 60
NEVER = 1_000_000.0
SIX_ON = date(2026, 6, 20)
BORN_ON = date(2020, 6, 20)


@contextmanager
def running(town: Town, *automations: Automation, at_least_every: float = NEVER) -> Iterator[None]:
    """Automations in a thread of their own, that have swept at least once."""
    admit(town.service.writer, auckland_day(town.service.clock()))
    stop = threading.Event()
    loop = Automations(town.service, automations, at_most_every=0.1, at_least_every=at_least_every)
    thread = threading.Thread(target=loop.run, args=(stop,))
    thread.start()
    try:
        until(lambda: loop.sweeps > 0)
        yield
    finally:
        stop.set()
        thread.join(HANG_SECONDS)
    assert not thread.is_alive()


def until(holds: Callable[[], bool]) -> None:
    end = wall.monotonic() + HANG_SECONDS
    while not holds():
        assert wall.monotonic() < end, "nothing happened"
        wall.sleep(0.05)


def test_an_event_wakes_them(own_town: Town):
    student, case = paused(own_town, BORN_ON)
    own_town.follow()
    with running(own_town, RESUMING):
        enrol(own_town, student)
        until(lambda: state(own_town, case).status is Status.OPEN)


def test_midnight_in_auckland_wakes_them_BR_71(own_town: Town):
    _, case = paused(own_town, BORN_ON)
    own_town.follow()
    walk_to(own_town, SIX_ON - timedelta(days=1), time(23, 59, 58))
    with running(own_town, RESUMING):
        until(lambda: state(own_town, case).status is Status.OPEN)
    assert auckland_day(own_town.service.clock()) == SIX_ON


def test_an_event_that_comes_before_its_row_is_not_missed(own_town: Town):
    student = own_town.student()
    case = own_town.submit(student).json()["ids"]["case"]
    own_town.follow()
    with running(own_town, NOTICING_ENROLMENTS, at_least_every=0.2):
        withdraw(own_town, student)
        enrol(own_town, student, RIMU)
        wall.sleep(1)  # they wake up, and see no row that says so
        assert state(own_town, case).enrolled_at != RIMU
        own_town.follow()
        until(lambda: state(own_town, case).enrolled_at == RIMU)


def test_the_database_may_go_away_and_come_back(migrated: str, tmp_path: Path):
    with proxied(migrated) as (proxy, through), town_on(through, tmp_path) as town:
        student, case = paused(town, BORN_ON)
        with connect(migrated) as direct:
            town.follow()
            with running(town, RESUMING, at_least_every=0.2):
                proxy.refuse()
                wall.sleep(1)  # long enough to notice
                assert direct.execute("SELECT 1").fetchall() == [(1,)]
                proxy.accept_again()
                enrol(town, student, on=TODAY)
                until(lambda: types(town, case)[-1] == "CaseResumed")
