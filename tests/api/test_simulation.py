"""The simulation: casework of made-up people through the API, the same for the same seed."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from api.app import create_app
from api.bootstrap import Service, service
from api.clock import ClockBehind
from api.commands.simulating import prepare
from api.settings import Settings
from api.simulation.asking import Unexpected
from api.simulation.running import Outcome, play_at
from api.simulation.term import Term
from api.simulation.timetable import Over, Timetable
from tests.api.town import secret

TERM = Term(cases=8, seed=7, begin=date(2026, 4, 20), end=date(2026, 7, 3))
MONDAY = datetime(2026, 5, 4, tzinfo=UTC)

HISTORY = "SELECT type, decided_on FROM log.events WHERE stream = %s ORDER BY version"


class Watched(httpx2.AsyncBaseTransport):
    """Counts how the service answered."""

    def __init__(self, app: Any) -> None:
        self.statuses = Counter[int]()
        self._inner = httpx2.ASGITransport(app=app)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._inner.handle_async_request(request)
        self.statuses[answer.status_code] += 1
        return answer


class Losing(Watched):
    """Loses every twentieth answer, after what was asked is done."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await super().handle_async_request(request)
        if self.statuses.total() % 20 == 0:
            raise httpx2.ReadError("the connection is gone")
        return answer


@contextmanager
def serving(dsn: str, folder: Path) -> Iterator[Service]:
    said = Settings(
        data=folder,
        database_url=dsn,
        key_encryption_key=secret("kek"),
        claims_secret=secret("claims"),
        idempotency_secret=secret("idempotency"),
        clock_from=TERM.opens_at,
    )
    with service(said) as opened:
        yield opened


def play(opened: Service, term: Term, over: type[Watched] = Watched) -> tuple[Outcome, Counter[int]]:
    transport = over(create_app(opened))
    return asyncio.run(play_at(opened, term, transport, "http://service")), transport.statuses


def happened(opened: Service, outcome: Outcome) -> list[list[tuple[Any, ...]]]:
    """What happened in each case, in the order of their students."""
    with opened.reads.connection() as db:
        return [db.execute(HISTORY, [case]).fetchall() for case in outcome.cases]


@pytest.fixture
def opened(migrated: str, tmp_path: Path) -> Iterator[Service]:
    """A service on a clock of its own, at the beginning of Term 2, with the sample lists."""
    with serving(migrated, tmp_path) as lent:
        prepare(lent)
        yield lent


def test_cases_go_from_the_request_through_all_hands_to_the_closing(opened: Service):
    outcome, statuses = play(opened, TERM)
    events = [event for case in happened(opened, outcome) for event in case]
    kinds = {kind for kind, _ in events}
    assert len(outcome.cases) == len(set(outcome.cases)) == TERM.cases
    assert kinds >= {
        "CaseCreated", "CaseAllocated", "CaseManagerAssigned", "SchoolMeetingScheduled", "SchoolMeetingHeld",
        "ContactAttempted", "WhanauMeetingHeld", "BarrierIdentified", "SupportPlanAgreed", "ActivityRecorded",
        "SchoolConsulted", "CaseMovedToTransition", "CaseReturnedToQueue", "CaseClosed",
    }  # fmt: skip
    assert set(statuses) <= {200, 201, 409, 422}
    assert {day for _, day in events} <= {TERM.begin + timedelta(days=n) for n in range(75)}


def test_the_same_seed_plays_the_same_history_even_where_answers_are_lost(
    opened: Service, copy_of: Callable[[str], str], template: str, tmp_path_factory: pytest.TempPathFactory
):
    term = Term(cases=4, seed=7, begin=TERM.begin, end=date(2026, 5, 15))
    first, _ = play(opened, term)
    with serving(copy_of(template), tmp_path_factory.mktemp("again")) as other:
        prepare(other)
        again, _ = play(other, term, Losing)
        assert happened(other, again) == happened(opened, first)
    assert len(first.cases) > 1


def test_a_second_run_goes_on_where_the_first_ended_and_not_before(opened: Service):
    first = Term(cases=2, seed=1, begin=TERM.begin, end=date(2026, 5, 15))
    earlier, _ = play(opened, first)
    with pytest.raises(ClockBehind):
        play(opened, first)
    outcome, _ = play(opened, Term(cases=2, seed=1, begin=date(2026, 5, 18), end=date(2026, 6, 12)))
    assert len(outcome.cases) == 2
    assert not set(outcome.cases) & set(earlier.cases)


def test_an_answer_that_nobody_expected_stops_it_and_says_what_it_was(migrated: str, tmp_path: Path):
    with serving(migrated, tmp_path) as without_lists, pytest.raises(Unexpected, match="was answered 4"):
        play(without_lists, TERM)


def test_everybody_acts_at_their_hour_and_nobody_after_the_end():
    told: list[str] = []
    turns: list[datetime] = []
    timetable = Timetable(MONDAY, MONDAY + timedelta(hours=3), turns.append)

    async def acts(name: str, *hours: int) -> None:
        for hour in hours:
            await timetable.until(MONDAY + timedelta(hours=hour))
            told.append(f"{name} {hour}")

    asyncio.run(timetable.play([acts("Hana", 1, 3, 4), acts("Tama", 2)]))
    assert told == ["Hana 1", "Tama 2", "Hana 3"]
    assert turns == [MONDAY + timedelta(hours=hour) for hour in (1, 2, 3)]


def test_a_story_that_fails_ends_all_of_them_with_its_reason():
    timetable = Timetable(MONDAY, MONDAY + timedelta(hours=3), lambda _: None)

    async def fails() -> None:
        await timetable.until(MONDAY + timedelta(hours=1))
        raise Unexpected("the school is closed")

    async def waits() -> None:
        await timetable.until(MONDAY + timedelta(hours=2))
        raise Over

    with pytest.raises(Unexpected, match="the school is closed"):
        asyncio.run(timetable.play([fails(), waits()]))
