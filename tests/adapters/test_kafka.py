"""The Kafka exit against a real broker: every fact once and in order, whoever is killed; and nobody waits for it."""

import gc
import os
import random
import select
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice
from json import loads
from typing import Any
from uuid import UUID, uuid4

import pytest
import typer
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from adapters.case_facts.messages import Messages
from adapters.case_facts.pseudonyms import Pseudonyms
from adapters.case_facts.telling import QUIET_ONCE_PAUSED, TOLD
from adapters.kafka.client import BadKafkaSettings, BrokerAway, Fenced, Lost, Producer, settings_of
from adapters.kafka.publisher import CaseFacts
from adapters.kafka.topics import OtherLog, OtherSecret, committed, make_topics, positions
from api.commands.publishing import FENCED, client_settings, follow, give_up
from api.commands.running import UNUSABLE
from api.settings import BadSettings
from domain import registry
from domain.cases.pausing import CasePaused
from domain.decision import Actor, Ref
from eventstore.connections import connect
from eventstore.followers import Follower, State
from eventstore.key_material import Secret, Secrets
from eventstore.log import tail
from eventstore.requests import Request
from tests.adapters.case_histories import CANARY, ORGANISATION, PSEUDONYMS, USER, CaseLog, example, history, of_cases
from tests.eventstore.tally import TYPES, Count, Tally
from tests.eventstore.writers import writer_of
from tests.house.tree import ROOT
from tests.kafka_broker import Broker, Given, NoBroker, broker, free_port
from tests.projections.small import as_role

HANG = 60.0
CASES = 40
SOMEBODY = Actor(user=USER, role="TESTER", organisation=ORGANISATION)

pytestmark = [
    pytest.mark.kafka,
    # the client forgets the sockets of brokers that it could not reach
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def kafka() -> Iterator[Broker | Given]:
    """A broker; without Java or Maven there is none, which only a continuous integration must not excuse."""
    try:
        with broker() as lent:
            yield lent
    except NoBroker as none:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(none))
    gc.collect()  # forgotten sockets are found here, not in the tests of somebody else


@pytest.fixture
def own(kafka: Broker | Given) -> Iterator[Broker]:
    """A broker that may be killed; it is up again afterwards."""
    if isinstance(kafka, Given):
        pytest.skip("the broker of KAFKA_BOOTSTRAP is not ours to kill")
    yield kafka
    if not kafka.running:
        kafka.start()


@pytest.fixture
def topic() -> str:
    return f"attendance.case-facts.test-{uuid4().hex}"


@pytest.fixture
def log(migrated: str) -> Iterator[CaseLog]:
    with closing(CaseLog(migrated)) as opened:
        yield opened


@pytest.fixture
def followers(migrated: str) -> str:
    return as_role(migrated, "followers")


@pytest.fixture
def publisher(kafka: Broker | Given, topic: str) -> Iterator[Callable[..., CaseFacts]]:
    """Make publishers of this topic; they let go of the broker afterwards."""
    made: list[CaseFacts] = []

    def make(types: Mapping[str, type[Any]] = {}, pseudonyms: Pseudonyms = PSEUDONYMS, **options: Any) -> CaseFacts:
        messages = Messages(pseudonyms, {**registry.events(), **types})
        made.append(CaseFacts(settings_of(kafka.bootstrap, {}), messages, topic=topic, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


@contextmanager
def following(dsn: str, work: CaseFacts, batch: int = 200) -> Iterator[Follower]:
    follower = Follower(dsn, work, batch=batch, poll=0.1)
    follower.start()
    try:
        yield follower
    finally:
        follower.stop()


@contextmanager
def child(dsn: str, kafka: Broker | Given, topic: str, how: str = "follows") -> Iterator[subprocess.Popen[bytes]]:
    """A publisher in a process of its own; killed at the end if it still lives."""
    command = [sys.executable, "-m", "tests.adapters.publishing_child", dsn, kafka.bootstrap, topic, how]
    process = subprocess.Popen(command, cwd=ROOT, bufsize=0, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def until(holds: Callable[[], object], what: str = "") -> None:
    """Wait for something that is bound to happen."""
    end = time.monotonic() + HANG
    while not holds():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def read(kafka: Broker | Given, topic: str, isolation: str = "read_committed") -> list[Any]:
    """Every record that a reader sees, partition by partition, once the last transaction has ended in all of them."""
    settle(kafka, topic)
    options = {"isolation_level": isolation, "enable_auto_commit": False, "auto_offset_reset": "earliest"}
    with closing(KafkaConsumer(bootstrap_servers=kafka.bootstrap, **options)) as consumer:
        places = [TopicPartition(topic, number) for number in sorted(consumer.partitions_for_topic(topic))]
        consumer.assign(places)
        ends = consumer.end_offsets(places)
        found, end = [], time.monotonic() + HANG
        while any(consumer.position(place) < ends[place] for place in places):
            assert time.monotonic() < end, "the topic was not read to its end"
            found += [record for records in consumer.poll(timeout_ms=200).values() for record in records]
    return found


def settle(kafka: Broker | Given, topic: str) -> None:
    """Take over: Kafka answers when what the publisher before left is committed or aborted in every partition."""
    producer = Producer(**settings_of(kafka.bootstrap, {}), transactional_id=topic)
    try:
        producer.init_transactions()
    finally:
        producer.abandon()


Chain = list[tuple[int, str, str]]


def told(records: list[Any]) -> dict[str, Chain]:
    """Of each case, in the order in which a reader sees them: the number, the type, and the day it is told for."""
    found = defaultdict(list)
    for record in records:
        headers = {name: value.decode() for name, value in record.headers}
        kind, number = headers["ce_type"].rpartition(".")[2], int(headers["ce_sequence"])
        found[record.key.decode()].append((number, kind, loads(record.value)["recorded_on"]))
    return found


def expected(log: CaseLog) -> dict[str, Chain]:
    """The same, counted from the log without anything that publishes."""
    return counted(log)[0]


def counted(log: CaseLog) -> tuple[dict[str, Chain], int]:
    """What is to be told by now, and with which position the last of it goes out."""
    names = {kind.__name__: telling.kind.__name__ for kind, telling in TOLD.items()}
    quiet = {kind.__name__ for kind in QUIET_ONCE_PAUSED}
    found, last, week = defaultdict[str, Chain](list), 0, date.min
    paused, waiting = set[UUID](), list[tuple[str, str, date]]()
    for position, stream, name, day in log.db.execute(
        "SELECT position, stream, type, decided_on FROM log.events ORDER BY position"
    ):
        case, monday = PSEUDONYMS.of_case(stream), day - timedelta(days=day.weekday())
        if monday > week:
            last = position if waiting else last
            for each, kind, on in waiting:
                found[each].append((len(found[each]) + 1, kind, str(on)))
            week, waiting = monday, []
        if stream in paused and name in names.keys() - quiet:
            waiting.append((case, names[name], monday + timedelta(days=6)))
        elif stream not in paused and name in names:
            found[case].append((len(found[case]) + 1, names[name], str(day)))
            last = position
        if name == CasePaused.__name__:
            paused.add(stream)
    return dict(found), last


def caught_up(kafka: Broker | Given, topic: str, log: CaseLog) -> bool:
    """Whether everything that is to be told by now was published."""
    return committed(settings_of(kafka.bootstrap, {}), topic).position >= counted(log)[1]


def test_every_fact_once_in_order_per_case_though_publisher_and_broker_are_killed(
    own: Broker, log: CaseLog, followers: str, topic: str
):
    draw, stop = random.Random(3), threading.Event()
    writing = threading.Thread(target=write_steadily, args=(log, stop), daemon=True)
    writing.start()
    for turn in range(5):
        with child(followers, own, topic) as process:
            taken(process, draw.randint(1, 4))
            if turn == 2:
                own.kill()
                own.start()
                taken(process, 5)
            time.sleep(draw.uniform(0, 0.3))
    stop.set()
    writing.join()
    with child(followers, own, topic):
        until(lambda: caught_up(own, topic, log), "the last publisher did not catch up")
    assert told(read(own, topic)) == expected(log)


def taken(process: subprocess.Popen[bytes], batches: int) -> None:
    """Wait until a publisher has taken so many more batches."""
    assert process.stdout
    for _ in range(batches):
        assert select.select([process.stdout], [], [], HANG)[0], "the publisher takes nothing"
        assert process.stdout.readline(), "the publisher ended"


def write_steadily(log: CaseLog, stop: threading.Event) -> None:
    events = history(CASES, 1_000_000, seed=1)
    while not stop.wait(0.1):
        log.add(islice(events, 50))


def test_what_a_killed_publisher_left_open_is_seen_by_readers_of_uncommitted_records_only(
    kafka: Broker | Given, log: CaseLog, followers: str, topic: str, publisher: Callable[..., CaseFacts]
):
    log.add(history(CASES, 300, seed=2))
    with child(followers, kafka, topic, "dies") as process:
        assert process.wait(HANG) == -9
    with following(followers, publisher()):
        until(lambda: caught_up(kafka, topic, log))
    facts = sum(map(len, expected(log).values()))
    assert told(read(kafka, topic)) == expected(log)
    assert len(read(kafka, topic, "read_uncommitted")) > facts


def test_of_two_publishers_the_older_one_is_fenced_says_so_and_ends(
    kafka: Broker | Given,
    log: CaseLog,
    followers: str,
    topic: str,
    publisher: Callable[..., CaseFacts],
    capsys: pytest.CaptureFixture[str],
):
    stop = threading.Event()
    older, newer = publisher(ended=stop.set), publisher()
    log.add(history(CASES, 100, seed=3))
    follower = Follower(followers, older, batch=200, poll=0.1)
    following_it = threading.Thread(target=follow, args=(follower, stop), daemon=True)
    following_it.start()
    until(lambda: caught_up(kafka, topic, log))
    with connect(followers) as connection:
        position = newer.begin(connection)
        assert position == committed(settings_of(kafka.bootstrap, {}), topic).position
        log.add(history(CASES, 100, seed=4))
        until(stop.is_set, "the older publisher went on")
        following_it.join(HANG)
        assert isinstance(older.over, Fenced)
        newer.take(connection, tail(connection, position, 1_000))
    assert told(read(kafka, topic)) == expected(log)
    with pytest.raises(typer.Exit) as ending:
        give_up(older.over)
    assert ending.value.exit_code == FENCED
    assert "a newer publisher has taken over" in capsys.readouterr().err.lower()


def test_commands_go_on_while_kafka_is_away_and_the_facts_follow_when_it_is_back(
    own: Broker, log: CaseLog, migrated: str, followers: str, topic: str, publisher: Callable[..., CaseFacts]
):
    log.add(history(CASES, 100, seed=5))
    own.kill()
    with following(followers, publisher(types=TYPES)) as follower, closing(writer_of(migrated)) as writer:
        until(lambda: follower.health.state is State.AWAY, "the publisher did not say that Kafka is away")
        assert follower.health.reason == BrokerAway.__name__
        count = [Request(stream=Ref(Tally, uuid4()), command=Count(), actor=SOMEBODY, opens=True) for _ in range(20)]
        done = [writer.execute(each) for each in count]
        assert [each.position for each in done] == list(range(101, 121))
        own.start()
        until(lambda: follower.ready and follower.health.behind == 0, "the publisher did not come back")
    assert told(read(own, topic)) == expected(log)


@contextmanager
def begun(own: Broker, topic: str, **more: Any) -> Iterator[Producer]:
    """A producer in the middle of a transaction."""
    settings = settings_of(own.bootstrap, more)
    make_topics(settings, topic)
    producer = Producer(**settings, transactional_id=topic)
    try:
        producer.init_transactions()
        producer.begin_transaction()
        producer.send(topic, b"{}", b"case").get(timeout=HANG)
        yield producer
    finally:
        producer.abandon()


def test_what_the_client_lost_with_its_epoch_is_not_taken_for_committed(own: Broker, topic: str):
    """It begins another one when a broker that was killed knows it no more, and drops what was open."""
    with begun(own, topic) as producer:
        client = producer._transaction_manager  # noqa: SLF001 - what the client does by itself
        client.bump_producer_id_and_epoch()
        producer._sender.wakeup()  # noqa: SLF001 - likewise, at once
        until(lambda: not client.is_bumping_epoch())
        with pytest.raises(Lost):
            producer.commit()
    assert read(own, topic) == []


def test_a_record_that_the_client_gave_up_is_not_left_out_of_what_is_committed(own: Broker, topic: str):
    with begun(own, topic, request_timeout_ms=1_000, delivery_timeout_ms=1_500) as producer:
        own.send(signal.SIGSTOP)
        given_up = producer.send(topic, b"{}", b"case")
        until(given_up.failed)
        own.send(signal.SIGCONT)
        with pytest.raises(KafkaError):
            producer.commit()
    assert read(own, topic) == []


def test_the_log_being_away_is_waited_for_as_well(
    kafka: Broker | Given, log: CaseLog, followers: str, topic: str, publisher: Callable[..., CaseFacts]
):
    log.add(history(CASES, 100, seed=6))
    with following(followers, publisher()) as follower:
        until(lambda: follower.ready, str(follower.health))
        log.db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", [CaseFacts.name]
        )
        log.add(history(CASES, 100, seed=7))
        until(lambda: caught_up(kafka, topic, log))
    assert told(read(kafka, topic)) == expected(log)


def test_a_type_that_is_not_known_halts_the_publisher_and_nothing_is_lost(
    kafka: Broker | Given, log: CaseLog, followers: str, topic: str, publisher: Callable[..., CaseFacts]
):
    log.add((uuid4(), example(CasePaused)) for _ in range(5))
    log.add([(uuid4(), example(CasePaused))], type_name="CaseOfTheFuture")
    log.add((uuid4(), example(CasePaused)) for _ in range(5))
    with following(followers, publisher()) as follower:
        until(lambda: follower.health.state is State.HALTED)
        assert "CaseOfTheFuture" in (follower.health.reason or "")
        assert not follower.ready
    assert len(read(kafka, topic)) == 5
    with following(followers, publisher(types={"CaseOfTheFuture": CaseOfTheFuture})):
        until(lambda: caught_up(kafka, topic, log))
    assert told(read(kafka, topic)) == expected(log)


@dataclass(frozen=True)
class CaseOfTheFuture:
    """What a later release knows, and keeps inside."""


def test_nothing_personal_is_in_any_record_of_either_topic(
    kafka: Broker | Given, log: CaseLog, followers: str, topic: str, publisher: Callable[..., CaseFacts]
):
    log.add((uuid4(), example(kind)) for kind in of_cases())
    with following(followers, publisher()):
        until(lambda: caught_up(kafka, topic, log))
    records = [*read(kafka, topic), *read(kafka, positions(topic))]
    assert len(records) > len(TOLD)
    for record in records:
        everything = b" ".join([record.key, record.value, *(value for _, value in record.headers)]).decode()
        assert CANARY not in everything
        assert str(USER) not in everything


def test_the_facts_of_another_log_are_never_mixed_with_those_of_this_one(
    kafka: Broker | Given, log: CaseLog, followers: str, topic: str, publisher: Callable[..., CaseFacts]
):
    log.add((uuid4(), example(CasePaused)) for _ in range(5))
    with following(followers, publisher()):
        until(lambda: caught_up(kafka, topic, log))
    with connect(followers) as connection, pytest.raises(OtherSecret):
        publisher(pseudonyms=Pseudonyms(Secrets(Secret.new("other")))).begin(connection)
    log.db.execute("ALTER TABLE log.events DISABLE TRIGGER USER")
    log.db.execute("UPDATE log.events SET command_id = gen_random_uuid() WHERE position = 5")
    with connect(followers) as connection, pytest.raises(OtherLog):
        publisher().begin(connection)


def test_a_publisher_without_a_broker_says_so_and_is_not_over(followers: str):
    work = CaseFacts(settings_of(f"127.0.0.1:{free_port()}", {"bootstrap_timeout_ms": 500}), Messages(PSEUDONYMS))
    with connect(followers) as connection, pytest.raises(BrokerAway):
        work.begin(connection)
    assert work.over is None


def test_a_setting_that_the_client_does_not_know_is_an_error_that_names_it_and_no_value():
    with pytest.raises(BadKafkaSettings, match="lingre_ms") as error:
        settings_of("127.0.0.1:9092", {"lingre_ms": "secret"})
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("name", ["transactional_id", "enable_idempotence", "acks"])
def test_what_makes_it_exactly_once_is_not_set_from_outside(name: str):
    with pytest.raises(BadKafkaSettings, match=name):
        settings_of("127.0.0.1:9092", {name: None})


def test_a_setting_that_the_client_refuses_ends_the_publisher(kafka: Broker | Given, followers: str, topic: str):
    ended = threading.Event()
    settings = settings_of(kafka.bootstrap, {"compression_type": "squeeze"})
    work = CaseFacts(settings, Messages(PSEUDONYMS), topic=topic, ended=ended.set)
    with connect(followers) as connection, pytest.raises(BadKafkaSettings):
        work.begin(connection)
    assert ended.is_set()
    with pytest.raises(typer.Exit) as ending:
        give_up(work.over)
    assert ending.value.exit_code == UNUSABLE


def test_a_file_of_settings_is_an_object_of_settings(tmp_path: Any):
    file = tmp_path / "kafka.json"
    file.write_text('{"security_protocol": "SSL"}')
    assert client_settings("a:1, b:2", file)["bootstrap_servers"] == ["a:1", "b:2"]
    for wrong in ("[]", "{", '{"acks": 0}'):
        file.write_text(wrong)
        with pytest.raises(BadSettings):
            client_settings("a:1", file)
