"""Pools: a database that was away is asked again once it is back, however many had asked, over however many lines."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import monotonic, sleep

import psycopg
import pytest

from eventstore.connections import Pool, Unavailable, available, connect, pool
from tests.proxy import Proxy, proxied

PATIENCE = 30
"""Seconds after which something never happens."""

SIZE = 8
OUTAGES: dict[str, tuple[Callable[[Proxy], None], Callable[[Proxy], None]]] = {
    "refusing": (Proxy.refuse, Proxy.accept_again),
    "black-holed": (Proxy.swallow, Proxy.pass_on),
}


@pytest.fixture
def line(migrated: str) -> Iterator[tuple[Proxy, str]]:
    with proxied(migrated) as (proxy, through):
        yield proxy, through


def asks(lending: Pool) -> bool:
    """Whether a question is answered."""
    try:
        with available(), lending.connection() as db:
            return bool(db.execute("SELECT true").fetchall()[0][0])
    except Unavailable:
        return False


def crowd(lending: Pool, callers: int, during: Callable[[], None]) -> int:
    """Let so many ask again and again while something happens; answers with how many were told that it is away."""
    over, told = Event(), []

    def caller() -> None:
        while not over.is_set():
            told.append(asks(lending))
            sleep(0.01)

    with ThreadPoolExecutor(callers) as callers_:
        for _ in range(callers):
            callers_.submit(caller)
        during()
        over.set()
    return told.count(False)


def served(lending: Pool) -> bool:
    """Whether it is ever answered again."""
    until = monotonic() + PATIENCE
    while monotonic() < until:
        if asks(lending):
            return True
        sleep(0.05)
    return False


@pytest.mark.parametrize("outage", OUTAGES)
@pytest.mark.parametrize(
    ("callers", "seconds"),
    [(400, 8), *(pytest.param(*each, marks=pytest.mark.soak) for each in ((8, 4), (40, 30), (400, 60), (8, 120)))],
)
def test_after_an_outage_everybody_is_served_however_many_had_asked(
    line: tuple[Proxy, str], outage: str, callers: int, seconds: int
):
    proxy, through = line
    go_away, come_back = OUTAGES[outage]
    with pool(through, size=SIZE) as lending:
        assert asks(lending)

        def away() -> None:
            go_away(proxy)
            sleep(seconds)

        assert crowd(lending, callers, away) >= callers
        come_back(proxy)
        assert served(lending)


def test_after_the_first_dead_line_no_other_old_one_is_tried(line: tuple[Proxy, str]):
    """Otherwise each of them costs a wait of its own: a pool of 40 was away for half a minute."""
    proxy, through = line
    with pool(through, size=40) as lending:
        assert grown(lending, 40) > 8
        proxy.refuse()
        proxy.accept_again()
        before = proxy.joined
        assert served(lending)
        assert proxy.joined - before < 5, "one new line, and the next few"


def grown(lending: Pool, wanted: int) -> int:
    """Have so many connections lent at once; answers with how many sessions there were."""
    with ThreadPoolExecutor(wanted) as hands:
        together = [hands.submit(held, lending) for _ in range(wanted)]
        return len({each.result() for each in together})


def held(lending: Pool) -> int:
    with lending.connection() as db:
        db.execute("SELECT pg_sleep(0.5)")
        return int(db.info.backend_pid)


def test_a_pool_that_is_merely_busy_is_left_as_it_is(line: tuple[Proxy, str]):
    _, through = line
    with pool(through, size=1) as lending, lending.connection() as db:
        first = db.info.backend_pid
        assert not asks(lending), "the only one is lent"
        assert db.execute("SELECT 1").fetchall() == [(1,)]
    with pool(through, size=1) as lending:
        sessions = {held_by(lending) for _ in range(3)}
        assert len(sessions) == 1
        assert first not in sessions


def test_a_line_that_answers_is_not_taken_for_dead_because_whoever_asks_has_waited_long(migrated: str):
    """Else a crowd would have a busy pool thrown away, and another one made beside the connections that it lent."""
    for _ in range(20):
        with connect(migrated) as line_:
            assert line_.is_alive(monotonic() - 1)
            assert line_.execute("SELECT 1").fetchall() == [(1,)]


def held_by(lending: Pool) -> int:
    with lending.connection() as db:
        return int(db.info.backend_pid)


def test_what_was_lent_before_an_outage_goes_back_to_where_it_came_from(line: tuple[Proxy, str]):
    proxy, through = line
    with pool(through, size=2) as lending:
        with lending.connection() as db:
            proxy.refuse()
            proxy.accept_again()
            assert served(lending), "others are served meanwhile"
            with pytest.raises(psycopg.OperationalError):
                db.execute("SELECT 1")
        assert grown(lending, 2) == 2
