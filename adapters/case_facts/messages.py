"""Messages: a fact as it lies in the topic, key, value and headers, made from an event as it stands in the log.

The headers are CloudEvents 1.0 in Kafka's binary mode. `ce_version` is the fact's version in the case's stream, and
`ce_previousversion` that of the fact told before it (0 for the first): a consumer who sees every previous version
that it has seen itself has missed nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from adapters.case_facts.contract import FACTS, type_name
from adapters.case_facts.telling import NOT_TOLD, TOLD, Telling
from domain import registry
from domain.days import AUCKLAND
from eventstore.canonical import read, write
from eventstore.codec import UnknownType
from eventstore.connections import Connection
from eventstore.log import Recorded
from eventstore.upcasters import UPCASTERS, Upcasters

SOURCE: Final = "/attendance/log"

REMEMBERED: Final = 100_000
"""Of so many cases it is remembered what was told last; of the others the log is asked."""

_INSIDE: Final = [kind.__name__ for kind in NOT_TOLD]
_BEFORE: Final = """
SELECT of.stream, before.version
  FROM unnest(%s::uuid[], %s::int[]) AS of (stream, version), LATERAL (
    SELECT version FROM log.events AS e
     WHERE e.stream = of.stream AND e.version < of.version AND e.type <> ALL (%s::text[])
     ORDER BY e.version DESC LIMIT 1) AS before
"""


class Message(NamedTuple):
    """What is sent; the key is the case, the time the day: its first instant in Auckland, in Unix milliseconds."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]
    day: int


class Messages:
    """Makes the messages of events that follow each other; knows which types there are, and needs nobody's keys."""

    def __init__(self, types: Mapping[str, type[Any]] | None = None, upcasters: Upcasters = UPCASTERS) -> None:
        known = registry.events() if types is None else types
        self._upcasters = upcasters
        self._tellings = {(name, upcasters.present(name)): TOLD.get(kind) for name, kind in known.items()}
        self._previous: dict[UUID, int] = {}

    def forget(self) -> None:
        """Begin anew: what comes next need not follow what came last."""
        self._previous.clear()

    def of(self, connection: Connection, events: Sequence[Recorded]) -> list[Message | None]:
        """Return the message of each event, None for one that is not told; it ends before a type that is not known.

        Raises UnknownType if that is the first.
        """
        told = list(self._known(events))
        if len(self._previous) > REMEMBERED:
            self.forget()
        asked = (event for event, telling in zip(events, told, strict=False) if telling)
        self._previous |= told_before(connection, (event for event in asked if event.stream not in self._previous))
        pairs = zip(events, told, strict=False)
        return [self._message(event, telling) if telling else None for event, telling in pairs]

    def _known(self, events: Sequence[Recorded]) -> Iterator[Telling | None]:
        """Say how each event is told, up to the first whose type is not known."""
        for event in events:
            present = self._upcasters.target(event.type, event.schema_version)
            if present not in self._tellings:
                if event is events[0]:
                    raise UnknownType(f"{event.type}, schema version {event.schema_version}")
                return
            yield self._tellings[present]

    def _message(self, event: Recorded, telling: Telling) -> Message:
        tree = self._upcasters.apply(event.type, event.schema_version, read(event.data))
        case, previous = str(event.stream), self._previous.get(event.stream, 0)
        self._previous[event.stream] = event.version
        value = _shared(event, case, telling) | {name: get(tree) for name, get in telling.getters}
        return Message(
            case.encode(), write(value), _headers(event, case, telling, previous), beginning(event.decided_on)[1]
        )


def told_before(connection: Connection, events: Iterable[Recorded]) -> dict[UUID, int]:
    """Return, for each stream of these events, the version of the fact that was told before the first of them."""
    first: dict[UUID, int] = {}
    for event in events:
        first.setdefault(event.stream, event.version)
    later = {stream: version for stream, version in first.items() if version > 1}
    if not later:
        return {}
    asked = [literal(later), literal(later.values()), _INSIDE]
    return dict(connection.execute(_BEFORE, asked, prepare=True).fetchall())


@lru_cache(maxsize=1_000)
def beginning(day: date) -> tuple[bytes, int]:
    """Return when a day begins in Auckland: as RFC 3339 in UTC, and in Unix milliseconds.

    No fact tells a finer time: a case that goes on soon after midnight would tell a sixth birthday (BR-71).
    """
    first = datetime.combine(day, time(), AUCKLAND).astimezone(UTC)
    return first.strftime("%Y-%m-%dT%H:%M:%SZ").encode(), int(first.timestamp()) * 1000


def literal(values: Iterable[object]) -> str:
    """Return a list of plain values as PostgreSQL writes it, which is quicker than to pass them one by one."""
    return f"{{{','.join(map(str, values))}}}"


def _shared(event: Recorded, case: str, telling: Telling) -> dict[str, Any]:
    """Return what all facts say; of who recorded it the organisation and the role, never the person."""
    who = read(event.envelope) if telling.by else {"organisation": None, "role": None}
    return {
        "case_id": case,
        "recorded_on": event.decided_on.isoformat(),
        "organisation": who["organisation"],
        "role": who["role"],
    }


_SAME: Final = [
    ("content-type", b"application/json"),
    ("ce_specversion", b"1.0"),
    ("ce_source", SOURCE.encode()),
]
_TYPES: Final = {kind: ("ce_type", type_name(kind).encode()) for kind in FACTS}


def _headers(event: Recorded, case: str, telling: Telling, previous: int) -> list[tuple[str, bytes]]:
    position = b"%d" % event.position
    return [
        *_SAME,
        _TYPES[telling.kind],
        ("ce_id", position),
        ("ce_subject", case.encode()),
        ("ce_time", beginning(event.decided_on)[0]),
        ("ce_position", position),
        ("ce_version", b"%d" % event.version),
        ("ce_previousversion", b"%d" % previous),
    ]
