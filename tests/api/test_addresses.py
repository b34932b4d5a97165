"""Addresses: what is on this machine alone is told from what is not, and doubt is not."""

from ipaddress import IPv4Address

import pytest

from api.addresses import loopback, trusted

VERIFIED = "postgresql://me@db.example/attendance?sslmode=verify-full"
LOCAL = (
    "postgresql://me@localhost/attendance",
    "postgresql://me@127.0.0.1:5433/attendance",
    "postgresql://me@[::1]/attendance",
    "postgresql:///attendance",
    "postgresql:///attendance?host=/run/postgresql",
    "host=/run/postgresql dbname=attendance",
    "host=@attendance dbname=attendance",
    "host=127.0.0.1,localhost dbname=attendance",
    "host=db.example hostaddr=127.0.0.1 dbname=attendance",
)
FAR = (
    "postgresql://me@db.example/attendance",
    "postgresql://me@db.example/attendance?sslmode=require",
    "postgresql://me@db.example/attendance?sslmode=verify-ca",
    "postgresql://me@db.example/attendance?sslmode=disable",
    "postgresql://me@127.0.0.1,db.example/attendance",
    "postgresql://me@localhost.db.example/attendance",
    "postgresql://me@127.0.0.1.db.example/attendance",
    "host=localhost hostaddr=203.0.113.7 dbname=attendance",
    "host=localhost,db.example hostaddr=127.0.0.1, dbname=attendance",
    "postgresql://me@0.0.0.0/attendance",
    "postgresql://me@10.0.0.7/attendance",
    "service=attendance",
)


@pytest.fixture(autouse=True)
def nowhere_else(monkeypatch: pytest.MonkeyPatch):
    for name in ("PGHOST", "PGHOSTADDR", "PGSERVICE", "PGSSLMODE"):
        monkeypatch.delenv(name, raising=False)


def test_a_server_that_proves_who_it_is_is_trusted():
    assert trusted(VERIFIED)


@pytest.mark.parametrize("dsn", LOCAL)
def test_a_database_on_this_machine_needs_no_proof(dsn: str):
    assert trusted(dsn)


@pytest.mark.parametrize("dsn", FAR)
def test_a_database_elsewhere_is_not_believed_without_proof(dsn: str):
    assert not trusted(dsn)


@pytest.mark.parametrize("name", ["PGHOST", "PGHOSTADDR", "PGSERVICE"])
def test_the_environment_does_not_lead_a_local_connection_away(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(name, "db.example")
    assert not trusted("postgresql:///attendance")


def test_the_environment_does_not_stand_in_for_what_the_url_must_say(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PGSSLMODE", "verify-full")
    assert not trusted(FAR[0])


def test_what_is_no_connection_string_is_named_and_not_repeated():
    with pytest.raises(ValueError, match=r"^is no connection string of PostgreSQL$"):
        trusted("postgresql://hush:hush@[/")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_is_reached_from_this_machine_alone(host: str):
    assert loopback(host)


@pytest.mark.parametrize("host", [str(IPv4Address(0)), "::", "", "203.0.113.7", "0", "no such host", "a" * 300])
def test_every_other_address_may_be_reached_by_others(host: str):
    assert not loopback(host)
