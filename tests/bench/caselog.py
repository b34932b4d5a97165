"""A log of the lives of many cases, written directly, and the read models over it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from uuid import UUID, uuid4, uuid5

from domain import registry
from domain.cases.assigning import CaseManagerReassigned, Handover
from domain.cases.transitioning import CaseReturnedToOpen, MoreHelp
from domain.decision import Event
from eventstore.codec import Codec
from eventstore.connections import connect
from eventstore.migrations import migrate
from projections.generations import prepare
from projections.registry import MODELS
from projections.tools import Tools
from tests.bench.measuring import Ground
from tests.bench.world import ENVELOPE, copy
from tests.domain.cases import scenes

SCHOOLS, PROVIDERS = 2_500, 84
BEGAN = datetime(2026, 2, 2, tzinfo=UTC)
DAY = date(2026, 5, 4)
EVENTS = 8

_INTO = """COPY log.events (position, stream, version, type, schema_version, recorded_at, decided_on, command_id,
                            envelope, data) FROM STDIN"""


@cache
def one(kind: str, number: int) -> UUID:
    """The id of a case, student, school, provider or manager, by its number from 0."""
    return uuid5(UUID(int=0), f"{kind} {number}")


def life(number: int) -> Iterator[Event]:
    """What happens to a case: every event changes its row."""
    provider, manager = number % PROVIDERS, number % (PROVIDERS * 12)
    yield replace(scenes.CREATED, student=one("student", number), school=one("school", number % SCHOOLS))
    yield replace(scenes.ALLOCATED, provider=one("provider", provider))
    yield replace(scenes.ASSIGNED, manager=one("manager", manager))
    yield scenes.IN_TRANSITION
    yield CaseReturnedToOpen(reason=MoreHelp.SCHOOL_ASKED)
    yield CaseManagerReassigned(
        manager=one("manager", manager + PROVIDERS), previous_manager=one("manager", manager), reason=Handover.LEAVE
    )
    yield scenes.IN_TRANSITION
    yield scenes.closed(DAY)


def lived(number: int, cases: int, *, whole: bool) -> int:
    """How many of its events have happened: all, or as many as leave every status with its share."""
    return EVENTS if whole else (2, 3, 4, 8)[number * 4 // cases]


@cache
def case_log(ground: Ground, cases: int, *, whole: bool = True) -> tuple[str, int]:
    """Make a database with the lives of so many cases, all begun before the next goes on; its DSN, and the head."""
    dsn, codec = ground.database(), Codec(registry.events())
    migrate(dsn)
    happened: list[list[tuple[UUID, str, bytes]]] = [[] for _ in range(EVENTS)]
    order = sorted(range(cases), key=lambda number: one("case", number))
    for place, number in enumerate(order):
        for step, event in zip(range(lived(place, cases, whole=whole)), life(number), strict=False):
            stored = codec.finish(codec.draft(event), one("case", number), step + 1, _NO_KEYS)
            happened[step].append((one("case", number), stored.type, stored.data))
    copy(dsn, _INTO, _rows(happened))
    with connect(dsn, deadline=None) as owner:
        prepare(owner, MODELS)
    return dsn, sum(map(len, happened))


def _rows(happened: list[list[tuple[UUID, str, bytes]]]) -> Iterator[tuple[object, ...]]:
    position = 0
    for version, each in enumerate(happened, start=1):
        for stream, kind, data in each:
            position += 1
            at = BEGAN + timedelta(milliseconds=position)
            yield position, stream, version, kind, 1, at, DAY, uuid4(), ENVELOPE, data


def tools() -> Tools:
    """What folds these events: there is nothing personal in them."""
    types = registry.events()
    return Tools(types=types, codec=Codec(types))


class _NoKeys:
    """There is nothing personal in the work."""

    def key(self, subject: UUID, data_class: object) -> None:
        raise KeyError(subject)


_NO_KEYS = _NoKeys()
