"""Whoever could not be helped is tried again at the next sweep, then ever more seldom, at least once an hour."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID, uuid4

from api.automations.troubles import LONGEST_PAUSE, MOST, Troubles

NOW = datetime(2026, 5, 4, tzinfo=UTC)
SOMEBODY = uuid4()


def pauses(failures: int) -> list[timedelta]:
    """How long somebody waits after each failure."""
    troubles, now, found = Troubles(), NOW, []
    for _ in range(failures):
        troubles.note(SOMEBODY, now)
        until = now
        while troubles.wait(SOMEBODY, until):
            until += timedelta(seconds=30)
        found.append(until - now)
        now = until
    return found


def test_the_next_sweep_tries_again_and_then_each_pause_is_twice_the_one_before():
    first, *rest = pauses(7)
    assert first == timedelta(0)
    assert rest[0] == timedelta(minutes=1)
    assert all(after == 2 * before for before, after in pairwise(rest))


def test_no_pause_is_longer_than_an_hour():
    assert pauses(200)[-1] == LONGEST_PAUSE == timedelta(hours=1)


def test_whoever_was_helped_begins_anew():
    troubles = Troubles()
    for _ in range(3):
        troubles.note(SOMEBODY, NOW)
    troubles.over(SOMEBODY)
    assert troubles.note(SOMEBODY, NOW) == 1
    assert troubles.due(NOW) == [SOMEBODY]


def test_the_longest_known_is_forgotten_before_there_are_too_many():
    troubles = Troubles()
    for number in range(MOST + 1):
        troubles.note(UUID(int=number), NOW)
    assert len(troubles.due(NOW)) == MOST
    assert not troubles.known(UUID(int=0))
    assert troubles.known(UUID(int=MOST))


def test_who_is_no_candidate_any_more_is_forgotten():
    troubles = Troubles()
    for number in range(3):
        troubles.note(UUID(int=number), NOW)
    troubles.forget_others([UUID(int=1)])
    assert troubles.due(NOW) == [UUID(int=1)]
