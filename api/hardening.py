"""Hardening: what only a superuser can take away from everybody, in the database that is the service's own."""

from importlib.resources import files

from eventstore.connections import Connection


def text() -> str:
    """Return the statements, as a superuser gives them once."""
    return (files("eventstore") / "hardening.sql").read_text("utf-8")


def harden(superuser: Connection) -> None:
    """Take it away; again is no harm."""
    superuser.execute(text().encode())
