"""A deployment in production for the doctor to look at: a database, a login for each role, files and followers."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

from pydantic import SecretStr

from api.bootstrap import folding, service
from api.commands.projecting import followers
from api.database import database
from api.doctor.examining import CHECKS, examine
from api.doctor.findings import Finding, Severity
from api.doctor.patient import Patient
from api.settings import SECRETS, Login, Settings
from eventstore.connections import Connection, connect
from eventstore.journal import Journal
from eventstore.key_material import Secret
from tests.eventstore.logins import Production
from tests.issuer import key, published

HANG_SECONDS = 120.0
ONE, OTHER = Secret("one", b"1" * 32), Secret("one", b"2" * 32)

Found = Mapping[str, Sequence[Finding]]
"""What was found, by check."""

_EVENT = """
INSERT INTO log.events SELECT coalesce(max(position), 0) + 1, %s, 1, 'Ignored', 1, %s, (%s::timestamptz
       AT TIME ZONE 'Pacific/Auckland')::date, gen_random_uuid(), '', '' FROM log.events
"""


@dataclass
class Deployment:
    """What its settings say by field, how to come to its database, and how it is looked at."""

    house: Production
    folder: Path
    fields: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        (self.folder / "keys.json").write_bytes(published(key("ours")))
        Journal(self.folder / "erasures.jsonl").begin()
        self.fields = {
            "mode": "production",
            "data": self.folder / "data",
            "erasure_journal": self.folder / "erasures.jsonl",
            "issuer": "https://identity.example",
            "jwks_file": self.folder / "keys.json",
            "database_url": SecretStr(self.house.dsns[Login.SERVICE]),
            **{f"database_url_{login}": SecretStr(dsn) for login, dsn in self.house.dsns.items()},
            **{name: SecretStr(ONE.text) for name in SECRETS},
        }

    def settings(self, **more: Any) -> Settings:
        return Settings(**(self.fields | more))

    def look(self, **more: Any) -> Found:
        """Look at everything; what is named is said by the settings instead."""
        return looked(Patient(self.settings(**more)))

    def superuser(self) -> Connection:
        return connect(self.house.superuser, deadline=None, in_transaction=HANG_SECONDS)

    def run(self, statement: str) -> None:
        """Have the superuser do something; {database} is the name of the database."""
        with self.superuser() as db:
            db.execute(statement.format(database=self.house.name).encode())

    def happened(self, ago: timedelta = timedelta()) -> None:
        """Record an event so long ago; it is of no type that anybody knows."""
        at = datetime.now(UTC) - ago
        with self.superuser() as db:
            db.execute(_EVENT, [uuid4(), at, at])

    def started(self) -> None:
        """Let the service start and end, which notes its secrets."""
        with service(self.settings()):
            pass

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Have the read models followed."""
        said = self.settings()
        with database(said) as lent, folding(said, lent) as tools, followers(lent, tools):
            until(lambda: worst_of(self.look(), "followers") is Severity.OK)
            yield


def looked(patient: Patient) -> Found:
    """Look at everything, and return what was found by check; every check says something."""
    found = defaultdict(list)
    try:
        for each in examine(patient):
            found[each.check].append(each)
    finally:
        patient.close()
    assert list(found) == [check.name for check in CHECKS]
    return found


def worst_of(found: Found, check: str) -> Severity:
    return max((each.severity for each in found[check]), key=tuple(Severity).index)


def bad(found: Found) -> dict[str, list[str]]:
    """Return what is wrong, by check."""
    fine = {Severity.OK, Severity.UNSEEN}
    wrong = {check: [each.what for each in all_of if each.severity not in fine] for check, all_of in found.items()}
    return {check: what for check, what in wrong.items() if what}


def until(holds: Callable[[], object], what: str = "") -> None:
    """Wait for something that is bound to happen."""
    end = monotonic() + HANG_SECONDS
    while not holds():
        assert monotonic() < end, what
        sleep(0.1)
