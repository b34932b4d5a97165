"""What every test can ask for: a PostgreSQL server, databases of its own, and how hypothesis searches."""

import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from adapters.embedded_postgres import EmbeddedPostgres
from eventstore.migrations import migrate

hypothesis.settings.register_profile("ci", derandomize=True, deadline=None)
hypothesis.settings.register_profile("soak", max_examples=5_000, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(scope="session")
def passable() -> Iterator[Path]:
    """A folder for servers: as root they run as another user, who cannot enter pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="as-cms-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def cluster(passable: Path) -> Iterator[EmbeddedPostgres]:
    """One server for the whole run, or one for each worker of a parallel run."""
    with EmbeddedPostgres(passable / "cluster", durable=False, settings={"max_connections": "200"}) as server:
        yield server


@pytest.fixture(scope="session")
def admin(cluster: EmbeddedPostgres) -> Iterator[psycopg.Connection]:
    """The superuser's own connection, which makes and drops databases."""
    with psycopg.connect(cluster.dsn(), autocommit=True) as connection:
        yield connection


@pytest.fixture
def copy_of(cluster: EmbeddedPostgres, admin: psycopg.Connection) -> Iterator[Callable[[str], str]]:
    """Copy a database that nobody is connected to; answers with the superuser's DSN of the copy.

    All copies are dropped after the test, whoever is still connected.
    """
    made = []

    def copy(template: str) -> str:
        name = Identifier(f"test_{secrets.token_hex(8)}")
        admin.execute(SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(name, Identifier(template)))
        made.append(name)
        return cluster.dsn(name.as_string().strip('"'))

    yield copy
    for name in made:
        admin.execute(SQL("DROP DATABASE {} WITH (FORCE)").format(name))


@pytest.fixture
def database(copy_of: Callable[[str], str]) -> str:
    """The superuser's DSN of an empty database that is this test's alone."""
    return copy_of("template1")


@pytest.fixture(scope="session")
def template(cluster: EmbeddedPostgres, admin: psycopg.Connection) -> str:
    """The name of a migrated database, from which those of the tests are copied."""
    admin.execute("CREATE DATABASE migrated")
    migrate(cluster.dsn("migrated"))
    return "migrated"


@pytest.fixture
def migrated(copy_of: Callable[[str], str], template: str) -> str:
    """The superuser's DSN of a migrated database that is this test's alone."""
    return copy_of(template)
