"""Examining: every check in its order, each with a deadline of its own; one that fails hides nothing of the others."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from queue import Empty, Queue
from threading import Thread
from time import monotonic
from typing import Final, TypeAlias

from psycopg import errors

from api.doctor import erasures, following, place, server, sessions, standing
from api.doctor.findings import Finding, Severity, Unseen, broken, unseen
from api.doctor.patient import Patient
from api.settings import BadSettings
from eventstore.connections import AWAY

DEADLINE_SECONDS: Final = 8.0
"""How long one check may take. A statement may take 2 s, an issuer or a broker 3 s: only what hangs takes so long."""

_OTHER_SCHEMA: Final = (errors.InsufficientPrivilege, errors.UndefinedTable, errors.InvalidSchemaName)

Look: TypeAlias = Callable[[Patient], Iterable[Finding]]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked at; `database` says whether it can be without one that answers."""

    name: str
    look: Look
    database: bool = True
    overdue: Severity = Severity.BROKEN
    """What it means that it does not end."""


CHECKS: Final = (
    Check("settings", place.settings, database=False),
    Check("files", place.files, database=False),
    Check("issuer", place.issuer, database=False),
    Check("journal", place.journal_file, database=False),
    Check("disk", place.disk, database=False),
    Check("database", server.database, database=False, overdue=Severity.AWAY),
    Check("version", server.version),
    Check("writable", server.writable),
    Check("clock", server.clock),
    Check("connections", server.connections),
    Check("schema", standing.schema),
    Check("logins", standing.logins),
    Check("hardening", standing.hardening),
    Check("secrets", standing.secrets),
    Check("erasures", erasures.journal),
    Check("disposals", erasures.disposals),
    Check("locks", sessions.locks),
    Check("transactions", sessions.transactions),
    Check("models", following.models),
    Check("followers", following.followers),
    Check("publisher", following.publisher),
)
"""Every check there is, in order: what needs nothing first. docs/running.md tells of each."""


def examine(
    patient: Patient, checks: Iterable[Check] = CHECKS, *, deadline: float = DEADLINE_SECONDS
) -> Iterator[Finding]:
    """Look at everything, one thing after another, and say what was found; no check takes longer than the deadline.

    Once the database is away, whatever needs it is left out: none of them waits for it again.
    """
    away = False
    for check in checks:
        if check.database and away:
            found = [unseen("not looked at, for the database does not answer", "see `database`")]
        else:
            found = within(deadline, check, patient)
        away = away or any(each.severity is Severity.AWAY for each in found)
        yield from named(check, found)


def unexamined(wrong: BadSettings) -> Iterator[Finding]:
    """Say what can be said when the settings cannot be read: every line of what is wrong, and what nobody looked at."""
    first, *others = CHECKS
    do = "correct it (docs/settings.md lists the settings); nothing of the program starts before"
    yield from named(first, [broken(line, do) for line in str(wrong).splitlines()])
    for check in others:
        yield from named(check, [unseen("not looked at, for the settings cannot be read", "see `settings`")])


def named(check: Check, found: Iterable[Finding]) -> Iterator[Finding]:
    """Say of findings which check they are of."""
    return (replace(each, check=check.name) for each in found)


def within(seconds: float, check: Check, patient: Patient) -> list[Finding]:
    """Look in a thread, and return what was found by the end of so many seconds, whatever happens to the rest."""
    told: Queue[Finding | None] = Queue()
    Thread(target=_look, args=(check.look, patient, told.put), name=check.name, daemon=True).start()
    end, found = monotonic() + seconds, list[Finding]()
    with suppress(Empty):
        while (finding := told.get(timeout=max(0.0, end - monotonic()))) is not None:
            found.append(finding)
        return found
    late = Finding(severity=check.overdue, what=f"this did not end within {seconds:g} s", do="look at it by hand")
    return [*found, late]


def _look(look: Look, patient: Patient, tell: Callable[[Finding | None], None]) -> None:
    try:
        for each in look(patient):
            tell(each)
    except Exception as error:  # noqa: BLE001 - what one check cannot do hides nothing of the others
        tell(_failed(error, patient))
    tell(None)


def _failed(error: Exception, patient: Patient) -> Finding:
    """Say why a check could not be made; of what others say only the kind, for it might quote a value."""
    kind = type(error).__name__
    if isinstance(error, Unseen):
        return unseen(*error.args)
    if isinstance(error, BadSettings):
        return broken(str(error), "see `settings`")
    if isinstance(error, errors.LockNotAvailable):
        return broken(
            "somebody holds a lock on what this looks at, and lets nobody pass", "see `locks`, `transactions`"
        )
    if isinstance(error, _OTHER_SCHEMA):
        return unseen(f"the schema or the rights of our logins are not those of this release ({kind})", "see `schema`")
    if isinstance(error, AWAY):
        severity = Severity.BROKEN if patient.alive() else Severity.AWAY
        return Finding(
            severity=severity, what=f"the database did not answer this ({kind})", do="see `database`, `locks`"
        )
    return broken(f"this check failed itself ({kind})", "tell whoever maintains the program; the others were made")
