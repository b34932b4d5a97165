"""Whoever has the topic and no keys does not learn whose sixth birthday it was (BR-71); ADR 14 says what remains."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from math import sqrt
from typing import Any

import pytest

from adapters.case_facts.messages import Message, Messages
from domain.cases.transitioning import CaseReturnedToOpen
from eventstore.connections import connect
from eventstore.log import Recorded, tail
from tests.adapters.case_histories import PSEUDONYMS, CaseLog, example
from tests.attacks.deriving import Adversary, Entry, Life, alone, features, inside, played, share, topic
from tests.projections.small import as_role

LIVES = 600
AFTERWARDS = datetime(2027, 6, 1, tzinfo=UTC)
Seen = Sequence[Mapping[str, Any]]


class Country:
    """What happened in it, as it lies in the log and in the topic, and the truth about each resume."""

    def __init__(self, lives: list[Life], rows: list[Recorded], messages: list[Message]) -> None:
        self.lives, self.rows, self.messages = lives, rows, messages
        self.truth = [life.birthday for life in lives]

    def seen(self, entries: Mapping[Any, list[Entry]], key: Callable[[Life], Any]) -> Seen:
        return [features(entries[key(life)]) for life in self.lives]

    def in_the_topic(self) -> Seen:
        return self.seen(topic(self.messages), lambda life: PSEUDONYMS.of_case(life.case).encode())

    def in_the_log(self) -> Seen:
        return self.seen(inside(self.rows, self.lives), lambda life: life.case)

    def resumes_alone(self) -> Seen:
        return self.seen(alone(self.rows), lambda life: life.case)


@pytest.fixture
def country(migrated: str) -> Iterator[Country]:
    with closing(CaseLog(migrated)) as log, connect(as_role(migrated, "followers")) as reader:
        lives = played(log, random.Random(71), LIVES)
        log.write([log.next(lives[0].case, example(CaseReturnedToOpen), at=AFTERWARDS)])
        messages = Messages(PSEUDONYMS)
        messages.begin(reader, 0)
        rows = tail(reader, 0, 100_000)
        yield Country(lives, rows, messages.of(reader, rows).facts)


def split(seen: Seen, truth: Sequence[bool]) -> tuple[Adversary, Seen, list[bool]]:
    """An adversary who knows the truth about the first half, and the other half to guess in."""
    half = len(truth) // 2
    return Adversary(seen[:half], truth[:half]), seen[half:], list(truth[half:])


def chance(truth: Sequence[bool]) -> float:
    """How many are right by guessing what is the more frequent, and three standard errors."""
    base = max(sum(truth), len(truth) - sum(truth)) / len(truth)
    return base + 3 * sqrt(0.25 / len(truth))


def beaten(seen: Seen, truth: Sequence[bool]) -> dict[str, float]:
    """Each strategy that beats chance, and how many of its guesses are right."""
    adversary, others, true = split(seen, truth)
    tried = {
        f"best: {adversary.best}": share([adversary.by_best(each) for each in others], true),
        "all together": share([adversary.by_all(each) for each in others], true),
        **{name: share([guess(each) for each in others], true) for name, guess in KNOWN.items()},
    }
    return {name: right for name, right in tried.items() if right > chance(true)}


KNOWN: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "a resume without an enrolment that day": lambda seen: (
        not any(
            seen.get(f"that_day.{name}") for name in ("EnrolmentNoticed", "CaseNoticeOfEnrolment", "StudentEnrolled")
        )
    ),
    "an enrolment only after it": lambda seen: bool(seen.get("1.type") == "EnrolmentNoticed"),
    "a gap in the numbers": lambda seen: seen.get("0.ce_sequence") == str(seen["place"] + 1),
}


def test_whoever_reads_the_topic_names_no_sixth_birthday_better_than_by_chance_BR_71(country: Country):
    assert beaten(country.in_the_topic(), country.truth) == {}


def test_the_row_of_a_resume_by_itself_tells_nothing_of_its_cause_BR_71(country: Country):
    assert beaten(country.resumes_alone(), country.truth) == {}


def test_with_the_whole_log_the_enrolment_beside_a_resume_tells_it_as_ADR_14_says(country: Country):
    """What remains; and the adversary is one who finds what there is to find."""
    found = beaten(country.in_the_log(), country.truth)
    assert found["a resume without an enrolment that day"] == 1.0
    assert len(found) > 1
