"""Sessions: who holds up others, and who sits in a transaction without a word. What they ask is never looked at.

The server shows everybody which session waits for which, its login and its name; since when it says nothing only to
its own login and to members of pg_read_all_stats. So every login that the settings name looks, and it is put together.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from psycopg.rows import class_row

from api.doctor.findings import Finding, attention, broken, for_how_long, ok, or_ok, unseen
from api.doctor.patient import NAME, Patient
from eventstore.connections import DEADLINE_SECONDS, IN_TRANSACTION_SECONDS, Connection

GRANT: Final = (
    "to see them, let DATABASE_URL name a login of its own that is a member of pg_read_all_stats and may connect "
    "(the service's logins may not have that right)"
)

_SEEN: Final = """
SELECT pid, coalesce(usename, '') AS login, coalesce(application_name, '') AS name, state, wait_event_type AS waits_for,
       clock_timestamp() - xact_start AS in_transaction, clock_timestamp() - state_change AS unchanged
  FROM pg_stat_activity WHERE datname = current_database() AND usesysid IS NOT NULL
"""

_WAITING: Final = """
SELECT l.pid, pg_blocking_pids(l.pid) AS blockers, coalesce(clock_timestamp() - l.waitstart, interval '0') AS waited,
       CASE WHEN l.relation IS NOT NULL THEN l.relation::regclass::text
            WHEN l.locktype = 'advisory' AND l.classid = 4243 THEN
                 CASE l.objid WHEN 1 THEN 'the lock of the log' WHEN 2 THEN 'the lock of the keys' ELSE 'migrating' END
            ELSE 'a row' END AS thing
  FROM pg_locks l JOIN pg_stat_activity a USING (pid)
 WHERE NOT l.granted AND a.datname = current_database()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A session of this database; what only some may see is None to the others."""

    pid: int
    login: str
    name: str
    state: str | None
    waits_for: str | None
    in_transaction: timedelta | None
    unchanged: timedelta | None

    @property
    def said(self) -> str:
        """Who it is, and since when it is how it is."""
        told = f"session {self.pid} ({self.name or 'nameless'}, login {self.login})"
        if self.state and self.unchanged is not None:
            told += f", {self.state} for {for_how_long(self.unchanged)}"
        return told

    @property
    def silent(self) -> timedelta:
        """For how long it has sat in an open transaction without a word."""
        idle = (self.state or "").startswith("idle in transaction")
        return (self.unchanged or timedelta()) if idle else timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A session that waits for a lock: for whom, since when, and of what."""

    pid: int
    blockers: list[int]
    waited: timedelta
    thing: str


def locks(patient: Patient) -> Iterator[Finding]:
    """Locks: nobody holds one for long that others wait for."""
    sessions = seen(patient)
    with patient.anybody().cursor(row_factory=class_row(Waiting)) as cursor:
        waiting = cursor.execute(_WAITING).fetchall()
    found = (_holder(sessions.get(pid), pid, held_up) for pid, held_up in holders(waiting).items())
    yield from or_ok(found, f"nobody holds anybody up; {len(sessions)} sessions")


def transactions(patient: Patient) -> Iterator[Finding]:
    """Transactions: nobody sits in one without a word; that keeps tables from being cleaned, exchanged and erased."""
    sessions = seen(patient)
    long = [each for each in sessions.values() if each.silent.total_seconds() > IN_TRANSACTION_SECONDS]
    for each in long:
        yield attention(each.said, f"ask whoever it is; {terminate(each.pid)}")
    if hidden := sorted({each.login for each in sessions.values() if each.state is None}):
        yield unseen(f"what sessions of these logins do is not shown to us: {', '.join(hidden)}", GRANT)
    elif not long:
        yield ok("nobody sits in one without a word")


def seen(patient: Patient) -> Mapping[int, Session]:
    """Return every session of this database but ours, each as whoever of us sees the most of it."""
    found: dict[int, Session] = {}
    for connection in patient.sessions:
        for each in _looked(connection):
            if each.name != NAME and (each.pid not in found or each.state):
                found[each.pid] = each
    return found


def holders(waiting: Iterable[Waiting]) -> Mapping[int, list[Waiting]]:
    """Return whoever holds up others and waits for nobody, with all who wait in the line behind."""
    line = {each.pid: each for each in waiting}
    found: dict[int, list[Waiting]] = {}
    for each in line.values():
        for pid in _ends(line, each.pid, frozenset()):
            found.setdefault(pid, []).append(each)
    return found


def terminate(pid: int) -> str:
    return (
        f"SELECT pg_terminate_backend({pid}), as the same login or a superuser, ends it; what it has not committed goes"
    )


def _ends(line: Mapping[int, Waiting], pid: int, passed: frozenset[int]) -> set[int]:
    """Follow the line from one who waits to whoever waits for nobody; a circle is ended by the server."""
    if pid not in line:
        return {pid}
    return {end for each in line[pid].blockers if each not in passed for end in _ends(line, each, passed | {pid})}


def _holder(session: Session | None, pid: int, held_up: list[Waiting]) -> Finding:
    longest = max(each.waited for each in held_up)
    things = ", ".join(sorted({each.thing for each in held_up}))
    who = session.said if session else f"session {pid}" if pid else "a prepared transaction"
    said = f"{who} holds up {len(held_up)}, the longest for {for_how_long(longest)}: {things}"
    do = (
        f"if it does not end by itself, {terminate(pid)}"
        if pid
        else "look into pg_prepared_xacts; ROLLBACK PREPARED ends it"
    )
    own = (session and session.in_transaction) or timedelta()
    stuck = own.total_seconds() > IN_TRANSACTION_SECONDS or longest.total_seconds() > DEADLINE_SECONDS
    return broken(said, do) if stuck else attention(said, do)


def _looked(connection: Connection) -> Iterable[Any]:
    with connection.cursor(row_factory=class_row(Session)) as cursor:
        return cursor.execute(_SEEN).fetchall()
