"""The keyring: makes, keeps and finds the keys of personal data, and lets go of those that were destroyed."""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

import psycopg
import structlog

from domain.sealed import DataClass
from eventstore.connections import AWAY, Connection, connect, heard
from eventstore.key_material import compare
from eventstore.reach import Reach, reach
from eventstore.sealing import Key, KeyDestroyed, KeyEncryption, KeyLost, Need, Whose, new_secret, owner

log = structlog.get_logger()

CHANNEL: Final = "keys"
"""Where the destruction of a key is told; the payload is the subject."""

POLL_SECONDS: Final = 1.0

_BARRED: Final = "AS001"

_FIND: Final = """
SELECT w.subject, w.data_class, k.key_id, k.kek, k.wrapped, d.subject IS NOT NULL,
       ARRAY(SELECT a.person FROM keys.about a WHERE a.subject = w.subject AND a.data_class = w.data_class)
  FROM unnest(%s::uuid[], %s::text[]) AS w (subject, data_class)
  LEFT JOIN keys.subject_keys k USING (subject, data_class)
  LEFT JOIN keys.destroyed d USING (subject, data_class)
 WHERE k.key_id IS NOT NULL OR d.subject IS NOT NULL
"""

# Rows in one order everywhere: processes that make the same keys never wait for each other in a circle.
_MAKE: Final = """
WITH need AS (
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::uuid[], %s::bytea[])
        AS n (subject, data_class, key_id, wrapped)),
about AS (
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::uuid[]) AS a (subject, data_class, person)),
barred AS (
    SELECT n.subject, n.data_class FROM need n JOIN keys.destroyed d USING (subject, data_class)
    UNION
    SELECT a.subject, a.data_class FROM about a
      JOIN keys.destroyed d ON d.subject = a.person AND d.data_class = a.data_class),
made AS (
    INSERT INTO keys.subject_keys (key_id, subject, data_class, wrapped, kek)
    SELECT n.key_id, n.subject, n.data_class, n.wrapped, %s FROM need n
     WHERE (n.subject, n.data_class) NOT IN (SELECT b.subject, b.data_class FROM barred b)
     ORDER BY n.subject, n.data_class
    ON CONFLICT DO NOTHING
    RETURNING subject, data_class)
INSERT INTO keys.about (subject, data_class, person)
SELECT a.subject, a.data_class, a.person FROM about a JOIN made USING (subject, data_class)
 ORDER BY a.subject, a.data_class, a.person
"""

REWRAPPED_AT_ONCE: Final = 500

_FORMER: Final = """
SELECT key_id, subject, data_class, kek, wrapped FROM keys.subject_keys WHERE kek <> %s LIMIT %s
"""

_REWRAP: Final = """
UPDATE keys.subject_keys k SET wrapped = n.anew, kek = %s
  FROM unnest(%s::uuid[], %s::bytea[], %s::bytea[]) AS n (key_id, former, anew)
 WHERE k.key_id = n.key_id AND k.wrapped = n.former
"""


@dataclass(frozen=True, slots=True)
class _Kept:
    key: Key | None  # None: destroyed
    about: frozenset[UUID]
    read_at: float


class AboutOthers(Exception):
    """A key was to be about other people than when it was made: it would die with somebody whom it does not tell of."""


class Keyring:
    """Keys by subject and class, kept in memory for a while. Safe to use from several threads.

    `connection` lends an autocommitted connection with the rights of as_cms_keys. What was destroyed is let
    go of when a notice comes (see `listen`), and without one after `max_age` seconds.
    """

    def __init__(
        self,
        connection: Callable[[], AbstractContextManager[Connection]],
        encryption: KeyEncryption,
        *,
        max_age: float = 60.0,
        most: int = 20_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._connection = connection
        self._encryption = encryption
        self._max_age = max_age
        self._most = most
        self._clock = clock
        self._kept: dict[Whose, _Kept] = {}
        self._lock = threading.Lock()
        self.generation = 0
        """How often something was let go of; who keeps opened values lets go of them when it changes."""

    def ensure(self, needs: Iterable[Need]) -> None:
        """Make the keys that are not there yet, committed before this returns.

        Raises KeyDestroyed naming those that can never be had, after all others were made, and AboutOthers for a
        need about other people than a key was made for: that is fixed, and a decision that differs is a mistake.
        """
        wanted = [need for need in _merged(needs) if not _serves(self._recall(need.whose), need)]
        if not wanted:
            return
        with self._connection() as db:
            found = self._read(db, [need.whose for need in wanted])
            lacking = [need for need in wanted if not _serves(found.get(need.whose), need)]
            if lacking:
                self._make(db, lacking)
                found |= self._read(db, [need.whose for need in lacking])
        _require_same(wanted, found)
        if refused := [need.whose for need in wanted if not _serves(found.get(need.whose), need)]:
            raise KeyDestroyed(refused)

    def key(self, subject: UUID, data_class: DataClass) -> Key | None:
        """Return a key, or None if it was destroyed. Raises KeyLost if it was never made."""
        whose = subject, data_class
        kept = self._recall(whose) or self.load([whose]).get(whose)
        if kept is None:
            raise KeyLost
        return kept.key

    def reach(self, people: Collection[UUID], classes: Iterable[DataClass]) -> Reach:
        """Return which keys the erasure of some people would take along."""
        with self._connection() as db:
            return reach(db, people, classes)

    def load(self, wanted: Iterable[Whose]) -> Mapping[Whose, _Kept]:
        """Fetch many keys with one query, before they are needed one by one."""
        with self._connection() as db:
            return self._read(db, list(wanted))

    def forget(self, subject: UUID | None = None) -> None:
        """Let go of a subject's keys, or of all."""
        with self._lock:
            self.generation += 1
            if subject is None:
                self._kept.clear()
                return
            for data_class in DataClass:
                self._kept.pop((subject, data_class), None)

    def listen(self, dsn: str, stop: threading.Event) -> None:
        """Heed notices of destroyed keys, on a connection of our own, until told to stop; for a thread."""
        while not stop.is_set():
            try:
                with connect(dsn, name="keys", writes=False) as db:
                    self._heed(db, stop)
            except Exception as error:  # noqa: BLE001 - what is kept grows old meanwhile; nobody listens in our place
                if not isinstance(error, AWAY):
                    log.error("keys_not_heard", error=type(error).__name__)  # noqa: TRY400 - a traceback may quote a value
                stop.wait(POLL_SECONDS)

    def _heed(self, db: Connection, stop: threading.Event) -> None:
        db.add_notify_handler(lambda notice: self.forget(_subject(notice.payload)))
        db.execute(f"LISTEN {CHANNEL}")
        self.forget()  # whatever was told before we listened
        while not stop.is_set():
            heard([db.fileno()], POLL_SECONDS)
            db.execute("")  # takes in what has come, and fails if the server is away

    def _recall(self, whose: Whose) -> _Kept | None:
        with self._lock:
            kept = self._kept.get(whose)
        return kept if kept and self._clock() - kept.read_at < self._max_age else None

    def _read(self, db: Connection, wanted: list[Whose]) -> dict[Whose, _Kept]:
        generation, now = self.generation, self._clock()
        rows = db.execute(_FIND, [[subject for subject, _ in wanted], [str(each) for _, each in wanted]]).fetchall()
        found = {}
        for subject, name, key_id, kek, wrapped, destroyed, about in rows:
            whose = subject, DataClass(name)
            key = None if destroyed else self._unwrapped(whose, key_id, kek, wrapped)
            found[whose] = _Kept(key, frozenset(about), now)
        self._keep(found, generation)
        return found

    def _unwrapped(self, whose: Whose, key_id: UUID, kek: str, wrapped: bytes) -> Key:
        return Key(key_id, self._encryption.unwrap(kek, wrapped, owner(key_id, *whose)))

    def _keep(self, found: Mapping[Whose, _Kept], generation: int) -> None:
        with self._lock:
            if generation != self.generation:
                return  # a notice came while we read: this may be what it was about
            for whose, kept in found.items():
                self._kept.pop(whose, None)
                self._kept[whose] = kept
            while len(self._kept) > self._most:
                del self._kept[next(iter(self._kept))]

    def _make(self, db: Connection, needs: list[Need], attempts: int = 3) -> None:
        try:
            db.execute(_MAKE, self._arguments(needs))
        except psycopg.Error as error:
            # Destroyed between the beginning of the statement and its row: once more, knowing of it.
            if error.sqlstate != _BARRED or attempts == 1:
                raise
            self._make(db, needs, attempts - 1)

    def _arguments(self, needs: list[Need]) -> list[object]:
        keys = [(need.subject, need.data_class.value, uuid4(), need) for need in needs]
        about = [(need.subject, need.data_class.value, person) for need in needs for person in need.about]
        wrapped = [self._encryption.wrap(new_secret(), owner(key_id, *need.whose)) for *_, key_id, need in keys]
        columns = [[key[column] for key in keys] for column in range(3)]
        return [
            *columns,
            wrapped,
            *([row[column] for row in about] for column in range(3)),
            self._encryption.present,
        ]


def check_secrets(db: Connection, *checks: Mapping[str, bytes], former: Collection[str] = ()) -> None:
    """Compare the secrets given with those that the database was written with, and note new ones.

    For every start-up. `former` names those that are not noted: what needs one has noted it, and once nothing does,
    it can be taken away. Raises MissingSecret or WrongSecret.
    """
    given = compare_secrets(db, *checks)
    noted = {name: value for name, value in given.items() if name not in former}
    db.execute(
        "INSERT INTO keys.secret_checks SELECT * FROM unnest(%s::text[], %s::bytea[]) ON CONFLICT DO NOTHING",
        [list(noted), list(noted.values())],
    )
    compare(given, _stored_checks(db))  # another process may have started first, with others


def compare_secrets(db: Connection, *checks: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Compare the secrets given with those that the database was written with, and return their check values.

    Notes nothing. Raises MissingSecret or WrongSecret.
    """
    given = {name: value for each in checks for name, value in each.items()}
    compare(given, _stored_checks(db))
    return given


def rewrap(db: Connection, encryption: KeyEncryption, report: Callable[[int, int], object] = max) -> int:
    """Wrap every key with the present KEK, as as_cms_rotation, and return how many were not yet; some at a time.

    It can be cut off and done again while services run, if every process knows the present one. `report` is told how
    many are done, of how many. Former KEKs may be taken away afterwards. Raises MissingSecret if one is not given.
    """
    done, left = 0, _former(db, encryption)
    while left:
        done += _rewrap_some(db, encryption)
        left = _former(db, encryption)
        report(done, done + left)
    db.execute("SELECT keys.retire_checks(%s)", [encryption.present])
    late = _former(db, encryption)  # made by a process that knew no better, before the check of its key was gone
    return done + (rewrap(db, encryption, report) if late else 0)


def _former(db: Connection, encryption: KeyEncryption) -> int:
    row = db.execute("SELECT count(*) FROM keys.subject_keys WHERE kek <> %s", [encryption.present]).fetchone()
    return row[0] if row else 0


def _rewrap_some(db: Connection, encryption: KeyEncryption) -> int:
    """A key that was destroyed meanwhile is none any more, and one that another copy has wrapped is left as it is."""
    rows = db.execute(_FORMER, [encryption.present, REWRAPPED_AT_ONCE]).fetchall()
    anew = []
    for key_id, subject, name, kek, wrapped in rows:
        whose = owner(key_id, subject, DataClass(name))
        anew.append(encryption.wrap(encryption.unwrap(kek, wrapped, whose), whose))
    arrays = [[row[0] for row in rows], [row[4] for row in rows], anew]
    return db.execute(_REWRAP, [encryption.present, *arrays]).rowcount


def _stored_checks(db: Connection) -> dict[str, bytes]:
    return dict(db.execute("SELECT name, value FROM keys.secret_checks").fetchall())


def _subject(payload: str) -> UUID | None:
    try:
        return UUID(payload)
    except ValueError:
        return None  # anybody may send a notice; one that names nobody is about everybody


def _serves(kept: _Kept | None, need: Need) -> bool:
    return kept is not None and kept.key is not None and need.about == kept.about


def _merged(needs: Iterable[Need]) -> list[Need]:
    """Return each key once. Raises AboutOthers if two needs of one differ."""
    merged: dict[Whose, Need] = {}
    for need in needs:
        if merged.setdefault(need.whose, need).about != need.about:
            raise AboutOthers
    return [*merged.values()]


def _require_same(needs: Iterable[Need], found: Mapping[Whose, _Kept]) -> None:
    """Raise AboutOthers if a key that is there was made about other people."""
    there = ((need, found[need.whose]) for need in needs if need.whose in found)
    if any(kept.key is not None and need.about != kept.about for need, kept in there):
        raise AboutOthers
