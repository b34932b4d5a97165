"""A destroyed person cannot be read any more: not in the log, not in notes about them, not after a restore."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from domain.sealed import UNKNOWN, DataClass, Sealed
from eventstore.canonical import Misshapen
from eventstore.erasure import UnderHold, destroy, reapply
from eventstore.journal import Erasure, Journal
from eventstore.sealing import KeyDestroyed
from tests.eventstore.keyrings import House, identity
from tests.eventstore.test_keyring import PATIENCE, wait_until, waits_for_a_lock

NOW = datetime(2026, 3, 2, 1, 2, 3, tzinfo=UTC)
CANARY = "Tūī Ngāwhā"


@pytest.fixture
def house(migrated: str) -> House:
    return House(migrated)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "erasures.jsonl")


def order(subject: UUID, *classes: DataClass) -> Erasure:
    return Erasure(subject=subject, classes=classes or tuple(DataClass), authority="Disposal 12/2026", at=NOW)


def erase(house: House, journal: Journal, subject: UUID, *classes: DataClass) -> tuple[UUID, ...]:
    with house.connect("erasure") as db:
        return destroy(db, journal, order(subject, *classes))


def name(subject: UUID) -> Sealed[str]:
    return Sealed(subject, DataClass.IDENTITY, CANARY)


def note(*about: UUID, data_class: DataClass = DataClass.NARRATIVE) -> Sealed[str]:
    return Sealed(uuid4(), data_class, "Nan will bring both of them", about=about)


def test_a_destroyed_person_is_unknown_and_others_are_not(house: House, journal: Journal):
    child, sister = uuid4(), uuid4()
    house.told(house.keyring(), name(child), name(sister))
    assert erase(house, journal, child) == (child,)
    after = house.keyring()
    assert after.key(child, DataClass.IDENTITY) is None
    assert after.key(sister, DataClass.IDENTITY) is not None


def test_history_folds_and_answers_unknown_once_the_key_is_gone(house: House, journal: Journal):
    child, sister = uuid4(), uuid4()
    keyring = house.keyring()
    event = house.told(keyring, name(child), name(sister))
    erase(house, journal, child)
    keyring.forget(child)
    assert event.what.open() is UNKNOWN
    assert event.also
    assert event.also.open() == CANARY


@pytest.mark.parametrize("which", [0, 1, 2])
def test_a_note_dies_with_any_of_the_people_it_is_about(house: House, journal: Journal, which: int):
    people, keyring = [uuid4() for _ in range(3)], house.keyring()
    written = note(*people)
    house.told(keyring, written, note(uuid4()))
    assert set(erase(house, journal, people[which])) == {people[which], written.subject}
    assert house.keyring().key(written.subject, DataClass.NARRATIVE) is None
    assert house.count("SELECT FROM keys.subject_keys") == 1, "the note about somebody else"


def test_nothing_is_added_to_a_note_that_died_with_somebody(house: House, journal: Journal):
    child, keyring = uuid4(), house.keyring()
    written = note(child)
    house.told(keyring, written)
    erase(house, journal, child)
    with pytest.raises(KeyDestroyed):
        house.told(house.keyring(), written)


def test_a_class_is_destroyed_without_the_others(house: House, journal: Journal):
    child, keyring = uuid4(), house.keyring()
    ill, told = note(child, data_class=DataClass.HEALTH), note(child)
    house.told(keyring, name(child))
    house.told(keyring, Sealed(child, DataClass.HEALTH, "asthma"))
    house.told(keyring, ill, told)
    erased = erase(house, journal, child, DataClass.HEALTH)
    after = house.keyring()
    assert set(erased) == {child, ill.subject}
    assert after.key(child, DataClass.HEALTH) is None
    assert after.key(child, DataClass.IDENTITY)
    assert after.key(told.subject, DataClass.NARRATIVE)
    house.told(after, Sealed(child, DataClass.IDENTITY, "Ani"))


def claim(house: House, holder: UUID, key: bytes) -> None:
    with psycopg.connect(house.dsn) as db:
        db.execute("INSERT INTO log.claims VALUES (%s, 1, %s, true, gen_random_uuid(), now())", [key, holder])


def test_the_claims_of_a_destroyed_person_go_and_those_of_others_stay(house: House, journal: Journal):
    child, sister = uuid4(), uuid4()
    claim(house, child, b"nsn 1")
    claim(house, sister, b"nsn 2")
    erase(house, journal, child, DataClass.HEALTH)
    assert house.count("SELECT FROM log.claims") == 2, "an NSN is no matter of health"
    erase(house, journal, child)
    assert house.count("SELECT FROM log.claims") == 1


def test_asking_twice_answers_the_same(house: House, journal: Journal):
    child, keyring = uuid4(), house.keyring()
    house.told(keyring, name(child), note(child))
    first = erase(house, journal, child)
    assert len(first) == 2
    assert erase(house, journal, child) == first


def test_a_tombstone_says_when_and_by_what_authority(house: House, journal: Journal):
    child = uuid4()
    erase(house, journal, child, DataClass.SAFETY)
    with psycopg.connect(house.dsn) as db:
        rows = db.execute("SELECT subject, data_class, destroyed_at, authority FROM keys.destroyed").fetchall()
    assert rows == [(child, "safety", NOW, "Disposal 12/2026")]


def test_an_append_that_saw_the_keys_alive_is_stored_before_they_go(house: House, journal: Journal):
    with ThreadPoolExecutor(1) as other, house.connect("service") as db, db.transaction():
        db.execute("SELECT log.lock()")
        asked = other.submit(erase, house, journal, uuid4())
        wait_until(lambda: waits_for_a_lock(house))
        assert not asked.done()
        db.execute("ROLLBACK")
        db.execute("BEGIN")
        assert asked.result(PATIENCE)


class CutOff(Journal):
    """A journal whose writer loses the database at once."""

    database: psycopg.Connection

    def append(self, erasure: Erasure) -> None:
        super().append(erasure)
        self.database.close()


def test_the_journal_is_written_first_so_that_half_an_erasure_is_finished_later(house: House, tmp_path: Path):
    child, journal = uuid4(), CutOff(tmp_path / "erasures.jsonl")
    house.told(house.keyring(), name(child))
    journal.database = house.connect("erasure")
    with pytest.raises(psycopg.OperationalError):
        destroy(journal.database, journal, order(child))
    assert house.keyring().key(child, DataClass.IDENTITY), "nothing was destroyed"
    with house.connect("erasure") as db:
        assert reapply(db, journal) == (child,)
    assert house.keyring().key(child, DataClass.IDENTITY) is None


def hold(house: House, person: UUID, event: str, version: int) -> None:
    """Have the log say that a hold on somebody was placed or lifted."""
    with psycopg.connect(house.dsn) as db:
        db.execute(
            "INSERT INTO log.events SELECT coalesce(max(position), 0) + 1, %s, %s, %s, 1, now(), current_date,"
            " gen_random_uuid(), '{}', '{}' FROM log.events",
            [person, version, event],
        )


def test_nothing_is_destroyed_that_tells_of_somebody_under_a_legal_hold(house: House, journal: Journal):
    child, sister, keyring = uuid4(), uuid4(), house.keyring()
    house.told(keyring, name(child), note(child, sister))
    hold(house, sister, "LegalHoldPlaced", 1)
    hold(house, sister, "LegalHoldPlaced", 2)
    hold(house, sister, "LegalHoldLifted", 3)
    with pytest.raises(UnderHold) as refused:
        erase(house, journal, child)
    assert refused.value.people == (sister,)
    assert (journal.entries(), house.keyring().key(child, DataClass.IDENTITY) is None) == ([], False)
    erase(house, journal, child, DataClass.IDENTITY)
    hold(house, sister, "LegalHoldLifted", 4)
    assert len(erase(house, journal, child)) == 2


def test_a_hold_that_comes_while_somebody_is_erased_waits_and_one_that_came_before_is_heeded(
    house: House, journal: Journal
):
    """Under the lock of the log nothing is recorded: what stands there when it is taken is all there is."""
    child = uuid4()
    house.told(house.keyring(), name(child))
    with ThreadPoolExecutor(1) as other, house.connect("service") as db, db.transaction():
        db.execute("SELECT log.lock()")
        asked = other.submit(erase, house, journal, child)
        wait_until(lambda: waits_for_a_lock(house))
        hold(house, child, "LegalHoldPlaced", 1)
        db.execute("ROLLBACK")
        db.execute("BEGIN")
        with pytest.raises(UnderHold):
            asked.result(PATIENCE)
    assert journal.entries() == []


def test_what_an_erasure_reaches_is_known_before(house: House, journal: Journal):
    child, sister, keyring = uuid4(), uuid4(), house.keyring()
    both, ill, hers = note(child, sister), note(child, data_class=DataClass.HEALTH), note(sister)
    house.told(keyring, name(child), both)
    house.told(keyring, name(sister), ill)
    house.told(keyring, hers)
    reached = keyring.reach([child], DataClass)
    assert reached.keys == ((child, DataClass.IDENTITY),)
    assert {*reached.notes} == {(both.subject, DataClass.NARRATIVE), (ill.subject, DataClass.HEALTH)}
    assert reached.others == (sister,)
    assert keyring.reach([child], [DataClass.HEALTH]).notes == ((ill.subject, DataClass.HEALTH),)
    assert {subject for subject, _ in reached.notes} | {child} == {*erase(house, journal, child)}
    assert keyring.reach([child], DataClass).keys == ()


def tool(house: House, cluster, name: str, *arguments: str) -> None:
    where = conninfo_to_dict(house.dsn)
    names = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGPASSWORD": "password", "PGDATABASE": "dbname"}
    environment = os.environ | {variable: str(where[key]) for variable, key in names.items()}
    subprocess.run([cluster.binaries / name, *arguments], env=environment, check=True, timeout=60)


def test_a_restore_of_an_older_copy_brings_nobody_back_once_the_journal_is_reapplied(
    house: House, journal: Journal, cluster, copy_of, passable: Path
):
    child, sister, keyring = uuid4(), uuid4(), house.keyring()
    written = note(child, sister)
    house.told(keyring, name(child), written)
    claim(house, child, b"nsn")
    dump, restored = str(passable / f"{child}.dump"), House(copy_of("template1"))
    tool(house, cluster, "pg_dump", "--format=custom", "--no-owner", f"--file={dump}")
    erased = erase(house, journal, child)
    name_of_copy = str(conninfo_to_dict(restored.dsn)["dbname"])
    tool(restored, cluster, "pg_restore", "--exit-on-error", f"--dbname={name_of_copy}", dump)
    assert restored.keyring().key(child, DataClass.IDENTITY), "the older copy still has the key"
    for _ in range(2):
        with restored.connect("erasure") as db:
            assert reapply(db, journal) == erased
    after = restored.keyring()
    assert after.key(child, DataClass.IDENTITY) is None
    assert after.key(written.subject, DataClass.NARRATIVE) is None
    assert restored.count("SELECT FROM log.claims") == 0
    with pytest.raises(KeyDestroyed):
        after.ensure([identity(child)])


def test_nobody_comes_back_by_a_copy_from_before_their_key_was_made(house: House, journal: Journal):
    child = uuid4()
    journal.append(order(child))
    with house.connect("erasure") as db:
        reapply(db, journal)
    with pytest.raises(KeyDestroyed):
        house.keyring().ensure([identity(child)])


def test_an_entry_of_the_journal_comes_back_as_it_was(journal: Journal):
    entries = [order(uuid4()), order(uuid4(), DataClass.HEALTH)]
    for entry in entries:
        journal.append(entry)
    assert journal.entries() == entries


def test_the_journal_holds_ids_and_references_in_plain_lines_that_only_its_owner_reads(
    journal: Journal, tmp_path: Path
):
    journal.append(order(UUID(int=1), DataClass.HEALTH))
    file = tmp_path / "erasures.jsonl"
    assert file.read_text() == (
        '{"at":"2026-03-02T01:02:03.000000Z","authority":"Disposal 12/2026","classes":["health"],'
        '"subject":"00000000-0000-0000-0000-000000000001"}\n'
    )
    assert file.stat().st_mode & 0o777 == 0o600


def test_no_journal_means_that_nothing_was_erased(journal: Journal):
    assert journal.entries() == []


def test_an_entry_that_was_cut_off_is_none_and_later_ones_count(journal: Journal, tmp_path: Path):
    file, first, second = tmp_path / "erasures.jsonl", order(uuid4()), order(uuid4())
    journal.append(first)
    with file.open("a") as torn:
        torn.write('{"at":"2026-03-02T01')
    assert journal.entries() == [first]
    journal.append(second)
    assert journal.entries() == [first, second]


@pytest.mark.parametrize("line", ["{}", "no json", '{"at":1}'])
def test_a_damaged_entry_is_not_overlooked(journal: Journal, tmp_path: Path, line: str):
    journal.append(order(uuid4()))
    with (tmp_path / "erasures.jsonl").open("a") as damaged:
        damaged.write(f"{line}\n")
    with pytest.raises(Misshapen):
        journal.entries()


def test_entries_written_at_once_are_all_there(journal: Journal):
    entries = [order(uuid4()) for _ in range(40)]
    with ThreadPoolExecutor(8) as writers:
        list(writers.map(journal.append, entries))
    assert {entry.subject for entry in journal.entries()} == {entry.subject for entry in entries}


@pytest.mark.parametrize("authority", ["", "x" * 101, "two\nlines", "Ani, born 2019 <ani@x.nz>"])
def test_the_authority_is_a_short_reference(authority: str):
    with pytest.raises(ValueError, match="reference"):
        Erasure(subject=uuid4(), authority=authority, at=NOW)
