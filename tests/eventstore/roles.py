"""The DSN of a database as one of its roles."""

from psycopg.conninfo import make_conninfo


def as_role(dsn: str, role: str) -> str:
    """Return how to connect as this role, which owns nothing."""
    return make_conninfo(dsn, options=f"-c role=as_cms_{role}")


def as_service(dsn: str) -> str:
    """Return how the service connects."""
    return as_role(dsn, "service")
