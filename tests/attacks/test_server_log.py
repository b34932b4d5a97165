"""The server's own log: whatever fails, it says nothing of whom it was about; production starts on no other server."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from adapters.embedded_postgres import EmbeddedPostgres
from api.own_rights import ServerQuotes, require_own_rights
from api.settings import Login
from tests.eventstore.logins import Production, production

CANARY = "Kererūwaimārama"
STOCK = {"log_min_messages": "warning", "log_min_error_statement": "error", "log_error_verbosity": "default"}
"""As a PostgreSQL comes, and as most are run."""

TWICE = """
INSERT INTO {people} (person_id, kind, name, enrolments, unknown, from_position) VALUES
 (%(id)s, 'USER', %(json)s, '[]', '{{}}', 1), (%(id)s, 'USER', %(json)s, '[]', '{{}}', 1)
"""

PROVOKED = {
    "a row that lacks something": "INSERT INTO {people} (person_id, kind, name) VALUES (%(id)s, 'USER', %(json)s)",
    "a row that is there already": TWICE,
    "a value of another type": "SELECT %(canary)s::date",
    "a document that is none": "SELECT %(canary)s::jsonb",
    "an error that is raised with it": "DO $$ BEGIN RAISE EXCEPTION 'it was {canary}'; END $$",
    "a warning with it": "DO $$ BEGIN RAISE WARNING 'it was {canary}'; END $$",
    "a statement that is none": "SELECT {canary} FROM nowhere",
}


@pytest.fixture(scope="module")
def stock(passable: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(passable / "stock", durable=False, settings=STOCK) as server:
        yield server


@pytest.fixture
def house(stock: EmbeddedPostgres) -> Iterator[Production]:
    with psycopg.connect(stock.dsn(), autocommit=True) as admin, production(stock, admin) as made:
        yield made


def provoke(house: Production) -> None:
    """Have a follower's session fail in every way."""
    told = {"canary": CANARY, "json": f'{{"family_name": "{CANARY}"}}', "id": uuid4()}
    with psycopg.connect(house.dsns[Login.FOLLOWERS], autocommit=True) as db:
        people = SQL("service.people__1")
        for statement in PROVOKED.values():
            asked = SQL(statement).format(people=people, canary=SQL(CANARY))
            with suppress(psycopg.Error):
                db.execute(asked, told if "%(" in statement else None)
        copied = SQL("COPY {} (person_id, kind, name) FROM STDIN").format(people)
        with suppress(psycopg.Error), db.cursor().copy(copied) as copy:
            copy.write(f"{uuid4()}\tUSER\t{CANARY}\n")


def said(server: EmbeddedPostgres) -> str:
    return (server.home / "log").read_text(errors="replace")


def test_a_hardened_database_keeps_values_out_of_the_servers_log(stock: EmbeddedPostgres, house: Production):
    provoke(house)
    assert CANARY not in said(stock)


def test_a_database_that_was_not_hardened_quotes_them_and_production_does_not_start_on_it(
    stock: EmbeddedPostgres, house: Production
):
    with psycopg.connect(stock.dsn(), autocommit=True) as admin:
        for setting in STOCK:
            admin.execute(SQL("ALTER DATABASE {} RESET {}").format(Identifier(house.name), SQL(setting)))
    with pytest.raises(ServerQuotes):
        require_own_rights(house.dsns[Login.SERVICE], Login.SERVICE, "DATABASE_URL")
    provoke(house)
    assert CANARY in said(stock), "what is looked for is found where it is"
