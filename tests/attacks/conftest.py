"""What the attacks can ask for: towns where everybody has an account; one is left as what was tried leaves it."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import psycopg
import pytest

from adapters.embedded_postgres import EmbeddedPostgres
from tests.api.conftest import own_town
from tests.api.town import Town, town_on

__all__ = ["own_town"]

NewTown = Callable[..., AbstractContextManager[Town]]


@pytest.fixture(scope="module")
def new_town(
    cluster: EmbeddedPostgres, admin: psycopg.Connection, template: str, tmp_path_factory: pytest.TempPathFactory
) -> NewTown:
    """Build a town in a database that is dropped when it is left."""

    @contextmanager
    def build(*, cold: bool = False) -> Iterator[Town]:
        name = f"town_{secrets.token_hex(4)}"
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
        with town_on(cluster.dsn(name), tmp_path_factory.mktemp(name), cold=cold) as opened:
            yield opened
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")

    return build


@pytest.fixture(scope="module")
def town(new_town: NewTown) -> Iterator[Town]:
    """A town that the tests of one file share; each opens cases of its own."""
    with new_town() as opened:
        yield opened


@pytest.fixture(scope="module")
def attacked(new_town: NewTown) -> Iterator[Town]:
    """A town in which anything may have been tried before."""
    with new_town() as opened:
        yield opened
