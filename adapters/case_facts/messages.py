"""Messages: facts as they lie in the topic, key, value and headers, made from events as they stand in the log.

The headers are CloudEvents 1.0 in Kafka's binary mode. `ce_sequence` counts the facts told of a case, 1, 2, 3, ...: a
consumer who has every number up to it has missed nothing, and no gap tells of what stayed inside.
`ce_generation` is how often the log was restored from an older copy: numbers that were withdrawn are given again.
Of a case that was ever paused, each fact waits for the end of its Auckland week (ADR 20).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from adapters.case_facts import contract
from adapters.case_facts.chains import FIRST, Chain, Week, chains, waiting, week_after
from adapters.case_facts.contract import FACTS, TOPIC
from adapters.case_facts.pseudonyms import Pseudonyms
from adapters.case_facts.telling import QUIET_ONCE_PAUSED, TOLD, UNNAMED_ONCE_PAUSED, Telling
from domain import registry
from domain.days import AUCKLAND
from eventstore.canonical import Tree, read, write
from eventstore.codec import UnknownType
from eventstore.connections import Connection
from eventstore.log import Recorded
from eventstore.upcasters import UPCASTERS, Upcasters

SOURCE: Final = "/attendance/case-facts"

REMEMBERED: Final = 100_000
"""Of so many cases it is remembered how many facts were told; of the others the log is asked."""

_QUIET: Final = {TOLD[kind].kind for kind in QUIET_ONCE_PAUSED}


class Message(NamedTuple):
    """What is sent; the key is the case, the time the day: its first instant in Auckland, in Unix milliseconds."""

    key: bytes
    value: bytes
    headers: list[tuple[str, bytes]]
    day: int


class Planned(NamedTuple):
    """A fact that some event makes known: how it is told, under which number, for which day, and by whom."""

    event: Recorded
    telling: Telling
    number: int
    day: date
    by: Mapping[str, Tree]
    unnamed: Collection[str] = ()


class Told(NamedTuple):
    """The facts that some events make known, and the last of the events that were looked at."""

    facts: list[Message]
    last: Recorded


class Messages:
    """Makes the messages of events that follow each other; knows which types there are, and needs nobody's keys."""

    def __init__(
        self,
        pseudonyms: Pseudonyms,
        types: Mapping[str, type[Any]] | None = None,
        upcasters: Upcasters = UPCASTERS,
    ) -> None:
        known = registry.events() if types is None else types
        self.pseudonyms = pseudonyms
        self._upcasters = upcasters
        self._tellings = {(name, upcasters.present(name)): TOLD.get(kind) for name, kind in known.items()}
        self._chains: dict[UUID, Chain] = {}
        self._week: Week | None = None
        self.generation = 0

    def begin(self, connection: Connection, after: int, generation: int = 0) -> None:
        """Go on after this position, whatever came last: the log says what of its week is still to be told."""
        self.generation = generation
        self._chains.clear()
        self._week = week_after(connection, after)

    def of(self, connection: Connection, events: Sequence[Recorded]) -> Told:
        """Return what these events make known, up to the first of a type that is not known.

        With the first event of a week goes what had waited in the weeks before. Raises UnknownType if the very first
        is not known; nothing is lost if what is returned is not told, and `begin` comes next.
        """
        planned, last = self.planned(connection, events)
        return Told([self.message(each) for each in planned], last)

    def planned(self, connection: Connection, events: Sequence[Recorded]) -> tuple[list[Planned], Recorded]:
        """Return the same before it is made a message."""
        known = list(self._known(events))
        self._remember(connection, [event for event, telling in known if telling])
        facts: list[Planned] = []
        for event, telling in known:
            if self._week is None or event.decided_on >= self._week.next_on:
                facts += self._batch(connection, self._week, event.position)
                self._week = Week.of(event.decided_on, event.position)
            if telling:
                facts += self._at_once(event, telling)
        return facts, known[-1][0]

    def _known(self, events: Sequence[Recorded]) -> Iterator[tuple[Recorded, Telling | None]]:
        """Say how each event is told, up to the first whose type is not known."""
        for event in events:
            try:
                telling = self._telling(event)
            except UnknownType:
                if event is events[0]:
                    raise
                return
            yield event, telling

    def _telling(self, event: Recorded) -> Telling | None:
        present = self._upcasters.target(event.type, event.schema_version)
        if present not in self._tellings:
            raise UnknownType(f"{event.type}, schema version {event.schema_version}")
        return self._tellings[present]

    def _remember(self, connection: Connection, events: Iterable[Recorded]) -> None:
        if len(self._chains) > REMEMBERED:
            self._chains.clear()
        self._chains |= chains(connection, (event for event in events if event.stream not in self._chains))

    def _at_once(self, event: Recorded, telling: Telling) -> Iterator[Planned]:
        """Tell it, unless its case was paused before: then it waits for the end of the week."""
        chain = self._chains.get(event.stream, FIRST)
        if not chain.paused:
            chain = Chain(chain.told + 1, paused=telling.kind is contract.CasePaused)
            self._chains[event.stream] = chain
            yield Planned(event, telling, chain.told, event.decided_on, _by(event))

    def _batch(self, connection: Connection, week: Week | None, until: int) -> Iterator[Planned]:
        """Tell what waited, case by case, in an order that is not the log's; neither on which day, nor by whom."""
        events = waiting(connection, week.since, until) if week else []
        if week and events:
            before = chains(connection, events)
            told = Counter({stream: chain.told for stream, chain in before.items()})
            for event in sorted(events, key=lambda one: (self.pseudonyms.order(week.on, one.stream), one.version)):
                telling = self._telling(event)
                if telling and telling.kind not in _QUIET:
                    told[event.stream] += 1
                    yield Planned(event, telling, told[event.stream], week.last_on, _NOBODY, UNNAMED_ONCE_PAUSED)

    def value(self, fact: Planned, pseudonyms: Pseudonyms) -> dict[str, Tree]:
        """Return what a fact says."""
        event = fact.event
        tree = self._upcasters.apply(event.type, event.schema_version, read(event.data))
        said = fact.telling.told(tree, pseudonyms.within(event.stream))
        shared = {"case_id": pseudonyms.of_case(event.stream), "recorded_on": fact.day.isoformat(), **fact.by}
        return said | dict.fromkeys(said.keys() & fact.unnamed) | shared

    def message(self, fact: Planned) -> Message:
        """Return a fact as it is sent."""
        return self._message(fact.telling.kind, self.value(fact, self.pseudonyms), fact.number, fact.day)

    def withdrawn(self, subject: str, key_id: str, after: int, day: date) -> Message:
        """Return what says that of this case nothing stands that was told with a greater number."""
        value = {"case_id": subject, "recorded_on": day.isoformat(), **_NOBODY, "after": after}
        return self._message(contract.FactsWithdrawn, value, after, day, key_id)

    def _message(
        self, kind: type[Any], value: Mapping[str, Tree], number: int, day: date, key_id: str | None = None
    ) -> Message:
        case, began = str(value["case_id"]), beginning(day)
        headers = [
            *_SAME,
            _TYPES[kind],
            ("ce_id", f"{case}/{self.generation}/{number}".encode()),
            ("ce_subject", case.encode()),
            ("ce_time", began[0]),
            ("ce_sequence", b"%d" % number),
            ("ce_generation", b"%d" % self.generation),
            ("ce_keyid", (key_id or self.pseudonyms.key_id).encode()),
        ]
        return Message(case.encode(), write(value), headers, began[1])


def type_name(kind: type[Any]) -> str:
    """Return what a consumer knows a type by (`ce_type`)."""
    return f"{TOPIC}.{kind.__name__}"


@lru_cache(maxsize=1_000)
def beginning(day: date) -> tuple[bytes, int]:
    """Return when a day begins in Auckland: as RFC 3339 in UTC, and in Unix milliseconds.

    No fact tells a finer time: a case that goes on soon after midnight would tell a sixth birthday (BR-71).
    """
    first = datetime.combine(day, time(), AUCKLAND).astimezone(UTC)
    return first.strftime("%Y-%m-%dT%H:%M:%SZ").encode(), int(first.timestamp()) * 1000


def _by(event: Recorded) -> dict[str, Tree]:
    """Return who recorded it: the organisation and the role, never the person."""
    who = read(event.envelope)
    return {name: who[name] for name in _NOBODY}


_NOBODY: Final[Mapping[str, Tree]] = {"organisation": None, "role": None}
_SAME: Final = [
    ("content-type", b"application/json"),
    ("ce_specversion", b"1.0"),
    ("ce_source", SOURCE.encode()),
]
_TYPES: Final = {kind: ("ce_type", type_name(kind).encode()) for kind in FACTS}
