"""`attendance reclaim` and `tied-keys`: what ids that clients once chose have occupied, and whom keys of theirs tie.

Ids of streams and of keys are made by the service now (ADR 15); these repair a database from before.
"""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Annotated, Final
from uuid import UUID

import typer

from api.bootstrap import Service
from api.commands.output import AsJson, say, say_json, say_table
from api.commands.running import Failed, opened
from api.commands.taking import PROGRAM
from api.settings import Login
from domain.cases.deadlines import NATIONAL
from domain.decision import Ref
from domain.ids import (
    NaturalId,
    catchment_id,
    code_set_id,
    in_school_provider_id,
    provider_id,
    school_calendar_id,
    school_id,
)
from domain.policies.criteria import CRITERIA
from domain.policies.policy import SERVICE_POLICY
from domain.registry import events, states_of
from domain.requests.request import Request as SupportRequest
from domain.streams.reclaiming import ReclaimStream
from domain.streams.stream import Stream
from eventstore.connections import available, connect
from eventstore.requests import Request

_NUMBERS: Final = range(1, 100_000)
"""Every school number there can be."""

_BEGUN: Final = "SELECT stream FROM log.events e WHERE version = 1 AND type = ANY(%s)"

_STANDS: Final = """
SELECT stream FROM unnest(%s::uuid[]) AS c (stream)
 WHERE (SELECT e.type FROM log.events e WHERE e.stream = c.stream ORDER BY version DESC LIMIT 1) = ANY(%s)
"""

_TIED: Final = """
SELECT subject, data_class, array_agg(person ORDER BY person) FROM keys.about
 GROUP BY subject, data_class HAVING count(*) > 1
"""

_STUDENTS: Final = "SELECT stream FROM log.events WHERE version = 1 AND type = 'StudentRegistered' AND stream = ANY(%s)"


def reclaim(
    kind: Annotated[str, typer.Argument(help="What the stream is kept for, such as SchoolCalendar.")] = "",
    stream: Annotated[UUID | None, typer.Argument(help="The id of the stream, as the log line names it.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Take back whatever is found.")] = False,
    as_json: AsJson = False,
) -> None:
    """Take back a stream that a request occupies; without arguments, list those at ids that public names have."""
    if bool(kind) != bool(stream) or (kind and every):
        raise Failed("give both the kind and the stream, or neither; --all goes with neither")
    with opened() as service:
        found = [(kind, stream)] if stream else [*_occupied(service)]
        taken = [_take_back(service, *each) for each in found] if every or stream else []
    shown = [{"kind": kind, "stream": stream, "taken_back": stream in taken} for kind, stream in found]
    if as_json:
        say_json(shown)
        return
    say_table({"kind": "Kind", "stream": "Stream", "taken_back": "Taken back"}, shown)
    say(f"found: {len(found)}; taken back: {len([each for each in taken if each])}")


def tied_keys(*, as_json: AsJson = False) -> None:
    """List the keys that are about more than one student: with any of them, what is written of the others goes."""
    with opened() as service:
        with available(), connect(service.database.dsn(Login.KEYS), name="as-cms tied") as keeper:
            rows = keeper.execute(_TIED).fetchall()
        with available(), service.reads.connection() as db:
            people = [person for *_, about in rows for person in about]
            students = {student for (student,) in db.execute(_STUDENTS, [people])}
    tied = [
        {"subject": subject, "class": data_class, "students": [one for one in about if one in students]}
        for subject, data_class, about in rows
        if len(students.intersection(about)) > 1
    ]
    if as_json:
        say_json(tied)
        return
    shown = [each | {"students": ", ".join(map(str, each["students"]))} for each in tied]
    say_table({"subject": "Key of", "class": "Class", "students": "About"}, shown)
    say(f"found: {len(tied)}")


def _take_back(service: Service, kind: str, stream: UUID) -> UUID | None:
    """Take one back; nothing if it was taken back before, or nothing stands there. Raises what is refused."""
    asked = Request(stream=Ref(Stream, stream), command=ReclaimStream(kind=kind), actor=PROGRAM)
    before = service.writer.execute(asked)
    return stream if before.version else None


def _occupied(service: Service) -> Iterator[tuple[str, UUID]]:
    """Return the streams at ids of public names in which a request stands, and what each is kept for."""
    types = [name for name, event in events().items() if states_of(event) == (SupportRequest,)]
    named = dict(_named())
    with available(), service.reads.connection() as db:
        begun = [stream for (stream,) in db.execute(_BEGUN, [types]) if stream in named]
        standing = db.execute(_STANDS, [begun, types]).fetchall()
    yield from ((named[NaturalId(stream)], stream) for (stream,) in standing)


def _named() -> Iterator[tuple[NaturalId, str]]:
    """Return the ids that anybody can make of the country's public names, and what each is kept for."""
    yield from ((NATIONAL, "Calendar"), (SERVICE_POLICY, "Policy"), (CRITERIA, "Criteria"))
    for number in map(str, _NUMBERS):
        school = school_id(number)
        yield school, "School"
        yield school_calendar_id(school), "SchoolCalendar"
        yield in_school_provider_id(number), "Provider"
    yield from ((catchment_id(code), "Catchment") for code in _shipped("catchments", "code"))
    yield from ((provider_id(code), "Provider") for code in _shipped("providers", "code"))
    yield from ((code_set_id(name), "CodeSet") for name in _shipped("code_sets", "name"))


def _shipped(what: str, key: str) -> list[str]:
    """Return the public names in a list that is shipped."""
    file = files("adapters") / "data" / f"{what.replace('_', '-')}.json"
    return [each[key] for each in json.loads(file.read_bytes())[what]]
