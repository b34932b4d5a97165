"""Attacks by configuration and by logins to the database: what was not given is not had, what was not said is refused.

What each login may do is a closed list: a privilege that a new migration grants fails here until it is listed.
"""

import os
import threading
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from adapters.embedded_postgres import EmbeddedPostgres
from adapters.kafka.client import settings_of
from api.cli import COMMANDS, app
from api.commands.publishing import require_login
from api.commands.running import DEVELOPMENT, Failed
from api.settings import BadSettings, Login, Mode, Settings
from eventstore.connections import connect
from eventstore.keyring import CHANNEL as KEYS
from eventstore.log import CHANNEL as LOG
from tests.eventstore.keyrings import House, identity
from tests.eventstore.logins import Production, production

EVERYBODY = "everybody"
READ_MODELS = ("service", "analytics")

MAY = {
    Login.SERVICE: {
        "CONNECT database",
        "USAGE analytics", "USAGE keys", "USAGE log", "USAGE projection", "USAGE service",
        "SELECT log.events", "SELECT log.claims", "SELECT log.notifications",
        "SELECT log.answers.command_id", "SELECT log.answers.position", "SELECT log.answers.recorded_at",
        "SELECT keys.subject_keys.key_id", "SELECT keys.destroyed",
        "SELECT projection.positions", "SELECT projection.parked_now",
        "SELECT views of read models",
        "EXECUTE log.append", "EXECUTE log.lock", "EXECUTE log.read",
    },
    Login.FOLLOWERS: {
        "CONNECT database",
        "USAGE analytics", "USAGE keys", "USAGE log", "USAGE projection", "USAGE service",
        "SELECT log.events", "SELECT log.notifications", "SELECT keys.destroyed",
        "SELECT projection.blanked", "INSERT projection.blanked",
        "SELECT projection.positions", "SELECT projection.parked_now", "SELECT projection.shards",
        "SELECT projection.parked", "INSERT projection.parked", "DELETE projection.parked",
        "UPDATE projection.positions.position", "UPDATE projection.shards.done",
        "SELECT views of read models",
        "SELECT tables of read models", "INSERT tables of read models",
        "UPDATE tables of read models", "DELETE tables of read models",
        "EXECUTE log.take_turn",
    },
    Login.KEYS: {
        "CONNECT database", "USAGE keys",
        "SELECT keys.secret_checks", "INSERT keys.secret_checks",
        "SELECT keys.subject_keys", "INSERT keys.subject_keys",
        "SELECT keys.about", "INSERT keys.about",
        "SELECT keys.destroyed",
    },
    Login.ERASURE: {
        "CONNECT database", "USAGE keys", "USAGE log",
        "SELECT keys.subject_keys.subject", "SELECT keys.subject_keys.data_class", "DELETE keys.subject_keys",
        "SELECT keys.about",
        "SELECT keys.destroyed", "INSERT keys.destroyed",
        "SELECT log.claims", "DELETE log.claims",
        "SELECT log.events.stream", "SELECT log.events.type",
        "EXECUTE keys.lock", "EXECUTE log.lock",
    },
    Login.EXPIRY: {"CONNECT database", "USAGE log", "EXECUTE log.expire_answers"},
    Login.ROTATION: {
        "CONNECT database", "USAGE keys",
        "SELECT keys.subject_keys", "UPDATE keys.subject_keys.wrapped", "UPDATE keys.subject_keys.kek",
        "SELECT keys.secret_checks", "INSERT keys.secret_checks",
        "EXECUTE keys.retire_checks",
    },
    EVERYBODY: {"USAGE migration", "SELECT migration.applied", "USAGE public"},
}  # fmt: skip
"""What each role may do, and what everybody may: in words, `tables of read models` for each generation of each."""

GRANTED = """
WITH ours AS (
    SELECT oid, nspname, nspacl, nspowner FROM pg_namespace
     WHERE nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')),
granted (acl, owner, kind, name) AS (
    SELECT coalesce(datacl, acldefault('d', datdba)), datdba, '', 'database' FROM pg_database
     WHERE datname = current_database()
    UNION ALL
    SELECT coalesce(nspacl, acldefault('n', nspowner)), nspowner, '', nspname FROM ours
    UNION ALL
    SELECT coalesce(relacl, acldefault(CASE relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", relowner)), relowner,
           relkind::text, nspname || '.' || relname
      FROM pg_class c JOIN ours n ON n.oid = relnamespace WHERE relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
    UNION ALL
    SELECT attacl, relowner, '', nspname || '.' || relname || '.' || attname
      FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid JOIN ours n ON n.oid = relnamespace
     WHERE attacl IS NOT NULL
    UNION ALL
    SELECT coalesce(proacl, acldefault('f', proowner)), proowner, '', nspname || '.' || proname
      FROM pg_proc p JOIN ours n ON n.oid = pronamespace
)
SELECT coalesce(r.rolname, 'everybody'), a.privilege_type, g.kind, g.name
  FROM granted g CROSS JOIN aclexplode(g.acl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
 WHERE a.grantee <> g.owner
"""

CATALOGUE = """
SELECT p.oid::regprocedure::text FROM pg_proc p
 WHERE p.pronamespace = 'pg_catalog'::regnamespace AND has_function_privilege(p.oid, 'EXECUTE')
   AND (p.proname ~ 'advisory' OR p.proname ~ '^lo_|^lo(read|write)$|^lowrite$' OR p.proname ~ '^pg_logical_emit')
"""

NOTHING = "'{}', '{}', '{}', '{}', '{}', '{}', ''"
ATTEMPTS = {
    "append": (f"SELECT log.append(now(), NULL, {NOTHING})", {Login.SERVICE}),
    "write an event past the function": (
        "INSERT INTO log.events VALUES (1, gen_random_uuid(), 1, 'X', 1, now(), now(), gen_random_uuid(), '', '')",
        set(),
    ),
    "claim past the function": (
        "INSERT INTO log.claims VALUES ('x', 1, gen_random_uuid(), true, gen_random_uuid(), now())",
        set(),
    ),
    "answer past the function": ("INSERT INTO log.answers VALUES (gen_random_uuid(), '', 1, '', now())", set()),
    "remove answers past the function": ("DELETE FROM log.answers", set()),
    "change an event": ("UPDATE log.events SET type = 'X'", set()),
    "read answers": ("SELECT answer FROM log.answers", set()),
    "expire": ("SELECT log.expire_answers(now(), 1)", {Login.EXPIRY}),
    "stop every command": ("SELECT log.lock()", {Login.SERVICE, Login.ERASURE}),
    "take a follower's turn": ("SELECT log.take_turn('read model cases')", {Login.FOLLOWERS}),
    "read wrapped keys": ("SELECT wrapped FROM keys.subject_keys", {Login.KEYS, Login.ROTATION}),
    "spoil keys": ("UPDATE keys.subject_keys SET wrapped = ''", {Login.ROTATION}),
    "exchange keys": ("UPDATE keys.subject_keys SET subject = gen_random_uuid()", set()),
    "forget a check": ("DELETE FROM keys.secret_checks", set()),
    "retire a check": ("SELECT keys.retire_checks('kek/x')", {Login.ROTATION}),
    "lock": ("SELECT pg_advisory_lock(4243, 1)", set()),
    "lock in a transaction": ("SELECT pg_advisory_xact_lock_shared(4243, 2)", set()),
    "try a lock": ("SELECT pg_try_advisory_lock(4244, 1)", set()),
    "unlock": ("SELECT pg_advisory_unlock_all()", set()),
    "make a large object": ("SELECT lo_from_bytea(0, 'hush')", set()),
    "make an empty large object": ("SELECT lo_create(0)", set()),
    "leave something in the WAL": ("SELECT pg_logical_emit_message(true, 'x', 'hush')", set()),
    "make a temporary table": ("CREATE TEMPORARY TABLE hush (x text)", set()),
    "make a table": ("CREATE TABLE public.hush (x text)", set()),
    "make a table in the log": ("CREATE TABLE log.hush (x text)", set()),
    "make a schema": ("CREATE SCHEMA hush", set()),
    "switch triggers off": ("SET session_replication_role = replica", set()),
    "take a trigger away": ("ALTER TABLE log.events DISABLE TRIGGER ALL", set()),
    "make a login": ("CREATE ROLE hush LOGIN", set()),
    "read a file": ("SELECT pg_read_file('PG_VERSION')", set()),
    "run a program": ("COPY log.events TO PROGRAM 'true'", set()),
    "become another": ("SET SESSION AUTHORIZATION postgres", set()),
}  # fmt: skip


UNSET = {"demo", "openapi", "asyncapi", "hardening"}
"""Commands that need no setting, or make their own."""

WORDS = {
    "import": ("samples",),
    "publish": ("--bootstrap", "127.0.0.1:1"),
    "reconcile": ("--bootstrap", "127.0.0.1:1"),
    "show": ("kpi",),
    "replay": ("00000000-0000-0000-0000-000000000001",),
    "token": ("--role", "SYSTEM_ADMIN"),
    "backup": ("{}/copy",),
    "restore": ("{}/old",),
    "erased": ("00000000-0000-0000-0000-000000000001",),
}
"""What a command cannot be asked for without."""


@pytest.fixture(scope="module")
def house(cluster: EmbeddedPostgres, admin: psycopg.Connection) -> Iterator[Production]:
    with production(cluster, admin) as made:
        yield made


def granted(house: Production) -> dict[str, set[str]]:
    """Return what is granted in this database, by the name of the grantee."""
    found: dict[str, set[str]] = {}
    with psycopg.connect(house.superuser) as db:
        for grantee, privilege, kind, name in db.execute(GRANTED):
            in_model = kind and name.partition(".")[0] in READ_MODELS
            what = f"{'views' if kind == 'v' else 'tables'} of read models" if in_model else name
            found.setdefault(grantee, set()).add(f"{privilege} {what}")
    return found


def test_what_each_role_may_do_is_a_closed_list(house: Production):
    owners = f"{house.name}_owner"
    found = {grantee: may for grantee, may in granted(house).items() if grantee not in {owners, "pg_database_owner"}}
    assert found == {who if who is EVERYBODY else f"as_cms_{who}": may for who, may in MAY.items()}


@pytest.mark.parametrize("login", sorted(MAY.keys() - {EVERYBODY}))
@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_login_can_do_what_its_role_is_for_and_no_more(house: Production, login: Login, attempt: str):
    statement, may = ATTEMPTS[attempt]
    with psycopg.connect(house.dsns[login]) as db:
        if login in may:
            db.execute(statement.encode())
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                db.execute(statement.encode())
        db.rollback()


@pytest.mark.parametrize("login", sorted(MAY.keys() - {EVERYBODY}))
def test_no_login_locks_at_will_or_finds_a_place_outside_the_tables(house: Production, login: Login):
    with psycopg.connect(house.dsns[login]) as db:
        assert db.execute(CATALOGUE).fetchall() == []
        others = [each for each in Login if each is not login]
        roles = [
            name for each in others for name in (f"as_cms_{each}", f"{house.name}_{each}") if "as_cms_owner" not in name
        ]
        assert [role for role in roles if _becomes(db, role)] == []


def _becomes(db: psycopg.Connection, role: str) -> bool:
    try:
        with db.transaction():
            db.execute(f'SET ROLE "{role}"'.encode())
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


def test_a_login_without_a_role_does_not_come_in(house: Production):
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(house.stranger)


def test_functions_that_act_as_the_owner_look_nothing_up(house: Production):
    query = """
        SELECT p.oid::regprocedure::text, proconfig FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
         WHERE nspowner = (SELECT datdba FROM pg_database WHERE datname = current_database()) AND prosecdef
    """
    with psycopg.connect(house.superuser) as db:
        found: dict[str, list[str]] = dict(db.execute(query).fetchall())
    assert found
    assert {name for name, config in found.items() if "search_path=pg_catalog, pg_temp" not in config} == set()


def test_a_schema_in_front_of_the_path_does_not_lead_the_owner_astray(house: Production):
    with psycopg.connect(house.superuser) as superuser, superuser.transaction(force_rollback=True):
        superuser.execute("CREATE SCHEMA evil")
        superuser.execute("GRANT USAGE ON SCHEMA evil TO PUBLIC")
        superuser.execute("CREATE FUNCTION evil.hashtext(text) RETURNS int LANGUAGE sql AS 'SELECT 1 / 0'")
        superuser.execute("SET ROLE as_cms_followers")
        superuser.execute("SET search_path = evil, pg_catalog")
        assert superuser.execute("SELECT log.take_turn('x')").fetchone() == (True,)


def test_answers_that_are_young_stay_whatever_whoever_expires_them_asks(house: Production):
    answer = "INSERT INTO log.answers VALUES (gen_random_uuid(), '', 1, '', now() - %s * interval '1 day')"
    with psycopg.connect(house.superuser) as superuser, superuser.transaction(force_rollback=True):
        for days in (0, 29, 31, 400):
            superuser.execute(answer, [days])
        superuser.execute("SET ROLE as_cms_expiry")
        assert superuser.execute("SELECT log.expire_answers(now() + interval '1 year', 100)").fetchone() == (2,)


def test_a_false_notice_is_a_hint_and_does_no_harm(house: Production, migrated: str):
    """NOTIFY cannot be taken from anybody: whoever listens looks for themselves."""
    town, need, stop = House(migrated), identity(uuid4()), threading.Event()
    keyring = town.keyring()
    keyring.ensure([need])
    listener = threading.Thread(target=keyring.listen, args=(migrated, stop))
    listener.start()
    known, told = keyring.generation, threading.Event()
    with connect(migrated) as liar:
        liar.execute("SET ROLE as_cms_expiry")
        for _ in range(100):
            liar.execute("SELECT pg_notify(%s, %s), pg_notify(%s, '9')", [KEYS, "'; DROP TABLE log.events; --", LOG])
            if keyring.generation > known + 1:
                break
            told.wait(0.05)
    stop.set()
    listener.join()
    assert keyring.generation > known + 1, "it was heard"
    assert keyring.key(*need.whose), "and what is there is found again"


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Nothing is said but where the data lies, and that is no place: whoever goes on all the same comes to nothing."""
    for name in os.environ:
        if name.upper().startswith("AS_CMS_") or name == "DATABASE_URL":
            monkeypatch.delenv(name)
    (tmp_path / "occupied").touch()
    monkeypatch.setenv("AS_CMS_DATA", str(tmp_path / "occupied" / "data"))
    return monkeypatch


@pytest.mark.parametrize("host", [str(IPv4Address(0)), "::", "", "203.0.113.7"])
def test_others_cannot_reach_a_service_in_which_nobody_said_development(bare: pytest.MonkeyPatch, host: str):
    with pytest.raises(BadSettings, match="can be reached by others: say AS_CMS_MODE=production"):
        app(["serve", "--host", host, "--port", "0"], standalone_mode=False)


def test_where_others_can_reach_it_the_first_line_says_what_development_means(
    bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    bare.setenv("AS_CMS_MODE", "development")
    with pytest.raises(Failed, match="cannot listen"):
        app(["serve", "--host", "203.0.113.7", "--port", "0"], standalone_mode=False)
    assert capsys.readouterr().err == f"{DEVELOPMENT}\n"


@pytest.mark.parametrize("command", sorted(COMMANDS.keys() - UNSET - {"doctor"}))
def test_no_command_takes_a_database_in_a_mode_that_nobody_said(bare: pytest.MonkeyPatch, command: str, tmp_path: Path):
    """The list walks the program: what is not listed has settings, and reads them before it does anything."""
    bare.setenv("DATABASE_URL", "postgresql://somebody@127.0.0.1:1/attendance")
    (tmp_path / "old").touch()
    with pytest.raises(BadSettings, match="DATABASE_URL is set: say AS_CMS_MODE"):
        app([command, *(word.format(tmp_path) for word in WORDS.get(command, ()))], standalone_mode=False)


def test_the_doctor_says_so_among_what_is_wrong(bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """It is for whoever does not know what is wrong, and looks at no database then."""
    bare.setenv("DATABASE_URL", "postgresql://somebody@127.0.0.1:1/attendance")
    assert app(["doctor"], standalone_mode=False) == 3
    said = capsys.readouterr().out
    assert "DATABASE_URL is set: say AS_CMS_MODE" in said
    assert "not looked at, for the settings cannot be read" in said


@pytest.mark.parametrize("said", [{}, {"security_protocol": "PLAINTEXT"}])
def test_production_tells_facts_to_no_kafka_that_asks_nobody_who_they_are(said: dict[str, str]):
    settings = Settings.model_construct(mode=Mode.PRODUCTION)
    with pytest.raises(BadSettings, match="production needs a login at Kafka"):
        require_login(settings, settings_of("kafka:9092", said))
    require_login(settings, settings_of("kafka:9092", {"security_protocol": "SASL_SSL"}))
    require_login(Settings(), settings_of("127.0.0.1:9092", said))
