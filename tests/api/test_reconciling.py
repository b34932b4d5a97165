"""`attendance reconcile` as an operator meets it: a copy is restored, publishing halts, and a command has it go on."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from adapters.case_facts.contract import TOPIC
from adapters.embedded_postgres import EmbeddedPostgres
from api.commands.running import AWAY
from api.settings import PUBLISHERS, SECRETS, Login, variable
from tests.adapters.case_histories import SECRET, CaseLog, history
from tests.adapters.test_kafka import HANG, caught_up, expected, kafka, pytestmark, read, until
from tests.adapters.test_reconciling import CASES, Reader, versions
from tests.api.test_cli import PROGRAM, Place
from tests.eventstore.logins import Production, production
from tests.house.tree import ROOT
from tests.kafka_broker import Broker, Given, free_port

__all__ = ["kafka", "pytestmark"]


@pytest.fixture
def houses(cluster: EmbeddedPostgres, admin: psycopg.Connection) -> Iterator[tuple[Production, Production]]:
    """Two databases, each with an owner of its own."""
    with ExitStack() as stack:
        yield stack.enter_context(production(cluster, admin)), stack.enter_context(production(cluster, admin))


def urls(house: Production) -> dict[str, str]:
    """What says which database it is."""
    each = {f"AS_CMS_DATABASE_URL_{login}".upper(): house.dsns[login] for login in Login if login is not Login.OWNER}

    secrets = {variable(name): SECRET.text for name in (*SECRETS, PUBLISHERS)}
    return {"AS_CMS_MODE": "development", "DATABASE_URL": house.dsns[Login.OWNER], **secrets, **each}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def run(place: Place, kafka: Broker | Given) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command on a database."""

    def command(house: Production, *words: str) -> subprocess.CompletedProcess[str]:
        return place.run(*words, **urls(house), KAFKA_BOOTSTRAP=kafka.bootstrap)

    return command


@pytest.fixture
def publishing(place: Place, kafka: Broker | Given) -> Callable[..., Any]:
    """Publish from a database, until the block ends; lends what it logs."""

    @contextmanager
    def publish(house: Production, log: Path) -> Iterator[subprocess.Popen[bytes]]:
        environ = place.environ(**urls(house), KAFKA_BOOTSTRAP=kafka.bootstrap)
        with log.open("wb") as out:
            running = subprocess.Popen([*PROGRAM, "publish"], cwd=ROOT, env=environ, stderr=out)
        try:
            yield running
        finally:
            running.terminate()
            assert running.wait(HANG) == 0

    return publish


def test_after_a_copy_was_restored_publishing_halts_and_a_command_has_it_go_on(
    houses: tuple[Production, Production],
    run: Callable[..., subprocess.CompletedProcess[str]],
    publishing: Callable[..., Any],
    kafka: Broker | Given,
    tmp_path: Path,
):
    lost, house = houses
    said, copy = tmp_path / "said", str(tmp_path / "copy")
    done(run(lost, "migrate"))
    with closing(CaseLog(lost.superuser)) as log, publishing(lost, said):
        log.add(history(CASES, 300, seed=61))
        until(lambda: caught_up(kafka, TOPIC, log))
        done(run(lost, "backup", copy))
        log.add(history(CASES, 150, seed=62))
        until(lambda: caught_up(kafka, TOPIC, log))
    followed_along = Reader().read(read(kafka, TOPIC))
    done(run(house, "restore", copy, "--without-journal"))
    with closing(log_of(house)) as log:
        with publishing(house, said):
            until(lambda: "attendance reconcile" in said.read_text(), "it did not say how to go on")
        assert '"withdrawn": 0' not in done(run(house, "reconcile", "--preview", "--json"))
        unsaid = run(house, "reconcile")
        assert (unsaid.returncode, "--preview" in unsaid.stderr) == (1, True)
        assert "nothing was changed yet" in done(run(house, "reconcile", "--preview"))
        assert "the publisher goes on from here" in done(run(house, "reconcile", "--yes"))
        assert "nothing to reconcile" in done(run(house, "reconcile", "--yes"))
        with publishing(house, said):
            log.add(history(CASES, 150, seed=63))
            until(lambda: caught_up(kafka, TOPIC, log), "the publisher did not go on")
        records = read(kafka, TOPIC)
        assert Reader().read(records).chains == expected(log)
        assert followed_along.read(records).facts == Reader().read(records).facts


def log_of(house: Production) -> CaseLog:
    """Open a log that has events already."""
    log = CaseLog(house.superuser)
    log.versions = versions(log)
    log.position = sum(log.versions.values())
    return log


def done(ran: subprocess.CompletedProcess[str]) -> str:
    """What a command printed that did what it was asked."""
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_a_broker_that_is_away_is_one_clear_line(houses: tuple[Production, Production], place: Place):
    away = place.run("reconcile", "--bootstrap", f"127.0.0.1:{free_port()}", **urls(houses[0]))
    assert away.returncode == AWAY
    assert "attendance: Kafka does not answer" in away.stderr
