"""Of several publishers of one topic one works, and whoever was only paused goes on: seen with a real broker."""

import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import closing, suppress

from kafka.admin import KafkaAdminClient
from kafka.admin import TransactionState as Transaction

from adapters.kafka.client import Fenced, settings_of
from adapters.kafka.publisher import CaseFacts
from adapters.kafka.topics import OtherLog, committed
from api.commands.publishing import FENCED
from eventstore.followers import State
from tests.adapters.case_histories import CaseLog, history
from tests.adapters.test_kafka import (
    CASES,
    HANG,
    caught_up,
    child,
    expected,
    followers,
    following,
    kafka,
    log,
    publisher,
    pytestmark,
    read,
    settle,
    taken,
    told,
    topic,
    until,
)
from tests.kafka_broker import Broker, Given

__all__ = ["followers", "kafka", "log", "publisher", "pytestmark", "topic"]

A_LATER_ONE = "kafka case facts, elsewhere"
"""Another turn, as publishers on two databases have: no turn keeps one from beginning while the other works."""


def paused(process: subprocess.Popen[bytes]) -> None:
    """Wait until it has stopped itself in the middle of its first facts."""
    _, status = os.waitpid(process.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)


def given_up(kafka: Broker | Given, topic: str) -> bool:
    """Whether Kafka has aborted the transaction that was open."""
    with closing(KafkaAdminClient(bootstrap_servers=kafka.bootstrap)) as admin:
        return admin.describe_transactions([topic])[topic].state is Transaction.COMPLETE_ABORT


def test_a_publisher_that_was_only_paused_goes_on_and_every_fact_is_told_once(
    kafka: Broker | Given, log: CaseLog, followers: str, topic: str
):
    log.add(history(CASES, 500, seed=11))
    with child(followers, kafka, topic, "pauses") as process:
        paused(process)
        until(lambda: given_up(kafka, topic), "Kafka waits for whoever is paused")
        process.send_signal(signal.SIGCONT)
        log.add(history(CASES, 300, seed=12))
        until(lambda: caught_up(kafka, topic, log), "the publisher did not go on")
        assert process.poll() is None
    assert told(read(kafka, topic)) == expected(log)


def test_a_publisher_that_was_replaced_while_it_was_paused_stands_by_and_takes_over_later(
    kafka: Broker | Given, log: CaseLog, followers: str, topic: str
):
    log.add(history(CASES, 500, seed=13))
    with child(followers, kafka, topic, "pauses") as older:
        paused(older)
        with child(followers, kafka, topic) as newer:
            taken(newer, 3)
            older.send_signal(signal.SIGCONT)
            log.add(history(CASES, 300, seed=14))
            until(lambda: caught_up(kafka, topic, log), "the newer publisher did not go on")
            assert (older.poll(), newer.poll()) == (None, None)
        log.add(history(CASES, 300, seed=15))
        until(lambda: caught_up(kafka, topic, log), "the older publisher did not take over again")
    assert told(read(kafka, topic)) == expected(log)


def test_a_publisher_that_was_replaced_from_elsewhere_while_it_was_paused_ends_with_5(
    kafka: Broker | Given, log: CaseLog, followers: str, topic: str, publisher: Callable[..., CaseFacts]
):
    log.add(history(CASES, 500, seed=16))
    with child(followers, kafka, topic, "pauses") as older:
        paused(older)
        newer = publisher()
        newer.name = A_LATER_ONE
        with following(followers, newer):
            until(lambda: caught_up(kafka, topic, log))
            process_ends(older)
            log.add(history(CASES, 300, seed=17))
            until(lambda: caught_up(kafka, topic, log), "the newer publisher did not go on")
    assert told(read(kafka, topic)) == expected(log)


def process_ends(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGCONT)
    assert process.wait(HANG) == FENCED


def test_of_two_publishers_that_no_turn_keeps_apart_one_ends_and_the_other_goes_on(
    kafka: Broker | Given, log: CaseLog, followers: str, topic: str, publisher: Callable[..., CaseFacts]
):
    one, other = publisher(), publisher()
    other.name = A_LATER_ONE
    log.add(history(CASES, 300, seed=18))
    with following(followers, one), following(followers, other):
        for seed in range(20, 120):
            log.add(history(CASES, 50, seed=seed))
            with suppress(AssertionError):
                until(lambda: caught_up(kafka, topic, log))
            if one.over or other.over:
                break
        log.add(history(CASES, 300, seed=19))
        until(lambda: caught_up(kafka, topic, log), "nobody went on")
    assert [type(each.over) for each in (one, other) if each.over] == [Fenced]
    assert told(read(kafka, topic)) == expected(log)


def test_a_publisher_that_kafka_gives_up_again_and_again_goes_on_as_long_as_nobody_newer_claims_the_topic(
    kafka: Broker | Given, log: CaseLog, followers: str, topic: str, publisher: Callable[..., CaseFacts]
):
    work = publisher()
    with following(followers, work):
        for seed in range(30, 34):
            settle(kafka, topic)  # bumps its epoch, as an end of its transaction by time does
            log.add(history(CASES, 50, seed=seed))
            until(lambda: caught_up(kafka, topic, log), "the publisher did not go on")
    assert work.over is None
    assert told(read(kafka, topic)) == expected(log)


def test_a_publisher_of_another_log_halts_and_takes_the_topic_from_nobody(
    kafka: Broker | Given, log: CaseLog, followers: str, topic: str, publisher: Callable[..., CaseFacts], migrated: str
):
    log.add(history(CASES, 100, seed=35))
    work = publisher()
    with following(followers, work):
        until(lambda: caught_up(kafka, topic, log))
        claimed = committed(settings_of(kafka.bootstrap, {}), topic)
        log.db.execute("ALTER TABLE log.events DISABLE TRIGGER USER")
        log.db.execute("UPDATE log.events SET command_id = gen_random_uuid() WHERE position = %s", [claimed.position])
        other = publisher()
        other.name = A_LATER_ONE
        with following(followers, other) as halted:
            until(lambda: halted.health.state is State.HALTED)
            assert OtherLog.__name__ in (halted.health.reason or "")
        assert committed(settings_of(kafka.bootstrap, {}), topic) == claimed
        log.add(history(CASES, 100, seed=36))
        until(lambda: caught_up(kafka, topic, log), "the publisher of this log was held up")
    assert work.over is None
