"""`attendance doctor` and Kafka: away, not asked as it wants to be, behind, and told everything."""

import gc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from pydantic import SecretStr

from adapters.case_facts.messages import Messages
from adapters.embedded_postgres import EmbeddedPostgres
from adapters.kafka.client import settings_of
from adapters.kafka.publisher import CaseFacts
from adapters.kafka.topics import committed
from api.doctor.findings import Severity
from api.doctor.patient import Patient
from api.settings import Settings
from domain import registry
from domain.cases.pausing import CasePaused
from eventstore.followers import Follower
from tests.adapters.case_histories import PSEUDONYMS, CaseLog, example, of_cases
from tests.adapters.test_kafka import kafka
from tests.api.deployments import Deployment, bad, looked, until, worst_of
from tests.eventstore.logins import production
from tests.eventstore.roles import as_role
from tests.kafka_broker import Broker, Given, free_port
from tests.proxy import proxied

__all__ = ["kafka"]

PROVOKED = {"publisher"}
TOLD_AT_ONCE = next(kind for kind in of_cases() if kind is not CasePaused)

pytestmark = [
    # the client forgets the sockets of brokers that it could not reach
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """Find forgotten sockets here, not in the tests of somebody else."""
    yield
    gc.collect()


def test_a_kafka_that_does_not_answer_or_cannot_be_asked_is_told_of(
    cluster: EmbeddedPostgres, admin: psycopg.Connection, tmp_path: Path
):
    given = tmp_path / "kafka.json"
    given.write_text('{"security_protocol": "SSL"}')
    nowhere = f"127.0.0.1:{free_port()}"
    with production(cluster, admin) as house:
        said = Deployment(house, tmp_path).settings()
        away = bad(looked(Patient(said, bootstrap=nowhere, kafka_settings=given)))["publisher"]
        with proxied(house.superuser) as (proxy, _):
            proxy.swallow()
            hangs = bad(looked(Patient(said, bootstrap=f"127.0.0.1:{proxy.port}", kafka_settings=given)))["publisher"]
        to_anybody = bad(looked(Patient(said, bootstrap=nowhere)))["publisher"]
        given.write_text("[]")
        unreadable = bad(looked(Patient(said, bootstrap=nowhere, kafka_settings=given)))["publisher"]
    assert away == ["nobody publishes", "Kafka does not answer"]
    assert hangs == ["nobody publishes", "this did not end within 8 s"]
    assert "production needs a login at Kafka" in to_anybody[1]
    assert "holds no JSON object" in unreadable[1]


@pytest.mark.kafka
def test_what_kafka_was_not_told_is_counted_and_who_publishes_is_seen(
    migrated: str, tmp_path: Path, kafka: Broker | Given
):
    topic, given = f"attendance.case-facts.test-{uuid4().hex}", settings_of(kafka.bootstrap, {})
    said = Settings(data=tmp_path, database_url=SecretStr(migrated))

    def look() -> Any:
        return looked(Patient(said, bootstrap=kafka.bootstrap, topic=topic))

    work = CaseFacts(given, Messages(PSEUDONYMS, registry.events()), topic=topic)
    follower = Follower(as_role(migrated, "followers"), work, poll=0.1)
    with closing(CaseLog(migrated)) as log, closing(work):
        last = log.add((uuid4(), example(TOLD_AT_ONCE)) for _ in range(3))
        nobody, behind = bad(look())["publisher"]
        assert (behind.startswith("3 facts are not told, the oldest of "), nobody) == (True, "nobody publishes")
        follower.start()
        try:
            until(lambda: committed(given, topic).position == last)
            until(lambda: worst_of(look(), "publisher") is Severity.OK)
            log.db.execute("ALTER TABLE log.events DISABLE TRIGGER ALL")
            log.db.execute("DELETE FROM log.events WHERE position > 1")
            assert f"up to position {last}, and the log ends at 1" in bad(look())["publisher"][0]
        finally:
            follower.stop()
