"""Erasing: whoever was destroyed stays so, whatever was restored, cut off, or not told (ADR 18)."""

import time
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest
from fastapi.testclient import TestClient
from psycopg.sql import SQL, Identifier

from adapters.embedded_postgres import EmbeddedPostgres
from api.app import create_app
from api.bootstrap import service
from api.commands.projecting import followers
from api.database import Database, ErasuresOutstanding, database, settle
from api.settings import Login
from domain import registry
from domain.sealed import DataClass
from domain.users.user import Role
from eventstore.connections import connect
from eventstore.erasure import destroy
from eventstore.journal import Erasure, Journal
from projections.refolding import blank_destroyed
from projections.registry import MODELS
from projections.tools import Tools
from tests.api.town import Town, folding_tools, settings
from tests.attacks.walking import run
from tests.eventstore.logins import production

NAME = "Tamatea"
PATIENCE = 30
LEAD = Role.ATTENDANCE_LEAD


def order(subject: UUID) -> Erasure:
    return Erasure(subject=subject, authority="D1", at=datetime(2026, 5, 4, tzinfo=UTC))


def erased(town: Town, subject: UUID) -> None:
    """Destroy somebody's keys, and tell nobody."""
    with connect(town.service.database.dsn(Login.ERASURE), deadline=None) as eraser:
        destroy(eraser, Journal(town.service.settings.journal), order(subject))


def kept(dsn: str) -> list[str]:
    """What every version of every row in every table of the models says of names."""
    with connect(dsn, deadline=None) as owner:
        tables = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'service'").fetchall()
        rows = [owner.execute(SQL("SELECT t::text FROM service.{} t").format(Identifier(name))) for (name,) in tables]
        return [text for found in rows for (text,) in found if NAME in text]


def of(rows: list[str], subject: UUID) -> list[str]:
    return [row for row in rows if str(subject) in row]


def test_whoever_is_erased_has_no_name_at_once_though_no_row_was_blanked(own_town: Town):
    student = own_town.student()
    case = own_town.submit(student).json()["ids"]["case"]
    own_town.follow()
    path, headers = f"/v1/cases/{case}", own_town.bearer(LEAD)
    assert NAME in own_town.client.get(path, headers=headers).json()["names"]["student"]
    erased(own_town, student)
    assert own_town.client.get(path, headers=headers).json()["names"]["student"] is None


def test_a_follower_blanks_every_version_of_whoever_is_erased_without_being_told(own_town: Town):
    town, student = own_town, own_town.student()
    town.follow()
    dsn = town.service.database.dsn(Login.OWNER)
    assert of(kept(dsn), student)
    with followers(town.service.database, folding_tools(town)):
        erased(town, student)
        until(lambda: not of(kept(dsn), student))
    with connect(town.service.database.dsn(Login.FOLLOWERS)) as follower:
        assert blank_destroyed(follower, MODELS, folding_tools(town)) == [], "it is noted"


def until(true, patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


def test_a_blanking_that_was_cut_off_is_gone_on_with_by_the_next_follower(
    own_town: Town, monkeypatch: pytest.MonkeyPatch
):
    town, student = own_town, own_town.student()
    town.follow()
    erased(town, student)
    with connect(town.service.database.dsn(Login.FOLLOWERS)) as follower:
        with monkeypatch.context() as cut:
            cut.setattr("projections.refolding.blank", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                blank_destroyed(follower, MODELS, folding_tools(town))
        assert blank_destroyed(follower, MODELS, folding_tools(town)) == [student]
    assert not of(kept(town.service.database.dsn(Login.OWNER)), student)


def copied(town: Town, admin: psycopg.Connection, cluster: EmbeddedPostgres) -> str:
    """A physical copy of the town's database as it is now, as a snapshot or a recovery to a point in time gives one."""
    name = str(psycopg.conninfo.conninfo_to_dict(town.service.database.dsn(Login.OWNER))["dbname"])
    copy = f"{name}_copy"
    admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
    admin.execute(SQL("CREATE DATABASE {} TEMPLATE {}").format(Identifier(copy), Identifier(name)))
    return cluster.dsn(copy)


@pytest.fixture
def restored(own_town: Town, admin: psycopg.Connection, cluster: EmbeddedPostgres):
    """A copy of a town from before somebody was erased; the journal is that of after."""
    town, student = own_town, own_town.student()
    case = town.submit(student).json()["ids"]["case"]
    town.follow()
    dsn = copied(town, admin, cluster)
    Journal(town.service.settings.journal).append(order(student))
    yield town, student, case, dsn
    admin.execute(
        SQL("DROP DATABASE {} WITH (FORCE)").format(Identifier(str(psycopg.conninfo.conninfo_to_dict(dsn)["dbname"])))
    )


def test_whoever_was_erased_does_not_come_back_by_any_restore_before_anything_is_read(restored):
    town, student, case, dsn = restored
    assert of(kept(dsn), student), "the copy knows them"
    with service(settings(town.service.settings.data, dsn)) as opened, TestClient(create_app(opened)) as client:
        answer = client.get(f"/v1/cases/{case}", headers=town.bearer(LEAD))
        assert (answer.status_code, answer.json()["names"]["student"]) == (200, None)
        assert opened.keyring.key(student, DataClass.IDENTITY) is None
        theirs = Tools(types=registry.events(), codec=opened.codec, keyring=opened.keyring)
        with followers(opened.database, theirs):
            until(lambda: not of(kept(dsn), student))


@pytest.mark.parametrize("program", ["show", "replay", "rebuild", "automate", "migrate"])
def test_every_program_that_reads_erases_first(own_town: Town, program: str):
    student = own_town.student()
    case = own_town.submit(student).json()["ids"]["case"]
    Journal(own_town.service.settings.journal).append(order(student))
    arguments = {
        "show": ["school", str(own_town.people[LEAD])], "replay": [case], "rebuild": ["people"],
        "automate": ["--once", "resuming"],
    }  # fmt: skip
    own_town.follow()
    run(own_town, program, *arguments.get(program, []))
    own_town.service.keyring.forget()
    assert own_town.service.keyring.key(student, DataClass.IDENTITY) is None


def test_a_program_that_may_not_erase_does_not_start_on_a_database_that_knows_whom_it_should_not(
    cluster: EmbeddedPostgres, admin: psycopg.Connection, tmp_path
):
    with production(cluster, admin) as house:
        for login in (Login.SERVICE, Login.FOLLOWERS):
            said = settings(tmp_path, house.dsns[login])
            settle(Database(said))
            Journal(said.journal).append(order(UUID(int=7)))
            with pytest.raises(ErasuresOutstanding), database(said):
                pytest.fail("it started")
            said.journal.unlink()


def test_no_statistics_are_kept_of_what_is_personal(own_town: Town):
    """Samples of a column stand in the catalogue, where no erasure looks."""
    own_town.student()
    own_town.follow()
    with connect(own_town.service.database.dsn(Login.OWNER), deadline=None) as owner:
        for model in MODELS:
            owner.execute(f"ANALYZE {model.table(1)}".encode())
            named = {column.name for column in model.columns if column.kind.sealed}
            query = "SELECT attname FROM pg_stats WHERE schemaname = 'service' AND tablename = %s"
            found = {name for (name,) in owner.execute(query, [f"{model.name}__1"])}
            assert not found & named, model.name
        people = "SELECT count(*) FROM pg_stats WHERE tablename = 'people__1'"
        assert owner.execute(people).fetchall()[0][0] > 0, "other columns have some"
        texts = owner.execute(
            "SELECT most_common_vals::text, histogram_bounds::text FROM pg_stats WHERE schemaname = 'service'"
        )
        assert not any(NAME in str(row) for row in texts)
