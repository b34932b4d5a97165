"""The program as people and scripts run it: in a process of its own, without a terminal."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest

from adapters.schools_csv import Unreadable
from api.cli import COMMANDS
from api.commands import reference
from api.commands.importing import FIRST
from api.commands.moments import instant_of
from api.commands.running import DEVELOPMENT, Failed
from domain.ids import school_id
from eventstore.journal import Erasure, Journal
from tests.house.tree import ROOT

PROGRAM = (sys.executable, "-W", "error::ResourceWarning", "-c", "from api.cli import main; main()")
HANG_SECONDS = 120
DIRECTORY = "School_Id,Org_Name,Org_Type,Authority,Territorial_Authority,Education_Region,EQi_Index,Status"
KAITAIA = "2,Kaitāia School,Full Primary,State : Not integrated,Far North District,Tai Tokerau,not applicable,Open"


@dataclass(frozen=True)
class Place:
    """A data folder, and the program run on it."""

    data: Path

    def environ(self, **more: str) -> dict[str, str]:
        bare = {name: value for name, value in os.environ.items() if not name.startswith("AS_CMS_")}
        bare.pop("DATABASE_URL", None)
        return {**bare, "AS_CMS_DATA": str(self.data), **more}

    def run(self, *arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [*PROGRAM, *map(str, arguments)],
            cwd=ROOT, env=self.environ(**more), capture_output=True, text=True, timeout=HANG_SECONDS, check=False,
        )  # fmt: skip

    def json(self, *arguments: str | Path) -> Any:
        """Run a command that must succeed, and read what it prints."""
        done = self.run(*arguments, "--json")
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    @contextmanager
    def serving(self, *arguments: str, **more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
        """Serve until the block ends; lends the process and its address."""
        command = [*PROGRAM, "serve", "--port", "0", *arguments]
        environ = self.environ(**more)
        with subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout
            try:
                said = process.stdout.readline()
                assert said.startswith("Serving on http://127.0.0.1:"), said
                yield process, said.split()[-1]
            finally:
                process.terminate()
                process.wait(HANG_SECONDS)

    def remaining(self) -> list[str]:
        """Return the processes that stay; those that follow a parent of theirs are given the time to end."""
        until = time.monotonic() + HANG_SECONDS
        while (found := self.processes()) and time.monotonic() < until:
            time.sleep(0.05)
        return found

    def processes(self) -> list[str]:
        """Return the processes that run on this folder."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                known = (place / "cmdline").read_bytes() + (place / "environ").read_bytes()
            except OSError:
                continue
            if str(self.data).encode() in known and place.name != str(os.getpid()):
                found.append((place / "cmdline").read_text())
        return found


@pytest.fixture
def empty(passable: Path, tmp_path: Path) -> Place:
    """A place where nothing was ever run."""
    return Place(passable / tmp_path.name)


@pytest.fixture(scope="module")
def place(passable: Path) -> Iterator[Place]:
    """A place whose service is up, with the sample data taken in."""
    here = Place(passable / "cli")
    with here.serving():
        here.json("import", "samples")
        yield here


@pytest.fixture(scope="module")
def admin(place: Place) -> Any:
    return place.json("token", "--role", "SYSTEM_ADMIN")


def status_of(address: str) -> int:
    return httpx2.get(address, timeout=HANG_SECONDS).status_code


def asked(address: str, token: str = "") -> int:
    """Ask for a provider without saying which, and return how that is answered."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx2.post(f"{address}/v1/providers", json={}, headers=headers, timeout=HANG_SECONDS).status_code


def one_clear_line(done: subprocess.CompletedProcess[str]) -> str:
    """Return the error that a command ended with, which is no traceback."""
    (line,) = done.stderr.splitlines()
    assert line.startswith("attendance: ")
    assert done.stdout == ""
    return line


@pytest.mark.parametrize(("workers", "number"), [("1", signal.SIGTERM), ("1", signal.SIGINT), ("2", signal.SIGINT)])
def test_an_empty_folder_becomes_a_service_that_stops_cleanly(empty: Place, workers: str, number: signal.Signals):
    with empty.serving("--workers", workers) as (process, address):
        assert status_of(f"{address}/health/live") == 200
        process.send_signal(number)
        assert process.wait(HANG_SECONDS) == 0
    assert empty.remaining() == []


@pytest.mark.soak
def test_a_worker_that_is_slow_to_start_is_left_to_start(empty: Place, tmp_path: Path):
    """On a busy machine it takes longer than the few seconds after which one that is silent would be killed."""
    slow = 'import sys, time\nif "spawn_main" in " ".join(sys.orig_argv):\n    time.sleep(11)\n'
    (tmp_path / "sitecustomize.py").write_text(slow)
    with empty.serving("--workers", "2", PYTHONPATH=str(tmp_path)) as (_, address):
        assert status_of(f"{address}/health/live") == 200


def test_a_port_that_is_taken_is_said_to_be(place: Place, empty: Place):
    with empty.serving() as (_, address):
        done = place.run("serve", "--port", address.rpartition(":")[2])
    assert done.returncode == 1
    assert "cannot listen" in one_clear_line(done)


def test_samples_are_taken_in_once(place: Place):
    again = place.json("import", "samples")
    assert {what: report["changed"] for what, report in again.items()} == dict.fromkeys(again, 0)
    assert {what: report["taken"] for what, report in again.items()} == {
        "calendar-2026": 1,
        "calendar-2027": 1,
        "policy": 1,
        "criteria": 1,
        "code-sets": 18,
        "catchments": 84,
        "providers": 168,  # and their contracts
    }


def test_a_list_of_schools_is_taken_in_once_and_its_bad_rows_are_reported(place: Place, tmp_path: Path):
    file = tmp_path / "schools.csv"
    file.write_text("\n".join([DIRECTORY, KAITAIA, KAITAIA.replace("2,K", "x,K"), KAITAIA.replace("2,K", "3,K")]))
    first, again = (place.run("import", "schools", file, "--json") for _ in range(2))
    assert first.stderr == again.stderr == ""
    refused = [{"line": 3, "field": "School_Id", "reason": "is no school number"}]
    assert json.loads(first.stdout)["schools"] == report_of(taken=2, changed=2, refused=refused)
    assert json.loads(again.stdout)["schools"] == report_of(taken=2, changed=0, refused=refused)
    assert (first.returncode, again.returncode) == (1, 1)


def report_of(*, taken: int, changed: int, refused: list[dict[str, object]]) -> dict[str, object]:
    counts = {"taken": taken, "changed": changed, "unchanged": taken - changed}
    return {**counts, "refused": refused, "left_out": []}


def test_a_school_that_changed_its_name_is_changed_and_stays_where_it_is(place: Place, tmp_path: Path):
    file = tmp_path / "schools.csv"
    for name in ("Awanui School", "Te Kura o Awanui"):
        file.write_text(f"{DIRECTORY}\n{KAITAIA.replace('2,Kaitāia School', f'44,{name}')}\n")
        assert place.json("import", "schools", file)["schools"]["changed"] == 1
    events = place.json("replay", str(school_id("44")))["events"]
    assert [each["event"] for each in events] == ["SchoolRegistered", "SchoolCatchmentChanged", "SchoolDetailsChanged"]


def test_a_row_is_taken_whole_or_not_at_all(place: Place, tmp_path: Path):
    catchments, schools = tmp_path / "catchments.json", tmp_path / "schools.csv"
    nowhere = {"code": "NOWHERE", "name": "Nowhere", "region": "Tai Tokerau", "anniversary_set": "AUCKLAND"}
    catchments.write_text(json.dumps([{**nowhere, "territories": ["Far North District"]}]))
    schools.write_text(f"{DIRECTORY}\n{KAITAIA.replace('2,K', '77,K')}\n")
    done = place.run("import", "schools", schools, "--catchments", catchments, "--json")
    (refused,) = json.loads(done.stdout)["schools"]["refused"]
    assert (refused["line"], refused["field"]) == (2, "catchment")
    assert "NoSuchCatchment" in refused["reason"]
    assert place.run("replay", str(school_id("77"))).returncode == 1
    plain = place.run("import", "schools", schools, "--catchments", catchments)
    assert plain.stdout.splitlines()[-1] == f"schools: {FIRST}"


@pytest.mark.parametrize(
    ("read", "text", "said"),
    [
        (reference.catchments, "{", "line 1: the file is no JSON"),
        (reference.catchments, '{"schools": []}', "no list of catchments"),
        (reference.providers, '[{"code": 1, "code": 2}]', "gives a name twice"),
        (reference.policy, '{"version": "1"}', "version"),
        (reference.criteria, '{"version": NaN}', "NaN"),
        (reference.code_sets, "[1]", "no list of code sets"),
        (partial(reference.calendar, effective_from=reference.BEGINNING), "{}", "no calendar year"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_whole(read: Callable[[bytes], object], text: str, said: str):
    with pytest.raises(Unreadable, match=re.escape(said)):
        read(text.encode())
    with pytest.raises(Unreadable):
        read(b"\xff")


def test_a_file_that_is_no_list_is_one_clear_line(place: Place, tmp_path: Path):
    file = tmp_path / "list"
    file.write_text("School_Id,Org_Name\n")
    done = place.run("import", "schools", file)
    assert done.returncode == 1
    assert "these columns are missing: Org_Type" in one_clear_line(done)


def test_an_entry_that_cannot_be_used_is_reported_by_its_number_and_field(place: Place, tmp_path: Path):
    file = tmp_path / "catchments.json"
    good = {"code": "ONE", "name": "One", "region": "Waikato", "anniversary_set": "AUCKLAND"}
    file.write_text(json.dumps([good, {**good, "code": "two"}, {**good, "colour": "blue", "code": "THREE"}, good]))
    report = json.loads(place.run("import", "catchments", file, "--json").stdout)["catchments"]
    assert [(each["line"], each["field"]) for each in report["refused"]] == [(2, "code"), (3, "colour"), (4, "code")]
    assert report["taken"] == 1


def test_what_is_printed_without_a_terminal_is_plain_lines(place: Place, tmp_path: Path):
    file = tmp_path / "schools.csv"
    file.write_text(f"{DIRECTORY}\n{KAITAIA.replace('2,K', 'x,K')}\n")
    done = place.run("import", "schools", file)
    assert done.stdout.splitlines() == [
        "schools: 0 taken (0 new or changed, 0 as they were)",
        "schools: 1 refused",
        "2\tSchool_Id\tis no school number",
    ]
    assert done.stderr == ""
    shown = "".join(place.run(*command).stdout for command in (["--help"], ["import", "--help"], ["replay", "--help"]))
    assert not re.search("[\x1b\u2500-\u257f]", shown)


def test_a_token_opens_the_service_to_whoever_was_granted_the_role(place: Place, admin: Any):
    lead = place.json("token", "--role", "WORKFLOW_LEAD", "--org", "ASP_FAR_NORTH")["token"]
    with place.serving() as (_, address):
        assert asked(address) == asked(address, "hush") == 401
        assert asked(address, admin["token"]) == 422
        assert asked(address, lead) == 403


def test_a_role_is_granted_once_and_only_where_it_is_one(place: Place, admin: Any):
    again = place.json("token", "--role", "SYSTEM_ADMIN")
    assert again["user"] == admin["user"]
    granted = [each["event"] for each in place.json("replay", admin["user"])["events"]]
    assert granted == ["UserInvited", "UserRoleGranted"]
    nobody = place.run("token", "--role", "WORKFLOW_LEAD", "--org", "NO_SUCH_PROVIDER")
    assert nobody.returncode == 1
    assert "NotARoleOfThisOrganisation" in one_clear_line(nobody)


def test_no_token_is_issued_in_production(place: Place):
    secret = json.loads((place.data / "secrets.json").read_text())
    production = {
        "AS_CMS_MODE": "production",
        "DATABASE_URL": "postgresql://somebody@127.0.0.1:1/attendance",
        "AS_CMS_ISSUER": "https://identity.example",
        "AS_CMS_JWKS_FILE": "keys.json",
        "AS_CMS_ERASURE_JOURNAL": str(place.data.parent / "erasures.jsonl"),
        **{f"AS_CMS_{name.upper()}": value for name, value in secret.items() if isinstance(value, str)},
    }
    done = place.run("token", "--role", "SYSTEM_ADMIN", **production)
    assert done.returncode == 3
    assert "development issuer" in one_clear_line(done)


def test_a_replay_says_who_when_and_what_and_keeps_what_is_sealed(place: Place, admin: Any):
    shown = place.json("replay", admin["user"])
    invited, granted = shown["events"]
    assert invited["said"] == {"details": "sealed"}
    assert granted["said"]["grant"]["role"] == "SYSTEM_ADMIN"
    assert granted["by"]["role"] == "SYSTEM"
    assert invited["position"] < granted["position"] <= shown["as_at"]
    lines = place.run("replay", admin["user"]).stdout.splitlines()
    assert len(lines) == 3
    assert "User invited" in lines[0]


def test_a_replay_as_at_a_position_ends_there(place: Place, admin: Any):
    invited, _ = place.json("replay", admin["user"])["events"]
    then = place.json("replay", admin["user"], "--position", str(invited["position"]))
    assert [each["event"] for each in then["events"]] == ["UserInvited"]
    instant = datetime.fromisoformat(invited["recorded_at"]).isoformat()
    assert place.json("replay", admin["user"], "--as-at", instant)["events"][0] == invited
    assert place.run("replay", admin["user"], "--as-at", "2001-01-01").returncode == 1


@pytest.mark.parametrize("instant", ["yesterday", "2026-03-02T09:00", "9999-12-31"])
def test_a_moment_that_is_none_is_refused(instant: str):
    with pytest.raises(Failed, match="--as-at"):
        instant_of(instant)


def test_a_day_is_its_end_in_auckland():
    assert instant_of("2026-03-02").isoformat() == "2026-03-02T10:59:59.999999+00:00"


def test_a_moment_that_is_yet_to_come_is_one_clear_line(place: Place, admin: Any):
    done = place.run("replay", admin["user"], "--as-at", "2999-01-01T00:00Z")
    assert done.returncode == 1
    assert "--as-at" in one_clear_line(done)


def test_sealed_values_are_opened_for_a_reason_that_is_logged(place: Place, admin: Any):
    without = place.run("replay", admin["user"], "--unseal")
    assert without.returncode == 1
    assert "--reason" in one_clear_line(without)
    done = place.run("replay", admin["user"], "--unseal", "--reason", "Request 12", "--json")
    assert json.loads(done.stdout)["events"][0]["said"]["details"]["name"]["family_name"] == "Development"
    logged = json.loads(done.stderr)
    assert (logged["event"], logged["reason"], logged["stream"]) == (
        "sealed_values_opened",
        "Request 12",
        admin["user"],
    )


def test_a_restored_copy_is_whole_and_what_was_erased_stays_erased(
    place: Place, admin: Any, empty: Place, tmp_path: Path
):
    copy = tmp_path / "copy"
    place.json("backup", copy)
    assert copy.stat().st_mode & 0o777 == 0o600
    again = place.run("backup", copy)
    assert (again.returncode, "exists already" in one_clear_line(again)) == (1, True)
    empty.data.mkdir()
    shutil.copy(place.data / "secrets.json", empty.data)
    erasure = Erasure(subject=UUID(admin["user"]), authority="Request 12", at=datetime.now(UTC))
    Journal(empty.data / "erasures.jsonl").append(erasure)
    restored = empty.json("restore", copy)
    assert restored["erased_again"] == 1
    there = place.json("replay", admin["user"])["events"]
    here = empty.json("replay", admin["user"])["events"]
    assert [(each["position"], each["event"]) for each in here] == [(each["position"], each["event"]) for each in there]
    opened = empty.run("replay", admin["user"], "--unseal", "--reason", "Request 12", "--json")
    assert json.loads(opened.stdout)["events"][0]["said"]["details"] == "destroyed"
    begun = (place.data / "erasures.jsonl").read_text()
    assert "who was erased" in begun, "an empty journal says what it is"
    twice = empty.run("restore", copy)
    assert "restore into an empty one" in one_clear_line(twice)


def test_a_copy_without_its_secrets_is_refused(place: Place, empty: Place, tmp_path: Path):
    place.json("backup", tmp_path / "copy")
    unsaid = empty.run("restore", tmp_path / "copy")
    assert (unsaid.returncode, "--without-journal" in one_clear_line(unsaid)) == (1, True)
    done = empty.run("restore", tmp_path / "copy", "--without-journal")
    assert done.returncode == 3
    assert "secret" in one_clear_line(done)


def test_read_models_are_rebuilt_by_name_or_all(place: Place):
    assert set(place.json("rebuild", "schools")["rebuilt"]) == {"schools"}
    done = place.run("rebuild", "no-such-model")
    assert done.returncode == 1
    assert "there is no read model no-such-model" in one_clear_line(done)


def test_followers_run_beside_the_service_and_stop_when_told(place: Place):
    with subprocess.Popen(
        [*PROGRAM, "project"], cwd=ROOT, env=place.environ(), stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        logged = json.loads(process.stderr.readline())
        process.terminate()
        assert process.wait(HANG_SECONDS) == 0
    assert logged["event"] == "follower"


@pytest.mark.parametrize(
    "what", ["school 1", "provider ASP_FAR_NORTH", "region Waikato", f"caseload {UUID(int=7)}", "kpi 12"]
)
def test_how_things_stand_is_shown_as_at_a_position(place: Place, what: str):
    assert place.json("show", *what.split(), "--position", "5")["as_at"]["position"] == 5


def test_how_things_stand_is_shown_in_plain_lines(place: Place):
    assert place.run("show", "provider", "ASP_FAR_NORTH").stdout.startswith("not up to date: 0\nas at position ")


@pytest.mark.parametrize("what", ["school 1", "provider ASP_FAR_NORTH", "region Waikato", f"caseload {UUID(int=7)}"])
def test_a_list_is_printed_as_a_file_for_a_spreadsheet_BR_130(place: Place, what: str):
    done = place.run("show", *what.split(), "--csv")
    assert (done.returncode, done.stderr) == (0, "")
    titles = "Case,Status,Since,Days,Next due,Late clocks,Manager,As at,Position"
    assert done.stdout.splitlines() == [f"\ufeff{titles}"]
    both = place.run("show", *what.split(), "--csv", "--json")
    assert (both.returncode, "not both" in one_clear_line(both)) == (1, True)


def test_a_moment_that_is_yet_to_come_is_not_shown(place: Place):
    done = place.run("show", "kpi", "--as-at", "2999-01-01T00:00Z")
    assert done.returncode == 1
    assert "MomentAhead" in one_clear_line(done)


def test_a_schema_that_is_up_to_date_is_left_alone(place: Place):
    assert place.json("migrate") == {"applied": []}


def test_the_document_of_the_api_is_printed(place: Place):
    assert json.loads(place.run("openapi").stdout)["openapi"].startswith("3.1")


@pytest.mark.parametrize(
    ("environ", "status", "said"),
    [
        ({"AS_CMS_MODUS": "hush"}, 3, "did you mean AS_CMS_MODE?"),
        ({"AS_CMS_MODE": "hush"}, 3, "AS_CMS_MODE"),
        ({"DATABASE_URL": "postgresql://somebody@127.0.0.1:1/attendance"}, 3, "say AS_CMS_MODE=production"),
        ({"POSTGRES_ENABLE_DB_FUNCTIONS": "y"}, 3, "POSTGRES_ENABLE_DB_FUNCTIONS"),
    ],
)
def test_settings_that_cannot_be_used_are_one_clear_line(empty: Place, environ: dict[str, str], status: int, said: str):
    done = empty.run("import", "samples", **environ)
    assert done.returncode == status
    assert said in one_clear_line(done)
    assert "hush" not in done.stderr


def test_a_database_that_is_away_is_one_clear_line(empty: Place):
    away = {"DATABASE_URL": "postgresql://somebody:hush@127.0.0.1:1/attendance", "AS_CMS_MODE": "development"}
    done = empty.run("migrate", **away)
    assert done.returncode == 4
    said, why = done.stderr.splitlines()
    assert said == DEVELOPMENT
    assert "the database does not answer" in why
    assert "hush" not in done.stderr


def test_a_command_that_does_not_exist_is_misuse(empty: Place):
    assert empty.run("impotr").returncode == 2


def test_every_command_is_on_the_page_about_running():
    page = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"attendance {name}" not in page] == []
