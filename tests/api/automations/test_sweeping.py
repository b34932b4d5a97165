"""A candidate that is refused, or cannot be read, does not stop the others, and is tried again ever more seldom."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

import psycopg
from psycopg.sql import SQL, Literal
from structlog.testing import capture_logs

from api.automations.automation import Automation
from api.automations.registry import AUTOMATIONS
from api.automations.resuming import RESUMING
from api.automations.sweeping import Sweep, Tally
from domain.ids import MINISTRY
from domain.users.granting import GrantRole
from domain.users.user import Role, User
from tests.api.automations.sweeps import paused, started, types, walk_to
from tests.api.town import TODAY, Town
from tests.house.tree import ROOT

SIX_ON = date(2026, 6, 20)
BORN_ON = date(2020, 6, 20)
NOBODYS = UUID(int=5)


def with_nobodys(automation: Automation) -> Automation:
    """The automation, whose query names a case that does not exist as well."""
    query = SQL("{} UNION ALL SELECT {}::uuid").format(automation.candidates, Literal(NOBODYS))
    return replace(automation, candidates=query)


def spoil(town: Town, case: str) -> None:
    """Put something that nobody can read into the history of a case."""
    url = town.service.settings.database_url
    assert url
    copy = """
    INSERT INTO log.events (position, stream, version, type, schema_version, recorded_at, decided_on, command_id,
                            envelope, data)
    SELECT (SELECT max(position) FROM log.events) + 1, stream, version + 1, 'CaseOfAnotherAge', 1, recorded_at,
           decided_on, %s, envelope, data
      FROM log.events WHERE stream = %s ORDER BY version DESC LIMIT 1
    """
    with psycopg.connect(url.get_secret_value(), autocommit=True) as superuser:
        superuser.execute(copy, [uuid4(), case])


def soon(town: Town, running: Sweep, minutes: int) -> Tally:
    """Sweep again some minutes later."""
    town.service.own_clock.set(town.service.clock() + timedelta(minutes=minutes))
    return running.run()


def test_one_that_is_refused_does_not_stop_the_others(own_town: Town):
    _, case = paused(own_town, BORN_ON)
    running = started(own_town, with_nobodys(RESUMING))
    walk_to(own_town, SIX_ON)
    with capture_logs() as told:
        assert running.run() == Tally(done=1, refused=1)
    assert types(own_town, case)[-1] == "CaseResumed"
    (refusal,) = (line for line in told if line["event"] == "not_helped")
    assert (refusal["rule"], refusal["id"], refusal["attempts"]) == ("NoSuchCase", str(NOBODYS), 1)


def test_one_whose_history_cannot_be_read_does_not_stop_the_others(own_town: Town):
    cases = [paused(own_town, BORN_ON)[1] for _ in range(3)]
    running = started(own_town, RESUMING)
    spoil(own_town, cases[0])
    walk_to(own_town, SIX_ON)
    with capture_logs() as told:
        assert running.run() == Tally(done=2, failed=1)
    assert {line["id"] for line in told if line["event"] == "not_helped"} == {cases[0]}
    assert [types(own_town, case).count("CaseResumed") for case in cases] == [0, 1, 1]


def test_one_that_is_refused_is_tried_again_at_the_next_sweep_and_then_less_often(own_town: Town):
    running = started(own_town, with_nobodys(RESUMING))
    assert [running.run(), running.run(), running.run()] == [Tally(refused=1), Tally(refused=1), Tally()]
    assert [soon(own_town, running, 1), soon(own_town, running, 1)] == [Tally(refused=1), Tally()]
    assert soon(own_town, running, 1) == Tally(refused=1)


def test_one_that_is_refused_is_tried_again_even_if_nobody_else_is_concerned(own_town: Town):
    running = started(own_town, with_nobodys(AUTOMATIONS["recalculating"]))
    assert [running.run(), running.run(), running.run()] == [Tally(refused=1), Tally(refused=1), Tally()]
    assert soon(own_town, running, 1) == Tally(refused=1)


def test_what_was_refused_for_want_of_the_role_is_done_once_it_is_granted(own_town: Town):
    paused(own_town, BORN_ON)
    running = started(own_town, RESUMING)
    walk_to(own_town, SIX_ON)
    own_town.revoke(running.user, Role.SYSTEM, MINISTRY)
    assert running.run() == Tally(refused=1)
    own_town.tell(User, running.user, GrantRole(role=Role.SYSTEM, organisation=MINISTRY, from_on=TODAY))
    assert running.run() == Tally(done=1)


def test_every_automation_is_named_where_operators_look():
    page = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    assert [name for name in AUTOMATIONS if f"`{name}`" not in page] == []


def test_every_automation_of_the_folder_is_in_the_registry():
    folder = ROOT / "api" / "automations"
    defined = sum(path.read_text(encoding="utf-8").count("= Automation(") for path in folder.glob("*.py"))
    assert defined == len(AUTOMATIONS) > 0
