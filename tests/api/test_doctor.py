"""`attendance doctor`: every kind of trouble is made for real, found, and said with what to do about it."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any, TypeVar
from uuid import uuid4

import psycopg
import pytest
from pydantic import SecretStr

from adapters.embedded_postgres import EmbeddedPostgres
from api.cli import app
from api.commands.doctoring import STATUSES
from api.doctor import place, server, sessions
from api.doctor.examining import CHECKS, Check, examine
from api.doctor.findings import Severity, for_how_long, ok
from api.doctor.patient import Patient
from api.settings import Login, Settings
from domain.decision import Ref
from domain.privacy.disposal import Disposal
from domain.privacy.disposing import BeginDisposal
from eventstore.connections import connect
from eventstore.erasure import destroy
from eventstore.journal import Erasure, Journal
from eventstore.requests import Request
from projections.registry import MODELS
from tests.api import test_doctor_kafka
from tests.api.deployments import HANG_SECONDS, ONE, OTHER, Deployment, bad, looked, until, worst_of
from tests.api.test_disposals import asked, officer
from tests.api.test_upkeep import environment
from tests.api.town import SYSTEM, Town
from tests.eventstore.logins import production
from tests.house.tree import ROOT
from tests.kafka_broker import free_port
from tests.proxy import Proxy, proxied

PROVOKED: dict[str, str] = {}
"""By check, a test that makes its trouble."""

OK, UNSEEN, ATTENTION, BROKEN, AWAY = Severity
NOW = datetime(2026, 5, 4, tzinfo=UTC)

Test = TypeVar("Test", bound=Callable[..., object])


def provokes(*checks: str) -> Callable[[Test], Test]:
    """Say whose trouble a test makes."""

    def note(test: Test) -> Test:
        PROVOKED.update(dict.fromkeys(checks, test.__name__))
        return test

    return note


@pytest.fixture
def deployment(cluster: EmbeddedPostgres, admin: psycopg.Connection, tmp_path: Path) -> Iterator[Deployment]:
    with production(cluster, admin) as house:
        yield Deployment(house, tmp_path)


@pytest.fixture
def ask(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Ask as a process would be asked, with these settings; answers with the exit status and what was printed."""

    def command(*arguments: str, **fields: Any) -> tuple[int, str]:
        for name, text in environment(deployment.fields | fields).items():
            monkeypatch.setenv(name, text)
        status = app(["doctor", *arguments], standalone_mode=False)
        return status or 0, capsys.readouterr().out

    return command


def test_of_a_deployment_that_is_well_it_says_so_and_ends_with_0(deployment: Deployment, ask):
    deployment.started()
    with deployment.followed():
        status, printed = ask("--json")
        document = json.loads(printed)
        assert (status, document["status"]) == (0, "ok"), printed
        assert [each["check"] for each in document["findings"] if each["severity"] != "ok"] == []
        assert {each["check"] for each in document["findings"]} == {check.name for check in CHECKS}
        assert ask()[1].splitlines()[-1].startswith("all is well")


def test_every_kind_of_trouble_is_made_by_a_test():
    assert PROVOKED.keys() | test_doctor_kafka.PROVOKED == {check.name for check in CHECKS}


def test_every_check_is_told_of_in_the_documentation():
    page = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    section = page.partition("## What is wrong\n")[2].partition("\n## ")[0]
    rows = [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")]
    assert rows == [check.name for check in CHECKS]


def test_the_worst_that_was_found_decides_with_which_status_it_ends():
    assert STATUSES == {OK: 0, ATTENTION: 1, BROKEN: 3, AWAY: 4}


@provokes("settings")
def test_settings_that_cannot_be_read_are_named_and_the_rest_is_not_looked_at(ask):
    status, printed = ask("--json", reads=0)
    first, *others = json.loads(printed)["findings"][::-1]
    assert (status, first["check"], first["severity"]) == (3, "settings", "broken")
    assert "AS_CMS_READS" in first["what"]
    assert {each["severity"] for each in others} == {"unseen"}
    assert len(ask(reads=0)[1].splitlines()) == 3, "what all others say alike is said once"


@provokes("files")
def test_a_secret_that_everybody_can_read_or_nobody_can_is_named(deployment: Deployment):
    file = deployment.folder / "kek"
    file.write_text(ONE.text)
    told = {"key_encryption_key": None, "key_encryption_key_file": file}
    file.chmod(0o600)
    assert bad(deployment.look(**told)).get("files") is None
    file.chmod(0o604)
    [open_to_all] = deployment.look(**told)["files"]
    assert (open_to_all.severity, open_to_all.do) == (ATTENTION, f"chmod o-r {file}")
    file.unlink()
    [gone] = deployment.look(**told)["files"]
    assert (gone.severity, "cannot be read" in gone.what) == (BROKEN, True)


def test_a_file_that_others_can_write_is_named_in_development_too(tmp_path: Path):
    journal = tmp_path / "erasures.jsonl"
    Journal(journal).begin()
    journal.chmod(0o666)
    [found] = looked(Patient(Settings(data=tmp_path)))["files"]
    assert (found.severity, "written by others" in found.what) == (ATTENTION, True)


@provokes("issuer")
def test_keys_of_an_issuer_that_prove_nothing_are_told_of(deployment: Deployment):
    assert worst_of(deployment.look(), "issuer") is OK
    (deployment.folder / "keys.json").write_text("{}")
    assert worst_of(deployment.look(), "issuer") is BROKEN
    nowhere = {"jwks_file": None, "jwks_url": f"http://127.0.0.1:{free_port()}/keys"}
    assert bad(deployment.look(**nowhere))["issuer"] == ["no key of the issuer can be used: KeysAway"]


@provokes("journal")
def test_an_erasure_journal_that_is_not_there_or_cannot_be_read_is_told_of(deployment: Deployment):
    file = deployment.folder / "erasures.jsonl"
    file.write_text('{"subject": "Hana"}\n')
    found = deployment.look()
    assert worst_of(found, "journal") is BROKEN
    assert "Hana" not in str(found)
    file.unlink()
    assert worst_of(deployment.look(), "journal") is ATTENTION


@provokes("disk")
def test_a_disk_that_is_nearly_full_or_not_there_is_told_of(deployment: Deployment):
    whole = 100 << 30
    judged = [place.room("it", whole, free).severity for free in (whole // 2, whole // 20, place.LEAST_BYTES - 1)]
    assert judged == [OK, ATTENTION, BROKEN]
    away = deployment.folder / "unmounted" / "erasures.jsonl"
    assert worst_of(deployment.look(erasure_journal=away), "disk") is ATTENTION


@contextmanager
def behind_a_proxy(deployment: Deployment) -> Iterator[tuple[Proxy, dict[str, SecretStr]]]:
    """Put one proxy before the database, whoever comes in; answers with what the settings say then."""
    with ExitStack() as opened:
        proxy, _ = opened.enter_context(proxied(deployment.house.superuser))
        urls = {}
        for login, dsn in deployment.house.dsns.items():
            info = psycopg.conninfo.conninfo_to_dict(dsn)
            urls[f"database_url_{login}"] = SecretStr(psycopg.conninfo.make_conninfo(**info | {"port": proxy.port}))
        yield proxy, {**urls, "database_url": urls["database_url_service"]}


@provokes("database")
@pytest.mark.parametrize("how", [Proxy.refuse, Proxy.swallow], ids=["refuses", "is black-holed"])
def test_a_database_that_is_away_is_what_is_found_and_the_rest_is_still_said(
    deployment: Deployment, ask, how: Callable[[Proxy], None]
):
    with behind_a_proxy(deployment) as (proxy, urls):
        assert worst_of(deployment.look(**urls), "database") is OK
        how(proxy)
        status, printed = ask("--json", **urls)
    found = {each["check"]: each["severity"] for each in json.loads(printed)["findings"]}
    assert (status, found.pop("database")) == (4, "away")
    without = {check.name for check in CHECKS if not check.database} - {"database"}
    assert {name for name, severity in found.items() if severity == "ok"} == without
    assert {severity for name, severity in found.items() if name not in without} == {"unseen"}
    assert ONE.text not in printed
    assert deployment.house.name not in printed.replace("_", ""), "the password is the name of the database"


def test_a_database_that_hangs_in_the_middle_is_waited_for_once(deployment: Deployment):
    with behind_a_proxy(deployment) as (proxy, urls):
        patient = Patient(deployment.settings(**urls))
        found: dict[str, Severity] = {}
        for each in examine(patient):
            if each.check == "clock":
                proxy.swallow()
            found[each.check] = each.severity
        patient.close()
    names = [check.name for check in CHECKS]
    after = names[names.index("clock") + 1 :]
    assert (found["clock"], found["publisher"]) == (OK, UNSEEN)
    assert [found[name] for name in after] == [AWAY, *[UNSEEN] * (len(after) - 1)]


def test_a_check_that_hangs_or_fails_hides_nothing_of_the_others(deployment: Deployment):
    let_go = Event()

    def hangs(_: Patient) -> list[Any]:
        return [ok("let go")] if let_go.wait(HANG_SECONDS) else []

    def fails(_: Patient) -> list[Any]:
        raise ZeroDivisionError("Hana")

    checks = [Check("one", hangs), Check("two", fails), Check("three", server.version)]
    patient = Patient(deployment.settings())
    found = [*examine(patient, checks, deadline=2.0)]
    let_go.set()
    patient.close()
    assert [(each.check, each.severity) for each in found] == [("one", BROKEN), ("two", BROKEN), ("three", OK)]
    assert "Hana" not in str(found)


@provokes("version")
def test_a_server_that_is_too_old_is_told_of(deployment: Deployment):
    assert deployment.look()["version"][0].what.startswith("PostgreSQL 18.")
    assert [server.judged_version(number).severity for number in (140_011, 150_000, 180_004)] == [BROKEN, OK, OK]


@provokes("writable")
def test_a_database_that_only_reads_is_told_of(deployment: Deployment):
    deployment.run("ALTER DATABASE {database} SET default_transaction_read_only = on")
    found = deployment.look()
    assert worst_of(found, "writable") is BROKEN
    assert "read-only" in found["writable"][0].what


@provokes("clock")
def test_clocks_that_differ_are_told_of(deployment: Deployment):
    look = timedelta(seconds=1)
    for ahead, how in (
        (0.5, OK),
        (1.9, OK),
        (-0.9, OK),
        (3, ATTENTION),
        (-3, ATTENTION),
        (302, BROKEN),
        (-301, BROKEN),
    ):
        judged = server.skewed(NOW, NOW + timedelta(seconds=ahead), NOW + look)
        assert (judged.severity, ahead) == (how, ahead)
    assert worst_of(deployment.look(), "clock") is OK
    deployment.happened(-timedelta(hours=1))
    assert "behind event 1" in bad(deployment.look())["clock"][0]


@provokes("connections")
def test_connections_that_come_to_an_end_are_told_of_by_whose_they_are(deployment: Deployment):
    service = deployment.house.dsns[Login.SERVICE]
    with ExitStack() as opened:
        for _ in range(7):
            opened.enter_context(connect(service, name="a crowd"))
        assert worst_of(deployment.look(), "connections") is OK
        deployment.run("ALTER ROLE {database}_service CONNECTION LIMIT 10")
        found = deployment.look()
        deployment.run("ALTER DATABASE {database} CONNECTION LIMIT 9")
        both = bad(deployment.look())["connections"]
    assert bad(found)["connections"] == [found["connections"][-1].what]
    assert "a crowd 7" in bad(found)["connections"][0]
    assert ["the database" in both[0], "the login" in both[1]] == [True, True]
    with ExitStack() as opened:
        for _ in range(9):
            opened.enter_context(connect(deployment.house.dsns[Login.KEYS]))
        full = deployment.look()
    assert (worst_of(full, "database"), "too many connections" in full["database"][0].what) == (AWAY, True)
    assert [server.judged_connections("it", 10, used, "").severity for used in (7, 8, 10)] == [OK, ATTENTION, BROKEN]


def test_where_the_service_has_used_up_its_connections_somebody_else_says_so(deployment: Deployment):
    deployment.run("ALTER ROLE {database}_service CONNECTION LIMIT 1")
    with connect(deployment.house.dsns[Login.SERVICE], name="the only one"):
        found = deployment.look()
    assert worst_of(found, "database") is OK
    assert bad(found)["connections"][0].startswith("1 of 1 connections of the login ")
    assert bad(found)["logins"][0].startswith("AS_CMS_DATABASE_URL_SERVICE: ")
    assert worst_of(found, "models") is UNSEEN


@provokes("schema")
def test_a_schema_of_another_release_is_told_of(deployment: Deployment):
    deployment.run("DELETE FROM migration.applied WHERE number = 9")
    [lacks] = deployment.look()["schema"]
    assert (lacks.severity, "0009" in lacks.what, "attendance migrate" in lacks.do) == (BROKEN, True, True)
    deployment.run("INSERT INTO migration.applied VALUES (9999, 'later', '')")
    assert bad(deployment.look())["schema"] == ["it was migrated by a later release than this one"]


def test_of_a_database_without_a_schema_it_says_which_command_is_missing(database: str, tmp_path: Path):
    found = looked(Patient(Settings(data=tmp_path, database_url=SecretStr(database))))
    assert worst_of(found, "database") in {OK, AWAY}, "roles are those of the whole server"
    assert not [each for all_of in found.values() for each in all_of if "failed itself" in each.what]


@provokes("logins")
def test_a_login_that_does_not_come_in_or_has_other_rights_is_named(deployment: Deployment):
    wrong = deployment.house.dsns[Login.KEYS].replace(f":{deployment.house.name}@", ":wrong@")
    [refused] = [each for each in deployment.look(database_url_keys=wrong)["logins"] if each.severity is not OK]
    assert refused.what.startswith("AS_CMS_DATABASE_URL_KEYS: the login of the keys does not come in")
    deployment.run(
        "REVOKE as_cms_expiry FROM {database}_expiry; GRANT CONNECT ON DATABASE {database} TO {database}_expiry"
    )
    deployment.run("GRANT pg_read_all_data TO {database}_rotation")
    lacks, more = bad(deployment.look())["logins"]
    assert "needs the role as_cms_expiry" in lacks
    assert "rotation is a member of more than its role" in more


@provokes("hardening")
def test_a_database_that_is_not_hardened_is_told_of(deployment: Deployment):
    deployment.run("ALTER DATABASE {database} SET log_error_verbosity = verbose")
    deployment.run("GRANT EXECUTE ON FUNCTION pg_advisory_lock(bigint) TO PUBLIC")
    found = deployment.look()
    assert [("everybody" in what, "quote" in what) for what in bad(found)["hardening"]] == [
        (True, False),
        (False, True),
    ]
    assert all("attendance hardening" in each.do for each in found["hardening"])


@provokes("secrets")
def test_a_secret_that_is_another_one_is_told_of_and_nothing_is_noted(deployment: Deployment):
    assert worst_of(deployment.look(claims_secret=OTHER.text), "secrets") is OK, "nothing was written with any yet"
    deployment.started()
    found = deployment.look(claims_secret=OTHER.text)
    assert (worst_of(found, "secrets"), "claims/one" in found["secrets"][0].what) == (BROKEN, True)
    assert OTHER.text not in str(found)


def erase_somebody(deployment: Deployment, journal: Journal) -> None:
    with connect(deployment.house.dsns[Login.ERASURE]) as eraser:
        destroy(eraser, journal, Erasure(subject=uuid4(), authority="DA 712", at=NOW))


@provokes("erasures")
def test_a_journal_that_was_lost_or_names_more_than_the_database_is_told_of(deployment: Deployment, tmp_path: Path):
    journal = Journal(deployment.folder / "erasures.jsonl")
    erase_somebody(deployment, journal)
    assert worst_of(deployment.look(), "erasures") is OK
    journal.append(Erasure(subject=uuid4(), authority="DA 713", at=NOW))
    assert "1 erasures" in bad(deployment.look())["erasures"][0]
    (deployment.folder / "erasures.jsonl").unlink()
    assert "no journal" in bad(deployment.look())["erasures"][0]


@provokes("disposals")
def test_a_disposal_that_was_begun_and_not_finished_is_named(own_town: Town):
    town = own_town
    hers, theirs = officer(town), officer(town)
    disposal = town.client.post("/v1/disposals", json=asked(town.student()), headers=hers).json()["id"]
    town.client.post(f"/v1/disposals/{disposal}/authorise", json={}, headers=theirs)
    town.follow()
    assert worst_of(looked(Patient(town.service.settings)), "disposals") is OK, "it waits for whoever runs the program"
    town.service.writer.execute(Request(stream=Ref(Disposal, disposal), command=BeginDisposal(), actor=SYSTEM))
    town.follow()
    [begun] = looked(Patient(town.service.settings))["disposals"]
    assert (begun.severity, begun.do) == (ATTENTION, f"run `attendance erase {disposal}`")


def test_what_needs_a_login_that_is_not_named_is_not_looked_at_and_nothing_is_wrong_with_that(deployment: Deployment):
    """So it is in the environment of a process that serves: its logins are two."""
    others = {f"database_url_{login}": None for login in Login if login not in {Login.SERVICE, Login.KEYS}}
    deployment.started()
    with deployment.followed():
        found = deployment.look(**others)
    assert bad(found) == {}
    assert [each.severity for each in found["logins"]] == [UNSEEN] * 4 + [OK]
    assert "give AS_CMS_DATABASE_URL_FOLLOWERS" in found["logins"][0].do
    assert [each.what for each in found["disposals"]] == ["nobody comes in as followers"]


def test_a_follower_that_has_halted_is_one_that_nobody_sees(deployment: Deployment):
    with deployment.followed():
        deployment.happened()
        until(lambda: "followers" in bad(deployment.look()))
        until(lambda: bad(deployment.look()).get("followers", [""])[0].startswith("nobody follows: read model cases, "))


def test_a_follower_that_waits_for_a_lock_is_sent_to_whoever_holds_it(deployment: Deployment):
    with deployment.followed(), deployment.superuser() as holder, holder.transaction():
        holder.execute("LOCK projection.positions IN ACCESS EXCLUSIVE MODE")
        deployment.happened()
        until(lambda: any("waits for a lock" in what for what in bad(deployment.look()).get("followers", ())))
        found = deployment.look()
    assert f"holds up {len(MODELS)}" in found["locks"][0].what
    assert found["locks"][0].what.endswith(": projection.positions")


def test_whoever_was_destroyed_and_stands_in_read_models_yet_is_counted(deployment: Deployment):
    erase_somebody(deployment, Journal(deployment.folder / "erasures.jsonl"))
    assert bad(deployment.look())["disposals"] == ["1 of the destroyed stand in read models yet"]


def waits(dsn: str, statement: str) -> Thread:
    """Have somebody else wait for a lock, until they get it."""

    def wait() -> None:
        with connect(dsn, deadline=None, name="whoever waits") as db:
            db.execute(statement.encode())

    thread = Thread(target=wait)
    thread.start()
    return thread


@provokes("locks")
@pytest.mark.parametrize(
    ("taken", "wanted", "thing"),
    [
        ("SELECT log.lock()", "SELECT log.lock()", "the lock of the log"),
        ("LOCK log.claims", "SELECT FROM log.claims", "log.claims"),
    ],
)
def test_whoever_holds_a_lock_that_others_wait_for_is_named(
    deployment: Deployment, taken: str, wanted: str, thing: str
):
    with deployment.superuser() as holder:
        holder.execute("SET application_name = 'an analyst'")
        pid = holder.info.backend_pid
        with holder.transaction():
            holder.execute(taken.encode())
            holder.execute("SELECT 'Hana Tamatea'")
            waiting = waits(deployment.house.superuser, wanted)
            until(lambda: "locks" in bad(deployment.look()))
            until(lambda: worst_of(deployment.look(), "locks") is BROKEN)
            found = deployment.look()
        waiting.join()
    [named] = found["locks"]
    assert f"session {pid} (an analyst, login " in named.what
    assert named.what.endswith(thing)
    assert f"pg_terminate_backend({pid})" in named.do
    assert "Hana" not in str(found)
    assert "locks" not in bad(deployment.look())


def test_a_lock_on_the_log_itself_keeps_nothing_else_from_being_said(deployment: Deployment):
    with deployment.superuser() as holder, holder.transaction():
        holder.execute("LOCK log.events")
        found = deployment.look()
    assert "lets nobody pass" in bad(found)["models"][0]
    assert {check for check, all_of in found.items() if {each.severity for each in all_of} == {OK}} >= {
        "database", "schema", "connections", "logins", "hardening", "secrets", "erasures",
    }  # fmt: skip


def test_in_a_line_whoever_stands_at_its_head_holds_everybody_up():
    def one(pid: int, *blockers: int) -> sessions.Waiting:
        return sessions.Waiting(pid=pid, blockers=[*blockers], waited=timedelta(), thing="a row")

    found = sessions.holders([one(1, 2), one(2, 9), one(3, 2, 8), one(4, 5), one(5, 4)])
    assert {pid: [each.pid for each in held] for pid, held in found.items()} == {9: [1, 2, 3], 8: [3]}


@provokes("transactions", "followers")
def test_whoever_says_nothing_in_a_transaction_or_with_a_turn_is_named(deployment: Deployment):
    follows = connect(deployment.house.dsns[Login.FOLLOWERS], deadline=None, name="somebody's shell")
    sits = connect(deployment.house.dsns[Login.SERVICE], deadline=None, name="a stuck worker", in_transaction=600)
    with follows, sits, sits.transaction():
        follows.execute("SELECT log.take_turn('read model cases')")
        sits.execute("SELECT FROM log.events")
        shell, worker = follows.info.backend_pid, sits.info.backend_pid
        until(
            lambda: (
                {"transactions", "followers"} <= bad(found := deployment.look()).keys() and len(found["followers"]) > 1
            )
        )
        found = deployment.look()
    nobody, silent = found["followers"]
    assert nobody.what.startswith("nobody follows: read model clocks, ")
    assert f"read model cases: session {shell} (somebody's shell, " in silent.what
    assert f"session {worker} (a stuck worker, " in bad(found)["transactions"][0]


def test_what_our_logins_are_not_shown_is_said_and_how_to_see_it(
    deployment: Deployment, admin: psycopg.Connection, cluster: EmbeddedPostgres
):
    name = f"{deployment.house.name}_stranger"
    deployment.run("GRANT CONNECT ON DATABASE {database} TO {database}_stranger")
    stands = connect(deployment.house.superuser, deadline=None, name="a superuser's")
    with stands:
        [hidden] = deployment.look()["transactions"]
        assert (hidden.severity, "pg_read_all_stats" in hidden.do) == (UNSEEN, True)
        admin.execute(f"GRANT pg_read_all_stats TO {name}")
        assert worst_of(deployment.look(database_url=deployment.house.stranger), "transactions") is OK


@provokes("models")
def test_read_models_that_are_behind_parked_or_of_another_release_are_named(deployment: Deployment):
    deployment.happened(timedelta(hours=5))
    [late] = bad(deployment.look())["models"]
    assert "cases 1 events, the oldest of 5 h ago" in late
    deployment.run("UPDATE projection.positions SET position = 1")
    deployment.run("INSERT INTO projection.parked VALUES ('cases', 1, gen_random_uuid(), 1, 'KeyError in cases.py')")
    deployment.run("UPDATE projection.positions SET shape = '' WHERE model = 'grants'")
    deployment.run("DELETE FROM projection.positions WHERE model = 'drafts'")
    found = deployment.look()["models"]
    assert [each.severity for each in found] == [BROKEN, BROKEN, ATTENTION]
    assert [each.what.rpartition(": ")[2] for each in found[:2]] == ["drafts", "grants"]
    assert ("`attendance rebuild grants`" in found[1].do, "1 streams" in found[2].what) == (True, True)


def test_copies_that_wait_are_counted(deployment: Deployment):
    with deployment.followed(), deployment.followed():
        assert f"all {len(MODELS)} are followed; 1 copies wait" in deployment.look()["followers"][0].what


def test_times_are_said_as_people_say_them():
    said: Mapping[float, str] = {0.04: "0.0 s", 90: "90.0 s", 600: "10 min", 7_200: "2 h", 200_000: "2 days"}
    assert {seconds: for_how_long(timedelta(seconds=seconds)) for seconds in said} == said
