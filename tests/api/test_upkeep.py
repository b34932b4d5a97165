"""What operators do beside running services: another key-encryption key, and answers whose time is over."""

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from pydantic import SecretStr

from adapters.embedded_postgres import EmbeddedPostgres
from api.bootstrap import Service, now, service
from api.cli import app
from api.commands.upkeep import KEPT
from api.settings import SECRETS, Login, Settings, variable
from domain.decision import Actor, Ref
from domain.ids import MINISTRY
from domain.sealed import DataClass
from domain.text import PersonName
from domain.users.inviting import InviteUser
from domain.users.user import Role, User, UserDetails
from eventstore.answers import expire
from eventstore.connections import connect
from eventstore.key_material import MissingSecret, Secret, Secrets
from eventstore.keyring import REWRAPPED_AT_ONCE, rewrap
from eventstore.requests import Request
from eventstore.sealing import KeyEncryption
from eventstore.writer import utc_now
from tests.eventstore.keyrings import KEK, House, identity
from tests.eventstore.logins import Production, production
from tests.eventstore.roles import as_role

OLD, NEW = Secret("2026", b"o" * 32), Secret("2027", b"n" * 32)
SOMEBODY = Actor(user=uuid4(), role=Role.SYSTEM, organisation=MINISTRY)


@pytest.fixture
def house(cluster: EmbeddedPostgres, admin: psycopg.Connection) -> Iterator[Production]:
    with production(cluster, admin) as made:
        yield made


@pytest.fixture
def said(house: Production, tmp_path: Path) -> Callable[..., Settings]:
    """The settings of a production, with these key-encryption keys."""

    def make(*keys: Secret, login: Login = Login.SERVICE) -> Settings:
        return Settings(**fields(house, tmp_path, login, *keys))

    return make


def fields(house: Production, folder: Path, login: Login, *keys: Secret) -> dict[str, Any]:
    """What production is told, by the name of the field; the logins are those that a process of this one needs."""
    own = {Login.SERVICE: (Login.SERVICE, Login.KEYS)}.get(login, (login,))
    secret: dict[str, Any] = {name: SecretStr(OLD.text) for name in SECRETS}
    return {
        "mode": "production",
        "data": folder / "data",
        "erasure_journal": folder / "erasures.jsonl",
        "issuer": "https://identity.example",
        "jwks_file": folder / "keys.json",
        "database_url": SecretStr(house.dsns[login]),
        **{f"database_url_{each}": SecretStr(house.dsns[each]) for each in own},
        **secret,
        "key_encryption_key": SecretStr(" ".join(key.text for key in keys)),
    }


def environment(told: Mapping[str, Any]) -> dict[str, str]:
    """What is told by fields, as a process is given it."""
    return {
        variable(name): value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        for name, value in told.items()
    }


@pytest.fixture
def run(house: Production, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run a command of the program as a login, with these key-encryption keys, and read what it prints."""

    def command(name: str, login: Login, *keys: Secret, more: tuple[str, ...] = ()) -> Any:
        for each, text in environment(fields(house, tmp_path, login, *keys)).items():
            monkeypatch.setenv(each, text)
        app([name, *more, "--json"], standalone_mode=False)
        return json.loads(capsys.readouterr().out)

    return command


def invite(opened: Service, login: str) -> None:
    details = UserDetails(name=PersonName(family_name="Ngata"), email=f"{login}@school.example", login=login)
    opened.writer.execute(
        Request(stream=Ref(User, uuid4()), command=InviteUser(details=details), actor=SOMEBODY, opens=True)
    )


def test_the_key_encryption_key_is_replaced_while_services_run(said, run):
    """As docs/running.md says: known first, then the present one, rewrap, and the former is taken away."""
    with service(said(OLD)) as old:
        invite(old, "hana")
        with service(said(OLD, NEW)) as knowing:
            invite(knowing, "mere")
            invite(old, "rangi")
            with service(said(NEW, OLD)) as turned:
                invite(turned, "ani")
                invite(knowing, "tui")
                assert run("rewrap", Login.ROTATION, NEW, OLD) == {"rewrapped": 4}
                assert run("rewrap", Login.ROTATION, NEW, OLD) == {"rewrapped": 0}
                assert all_open(knowing)
                assert all_open(turned)
    with service(said(NEW, OLD)):
        pass  # started again for another reason: the former is not needed again for that
    with service(said(NEW)) as after:
        invite(after, "tama")
        assert len(all_open(after)) == 6
    with pytest.raises(MissingSecret), service(said(OLD)):
        pass


def all_open(opened: Service) -> list[Any]:
    """Return every key of the database; none fails to open, however it is wrapped by now."""
    opened.keyring.forget()
    with psycopg.connect(opened.database.dsn(Login.KEYS)) as db:
        kept = db.execute("SELECT subject, data_class FROM keys.subject_keys").fetchall()
    return [opened.keyring.key(subject, DataClass(name)) for subject, name in kept]


def test_a_former_key_cannot_be_taken_away_too_early(said, run):
    with service(said(OLD)) as before:
        invite(before, "hana")
    with pytest.raises(MissingSecret):
        run("rewrap", Login.ROTATION, NEW)
    with pytest.raises(MissingSecret), service(said(NEW)):
        pass


def test_keys_are_wrapped_anew_some_at_a_time_and_those_that_were_made_meanwhile_too(migrated: str):
    house, both = House(migrated), KeyEncryption(Secrets(NEW, KEK))
    late = house.keyring()
    told: list[tuple[int, int]] = []
    late.ensure(identity(uuid4()) for _ in range(REWRAPPED_AT_ONCE + 1))
    house.keyring(both)

    def report(done: int, of: int) -> None:
        if not told:
            late.ensure([identity(uuid4())])  # a process that was not started again yet
        told.append((done, of))

    with house.connect("rotation") as rotation:
        assert rewrap(rotation, both, report) == REWRAPPED_AT_ONCE + 2
    assert told == [(500, 501), (502, 502)], "one was made after the first was told"
    assert house.count("SELECT FROM keys.subject_keys WHERE kek <> 'kek/2027'") == 0


def answered(dsn: str, *days: int) -> None:
    """Note an answer of so many days ago, each."""
    with connect(dsn) as owner:
        for age in days:
            owner.execute(
                "INSERT INTO log.answers VALUES (gen_random_uuid(), '', 1, '', now() - %s * interval '1 day')", [age]
            )


def test_answers_that_are_thirty_days_old_are_removed_once(house: Production, run):
    answered(house.superuser, 0, 29, 31, 32, 400)
    assert run("expire", Login.EXPIRY, OLD) == {"removed": 3}
    assert run("expire", Login.EXPIRY, OLD) == {"removed": 0}
    with connect(house.superuser) as db:
        assert db.execute("SELECT count(*) FROM log.answers").fetchone() == (2,)


def test_answers_are_removed_some_at_a_time(migrated: str):
    answered(migrated, *range(31, 38))
    told: list[int] = []
    with connect(as_role(migrated, "expiry")) as job:
        assert expire(job, utc_now() - timedelta(days=30), told.append, at_once=3) == 7
    assert told == [3, 6, 7]


def test_in_a_time_of_its_own_the_days_are_those_of_its_clock(migrated: str, tmp_path: Path):
    """A demo plays a term in minutes: what is a month old there is removed, and what is fresh there stays."""
    term = datetime(2026, 2, 1, 20, tzinfo=UTC)
    secret: dict[str, Any] = {name: SecretStr(OLD.text) for name in SECRETS}
    settings = Settings(database_url=SecretStr(migrated), data=tmp_path, clock_from=term, **secret)
    with service(settings) as opened:
        invite(opened, "hana")
        for ahead, gone in ((timedelta(days=29), 0), (timedelta(days=31), 1)):
            opened.own_clock.set(term + ahead)
            with connect(as_role(migrated, "expiry")) as job:
                assert expire(job, now(settings) - KEPT) == gone


def test_a_copy_names_no_login_so_that_it_can_be_restored_where_they_are_called_otherwise(
    house: Production, run, cluster: EmbeddedPostgres, tmp_path: Path
):
    copy = tmp_path / "copy"
    run("backup", Login.OWNER, OLD, more=(str(copy),))
    told = [str(cluster.binaries / "pg_restore"), "--no-owner", "--file=-", str(copy)]
    lines = subprocess.run(told, capture_output=True, text=True, check=True).stdout.splitlines()
    statements = "\n".join(line for line in lines if not line.startswith("--"))
    assert "as_cms_service" in statements
    assert house.name not in statements


def test_what_a_superuser_runs_is_printed_and_can_be_run_again(house: Production, capsys: Any):
    app(["hardening"], standalone_mode=False)
    statements = capsys.readouterr().out
    with connect(house.superuser) as superuser:
        superuser.execute(statements.encode())
    with connect(house.dsns[Login.OWNER]) as owner:
        assert owner.execute("SELECT pg_try_advisory_xact_lock(4243, 1)").fetchone() == (True,)
