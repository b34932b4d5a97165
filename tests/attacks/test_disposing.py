"""Disposing: two people destroy somebody, wherever a trace was, and prove it; cut off anywhere, it goes on (BR-115).

What is looked for in files is looked for by its bytes, by another hand than the proof's.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Literal
from pydantic import SecretStr

from adapters.embedded_postgres import EmbeddedPostgres
from api.bootstrap import service
from api.cli import app
from api.commands import erasing, proving
from api.commands.running import STATUSES, said
from api.commands.taking import PROGRAM
from api.erasing import carry_out
from api.settings import Login, Settings
from domain.decision import Actor, Ref
from domain.ids import MINISTRY
from domain.privacy.disposal import Disposal
from domain.privacy.disposing import AskForDisposal, AuthoriseDisposal
from domain.sealed import DataClass
from domain.students.caregiver import Caregiver
from domain.students.caring import LinkCaregiver, RegisterCaregiver, Tie
from domain.students.contacting import AddContactDetail, ContactDetail
from domain.students.correcting import CorrectStudentDetails
from domain.students.enrolling import RecordEnrolment
from domain.students.registering import RegisterStudent
from domain.students.student import Student, StudentDetails
from domain.text import PersonName
from domain.users.granting import GrantRole
from domain.users.inviting import InviteUser
from domain.users.user import Role, User, UserDetails
from eventstore.connections import connect
from eventstore.journal import Journal
from eventstore.requests import Request
from eventstore.traces import Finding
from projections import people
from projections.generations import generations
from tests.api.automations.test_automating import environ
from tests.api.test_approvals import header
from tests.api.test_closed_cases import worked_and_closed
from tests.api.test_disposals import asked
from tests.api.test_upkeep import OLD, environment, fields
from tests.api.town import KAURI, LONG_AGO, NOW, TODAY, Town, town_of
from tests.eventstore.logins import production

OFFICER = Role.PRIVACY_OFFICER
CHILD, FORMER, NAN = "Kahurangiwaikato", "Pounamuotago", "Rauponganui"
"""Names that nobody else has; no byte of them may be left anywhere."""


@dataclass(frozen=True)
class Ran:
    """How the program ended, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def run(town: Town, *arguments: str) -> Ran:
    with told_by(town):
        return ran(*arguments)


def ran(*arguments: str) -> Ran:
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as complaints:
        try:
            app(list(arguments), standalone_mode=False)
        except tuple(STATUSES) as error:
            return Ran(STATUSES[type(error)], out.getvalue(), said(error))
    return Ran(0, out.getvalue(), complaints.getvalue())


@contextmanager
def alone_with(variables: Mapping[str, str]) -> Iterator[None]:
    """Let this process, and what it starts, find these variables in its environment and no other."""
    with pytest.MonkeyPatch.context() as patched:
        for name in list(os.environ):
            patched.delenv(name)
        for name, value in variables.items():
            patched.setenv(name, value)
        yield


def told_by(town: Town) -> AbstractContextManager[None]:
    """Let this process, and what it starts, find the settings of the town."""
    said_ = town.service.settings
    own = {"AS_CMS_DATA": str(said_.data), "AS_CMS_CLOCK_FROM": str(said_.clock_from), "AS_CMS_MODE": "development"}
    return alone_with(own if said_.embedded else environ(town))


@dataclass
class Family:
    """A child of whom much was recorded, whose case is closed, and who cared for them."""

    town: Town
    child: UUID
    nan: UUID
    case: str
    officers: list[dict[str, str]]

    def ask(self, **more: Any) -> str:
        body = {"person": str(self.child), "authority": "DA 712", "disposal_class": "3.2", "reason": f"{CHILD} left."}
        asked = self.town.client.post("/v1/disposals", json=body | more, headers=self.officers[0])
        assert asked.status_code == 201, asked.text
        return str(asked.json()["id"])

    def authorise(self, disposal: str, officer: int = 1) -> Any:
        path = f"/v1/disposals/{disposal}/authorise"
        return self.town.client.post(path, json={}, headers=self.officers[officer])

    def authorised(self, **more: Any) -> str:
        disposal = self.ask(**more)
        assert self.authorise(disposal).status_code == 200
        self.town.follow()
        return disposal

    def run(self, *arguments: str) -> Ran:
        """Run the program within this process, with the settings of the town."""
        return run(self.town, *arguments)

    def proof(self, person: UUID | None = None) -> dict[str, dict[str, Any]]:
        """What `attendance erased` says, by place; it ends with 1 if there is a trace, and with 0 otherwise."""
        done = self.run("erased", str(person or self.child), "--json")
        traces = {each["place"]: each for each in json.loads(done.stdout)["traces"]}
        assert done.returncode == int(any(each["finding"] == "TRACE" for each in traces.values())), done.stderr
        return traces

    def traces(self, person: UUID | None = None) -> set[str]:
        return {place for place, each in self.proof(person).items() if each["finding"] == "TRACE"}


@pytest.fixture
def family(own_town: Town) -> Family:
    return settle(own_town)


def settle(town: Town) -> Family:
    officers = [header(town, town.person(OFFICER, MINISTRY)[1], OFFICER) for _ in range(2)]
    child, nan = uuid4(), uuid4()
    for name, command in ((FORMER, RegisterStudent), (CHILD, CorrectStudentDetails)):
        details = StudentDetails(name=PersonName(family_name=name), born_on=LONG_AGO, nsn="1123581321")
        reason = {"reason": "Adopted."} if command is CorrectStudentDetails else {}
        town.tell(Student, child, command(details=details, **reason))
        town.follow()  # so that a past version of the row has the former name
    town.tell(Student, child, RecordEnrolment(school=KAURI, from_on=LONG_AGO))
    town.tell(Caregiver, nan, RegisterCaregiver(name=PersonName(family_name=NAN)))
    town.tell(Student, child, LinkCaregiver(caregiver=nan, tie=Tie(relation="MOTHER")))
    phone = AddContactDetail(
        contact=uuid4(), detail=ContactDetail(phone="021 555 0199"), from_on=TODAY, source="School"
    )
    town.tell(Caregiver, nan, phone)
    case = worked_and_closed(town, child)
    town.follow()
    return Family(town, child, nan, case, officers)


def test_two_officers_and_the_program_erase_a_child_and_the_caregiver_it_orphans_and_prove_it_BR_115(family: Family):
    town, path = family.town, f"/v1/cases/{family.case}"
    disposal = family.ask()
    assert family.authorise(disposal, officer=0).json()["code"] == "SecondIsTheFirst"
    town.follow()
    early = family.run("erase", disposal, "--yes")
    assert (early.returncode, "ASKED" in early.stderr) == (1, True)
    shown = town.client.get(f"/v1/disposals/{disposal}", headers=family.officers[1]).json()
    assert (shown["name"], shown["students"]) == (CHILD, [str(family.child)])
    assert len(shown["caregivers"]) == len({str(family.nan), *shown["caregivers"]}) == 2, "the one of the request too"
    assert (shown["held"], [each["case"] for each in shown["cases"]]) == ([], [family.case])
    assert shown["notes"]["narrative"] >= 1
    assert town.client.get(path, headers=town.bearer(Role.ATTENDANCE_LEAD)).json()["names"]["student"] == CHILD
    assert family.authorise(disposal).status_code == 200
    town.follow()
    previewed = family.run("erase", disposal, "--preview")
    assert f"caregiver: {family.nan}" in previewed.stdout
    assert "say --yes" in family.run("erase", disposal).stderr
    assert town.client.get(path, headers=town.bearer(Role.ATTENDANCE_LEAD)).json()["names"]["student"] == CHILD
    done = family.run("erase", disposal, "--yes", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["carried_out"][0]["notes"] >= 1
    assert town.client.get(path, headers=town.bearer(Role.ATTENDANCE_LEAD)).json()["names"]["student"] is None
    for person in (family.child, *map(UUID, shown["caregivers"])):
        assert family.traces(person) == set()
    town.follow()
    shown = json.loads(family.run("erase", "--json").stdout)
    (listed,) = shown["disposals"]
    assert shown["not_swept"] == 0
    assert (listed["status"], listed["authority"], listed["classes"][0]) == ("DONE", "DA 712", "identity")
    (seen,) = town.client.get("/v1/disposals", headers=family.officers[0]).json()["items"]
    assert (seen["status"], seen["done_on"]) == ("DONE", TODAY.isoformat())


def test_somebody_of_whom_nothing_was_destroyed_is_not_proved_erased(family: Family):
    refused = family.run("erased", str(family.child))
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "nothing of anybody of this id was destroyed" in refused.stderr


def test_a_hold_on_whoever_a_note_is_about_as_well_keeps_all_of_it_until_it_is_lifted(family: Family):
    town, disposal = family.town, family.authorised(caregivers_too=False)
    hold = {"authority": "CIV 1", "reason": "A claim."}
    placed = town.client.post(f"/v1/caregivers/{family.nan}/legal-hold", json=hold, headers=family.officers[0])
    note_about_both(town, family)
    shown = town.client.get(f"/v1/disposals/{disposal}", headers=family.officers[1]).json()
    assert (shown["others"], shown["held"]) == ([str(family.nan)], [str(family.nan)])
    refused = family.run("erase", disposal, "--yes")
    assert (refused.returncode, str(family.nan) in refused.stderr) == (1, True)
    assert town.service.keyring.reach([family.child], DataClass).keys, "nothing was destroyed"
    lift = hold | {"hold": placed.json()["ids"]["hold"]}
    path = f"/v1/caregivers/{family.nan}/lift-legal-hold"
    assert town.client.post(path, json=lift, headers=family.officers[1]).status_code == 200
    assert family.run("erase", disposal, "--yes").returncode == 0
    assert family.traces() == set()


def note_about_both(town: Town, family: Family) -> None:
    """A key of a note about the child and the caregiver, as a case's hui has one."""
    with connect(town.service.database.dsn(Login.OWNER)) as owner, owner.transaction():
        kek = owner.execute("SELECT kek FROM keys.subject_keys LIMIT 1").fetchall()[0][0]
        note = uuid4()
        owner.execute(
            "INSERT INTO keys.subject_keys VALUES (gen_random_uuid(), %s, 'narrative', %s, %s)", [note, b"w" * 60, kek]
        )
        for person in (family.child, family.nan):
            owner.execute("INSERT INTO keys.about VALUES (%s, 'narrative', %s)", [note, person])


def test_one_that_is_kept_keeps_no_other_from_being_carried_out_BR_115(family: Family):
    town, hers = family.town, family.officers[0]
    kept, disposal = town.student(), family.authorised()
    other = town.client.post("/v1/disposals", json=asked(kept), headers=hers).json()["id"]
    assert family.authorise(other).status_code == 200
    hold = {"authority": "CIV 1", "reason": "A claim."}
    assert town.client.post(f"/v1/students/{kept}/legal-hold", json=hold, headers=hers).status_code == 200
    town.follow()
    done = family.run("erase", "--all", "--yes")
    assert (done.returncode, disposal in done.stdout, other in done.stderr) == (1, True, True)
    assert family.traces() == set()
    town.follow()
    statuses = {
        each["disposal"]: each["status"] for each in json.loads(family.run("erase", "--json").stdout)["disposals"]
    }
    assert statuses == {disposal: "DONE", other: "AUTHORISED"}
    assert (
        town.client.post(f"/v1/disposals/{other}/withdraw", json={"reason": "Held."}, headers=hers).status_code == 200
    )


class Killed(BaseException):
    """The process ended here: nothing that would tidy up knows of it."""


def cut(*_: object, **__: object) -> Any:
    raise Killed


STAGES = {
    "before the keys went": "api.erasing.destroy",
    "before it was recorded": "api.erasing.RecordKeysDestroyed",
    "before the rows were blanked": "api.commands.erasing.blank_destroyed",
    "before the files were written anew": "api.commands.erasing.sweep",
    "before the tables of keys were": "projections.sweeping._NOTE",
}


@pytest.mark.parametrize("stage", STAGES)
def test_cut_off_anywhere_it_is_known_and_gone_on_with_BR_115(
    family: Family, stage: str, monkeypatch: pytest.MonkeyPatch
):
    disposal = UUID(family.authorised())

    def carried_out() -> None:
        carry_out(family.town.service, disposal, PROGRAM)
        with told_by(family.town):
            erasing._sweep(family.town.service)  # noqa: SLF001 - as the command does it

    with monkeypatch.context() as cutting:
        cutting.setattr(STAGES[stage], cut if not STAGES[stage].endswith("_NOTE") else "SELECT 1/0")
        with pytest.raises((Killed, psycopg.Error)):
            carried_out()
    if stage != "before the keys went":
        assert family.traces() & {"files of tables"}, "the proof knows that it is not whole"
    family.town.follow()
    finished = family.run("erase", "--all", "--yes", "--json")
    assert finished.returncode == 0, finished.stderr
    assert family.traces() == set()
    assert family.traces(family.nan) == set()


def files_with(cluster: EmbeddedPostgres, database: str, *canaries: str) -> set[str]:
    """Which files of a database, its server's write-ahead log and what the server said hold one of these, by kind."""
    with psycopg.connect(cluster.dsn(database), autocommit=True) as db:
        db.execute("CHECKPOINT")  # what is in memory only is written
        oid = db.execute("SELECT oid FROM pg_database WHERE datname = %s", [database]).fetchall()[0][0]
    folders = {
        "tables": cluster.data / "base" / str(oid),
        "shared": cluster.data / "global",
        "statistics": cluster.data / "pg_stat",
        "wal": cluster.data / "pg_wal",
        "log": cluster.home / "log",
    }
    wanted = [canary.encode() for canary in canaries]
    return {kind for kind, place in folders.items() for file in files_in(place) if holds(file, wanted)}


def files_in(place: Path) -> list[Path]:
    return [file for file in (place.rglob("*") if place.is_dir() else [place]) if file.is_file()]


def holds(file: Path, wanted: list[bytes]) -> bool:
    with suppress(FileNotFoundError):  # some come and go
        content = file.read_bytes()
        return any(each in content for each in wanted)
    return False


def wrapped(town: Town, *people: UUID) -> list[bytes]:
    """The keys of some people as they are stored: with the key-encryption key they would open what stays in the log."""
    with connect(town.service.database.dsn(Login.OWNER)) as owner:
        rows = owner.execute("SELECT wrapped FROM keys.subject_keys WHERE subject = ANY(%s)", [list(people)]).fetchall()
    return [bytes(key) for (key,) in rows]


def test_no_byte_of_whoever_was_erased_is_left_in_any_file_of_the_database_BR_115(
    family: Family, cluster: EmbeddedPostgres, tmp_path: Path
):
    """Tables, indexes, samples, the write-ahead log, what the server logged, and a copy that is made afterwards."""
    town = family.town
    name = str(psycopg.conninfo.conninfo_to_dict(town.service.database.dsn(Login.OWNER))["dbname"])
    keys = wrapped(town, family.child, family.nan)
    with connect(town.service.database.dsn(Login.OWNER), deadline=None) as owner:
        owner.execute("ANALYZE")
    assert files_with(cluster, name, CHILD, FORMER) == {"tables", "wal"}, "a name stands in rows of people"
    disposal = family.authorised()
    done = family.run("erase", disposal, "--yes")
    assert done.returncode == 0, done.stderr
    assert family.proof()["write-ahead log"]["finding"] == "OPERATOR", "this server is not the program's own"
    with connect(town.service.database.dsn(Login.OWNER), deadline=None) as superuser:
        superuser.execute("SELECT pg_switch_wal()")
        superuser.execute("CHECKPOINT")
    assert family.proof()["write-ahead log"]["finding"] == "NOTHING"
    assert files_with(cluster, name, CHILD, FORMER, NAN) == set()
    assert [str(file) for file in files_in(cluster.data) if holds(file, keys)] == [], "nor a wrapped key"
    assert CHILD not in done.stdout + done.stderr
    copy = tmp_path / "copy.dump"
    assert family.run("backup", str(copy)).returncode == 0
    assert not holds(copy, [CHILD.encode(), FORMER.encode(), NAN.encode(), *keys])


def test_on_the_programs_own_server_nothing_is_left_to_the_operator_but_copies_BR_115(
    passable: Path, monkeypatch: pytest.MonkeyPatch
):
    """Also if it was cut off when all was swept but the write-ahead log."""
    with town_of(Settings(data=passable / "own", clock_from=NOW)) as town:
        family, server = settle(town), town.service.database.server
        assert server
        disposal = family.authorised()
        assert files_with(server, "attendance", CHILD, FORMER) == {"tables", "wal"}
        with monkeypatch.context() as cutting:
            cutting.setattr("api.commands.erasing.begin_wal_anew", cut)
            with pytest.raises(Killed):
                family.run("erase", disposal, "--yes")
        assert family.proof()["write-ahead log"]["finding"] == "OPERATOR"
        done = family.run("erase", disposal, "--yes")
        assert done.returncode == 0, done.stderr
        findings = {place: each["finding"] for place, each in family.proof().items()}
        assert {place for place, finding in findings.items() if finding != "NOTHING"} == {
            "backups, snapshots and exports"
        }
        assert files_with(server, "attendance", CHILD, FORMER, NAN) == set()


def test_in_production_the_logins_of_the_roles_suffice_and_what_they_may_not_see_is_named_BR_115(
    cluster: EmbeddedPostgres, admin: psycopg.Connection, tmp_path: Path
):
    first, second = (Actor(user=uuid4(), role=OFFICER, organisation=MINISTRY) for _ in range(2))
    with production(cluster, admin) as house:
        told = fields(house, tmp_path, Login.SERVICE, OLD)
        told |= {f"database_url_{each}": SecretStr(house.dsns[each]) for each in Login}
        child = uuid4()
        Journal(tmp_path / "erasures.jsonl").begin()
        with service(Settings(**told)) as opened:

            def tell(of: type[Any], stream: UUID, command: Any, by: Actor = PROGRAM) -> None:
                asked = Request(stream=Ref(of, stream), command=command, actor=by, opens=True)
                opened.writer.execute(asked)

            for each in (first, second):
                tell(User, each.user, InviteUser(details=officer(each.user)))
                tell(User, each.user, GrantRole(role=OFFICER, organisation=MINISTRY, from_on=LONG_AGO))
            details = StudentDetails(name=PersonName(family_name=CHILD), born_on=LONG_AGO)
            tell(Student, child, RegisterStudent(details=details))
            disposal = uuid4()
            ask = AskForDisposal(person=child, authority="DA 712", disposal_class="3.2", reason="Left.")
            tell(Disposal, disposal, ask, first)
            tell(Disposal, disposal, AuthoriseDisposal(), second)
        with alone_with(environment(told)):
            done = ran("erase", str(disposal), "--yes")
            assert done.returncode == 0, done.stderr
            proof = ran("erased", str(child), "--json")
        assert proof.returncode == 0, proof.stderr
        wal = next(each for each in json.loads(proof.stdout)["traces"] if each["place"] == "write-ahead log")
        assert (wal["finding"], "pg_monitor" in wal["says"]) == ("OPERATOR", True)


def officer(user: UUID) -> UserDetails:
    return UserDetails(name=PersonName(family_name="Parata"), email="officer@example.nz", login=str(user))


KEY_OF_CHILD = """
INSERT INTO keys.subject_keys SELECT gen_random_uuid(), {child}, 'identity', 'w', max(kek) FROM keys.subject_keys
"""

PUT_BACK = {
    "keys": (
        KEY_OF_CHILD,
        "DELETE FROM keys.subject_keys WHERE subject = {child}",
    ),
    "whom keys are about": (
        "INSERT INTO keys.about SELECT subject, data_class, {child} FROM keys.subject_keys LIMIT 1",
        "DELETE FROM keys.about WHERE person = {child}",
    ),
    "claims": (
        "INSERT INTO log.claims VALUES ('nsn', 1, {child}, true, gen_random_uuid(), now())",
        "DELETE FROM log.claims WHERE holder = {child}",
    ),
    "statistics of keys": (
        "ALTER TABLE keys.subject_keys ALTER wrapped SET STATISTICS 10; ANALYZE keys.subject_keys",
        "DELETE FROM pg_statistic WHERE starelid = 'keys.subject_keys'::regclass",
    ),
    "rows of people": (
        "UPDATE {people} SET name = '{{}}' WHERE person_id = {child}",
        "UPDATE {people} SET name = NULL WHERE person_id = {child}",
    ),
    "blanking of people": (
        "DELETE FROM projection.blanked WHERE subject = {child} AND data_class = 'health'",
        "INSERT INTO projection.blanked VALUES ('people', {child}, 'health')",
    ),
    "statistics of rows": (
        "ALTER TABLE {people} ALTER name SET STATISTICS 10; ANALYZE {people}",
        "DELETE FROM pg_statistic WHERE starelid = '{people}'::regclass",
    ),
    "files of tables": (
        "DELETE FROM keys.swept WHERE subject = {child} AND data_class = 'health'",
        "INSERT INTO keys.swept VALUES ({child}, 'health')",
    ),
}
"""By the place where it is found: how a trace is put back, and how it is taken away again."""


def test_the_proof_finds_whatever_is_left_BR_115(family: Family):
    """A proof that could not fail would prove nothing: one trace after the other is put back, and found."""
    town, child = family.town, Literal(family.child)
    assert family.run("erase", family.authorised(), "--yes").returncode == 0
    assert family.traces() == set()
    with connect(town.service.database.dsn(Login.OWNER), deadline=None) as superuser:
        (live,) = [each for each in generations(superuser, people.project) if each.state == "live"]
        named = {"child": child, "people": SQL(people.project.table(live.number))}
        superuser.execute("SET session_replication_role = replica")  # no trigger refuses it
        superuser.execute("SET allow_system_table_mods = on")
        for place, (put_back, take_away) in PUT_BACK.items():
            superuser.execute(SQL(put_back).format(**named))
            assert found(town, family.child) == {place}
            superuser.execute(SQL(take_away).format(**named))
    journal = town.service.settings.journal
    journal.write_text("")
    assert found(town, family.child) == {"erasure journal"}


def found(town: Town, person: UUID) -> set[str]:
    """Where the proof finds a trace, asked within this process."""
    return {each.place for each in proving.traces(town.service, person) if each.finding is Finding.TRACE}
