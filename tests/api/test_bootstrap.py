"""The composition root: what it refuses to start on, as whom it comes to the database, and that nothing is left."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from pydantic import SecretStr

from api.bootstrap import service
from api.clock import ClockBehind, NotFresh, OwnClock
from api.database import NotMigrated, database, migrate
from api.own_rights import TooPowerful
from api.settings import BadSettings, Login, Settings
from domain.decision import Actor, Ref
from domain.text import PersonName
from domain.users.inviting import InviteUser
from domain.users.user import Role, User, UserDetails
from eventstore.connections import Unavailable, connect
from eventstore.key_material import Secret, WrongSecret
from eventstore.log import UnsafeSetting, head
from eventstore.requests import Done, Request
from eventstore.writer import Writer, utc_now

SECRETS = {name: Secret.new("test").text for name in ("key_encryption_key", "claims_secret", "idempotency_secret")}
SOMEBODY = Actor(user=uuid4(), role=Role.SYSTEM, organisation=uuid4())
HANA = UserDetails(name=PersonName(family_name="Ngata"), email="hana@school.example", login="hana")


@pytest.fixture
def settings(tmp_path: Path) -> Callable[..., Settings]:
    """Make settings of a database of our own; what is named wins."""

    def make(dsn: str, **named: Any) -> Settings:
        return Settings(**{"database_url": SecretStr(dsn), "data": tmp_path, **SECRETS, **named})

    return make


def invite(writer: Writer) -> Done:
    return writer.execute(
        Request(stream=Ref(User, uuid4()), command=InviteUser(details=HANA), actor=SOMEBODY, opens=True)
    )


def test_a_service_decides_and_reads_as_a_role_that_owns_nothing(migrated: str, settings):
    with service(settings(migrated)) as opened:
        done = invite(opened.writer)
        with opened.reads.connection() as db:
            assert db.execute("SELECT current_user, count(*) FROM log.events").fetchone() == ("as_cms_service", 1)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                db.execute("DELETE FROM log.events")
    assert done.version == 1


def test_nothing_is_left_of_a_service_that_was_closed(migrated: str, settings):
    before = set(threading.enumerate())
    with service(settings(migrated)) as opened:
        invite(opened.writer)
    assert set(threading.enumerate()) <= before
    with psycopg.connect(migrated) as db:
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        assert db.execute(others).fetchone() == (0,)


def test_a_key_that_is_destroyed_is_let_go_of_while_the_service_runs(migrated: str, settings):
    with service(settings(migrated)) as opened:
        done = invite(opened.writer)
        known = opened.keyring.generation
        told = threading.Event()
        with psycopg.connect(migrated, autocommit=True) as db:
            for _ in range(100):
                db.execute("SELECT pg_notify('keys', %s)", [str(done.stream)])
                if opened.keyring.generation > known:
                    told.set()
                    break
                told.wait(0.1)
    assert told.is_set()


def test_a_database_without_its_schema_is_refused(database: str, settings):
    with psycopg.connect(database) as db:
        db.execute("CREATE SCHEMA migration")
        db.execute("CREATE TABLE migration.applied (number integer, digest text)")
        db.execute("GRANT USAGE ON SCHEMA migration TO PUBLIC")
        db.execute("GRANT SELECT ON migration.applied TO PUBLIC")
    with pytest.raises(NotMigrated, match="attendance migrate"), service(settings(database)):
        pass


def test_a_migrated_database_lets_every_role_see_that_it_is(database: str, settings):
    assert migrate(database)
    with service(settings(database)):
        pass
    assert migrate(database) == []


def test_the_secrets_of_another_database_are_refused(migrated: str, settings):
    with service(settings(migrated)):
        pass
    with pytest.raises(WrongSecret), service(settings(migrated, claims_secret=Secret.new("test").text)):
        pass


def test_a_database_from_outside_comes_with_secrets_from_outside(migrated: str, settings):
    without = settings(migrated, key_encryption_key=None, claims_secret=None)
    with pytest.raises(BadSettings, match="AS_CMS_KEY_ENCRYPTION_KEY, AS_CMS_CLAIMS_SECRET"), service(without):
        pass


def test_a_database_that_is_away_is_said_to_be(migrated: str, settings):
    with pytest.raises(Unavailable), service(settings(make_conninfo(migrated, port="1"))):
        pass


def test_production_does_not_come_as_a_superuser(migrated: str, settings, tmp_path: Path):
    keys = tmp_path / "keys.json"
    apart = {"data": tmp_path / "data", "erasure_journal": tmp_path / "erasures.jsonl"}
    production = settings(migrated, mode="production", issuer="https://identity.example", jwks_file=keys, **apart)
    with pytest.raises(TooPowerful, match=r"DATABASE_URL: .* is a superuser"), service(production):
        pass


def test_the_unsafe_way_to_insert_is_refused_whoever_opens_the_service(migrated: str, settings, monkeypatch):
    monkeypatch.setenv("POSTGRES_ENABLE_DB_FUNCTIONS", "y")
    with pytest.raises(UnsafeSetting), service(settings(migrated)):
        pass


TERM = datetime(2026, 2, 1, 20, tzinfo=UTC)  # Monday morning, the second of February, in Auckland


def test_a_fresh_database_may_have_a_clock_of_its_own_that_goes_forward_only(migrated: str, settings):
    with service(settings(migrated, clock_from=TERM)) as opened:
        assert timedelta() <= opened.clock() - TERM < timedelta(minutes=5)
        opened.own_clock.set(TERM + timedelta(days=7))
        invite(opened.writer)
        with pytest.raises(ClockBehind):
            opened.own_clock.set(TERM)
        with opened.reads.connection() as db:
            _, recorded_at = head(db)
    assert recorded_at
    assert recorded_at >= TERM + timedelta(days=7)


def test_a_clock_of_its_own_goes_on_when_the_service_is_opened_again(migrated: str, settings):
    with service(settings(migrated, clock_from=TERM)) as opened:
        opened.own_clock.set(TERM + timedelta(days=7))
        invite(opened.writer)
    with service(settings(migrated, clock_from=TERM)) as again:
        assert again.clock() >= TERM + timedelta(days=7)


def test_processes_with_a_clock_of_their_own_tell_one_time(tmp_path: Path):
    one = OwnClock.begin(tmp_path / "clock", TERM)
    other = OwnClock(tmp_path / "clock")
    one.set(TERM + timedelta(days=30))
    assert other() >= TERM + timedelta(days=30)


def test_two_processes_begun_at_once_on_a_fresh_database_have_one_clock(migrated: str, settings):
    with service(settings(migrated, clock_from=TERM)) as one, service(settings(migrated, clock_from=TERM)) as other:
        one.own_clock.set(TERM + timedelta(days=7))
        assert other.clock() >= TERM + timedelta(days=7)
        other.own_clock.set(TERM + timedelta(days=14))
        assert one.clock() >= TERM + timedelta(days=14)


def test_another_fresh_database_begins_a_clock_of_its_own_in_the_same_folder(copy_of, template, settings):
    with service(settings(copy_of(template), clock_from=TERM)) as former:
        former.own_clock.set(TERM + timedelta(days=7))
    with service(settings(copy_of(template), clock_from=TERM)) as fresh:
        assert fresh.clock() < TERM + timedelta(days=7)


def test_a_database_that_lived_in_the_systems_time_gets_no_clock_of_its_own(migrated: str, settings):
    with service(settings(migrated)) as opened:
        invite(opened.writer)
        with pytest.raises(BadSettings, match="AS_CMS_CLOCK_FROM"):
            _ = opened.own_clock
    with pytest.raises(NotFresh), service(settings(migrated, clock_from=TERM)):
        pass


def test_a_clock_behind_what_was_recorded_last_is_refused(migrated: str, settings, tmp_path: Path):
    with service(settings(migrated, clock_from=utc_now() + timedelta(days=1))) as opened:
        invite(opened.writer)
    (tmp_path / "clock").unlink()
    with pytest.raises(ClockBehind), service(settings(migrated)):
        pass


@pytest.fixture
def home(passable: Path, tmp_path: Path) -> Path:
    """A folder for an embedded database, which another user can reach."""
    return passable / tmp_path.name


def test_the_embedded_database_starts_from_nothing_is_joined_and_stops(home: Path):
    settings = Settings(data=home)
    with service(settings) as first, service(settings) as second:
        invite(first.writer)
        with second.reads.connection() as db:
            assert db.execute("SELECT count(*) FROM log.events").fetchone() == (1,)
        dsn = first.database.dsn(Login.SERVICE)
    with pytest.raises(psycopg.OperationalError):
        connect(dsn)
    with service(settings) as again, again.reads.connection() as db:
        assert db.execute("SELECT count(*) FROM log.events").fetchone() == (1,)


def test_every_login_of_the_embedded_database_has_one_role_and_only_the_owner_owns(home: Path):
    with database(Settings(data=home)) as lent:
        for login in Login:
            with connect(lent.dsn(login)) as db:
                role = "SELECT session_user, rolsuper FROM pg_roles WHERE rolname = session_user"
                assert db.execute(role).fetchone() == (f"attendance_{login}", False)
                owned = "SELECT count(*) FROM pg_class WHERE relowner = session_user::regrole"
                count = db.execute(owned).fetchone()
                assert (count != (0,)) == (login is Login.OWNER)


def test_the_secrets_that_the_program_made_are_its_owners_alone_and_stay(home: Path):
    with database(Settings(data=home)):
        pass
    file = home / "secrets.json"
    kept = file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    with database(Settings(data=home)):
        pass
    assert file.read_text() == kept


def test_secrets_that_were_lost_are_not_silently_replaced(home: Path):
    with service(Settings(data=home)):
        pass
    (home / "secrets.json").unlink()
    with pytest.raises(WrongSecret), service(Settings(data=home)):
        pass


def test_secrets_that_were_spoilt_are_named_and_not_shown(home: Path):
    home.mkdir()
    (home / "secrets.json").write_text(json.dumps({"claims_secret": "hush"}))
    with pytest.raises(BadSettings, match=r"secrets\.json") as error, service(Settings(data=home)):
        pass
    assert "hush" not in str(error.value)
