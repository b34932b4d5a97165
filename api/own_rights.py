"""Own rights: in production a login to the database has those of its role, and not one more.

Who could rewrite the log, make other logins, or read with the rights of two roles is refused before anything is done
with the login (`Database.dsn`): a service that was broken into can then do no more than its role.
"""

from typing import Any, Final

from api.settings import Login
from eventstore.connections import Connection, connect

_HELD: Final = """
WITH RECURSIVE held (oid) AS (
    SELECT oid FROM pg_roles WHERE rolname = session_user
    UNION
    SELECT m.roleid FROM pg_auth_members m JOIN held h ON m.member = h.oid)
SELECT bool_or(r.rolsuper), bool_or(r.rolcreaterole), bool_or(r.rolcreatedb), bool_or(r.rolbypassrls),
       bool_or(r.rolreplication),
       EXISTS (SELECT FROM pg_namespace WHERE nspowner IN (SELECT oid FROM held))
       OR EXISTS (SELECT FROM pg_database WHERE datdba IN (SELECT oid FROM held)),
       bool_or(r.rolname NOT IN (session_user, %s))
  FROM pg_roles r JOIN held USING (oid)
"""

_TOO_MUCH: Final = (
    "is a superuser",
    "makes roles",
    "makes databases",
    "passes by row security",
    "replicates",
    "owns schemas or a database",
    "is a member of more than its role",
)
_OF_AN_OWNER: Final = frozenset({"makes roles", "owns schemas or a database", "is a member of more than its role"})
"""What the owner of the schema needs, who makes the roles and is a member of them then."""


_QUOTES: Final = """
SELECT current_setting('log_min_messages') NOT IN ('log', 'fatal', 'panic')
    OR current_setting('log_error_verbosity') <> 'terse'
"""


class ServerQuotes(Exception):
    """The server's own log would quote personal values where a statement fails: run `attendance hardening` first."""


class TooPowerful(Exception):
    """In production a login has the rights of its role and no more: neither a superuser nor the owner fits."""


def require_own_rights(dsn: str, login: Login, said_by: str) -> None:
    """Raise TooPowerful, which names the setting, if whoever logs in so may do more than the role of this login.

    Raises ServerQuotes if the server would write into its own log what a statement of theirs was about.
    """
    with connect(dsn, name="as-cms start") as connection:
        found = too_much(connection, login)
        quotes = server_quotes(connection)
    if found:
        raise TooPowerful(f"{said_by}: the login of the {login} {', '.join(found)}")
    if quotes:
        raise ServerQuotes(ServerQuotes.__doc__)


def server_quotes(connection: Connection) -> bool:
    """Say whether the server's own log would hold what the statements of this session were about."""
    return bool(connection.execute(_QUOTES).fetchall()[0][0])


def too_much(connection: Connection, login: Login) -> list[str]:
    """Return what whoever has logged in may do beyond their role, in words."""
    row: Any = connection.execute(_HELD, [f"as_cms_{login}"]).fetchone()
    found = [what for what, so in zip(_TOO_MUCH, row, strict=True) if so]
    return [what for what in found if login is not Login.OWNER or what not in _OF_AN_OWNER]
