"""What looks at a campaign can fail: one fault after the other is planted in tables that were whole, and found."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from domain.users.user import Role
from projections.registry import MODELS
from tests.api.town import Town, town_on
from tests.campaign.checking import EMPTY, of_commands, of_tables
from tests.campaign.clients import Command
from tests.campaign.schedule import Planned, drawn, shortest

GROWN = "ALTER TABLE log.{} DISABLE TRIGGER USER"

PLANTED = {
    "positions have a gap, or begin elsewhere": "DELETE FROM log.events WHERE position = 20",
    "versions of a stream have a gap": """
        UPDATE log.events SET version = 99 WHERE position = (SELECT max(position) FROM log.events)
    """,
    "a stream is not in the order of the log": """
        UPDATE log.events SET version = -version
         WHERE stream = (SELECT stream FROM log.events WHERE version = 2 LIMIT 1)
    """,
    "time runs backwards in the log": """
        UPDATE log.events SET recorded_at = recorded_at - interval '1 h' WHERE position = 9
    """,
    "a claim is taken twice, or released twice": """
        INSERT INTO log.claims SELECT claim, version + 1, holder, held, command_id, recorded_at FROM log.claims
         ORDER BY claim, version DESC LIMIT 1
    """,
    "a command has two answers": """
        ALTER TABLE log.answers DROP CONSTRAINT answers_pkey; INSERT INTO log.answers SELECT * FROM log.answers LIMIT 1
    """,
    "an answer names a position that is not there": "UPDATE log.answers SET position = 1000000",
    "a student has two active cases": """
        CREATE TEMPORARY TABLE twice AS SELECT * FROM service.cases WHERE to_position IS NULL LIMIT 1;
        UPDATE twice SET case_id = gen_random_uuid();
        INSERT INTO {cases} SELECT * FROM twice
    """,
}
"""What breaks each sentence."""


@pytest.fixture
def worked(migrated: str, tmp_path: Path) -> Iterator[tuple[Town, psycopg.Connection]]:
    """A town with a case or two, and the superuser's session."""
    with town_on(migrated, tmp_path) as town:
        town.assigned()
        town.assigned()
        town.follow()
        with psycopg.connect(migrated, autocommit=True) as db:
            for table in ("events", "claims", "answers"):
                db.execute(GROWN.format(table).encode())
            yield town, db


def test_nothing_is_found_where_nothing_is_wrong(worked: tuple[Town, psycopg.Connection]):
    assert list(of_tables(worked[1])) == []


@pytest.mark.parametrize("what", EMPTY)
def test_what_breaks_a_sentence_is_found(worked: tuple[Town, psycopg.Connection], what: str):
    _, db = worked
    cases = next(model for model in MODELS if model.name == "cases").table(1)
    db.execute(PLANTED[what].replace("{cases}", cases).encode())
    assert what in {found.rpartition(" (")[0] for found in of_tables(db)}


def test_a_command_that_was_lost_or_done_twice_or_though_it_was_refused_is_found(
    worked: tuple[Town, psycopg.Connection],
):
    town, db = worked
    case, mark = town.assigned(), str(uuid4())
    body = {"activity": mark, "kind": "HOME_VISIT", "occurred_on": "2026-05-04"}
    path = f"/v1/cases/{case}/activities"
    answer = town.ask(path, body, Role.CASE_MANAGER)
    command = Command(path, Role.CASE_MANAGER, "key", body, (mark,), answer.status_code, answer.json())
    assert list(of_commands(db, [command])) == []
    refused = Command(path, Role.CASE_MANAGER, "key", body, (mark,), 409)
    assert "is stored 1 times" in next(of_commands(db, [refused]))
    lost = Command(path, Role.CASE_MANAGER, "key", body, (), 200, answer.json() | {"version": 99})
    assert "is not stored" in next(of_commands(db, [lost]))
    db.execute(
        "UPDATE log.events SET type = 'ActivityCorrected' WHERE position(%s::bytea IN data) > 0", [mark.encode()]
    )
    assert "is stored 0 times" in next(of_commands(db, [command]))


def test_the_same_seed_draws_the_same_schedule_and_every_kind_has_its_turn():
    assert drawn(7, 50) == drawn(7, 50) != drawn(8, 50)
    kinds = {each.kind for each in drawn(7, 24)}
    assert len(kinds) == 24
    assert not {"publish", "broker"} & {each.target for each in drawn(7, 200, kafka=False)}


def test_a_schedule_shrinks_to_what_still_shows_the_violation():
    schedule = [Planned(number, "server-killed", "database", 1.0) for number in range(1, 31)]
    culprits = {4, 23}
    tried = []

    def shows(part: Sequence[Planned]) -> bool:
        tried.append(len(part))
        return culprits <= {each.number for each in part}

    assert {each.number for each in shortest(schedule, shows, tries=200)} == culprits
    assert len(shortest(schedule, lambda _: False)) == 30, "what cannot be shown again is left as it was"
