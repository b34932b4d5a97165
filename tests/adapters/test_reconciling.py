"""After an older copy was restored, the topic says what the log says, to new readers and to those of before."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date
from json import loads
from typing import Any
from uuid import uuid4

import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from adapters.case_facts.messages import Messages
from adapters.case_facts.pseudonyms import Pseudonyms
from adapters.kafka.client import Fenced, settings_of
from adapters.kafka.publisher import CaseFacts
from adapters.kafka.reconciler import NothingShared, Reconciler
from adapters.kafka.topics import OtherLog
from domain import registry
from domain.cases.pausing import CasePaused
from eventstore.connections import connect
from eventstore.followers import State
from eventstore.key_material import Secret, Secrets
from tests.adapters.case_histories import PSEUDONYMS, SECRET, CaseLog, example, history, of_cases
from tests.adapters.test_kafka import (
    caught_up,
    expected,
    following,
    kafka,
    publisher,
    pytestmark,
    read,
    topic,
    until,
)
from tests.kafka_broker import Broker, Given
from tests.projections.small import as_role

__all__ = ["kafka", "publisher", "pytestmark", "topic"]

TODAY = date(2026, 3, 1)
CASES = 200
OTHER = Secret("other", bytes(range(1, 33)))
BOTH = Pseudonyms(Secrets(OTHER, SECRET))


class Reader:
    """Somebody who obeys docs/kafka.md, and may read what was read before again."""

    def __init__(self) -> None:
        self.facts = defaultdict[str, dict[int, Any]](dict)
        self._last = dict[str, tuple[int, int]]()

    def read(self, records: list[Any]) -> "Reader":
        for record in records:
            headers = {name: value.decode() for name, value in record.headers}
            self._take(headers, record.value)
        return self

    def _take(self, headers: dict[str, str], value: bytes) -> None:
        case, number = headers["ce_subject"], int(headers["ce_sequence"])
        place = (int(headers["ce_generation"]), number)
        kind = headers["ce_type"].rpartition(".")[2]
        if place <= self._last.get(case, (0, 0)):
            return
        if kind == "FactsWithdrawn":
            assert loads(value)["after"] == number
            self.facts[case] = {n: fact for n, fact in self.facts[case].items() if n <= number}
        else:
            assert number == self._last.get(case, (0, 0))[1] + 1, "a number was missed"
            self.facts[case][number] = (kind, value)
        self._last[case] = place

    @property
    def chains(self) -> dict[str, Any]:
        return {
            case: [(number, kind, loads(value)["recorded_on"]) for number, (kind, value) in facts.items()]
            for case, facts in self.facts.items()
            if facts
        }


@pytest.fixture
def restored(
    migrated: str, copy_of: Callable[[str], str], kafka: Broker | Given, topic: str, publisher: Callable[..., CaseFacts]
) -> Iterator[Callable[..., tuple[CaseLog, str]]]:
    """Publish a log, copy it, go on for a while, and answer with the copy."""
    opened: list[CaseLog] = []

    def restore(*, kept: int, lost: int) -> tuple[CaseLog, str]:
        with closing(CaseLog(migrated)) as log:
            log.add(history(CASES, kept, seed=41))
            publish(kafka, topic, log, migrated, publisher())
        copy = copy_of(name_of(migrated))
        with closing(CaseLog(migrated)) as log:
            log.position, log.versions = kept, versions(log)
            log.add(history(CASES, lost, seed=42))
            log.add((uuid4(), example(CasePaused)) for _ in range(3))
            publish(kafka, topic, log, migrated, publisher())
        opened.append(CaseLog(copy))
        opened[-1].position, opened[-1].versions = kept, versions(opened[-1])
        return opened[-1], as_role(copy, "followers")

    yield restore
    for each in opened:
        each.close()


def versions(log: CaseLog) -> dict[Any, int]:
    return dict(log.db.execute("SELECT stream, max(version) FROM log.events GROUP BY stream").fetchall())


def publish(kafka: Broker | Given, topic: str, log: CaseLog, dsn: str, work: CaseFacts) -> None:
    with following(as_role(dsn, "followers"), work):
        until(lambda: caught_up(kafka, topic, log), "the publisher did not catch up")


def reconciler(kafka: Broker | Given, topic: str, pseudonyms: Pseudonyms = PSEUDONYMS, **more: Any) -> Reconciler:
    messages = Messages(pseudonyms, registry.events())
    return Reconciler(settings=settings_of(kafka.bootstrap, {}), messages=messages, day=TODAY, topic=topic, **more)


def test_after_a_restore_whoever_reads_the_topic_holds_what_the_restored_log_says(
    kafka: Broker | Given, topic: str, restored: Callable[..., Any], publisher: Callable[..., CaseFacts]
):
    log, followers = restored(kept=400, lost=200)
    followed_along = Reader().read(read(kafka, topic))
    log.add(history(CASES, 100, seed=43))  # the service went on before anybody noticed
    with following(followers, publisher()) as halted:
        until(lambda: halted.health.state is State.HALTED)
        assert "attendance reconcile" in (halted.health.reason or "")
        with connect(followers, deadline=None) as db:
            before = reconciler(kafka, topic).preview(db)
            assert before
            assert (before.standing > 0, before.withdrawn > 0, before.told > 0, before.cases > 0) == (True,) * 4
            assert reconciler(kafka, topic).carry_out(db) == before
            assert reconciler(kafka, topic).preview(db) is None
        log.add(history(CASES, 150, seed=44))
        until(lambda: caught_up(kafka, topic, log), "the publisher did not go on")
    records = read(kafka, topic)
    assert Reader().read(records).chains == expected(log)
    assert followed_along.read(records).chains == expected(log)
    assert followed_along.facts == Reader().read(records).facts


def test_every_record_has_an_id_of_its_own_though_numbers_are_given_again(
    kafka: Broker | Given, topic: str, restored: Callable[..., Any]
):
    log, followers = restored(kept=200, lost=100)
    log.add(history(CASES, 100, seed=45))
    with connect(followers, deadline=None) as db:
        reconciler(kafka, topic).carry_out(db)
    ids = [dict(record.headers)["ce_id"] for record in read(kafka, topic)]
    assert len(set(ids)) == len(ids)


def test_a_reconciliation_that_was_cut_off_is_done_again(
    kafka: Broker | Given,
    topic: str,
    restored: Callable[..., Any],
    publisher: Callable[..., CaseFacts],
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("adapters.kafka.reconciler.TOGETHER", 10)
    log, followers = restored(kept=400, lost=200)
    log.add(history(CASES, 100, seed=46))
    followed_along = Reader().read(read(kafka, topic))
    for transactions in (1, 2, 4):
        with connect(followers, deadline=None) as db, pytest.raises(CutOff):
            reconciler(kafka, topic, tell=cut_off_after(transactions)).carry_out(db)
        with connect(followers) as db, pytest.raises(OtherLog):
            publisher().begin(db)
        followed_along.read(read(kafka, topic))
    with connect(followers, deadline=None) as db:
        reconciler(kafka, topic).carry_out(db)
    with following(followers, publisher()):
        until(lambda: caught_up(kafka, topic, log))
    records = read(kafka, topic)
    assert Reader().read(records).chains == expected(log)
    assert followed_along.read(records).chains == expected(log)


class CutOff(Exception):
    """The end of a process, for whoever has no part in it."""


def cut_off_after(transactions: int) -> Callable[[str, float], None]:
    """Return what is told how far it has come, and ends it after so many transactions."""
    left = iter(range(transactions - 1))

    def tell(phase: str, _: float) -> None:
        if phase == "telling" and next(left, None) is None:
            raise CutOff

    return tell


def test_a_second_restore_is_reconciled_like_the_first(
    kafka: Broker | Given,
    topic: str,
    restored: Callable[..., Any],
    publisher: Callable[..., CaseFacts],
    copy_of: Callable[[str], str],
):
    log, followers = restored(kept=300, lost=100)
    log.close()
    again = copy_of(name_of(followers))
    for dsn, seed in ((followers, 47), (as_role(again, "followers"), 48)):
        with connect(dsn, deadline=None) as db:
            reconciler(kafka, topic).carry_out(db)
        with closing(CaseLog(superuser(again, dsn))) as opened:
            opened.position, opened.versions = 300, versions(opened)
            opened.add(history(CASES, 120, seed=seed))
            publish(kafka, topic, opened, superuser(again, dsn), publisher())
            assert Reader().read(read(kafka, topic)).chains == expected(opened)


def name_of(dsn: str) -> str:
    return str(conninfo_to_dict(dsn)["dbname"])


def superuser(like: str, dsn: str) -> str:
    """The superuser's DSN of the database of this DSN."""
    return make_conninfo(like, dbname=name_of(dsn))


def test_another_database_is_never_reconciled(kafka: Broker | Given, topic: str, restored: Callable[..., Any]):
    log, followers = restored(kept=50, lost=20)
    log.db.execute("ALTER TABLE log.events DISABLE TRIGGER USER")
    log.db.execute("UPDATE log.events SET stream = gen_random_uuid()")
    before = len(read(kafka, topic))
    with connect(followers, deadline=None) as db, pytest.raises(NothingShared):
        reconciler(kafka, topic).preview(db)
    assert len(read(kafka, topic)) == before


def test_a_topic_that_follows_the_log_or_is_not_there_yet_is_left_as_it_is(
    kafka: Broker | Given, topic: str, migrated: str, publisher: Callable[..., CaseFacts]
):
    with closing(CaseLog(migrated)) as log, connect(as_role(migrated, "followers"), deadline=None) as db:
        assert reconciler(kafka, topic).preview(db) is None
        log.add((uuid4(), example(kind)) for kind in of_cases())
        publish(kafka, topic, log, migrated, publisher())
        assert reconciler(kafka, topic).preview(db) is None


def test_a_publisher_that_works_meanwhile_ends_and_facts_are_told_by_one_alone(
    kafka: Broker | Given, topic: str, restored: Callable[..., Any], migrated: str, publisher: Callable[..., CaseFacts]
):
    log, followers = restored(kept=100, lost=50)
    former = publisher()
    with following(as_role(migrated, "followers"), former) as follower, closing(CaseLog(migrated)) as lost:
        until(lambda: follower.ready)
        with connect(followers, deadline=None) as db:
            reconciler(kafka, topic).carry_out(db)
        lost.position, lost.versions = 153, versions(lost)
        lost.add((uuid4(), example(CasePaused)) for _ in range(3))
        until(lambda: former.over, "the publisher of the lost log goes on")
    assert isinstance(former.over, Fenced)
    assert Reader().read(read(kafka, topic)).chains == expected(log)


@pytest.mark.parametrize("gone", [False, True], ids=["kept", "gone"])
def test_facts_that_were_told_with_a_former_secret_stand(
    kafka: Broker | Given,
    topic: str,
    migrated: str,
    copy_of: Callable[[str], str],
    publisher: Callable[..., CaseFacts],
    gone: bool,
):
    with closing(CaseLog(migrated)) as log:
        log.add(history(CASES, 200, seed=49))
        publish(kafka, topic, log, migrated, publisher())
        log.add(history(CASES, 200, seed=50))
        publish(kafka, topic, log, migrated, publisher(pseudonyms=BOTH))
    copy = copy_of(name_of(migrated))
    with closing(CaseLog(migrated)) as log:
        log.position, log.versions = 400, versions(log)
        log.add(history(CASES, 60, seed=51))
        publish(kafka, topic, log, migrated, publisher(pseudonyms=BOTH))
    before = Reader().read(read(kafka, topic)).facts
    work = reconciler(kafka, topic, Pseudonyms(Secrets(OTHER)) if gone else BOTH)
    with connect(as_role(copy, "followers"), deadline=None) as db:
        found = work.carry_out(db)
    assert (found.told, found.withdrawn > 0) == (0, True)
    after = Reader().read(read(kafka, topic)).facts
    with closing(CaseLog(copy)) as log:
        assert sum(map(len, after.values())) == sum(map(len, expected(log).values()))
    assert all(fact == before[case][number] for case, facts in after.items() for number, fact in facts.items())
