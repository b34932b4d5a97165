"""What the tests of the HTTP API can ask for: a town in a service that they share, and one apart."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from adapters.embedded_postgres import EmbeddedPostgres
from tests.api.town import Town, town_on


@pytest.fixture(scope="session")
def town(
    cluster: EmbeddedPostgres, admin: psycopg.Connection, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """A town that many tests share; each opens cases of its own."""
    admin.execute(f"CREATE DATABASE town TEMPLATE {template} STRATEGY file_copy")
    with town_on(cluster.dsn("town"), tmp_path_factory.mktemp("town")) as opened:
        yield opened
    admin.execute("DROP DATABASE town WITH (FORCE)")


@pytest.fixture
def own_town(migrated: str, tmp_path: Path) -> Iterator[Town]:
    """A town for one test alone, whose service has always just started."""
    with town_on(migrated, tmp_path, cold=True) as opened:
        yield opened
