"""Reconciling: what has to be told so that the topic says what the log says, after an older copy was restored.

What the topic holds of each case is laid beside what the log would have told of it, fact by fact. Where they part, the
rest is withdrawn, and told as the log has it. So it needs to know neither when the copy was made nor what was lost, and
whoever was cut off in the middle does it again (ADR 27).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from adapters.case_facts.contract import FactsWithdrawn
from adapters.case_facts.messages import Message, Messages, Planned, type_name
from eventstore.canonical import Tree, read, write
from eventstore.connections import Connection
from eventstore.log import Recorded, tail

BATCH: Final = 2_000
"""How many events are laid beside the topic at once."""

_WITHDRAWN: Final = type_name(FactsWithdrawn)


class Kept(NamedTuple):
    """A fact in the topic: which fields it has, since later releases may tell more, and a digest of them."""

    fields: tuple[str, ...]
    digest: bytes

    @classmethod
    def of(cls, kind: str, value: Tree, fields: Iterable[str]) -> "Kept | None":
        """Keep these fields of a fact; None if it does not have them all."""
        names = _names(tuple(fields))
        if not value.keys() >= set(names):
            return None
        said = write([kind, {name: value[name] for name in names}])
        return cls(names, blake2b(said, digest_size=16).digest())


@dataclass(slots=True)
class Chain:
    """What stands of a subject: facts numbered without gaps from `first` on, and how many the log has told as well."""

    key_id: str
    first: int
    facts: list[Kept] = field(default_factory=list)
    found: int = 0

    @property
    def last(self) -> int:
        return self.first + len(self.facts) - 1

    def at(self, number: int) -> Kept | None:
        """Return the fact of this number."""
        return self.facts[number - self.first] if self.first <= number <= self.last else None

    def withdraw(self, after: int) -> None:
        """Forget what has a greater number."""
        del self.facts[max(0, after + 1 - self.first) :]


class Contents:
    """What a topic says by now, to whoever reads it from its beginning and forgets what was withdrawn."""

    def __init__(self) -> None:
        self.chains: dict[str, Chain] = {}
        self.generation = 0

    def add(self, record: Any) -> None:
        """Take in the next record."""
        headers = {name: value.decode() for name, value in record.headers}
        subject, number = headers["ce_subject"], int(headers["ce_sequence"])
        self.generation = max(self.generation, int(headers.get("ce_generation", 0)))
        chain = self.chains.setdefault(subject, Chain(headers["ce_keyid"], number))
        chain.withdraw(number if headers["ce_type"] == _WITHDRAWN else number - 1)
        if headers["ce_type"] != _WITHDRAWN:
            value = read(record.value)
            kept = Kept.of(headers["ce_type"], value, value)
            chain.first = chain.first if chain.facts else number
            chain.facts += [kept] if kept else []

    def facts(self) -> int:
        """Return how many facts stand."""
        return sum(len(chain.facts) for chain in self.chains.values())


@dataclass(slots=True, kw_only=True)
class Difference:
    """In how many facts topic and log differ: those that stand, and those to be withdrawn and told, of how many cases.

    Under two secrets a case counts twice.
    """

    standing: int = 0
    withdrawn: int = 0
    told: int = 0
    cases: int = 0


class Reconciliation:
    """Lays a log beside a topic, and says what makes them agree; `difference` and `last` say how far it has come."""

    def __init__(self, contents: Contents, messages: Messages, day: date) -> None:
        self.difference = Difference()
        self.last: Recorded | None = None
        self.generation = contents.generation + 1
        self._contents = contents
        self._messages = messages
        self._pseudonyms = messages.pseudonyms.each()
        self._day = day
        self._parted = set[str]()
        self._elsewhere = {chain.key_id for chain in contents.chains.values()} - {
            each.key_id for each in self._pseudonyms
        }

    def corrections(self, connection: Connection) -> Iterator[Message]:
        """Return what has to be told, in order. Raises UnknownType."""
        self._messages.begin(connection, 0, self.generation)
        while events := tail(connection, self.last.position if self.last else 0, BATCH):
            planned, self.last = self._messages.planned(connection, events)
            for fact in planned:
                yield from self._laid_beside(fact)
        yield from self._rest()

    def _laid_beside(self, fact: Planned) -> Iterator[Message]:
        case = self._messages.pseudonyms.of_case(fact.event.stream)
        if case not in self._parted:
            if self._stands(fact) or self._told_elsewhere():
                return
            self._parted.add(case)
            for pseudonyms in self._pseudonyms:
                yield from self._withdrawal(pseudonyms.of_case(fact.event.stream), fact.number - 1)
        self.difference.told += 1
        yield self._messages.message(fact)

    def _stands(self, fact: Planned) -> bool:
        """Say whether the topic holds this fact, by whichever of our secrets."""
        for pseudonyms in self._pseudonyms:
            chain = self._contents.chains.get(pseudonyms.of_case(fact.event.stream))
            kept = chain.at(fact.number) if chain else None
            if chain and kept and kept == self._kept(fact, pseudonyms, kept.fields):
                chain.found = fact.number
                self.difference.standing += 1
                return True
        return False

    def _kept(self, fact: Planned, pseudonyms: Any, fields: Iterable[str]) -> Kept | None:
        return Kept.of(type_name(fact.telling.kind), self._messages.value(fact, pseudonyms), fields)

    def _told_elsewhere(self) -> bool:
        """Say whether a fact was told with a secret that is gone: before any that was told with one of ours."""
        return bool(self._elsewhere) and not self.difference.standing

    def _rest(self) -> Iterator[Message]:
        """Withdraw what the log has not told."""
        for subject, chain in self._contents.chains.items():
            if chain.key_id not in self._elsewhere:
                yield from self._withdrawal(subject, max(chain.found, chain.first - 1))

    def _withdrawal(self, subject: str, after: int) -> Iterator[Message]:
        chain = self._contents.chains.get(subject)
        if chain and chain.facts and chain.last > after:
            stands = max(after, chain.first - 1)
            self.difference.withdrawn += chain.last - stands
            self.difference.cases += 1
            chain.withdraw(stands)
            yield self._messages.withdrawn(subject, chain.key_id, stands, self._day)


@cache
def _names(fields: tuple[str, ...]) -> tuple[str, ...]:
    """Return one and the same tuple for the same fields, of which there are few and facts many."""
    return fields
