"""Keys are made once, found by every process, kept in memory for a while, and never made again once destroyed."""

import multiprocessing
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege

from domain.sealed import UNKNOWN, DataClass, Sealed
from eventstore.erasure import destroy
from eventstore.journal import Erasure, Journal
from eventstore.key_material import MissingSecret, Secret, Secrets, WrongSecret
from eventstore.keyring import AboutOthers, Keyring, check_secrets, rewrap
from eventstore.sealing import Digests, KeyDestroyed, KeyEncryption, KeyLost, Need, Tampered
from tests.eventstore.keyrings import ENCRYPTION, KEK, House, identity
from tests.eventstore.roles import as_role

PATIENCE = 20
PEOPLE = (UUID(int=1), UUID(int=2), UUID(int=3))


@pytest.fixture
def house(migrated: str) -> House:
    return House(migrated)


@pytest.fixture
def erase(house: House, tmp_path: Path):
    def erase(*subjects: UUID, classes: tuple[DataClass, ...] = tuple(DataClass)) -> None:
        for subject in subjects:
            with house.connect("erasure") as db:
                order = Erasure(subject=subject, classes=classes, authority="D1", at=datetime.now(UTC))
                destroy(db, Journal(tmp_path / "journal"), order)

    return erase


def proof(keyring: Keyring, need: Need) -> bytes:
    """Return something that only the same key can open."""
    key = keyring.key(*need.whose)
    assert key
    return key.seal(b"the same", b"here")


def test_a_process_that_starts_later_finds_the_keys(house: House):
    need = identity(uuid4())
    first = house.keyring()
    first.ensure([need])
    key = house.keyring().key(*need.whose)
    assert key
    assert key.open(proof(first, need), b"here").strip() == b"the same"


def test_a_key_is_committed_before_ensure_returns_and_stored_wrapped(house: House):
    house.keyring().ensure([identity(uuid4()), identity(uuid4())])
    assert house.count("SELECT FROM keys.subject_keys WHERE kek = 'kek/test'") == 2


def test_every_class_has_a_key_of_its_own(house: House):
    keyring, subject = house.keyring(), uuid4()
    keyring.ensure(Need(subject, data_class) for data_class in DataClass)
    keys = [keyring.key(subject, data_class) for data_class in DataClass]
    assert len({key.id for key in keys if key}) == len(DataClass)


def test_a_key_that_was_never_made_is_lost_not_destroyed(house: House):
    with pytest.raises(KeyLost):
        house.keyring().key(uuid4(), DataClass.IDENTITY)


def ensure_all(dsn: str, subjects: list[UUID]) -> list[bytes]:
    """Make keys in a process of its own, one after another and all at once, and prove which."""
    keyring = House(dsn).keyring()
    for i in range(0, len(subjects), 5):
        keyring.ensure(identity(subject, *PEOPLE) for subject in subjects[i : i + 5])
    return [proof(keyring, identity(subject)) for subject in subjects]


def test_processes_that_ensure_the_same_keys_at_once_agree(house: House):
    subjects = [uuid4() for _ in range(40)]
    orders = [subjects, subjects[::-1], subjects[20:] + subjects[:20]]
    with ProcessPoolExecutor(3, mp_context=multiprocessing.get_context("spawn")) as processes:
        asked = [(order, processes.submit(ensure_all, house.dsn, order)) for order in orders]
        proofs = [
            (subject, seen) for order, made in asked for subject, seen in zip(order, made.result(PATIENCE), strict=True)
        ]
    keyring = house.keyring()
    for subject, sealed in proofs:
        key = keyring.key(subject, DataClass.IDENTITY)
        assert key
        assert key.open(sealed, b"here")
    assert house.count("SELECT FROM keys.subject_keys") == len(subjects)


def test_threads_that_ensure_the_same_keys_at_once_agree(house: House):
    keyring, needs = house.keyring(), [identity(uuid4()) for _ in range(20)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(keyring.ensure, [needs, needs[::-1], needs[5:], needs[::2]]))
    assert house.count("SELECT FROM keys.subject_keys") == len(needs)


def test_nothing_new_is_sealed_for_a_destroyed_subject(house: House, erase):
    keyring, gone, other = house.keyring(), identity(uuid4()), identity(uuid4())
    erase(gone.subject)
    with pytest.raises(KeyDestroyed) as error:
        keyring.ensure([gone, other])
    assert error.value.refused == {gone.whose}
    assert keyring.key(*other.whose), "what can be had is made"
    assert keyring.key(*gone.whose) is None


def test_no_note_is_written_about_a_destroyed_person(house: House, erase):
    keyring, gone = house.keyring(), uuid4()
    erase(gone)
    with pytest.raises(KeyDestroyed):
        keyring.ensure([identity(uuid4(), uuid4(), gone)])
    assert house.count("SELECT FROM keys.subject_keys") == 0


@pytest.mark.parametrize("others", [(), (1,), (0, 1)])
def test_whom_a_key_is_about_is_fixed_when_it_is_made(house: House, others: tuple[int, ...]):
    people, note = (uuid4(), uuid4()), uuid4()
    house.keyring().ensure([identity(note, people[0])])
    for keyring in (house.keyring(), house.keyring()):
        with pytest.raises(AboutOthers):
            keyring.ensure([identity(note, *(people[n] for n in others))])
        keyring.ensure([identity(note, people[0])])
    assert house.count("SELECT FROM keys.about") == 1


def test_two_needs_of_one_key_that_differ_make_none(house: House):
    note, first, second = uuid4(), uuid4(), uuid4()
    with pytest.raises(AboutOthers):
        house.keyring().ensure([identity(note, first), identity(note, second)])
    assert house.count("SELECT FROM keys.subject_keys") == 0


@pytest.mark.parametrize("role", ["keys", None])
def test_nobody_can_tie_somebody_else_to_a_key_that_is_there_not_even_the_owner(house: House, role: str | None):
    note = uuid4()
    house.keyring().ensure([identity(note, uuid4())])
    with house.connect(role) as db, pytest.raises(psycopg.Error) as error:
        db.execute("INSERT INTO keys.about VALUES (%s, 'identity', %s)", [note, uuid4()])
    assert error.value.sqlstate == "AS002"


@pytest.mark.parametrize("role", ["keys", None])
def test_nobody_can_make_a_key_for_a_destroyed_subject_not_even_the_owner(house: House, erase, role: str | None):
    house.keyring()
    gone = uuid4()
    erase(gone)
    with house.connect(role) as db, pytest.raises(psycopg.Error) as error:
        db.execute("INSERT INTO keys.subject_keys VALUES (gen_random_uuid(), %s, 'identity', '', 'kek/test')", [gone])
    assert error.value.sqlstate == "AS001"


@pytest.mark.parametrize("role", ["keys", None])
def test_nobody_can_make_a_note_be_about_a_destroyed_person_not_even_the_owner(house: House, erase, role: str | None):
    note, gone = uuid4(), uuid4()
    house.keyring().ensure([identity(note)])
    erase(gone)
    with house.connect(role) as db, pytest.raises(psycopg.Error) as error:
        db.execute("INSERT INTO keys.about VALUES (%s, 'identity', %s)", [note, gone])
    assert error.value.sqlstate == "AS001"


def test_a_key_is_not_made_for_whom_is_just_being_destroyed(house: House):
    """Whoever makes a key while a destruction is on its way waits for it, and then knows of it."""
    keyring, gone = house.keyring(), uuid4()
    with ThreadPoolExecutor(1) as other, house.connect("erasure") as db, db.transaction():
        db.execute("SELECT keys.lock()")
        asked = other.submit(keyring.ensure, [identity(gone)])
        wait_until(lambda: waits_for_a_lock(house))
        db.execute("INSERT INTO keys.destroyed VALUES (%s, 'identity', %s, now(), 'D1')", [gone, gone])
        db.execute("COMMIT")
        db.execute("BEGIN")
        with pytest.raises(KeyDestroyed):
            asked.result(PATIENCE)
    assert house.count("SELECT FROM keys.subject_keys") == 0


def waits_for_a_lock(house: House) -> bool:
    return house.count("SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") > 0


def wait_until(true, patience: float = PATIENCE) -> None:
    deadline = time.monotonic() + patience
    while not true():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("keys", "DELETE FROM keys.subject_keys"),
        ("keys", "UPDATE keys.subject_keys SET wrapped = ''"),
        ("keys", "TRUNCATE keys.subject_keys CASCADE"),
        ("keys", "DELETE FROM keys.about"),
        ("keys", "DELETE FROM keys.destroyed"),
        ("keys", "INSERT INTO keys.destroyed SELECT gen_random_uuid(), '', gen_random_uuid(), now(), ''"),
        ("keys", "UPDATE keys.secret_checks SET value = ''"),
        ("keys", "SELECT keys.lock()"),
        ("service", "SELECT wrapped FROM keys.subject_keys"),
        ("service", "SELECT subject FROM keys.subject_keys"),
        ("service", "INSERT INTO keys.subject_keys DEFAULT VALUES"),
        ("service", "DELETE FROM keys.subject_keys"),
        ("service", "SELECT * FROM keys.about"),
        ("followers", "SELECT key_id FROM keys.subject_keys"),
        ("erasure", "SELECT wrapped FROM keys.subject_keys"),
        ("erasure", "UPDATE keys.subject_keys SET wrapped = ''"),
        ("erasure", "INSERT INTO keys.subject_keys DEFAULT VALUES"),
        ("erasure", "DELETE FROM keys.destroyed"),
        ("erasure", "UPDATE keys.destroyed SET authority = ''"),
    ],
)
def test_each_role_can_do_no_more_than_its_task(house: House, role: str, statement: str):
    with house.connect(role) as db, pytest.raises(InsufficientPrivilege):
        db.execute(statement.encode())


def test_the_service_sees_which_keys_are_alive_and_nothing_else(house: House):
    house.keyring().ensure([identity(uuid4())])
    with house.connect("service") as db:
        assert len(db.execute("SELECT key_id FROM keys.subject_keys").fetchall()) == 1


def start(house: House, *checks: Mapping[str, bytes]) -> None:
    with house.connect("keys") as db:
        check_secrets(db, *checks)


def test_the_first_start_notes_the_secrets_and_later_ones_compare(house: House):
    digests = Digests(claims=Secrets(Secret.new("c")), idempotency=Secrets(Secret.new("i")))
    for _ in range(2):
        start(house, ENCRYPTION.checks, digests.checks)
    assert house.count("SELECT FROM keys.secret_checks") == 3


def test_a_wrong_key_encryption_key_is_refused_at_start(house: House):
    house.keyring()
    with pytest.raises(WrongSecret, match="kek/test"):
        start(house, KeyEncryption(Secrets(Secret.new("test"))).checks)


def test_a_missing_key_encryption_key_is_refused_at_start_and_nothing_is_noted(house: House):
    house.keyring()
    with pytest.raises(MissingSecret, match="kek/test"):
        start(house, KeyEncryption(Secrets(Secret.new("other"))).checks)
    assert house.count("SELECT FROM keys.secret_checks") == 1


def test_a_wrong_secret_of_claims_is_refused_at_start(house: House):
    """With another one, every NSN would seem to be unknown."""
    idempotency = Secrets(Secret.new("i"))
    start(house, Digests(claims=Secrets(Secret.new("c")), idempotency=idempotency).checks)
    with pytest.raises(WrongSecret, match="claims/c"):
        start(house, Digests(claims=Secrets(Secret.new("c")), idempotency=idempotency).checks)


def test_of_two_first_starts_with_different_secrets_one_is_refused(house: House):
    checks = [KeyEncryption(Secrets(Secret.new("test"))).checks for _ in range(2)]
    with ThreadPoolExecutor(1) as other, house.connect("keys") as db:
        with db.transaction():
            check_secrets(db, checks[0])
            second = other.submit(start, house, checks[1])
            wait_until(lambda: house.count("SELECT FROM pg_locks WHERE NOT granted") > 0)
        with pytest.raises(WrongSecret):
            second.result(PATIENCE)


def test_keys_are_wrapped_anew_and_the_former_key_encryption_key_is_needed_no_more(house: House):
    need, new = identity(uuid4()), Secret.new("new")
    first = house.keyring()
    first.ensure([need])
    both, alone = KeyEncryption(Secrets(new, KEK)), KeyEncryption(Secrets(new))
    house.keyring(both).ensure([identity(uuid4())])
    with pytest.raises(MissingSecret):
        start(house, alone.checks)
    with house.connect() as owner:
        assert rewrap(owner, both) == 1
        assert rewrap(owner, both) == 0
    key = house.keyring(alone).key(*need.whose)
    assert key
    assert key.open(proof(first, need), b"here")


def test_a_process_with_a_former_key_encryption_key_makes_no_more_keys_with_it(house: House):
    new = Secret.new("new")
    late = house.keyring()
    both = KeyEncryption(Secrets(new, KEK))
    house.keyring(both)
    with house.connect() as owner:
        rewrap(owner, both)
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        late.ensure([identity(uuid4())])


def test_keys_swapped_between_rows_do_not_open(house: House):
    one, other = identity(uuid4()), identity(uuid4())
    house.keyring().ensure([one, other])
    with house.connect() as owner:
        owner.execute(
            "UPDATE keys.subject_keys k SET wrapped = o.wrapped FROM keys.subject_keys o WHERE o.key_id <> k.key_id"
        )
    with pytest.raises(Tampered):
        house.keyring().key(*one.whose)


def test_a_destroyed_key_is_let_go_of_when_the_notice_comes(house: House, erase):
    keyring, child = house.keyring(max_age=float("inf")), uuid4()
    event = house.told(keyring, Sealed(child, DataClass.IDENTITY, "Ani"))
    with listening(house, keyring):
        erase(child)
        wait_until(lambda: event.what.open() is UNKNOWN)


@contextmanager
def listening(house: House, keyring: Keyring):
    """A thread that heeds notices; ends with the block, and fails with it."""
    stop, before = threading.Event(), keyring.generation
    with ThreadPoolExecutor(1) as listener:
        heard = listener.submit(keyring.listen, as_role(house.dsn, "keys"), stop)
        try:
            wait_until(lambda: keyring.generation > before)
            yield
        finally:
            stop.set()
        heard.result(PATIENCE)


def test_a_destroyed_key_is_let_go_of_although_the_connection_was_cut(house: House, erase):
    keyring, child = house.keyring(max_age=float("inf")), uuid4()
    event = house.told(keyring, Sealed(child, DataClass.IDENTITY, "Ani"))
    with listening(house, keyring):
        with psycopg.connect(house.dsn) as owner:
            owner.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'keys' AND datname = current_database()"
            )
        erase(child)
        wait_until(lambda: event.what.open() is UNKNOWN)


def test_a_notice_that_names_nobody_is_about_everybody(house: House):
    keyring, need = house.keyring(max_age=float("inf")), identity(uuid4())
    with listening(house, keyring):
        keyring.ensure([need])
        with house.connect() as owner:
            owner.execute("DELETE FROM keys.subject_keys")
            owner.execute("INSERT INTO keys.destroyed VALUES (%s, 'identity', %s, now(), 'D1')", [need.subject] * 2)
            owner.execute("NOTIFY keys, 'nobody'")
        wait_until(lambda: keyring.key(*need.whose) is None)


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_a_destroyed_key_is_let_go_of_within_a_minute_without_a_notice(house: House, erase):
    clock, child = Hands(), uuid4()
    keyring = house.keyring(clock=clock)
    event = house.told(keyring, Sealed(child, DataClass.IDENTITY, "Ani"))
    erase(child)
    clock.seconds = 59.9
    assert event.what.open() == "Ani", "kept in memory"
    clock.seconds = 60
    assert event.what.open() is UNKNOWN


def test_only_so_many_keys_are_kept(house: House, erase):
    keyring, needs = house.keyring(most=2), [identity(uuid4()) for _ in range(3)]
    for need in needs:
        keyring.ensure([need])
    erase(*(need.subject for need in needs))
    assert [keyring.key(*need.whose) is None for need in needs[::-1]] == [False, False, True]


def test_a_notice_while_a_key_is_being_read_is_not_overlooked(house: House, erase):
    """What was read before the notice is not kept after it."""
    need = identity(uuid4())
    house.keyring().ensure([need])

    @contextmanager
    def late():
        """Lend a connection whose first answer is overtaken by a destruction and its notice."""
        with house.lent() as db:
            yield db
        erase(need.subject)

    class Overtaken(Keyring):
        def _unwrapped(self, *row):
            self.forget(need.subject)
            return super()._unwrapped(*row)

    keyring = Overtaken(late, ENCRYPTION)
    assert keyring.key(*need.whose), "read before it was destroyed"
    assert keyring.key(*need.whose) is None


def test_many_keys_are_fetched_with_one_query(house: House, erase):
    needs = [identity(uuid4()) for _ in range(3)]
    house.keyring().ensure(needs)
    keyring = house.keyring()
    keyring.load(need.whose for need in needs)
    erase(*(need.subject for need in needs))
    assert all(keyring.key(*need.whose) for need in needs), "from memory"
