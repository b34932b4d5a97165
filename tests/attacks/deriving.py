"""Worlds in which paused cases go on for either cause, and an adversary who learns from some and guesses in others.

What is decided is decided by the domain, sealed by the codec and published by the publisher's own code.
"""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from math import log as ln
from typing import Any, TypeAlias
from uuid import UUID, uuid4

from adapters.case_facts.messages import Message
from api.automations.acting import AUTOMATIONS
from domain.cases.enrolling import CaseNoticeOfLeaving, NoteEnrolment
from domain.cases.pausing import CasePaused, ResumeWhenDue
from domain.cases.recording_activities import RecordActivity
from domain.days import AUCKLAND, LeapBirthday, birthday
from domain.decision import Actor, Ref, Source
from domain.policies.policy import SERVICE_POLICY
from domain.students.enrolling import StudentEnrolled
from domain.students.student import Enrolment, Student
from eventstore.envelope import Envelope
from eventstore.log import Recorded
from tests.adapters.case_histories import CaseLog
from tests.domain.cases.scenes import ALL_FOUR, AT_AWHI, CREATED, KAURI, OPEN, RIMU, given, student

PAUSED_FROM = date(2026, 5, 11)
FEED = Actor(user=UUID(int=0xFEED), role="SYSTEM", organisation=AUTOMATIONS.organisation, source=Source.ENROL)
STEPS = range(-3, 4)

Entry: TypeAlias = Mapping[str, Any]
"""What an adversary sees of one thing: its names and values."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """A child whose case was paused, and whether the sixth birthday or an enrolment woke it."""

    case: UUID
    student: UUID
    birthday: bool
    resumed_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What is recorded when, in which stream, and by whom."""

    at: datetime
    stream: UUID
    events: tuple[Any, ...]
    by: Actor
    facts: Mapping[UUID, int]


def played(log: CaseLog, draw: random.Random, lives: int) -> list[Life]:
    """Write the lives of so many children into the log, as their days come; answers with the truth about each."""
    told: list[Life] = []
    happenings: list[Happening] = []
    for _ in range(lives):
        life, happened = _life(draw)
        told.append(life)
        happenings += happened
    rows = (
        log.next(each.stream, event, at=each.at, by=Envelope.of(each.by, each.facts).encode())
        for each in sorted(happenings, key=lambda one: one.at)
        for event in each.events
    )
    log.write(list(rows))
    return told


def _life(draw: random.Random) -> tuple[Life, list[Happening]]:
    """Paused for as long, and worked on alike, whatever woke the case: how long a pause takes is known anyway."""
    case, child, six = uuid4(), uuid4(), draw.random() < 0.5
    paused_on = PAUSED_FROM + timedelta(days=draw.randrange(60))
    on = paused_on + timedelta(days=draw.randrange(1, 90))
    school = draw.choice([KAURI, RIMU])
    born_on = on.replace(year=on.year - 6) if six else on.replace(year=on.year - 5, day=1)
    assert birthday(born_on, 6, LeapBirthday.MAR1) == on or not six
    off = student(born_on, at=None)
    enrolled_on = on if not six else on + timedelta(days=draw.randrange(1, 60))
    enrolment = StudentEnrolled(school=school, from_on=enrolled_on)
    on_roll = replace(off, enrolments=(Enrolment(school=school, from_on=enrolled_on),))
    created = replace(CREATED, student=child)
    left = CaseNoticeOfLeaving(school=KAURI, previous_contact=CREATED.primary_contact)
    pause = CasePaused(attestations=ALL_FOUR, paused_on=paused_on, stopped=_CLOCKS)
    events: list[Any] = [created, *OPEN[1:], left, pause]
    happened = [_at(paused_on, draw.uniform(9, 16), case, events, AT_AWHI)]

    def system(day: date, hour: float, command: Any, who: Student) -> None:
        known = given(*events).knowing({Ref(Student, child): who}).on(day)
        new = known.when(command).events
        events.extend(new)
        happened.append(_at(day, hour, case, new, AUTOMATIONS))

    hour = draw.uniform(8, 17)
    if six:
        system(on, 0.001, ResumeWhenDue(), off)
    happened.append(_at(enrolled_on, hour, child, [enrolment], FEED))
    system(enrolled_on, hour + 0.001, NoteEnrolment(), on_roll)
    if not six:
        system(on, hour + 0.002, ResumeWhenDue(), on_roll)
    for _ in range(draw.randrange(4)):
        later = on + timedelta(days=draw.randrange(1, 40))
        act = RecordActivity(activity=uuid4(), kind="PHONE_CALL", occurred_on=later)
        new = given(*events).knowing({Ref(Student, child): on_roll}).by(AT_AWHI).on(later).when(act).events
        happened.append(_at(later, draw.uniform(9, 16), case, new, AT_AWHI))
    return Life(case=case, student=child, birthday=six, resumed_on=on), happened


_CLOCKS = tuple(clock.kind for clock in given(*OPEN).state.episode.running)


def _at(day: date, hour: float, stream: UUID, events: Iterable[Any], by: Actor) -> Happening:
    at = (datetime.combine(day, time(), AUCKLAND) + timedelta(hours=hour)).astimezone(UTC)
    return Happening(at=at, stream=stream, events=tuple(events), by=by, facts={SERVICE_POLICY: 1})


def topic(messages: Sequence[Message]) -> dict[bytes, list[Entry]]:
    """What the topic shows of each case: everything in a record, and where it lies among the others."""
    seen = defaultdict[bytes, list[Entry]](list)
    kinds = ["", "", *(dict(message.headers)["ce_type"].decode() for message in messages), "", ""]
    batches = Counter(message.day for message in messages)
    for place, message in enumerate(messages):
        entry: dict[str, Any] = {
            "day": message.day // 86_400_000,
            "in_day": batches[message.day],
            "bytes": len(message.value),
        }
        entry |= {name: value.decode() for name, value in message.headers if name not in ("ce_id", "ce_subject")}
        entry |= {f"near{step}": kinds[place + 2 + step] for step in (-2, -1, 1, 2)}
        entry |= {name: str(value) for name, value in json.loads(message.value).items() if name != "case_id"}
        seen[message.key].append({"type": dict(message.headers)["ce_type"].decode().rpartition(".")[2], **entry})
    return seen


def inside(rows: Iterable[Recorded], lives: Sequence[Life]) -> dict[UUID, list[Entry]]:
    """What the log shows without keys of each case and its student: everything that is not sealed."""
    case_of = {life.student: life.case for life in lives}
    seen = defaultdict[UUID, list[Entry]](list)
    for row in rows:
        seen[case_of.get(row.stream, row.stream)].append({"type": row.type, **_clear(row)})
    return seen


def alone(rows: Iterable[Recorded]) -> dict[UUID, list[Entry]]:
    """What a resume shows by itself: its own row in the log, and nothing beside it."""
    resumes = (row for row in rows if row.type.startswith("CaseResumed"))
    return {row.stream: [{"type": row.type, **_clear(row), "hour": None}] for row in resumes}


def _clear(row: Recorded) -> dict[str, Any]:
    envelope, data = json.loads(row.envelope), json.loads(row.data)
    said = {f"data.{name}": "" if name == "trigger" else str(value) for name, value in data.items()}
    asked = {name: str(value) for name, value in envelope.items() if name != "facts"}
    places = {"day": row.decided_on.toordinal(), "hour": row.recorded_at.astimezone(AUCKLAND).hour}
    sizes = {"bytes": len(row.data), "facts": str(sorted(envelope["facts"].items())), "schema": row.schema_version}
    return {**said, **asked, **places, **sizes}


def features(entries: Sequence[Entry]) -> dict[str, Any]:
    """Whatever can be said of a resume: its values, its neighbours', what lies on its day, what there ever is."""
    at = next(place for place, entry in enumerate(entries) if entry["type"].startswith("CaseResumed"))
    resume, found = entries[at], dict[str, Any]()
    for step in STEPS:
        near: Entry = entries[at + step] if 0 <= at + step < len(entries) else {}
        found |= {f"{step}.{name}": value for name, value in near.items()}
        found[f"{step}.apart"] = near["day"] - resume["day"] if near else None
        found[f"{step}.same_day"] = bool(near) and near["day"] == resume["day"]
    for kind in {entry["type"] for entry in entries}:
        found[f"ever.{kind}"] = sum(entry["type"] == kind for entry in entries)
        found[f"after.{kind}"] = any(entry["type"] == kind for entry in entries[at:])
        found[f"that_day.{kind}"] = any(entry["type"] == kind for entry in entries if entry["day"] == resume["day"])
    found["weekday"], found["length"], found["place"] = resume["day"] % 7, len(entries), at
    return found


class Adversary:
    """Learns which value of which feature goes with a birthday, and guesses by the best one, or by all together."""

    def __init__(self, seen: Sequence[Mapping[str, Any]], truth: Sequence[bool]) -> None:
        self._counts = defaultdict[tuple[str, Any], list[int]](lambda: [0, 0])
        for each, birthday_ in zip(seen, truth, strict=True):
            for feature in each.items():
                self._counts[feature][birthday_] += 1
        names = sorted({name for name, _ in self._counts})
        self.best = max(names, key=lambda name: self._right(name, seen, truth))
        self._often = sum(truth) * 2 > len(truth)

    def by_best(self, seen: Mapping[str, Any]) -> bool:
        return self._guess(self.best, seen)

    def by_all(self, seen: Mapping[str, Any]) -> bool:
        odds = (self._counts.get(feature, [0, 0]) for feature in seen.items())
        return sum(ln((yes + 1) / (no + 1)) for no, yes in odds) > 0

    def _guess(self, name: str, seen: Mapping[str, Any]) -> bool:
        no, yes = self._counts.get((name, seen.get(name)), [0, 0])
        return yes > no if yes != no else getattr(self, "_often", True)

    def _right(self, name: str, seen: Sequence[Mapping[str, Any]], truth: Sequence[bool]) -> int:
        """How many more are right than wrong, of values that occur often enough to be learnt."""
        counts = (self._counts[name, value] for value in {each.get(name) for each in seen})
        return sum(max(pair) for pair in counts if sum(pair) >= 10)


def share(guesses: Sequence[bool], truth: Sequence[bool]) -> float:
    """How many guesses are right."""
    return sum(guess == true for guess, true in zip(guesses, truth, strict=True)) / len(truth)
