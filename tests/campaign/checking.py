"""Checking: what must hold of the tables, the topic and the logs after a campaign.

SQL of its own; nothing is asked of the program but to fold its models once more.
"""

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any, Final, LiteralString

import psycopg

from adapters.case_facts.contract import TOPIC
from projections.registry import MODELS
from tests.campaign.clients import CANARIES, Command, Crowd
from tests.campaign.kafka_side import records
from tests.campaign.world import World

ASKED_AGAIN: Final = 60

EMPTY: Final[dict[str, LiteralString]] = {
    "positions have a gap, or begin elsewhere": """
        SELECT count(*) FROM log.events HAVING count(*) <> max(position) OR min(position) <> 1
    """,
    "versions of a stream have a gap": """
        SELECT stream FROM log.events GROUP BY stream HAVING count(*) <> max(version) OR min(version) <> 1
    """,
    "a stream is not in the order of the log": """
        SELECT stream FROM (SELECT stream, version, lag(version) OVER (PARTITION BY stream ORDER BY position) AS before
                              FROM log.events) e WHERE version <> coalesce(before, 0) + 1
    """,
    "time runs backwards in the log": """
        SELECT position FROM (SELECT position, recorded_at, lag(recorded_at) OVER (ORDER BY position) AS before
                                FROM log.events) e WHERE recorded_at < before
    """,
    "a claim is taken twice, or released twice": """
        SELECT claim FROM (SELECT claim, version, held, lag(held) OVER (PARTITION BY claim ORDER BY version) AS before,
                                  row_number() OVER (PARTITION BY claim ORDER BY version) AS number
                             FROM log.claims) c WHERE held = coalesce(before, false) OR version <> number
    """,
    "a command has two answers": "SELECT command_id FROM log.answers GROUP BY command_id HAVING count(*) > 1",
    "an answer names a position that is not there": """
        SELECT command_id FROM log.answers WHERE position > (SELECT max(position) FROM log.events)
    """,
    "a student has two active cases": """
        SELECT student FROM service.cases WHERE to_position IS NULL AND status <> 'CLOSED'
         GROUP BY student HAVING count(*) > 1
    """,
}
"""What a table must not hold; each finds what breaks the sentence."""


def of_tables(db: psycopg.Connection[Any]) -> Iterator[str]:
    for what, query in EMPTY.items():
        if found := db.execute(query).fetchall():
            yield f"{what} ({len(found)})"


def of_commands(db: psycopg.Connection[Any], commands: Sequence[Command]) -> Iterator[str]:
    """Whatever was acknowledged is stored, once; whatever was refused is not."""
    for command in commands:
        for mark in command.marks:
            query = "SELECT count(*) FROM log.events WHERE position(%s::bytea IN data) > 0 AND type = ANY(%s)"
            (count,) = db.execute(query, [mark.encode(), MADE]).fetchall()[0]
            if count != int(command.done):
                yield f"{command.path} was answered {command.status} and is stored {count} times"
        if command.done and not stored(db, command):
            yield f"{command.path} was acknowledged and is not stored"


MADE: Final = ["ActivityRecorded", "BarrierIdentified", "ContactAttempted"]


def stored(db: psycopg.Connection[Any], command: Command) -> bool:
    """Whether the stream that was answered has come to the version that was answered, by the position answered.

    A request is answered by its name for the client; its case is where it shows.
    """
    said = command.answer
    query = "SELECT count(*) FROM log.events WHERE stream = %s AND version = %s AND position <= %s"
    submitted = command.path.endswith("/submit")
    named = [said["ids"]["case"], 1] if submitted else [said["id"], said["version"]]
    return bool(db.execute(query, [*named, said["position"]]).fetchall()[0][0] == 1)


def of_answers(crowd: Crowd, seed: int) -> Iterator[str]:
    """A command that was acknowledged is answered the same when it is sent again."""
    done = [each for each in crowd.commands if each.done]
    for command in Random(seed).sample(done, min(ASKED_AGAIN, len(done))):
        again = crowd.ask_again(command)
        if (again.status, again.answer) != (command.status, command.answer):
            yield f"{command.path} was answered {command.status}, and {again.status} when it was sent again"


def of_models(world: World) -> Iterator[str]:
    """Every row version of every model is the same when it is folded anew."""
    with world.beside() as db:
        before = {model.name: rows(db, model.view) for model in MODELS}
    if world.run("rebuild").returncode:
        yield "the read models cannot be rebuilt"
        return
    with world.beside() as db:
        for model in MODELS:
            anew = rows(db, model.view)
            if anew != before[model.name]:
                odd = set(anew) ^ set(before[model.name])
                yield f"{model.name} differs when it is rebuilt, in {len(odd)} rows"


def rows(db: psycopg.Connection[Any], view: str) -> list[str]:
    query = f"SELECT t::text FROM {view} t ORDER BY 1"  # noqa: S608 - a name of ours
    return [text for (text,) in db.execute(query.encode())]


def of_topic(world: World) -> Iterator[str]:
    """Every case's facts are numbered 1, 2, 3, ..., each once, and there are as many as the log tells of."""
    assert world.broker
    told: dict[bytes, list[int]] = {}
    for record in records(world.broker.bootstrap, TOPIC):
        told.setdefault(record.key, []).append(int(dict(record.headers)["ce_sequence"]))
    for key, numbers in told.items():
        odd = next((place for place, number in enumerate(numbers, start=1) if place != number), None)
        if odd:
            yield f"facts of {key.decode()} are numbered ..., {', '.join(map(str, numbers[max(0, odd - 3) : odd + 5]))}"
    with world.beside() as db:
        cases = db.execute("SELECT count(DISTINCT stream) FROM log.events WHERE type = 'CaseCreated'").fetchall()[0][0]
    if len(told) != cases:
        yield f"the topic tells of {len(told)} cases, and the log of {cases}"


def of_logs(world: World) -> Iterator[str]:
    """Nothing that was sent stands in a log."""
    for file in world.logs():
        text = file.read_bytes()
        yield from (f"{file.name} holds {canary!r}" for canary in CANARIES if canary.encode() in text)


def violations(world: World, crowd: Crowd, seed: int) -> list[str]:
    """Look at everything, once the crowd has gone home and everybody has caught up."""
    found = [*crowd.violations, *of_answers(crowd, seed)]
    with world.beside() as db:
        found += [*of_tables(db), *of_commands(db, crowd.commands)]
    found += of_models(world)
    if world.broker:
        found += of_topic(world)
    return [*found, *of_logs(world)]
