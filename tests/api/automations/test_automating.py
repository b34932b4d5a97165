"""`attendance automate` as operators run it, in a process of its own."""

import json
import os
import signal
import subprocess
import sys
from datetime import date
from typing import Any

from pydantic import SecretStr

from api.automations.registry import AUTOMATIONS
from api.commands.running import DEVELOPMENT
from tests.api.automations.sweeps import paused, types, walk_to
from tests.api.automations.test_waking import until
from tests.api.town import Town
from tests.house.tree import ROOT

PROGRAM = (sys.executable, "-W", "error", "-c", "from api.cli import main; main()", "automate")
HANG_SECONDS = 120
SECRETS = ("database_url", "key_encryption_key", "claims_secret", "idempotency_secret")
BORN_ON = date(2020, 6, 20)


def environ(town: Town) -> dict[str, str]:
    """The settings of the town, as a process is given them."""
    said = town.service.settings
    bare = {name: value for name, value in os.environ.items() if not name.startswith("AS_CMS_")}
    given = {f"AS_CMS_{name.upper()}": revealed(getattr(said, name)) for name in SECRETS}
    given["DATABASE_URL"] = given.pop("AS_CMS_DATABASE_URL")
    clock = {"AS_CMS_CLOCK_FROM": str(said.clock_from), "AS_CMS_DATA": str(said.data)}
    return {**bare, **given, **clock, "AS_CMS_MODE": "development"}


def revealed(secret: Any) -> str:
    assert isinstance(secret, SecretStr)
    return secret.get_secret_value()


def automate(town: Town, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments], cwd=ROOT, env=environ(town), capture_output=True, text=True,
        timeout=HANG_SECONDS, check=False,
    )  # fmt: skip


def test_one_sweep_says_what_came_of_it_BR_71(own_town: Town):
    _, case = paused(own_town, BORN_ON)
    own_town.follow()
    walk_to(own_town, date(2026, 7, 1))
    done = automate(own_town, "--once", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert list(told) == list(AUTOMATIONS)
    assert told["resuming"] == {"done": 1, "nothing_due": 0, "refused": 0, "failed": 0}
    assert types(own_town, case)[-1] == "CaseResumed"


def test_only_those_that_are_named_run(own_town: Town):
    own_town.follow()
    done = automate(own_town, "--once", "resuming", "expiring-drafts")
    assert (done.returncode, done.stderr) == (0, f"{DEVELOPMENT}\n")
    assert done.stdout == "resuming\t0\t0\t0\nexpiring-drafts\t0\t0\t0\n"


def test_an_automation_that_does_not_exist_is_named(own_town: Town):
    done = automate(own_town, "--once", "sleeping")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("attendance: there is no automation sleeping; there are noticing-enrolments, ")


def test_it_runs_until_it_is_told_to_stop(own_town: Town):
    _, case = paused(own_town, BORN_ON)
    own_town.follow()
    walk_to(own_town, date(2026, 7, 1))
    command = [*PROGRAM, "resuming"]
    with subprocess.Popen(command, cwd=ROOT, env=environ(own_town), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        assert process.stderr.readline() == f"{DEVELOPMENT}\n"
        said = json.loads(process.stderr.readline())
        process.send_signal(signal.SIGTERM)
        assert process.wait(HANG_SECONDS) == 0
    assert (said["event"], said["automation"], said["done"]) == ("swept", "resuming", 1)
    assert types(own_town, case)[-1] == "CaseResumed"


def test_a_service_that_keeps_its_read_models_runs_the_automations_too_BR_71(own_town: Town):
    _, case = paused(own_town, BORN_ON)
    own_town.follow()
    walk_to(own_town, date(2026, 7, 1))
    command = [*PROGRAM[:-1], "serve", "--port", "0", "--project"]
    with subprocess.Popen(command, cwd=ROOT, env=environ(own_town), stdout=subprocess.DEVNULL) as process:
        try:
            until(lambda: types(own_town, case)[-1] == "CaseResumed")
        finally:
            process.send_signal(signal.SIGTERM)
        assert process.wait(HANG_SECONDS) == 0
