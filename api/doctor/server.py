"""The server: whether it answers, takes writes, is new enough, has connections left, and tells our time."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from api.bootstrap import SKEW, now
from api.clock import system
from api.doctor.findings import Finding, Severity, attention, broken, for_how_long, ok
from api.doctor.patient import Patient
from api.settings import OLDEST_POSTGRES, Login
from eventstore.connections import Connection
from eventstore.log import head

ORDINARY: Final = timedelta(seconds=1)
"""So far clocks that are kept in time by the network do not differ."""

NEAR: Final = 0.8
"""From this share of the connections in use on, the end is near."""

MOST_NAMED: Final = 6

_WRITES: Final = "SELECT pg_is_in_recovery(), current_setting('transaction_read_only') = 'on'"

_LIMITS: Final = """
SELECT 'the server', current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
       - coalesce(current_setting('reserved_connections', true), '0')::int,
       count(*) FILTER (WHERE a.datid IS NOT NULL AND a.usesysid IS NOT NULL)
  FROM pg_stat_activity a
UNION ALL
SELECT 'the database', d.datconnlimit, (SELECT count(*) FROM pg_stat_activity a WHERE a.datid = d.oid)
  FROM pg_database d WHERE d.datname = current_database() AND d.datconnlimit >= 0
UNION ALL
SELECT 'the login ' || r.rolname, r.rolconnlimit, (SELECT count(*) FROM pg_stat_activity a WHERE a.usesysid = r.oid)
  FROM pg_roles r WHERE r.rolcanlogin AND r.rolconnlimit >= 0
   AND EXISTS (SELECT FROM pg_stat_activity a WHERE a.usesysid = r.oid AND a.datname = current_database())
"""

_BY_NAME: Final = """
SELECT coalesce(nullif(application_name, ''), 'nameless'), count(*) FROM pg_stat_activity
 WHERE datname = current_database() AND usesysid IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1
"""


def database(patient: Patient) -> Iterator[Finding]:
    """The database: it answers somebody whom the settings name."""
    whys = []
    for login in (Login.SERVICE, *(each for each in Login if each is not Login.SERVICE), None):
        visit = patient.visit(login)
        if visit.session:
            yield ok(f"{visit.session.info.dbname} answers at {visit.session.info.host or 'a socket'}")
            return
        whys.append(visit.why)
        if len(set(whys)) == 1 and len(whys) > 1:
            break  # the same answer twice: the others would only wait for it as well
    yield Finding(
        severity=Severity.AWAY,
        what=f"it lets nobody in: {'; '.join(dict.fromkeys(whys))}",
        do="look whether the server runs, can be reached from here, and has connections left; then at DATABASE_URL "
        "and the URLs of the logins",
    )


def writable(patient: Patient) -> Iterator[Finding]:
    """Writing: the server is no standby, and transactions of the service may write."""
    [(standby, read_only)] = patient.anybody().execute(_WRITES).fetchall()
    if standby:
        yield broken(
            "the server is a standby, which only reads: no command can be recorded",
            "promote it, or let DATABASE_URL name all hosts and say target_session_attrs=read-write",
        )
    elif read_only:
        yield broken(
            "transactions are read-only: no command can be recorded",
            "look whether the server ran out of room or somebody is in the middle of a failover; then, as its "
            "superuser, take back default_transaction_read_only (ALTER SYSTEM, ALTER DATABASE or ALTER ROLE)",
        )
    else:
        yield ok("it takes writes")


def version(patient: Patient) -> Iterator[Finding]:
    """The version of the server: one that the schema works with."""
    yield judged_version(patient.anybody().info.server_version)


def judged_version(number: int) -> Finding:
    """Judge the number of a version as the server says it: 180004 is 18.4."""
    said = f"PostgreSQL {number // 10_000}.{number % 10_000}"
    if number // 10_000 < OLDEST_POSTGRES:
        return broken(said, f"upgrade the server to {OLDEST_POSTGRES} or later")
    return ok(said)


def connections(patient: Patient) -> Iterator[Finding]:
    """Connections: how many of the server's, the database's and each login's are in use, and by whom."""
    db = patient.anybody()
    users = ", ".join(f"{name} {count}" for name, count in db.execute(_BY_NAME).fetchall()[:MOST_NAMED])
    for what, most, used in db.execute(_LIMITS).fetchall():
        yield judged_connections(what, most, used, users)


def judged_connections(what: str, most: int, used: int, users: str) -> Finding:
    """Judge how many connections are in use; `users` says by whom, those with the most first."""
    said = f"{used} of {most} connections of {what} are in use; of this database: {users}"
    do = (
        "see who has so many: fewer processes, or a smaller AS_CMS_READS; then raise max_connections or the "
        "CONNECTION LIMIT; SELECT pg_terminate_backend(PID) ends a session"
    )
    if used >= most:
        return broken(said, do)
    return attention(said, do) if used >= NEAR * most else ok(said)


def clock(patient: Patient) -> Iterator[Finding]:
    """The clocks: this machine's beside the server's, and the service's beside the last thing recorded."""
    db = patient.session(Login.SERVICE)
    yield skewed(*_instants(db))
    position, last = head(db)
    told = now(patient.settings)
    if last and told < last - SKEW:
        yield broken(
            f"the service's clock is {for_how_long(last - told)} behind event {position}, recorded last",
            "set this machine's clock (NTP): no process starts while it is behind",
        )


def skewed(before: datetime, theirs: datetime, after: datetime) -> Finding:
    """Judge the server's clock by one look at it, between two at ours; how long the look took is not held against it.

    Raises ValueError for instants without a time zone.
    """
    if any(each.tzinfo is None for each in (before, theirs, after)):
        raise ValueError("an instant without a time zone")
    by = max(before - theirs, theirs - after, timedelta())
    said = f"the server's clock and this machine's differ by {for_how_long(by)}"
    do = "set both by NTP, and look which of them is wrong; times of the log come from this machine"
    if by > SKEW:
        return broken(f"{said}; with more than {for_how_long(SKEW)} processes refuse to start", do)
    return attention(said, do) if by > ORDINARY else ok(said)


def _instants(db: Connection) -> tuple[datetime, Any, datetime]:
    db.execute("SELECT")  # the next answer takes only as long as the way to the server
    before = system()
    [(theirs,)] = db.execute("SELECT clock_timestamp()").fetchall()
    return before, theirs, system()
