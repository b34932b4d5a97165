"""`attendance erased`: the proof of an erasure, place by place, and what is left to whoever runs the database."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Annotated, Any
from uuid import UUID

import typer

from api.bootstrap import Service
from api.commands.output import AsJson, say_json, say_table
from api.commands.running import Failed, opened
from api.settings import Login
from domain.sealed import Unknown
from eventstore.connections import Connection, available, connect
from eventstore.journal import Journal
from eventstore.log import Recorded, stream_of
from eventstore.sealing import Whose
from eventstore.traces import Finding, Trace, destroyed, of_copies, of_files, of_keys, of_wal
from projections.folding import sealed_in
from projections.registry import MODELS
from projections.traces import of_models


def erased(
    subject: Annotated[UUID, typer.Argument(show_default=False, help="The id of a student, a caregiver or a user.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Prove that somebody was erased: look at every place where a trace could be, and say what was found.

    Ends with 1 if anything is left that the program could have removed.
    """
    with opened() as service:
        found = list(traces(service, subject))
    if as_json:
        say_json({"subject": subject, "traces": [asdict(each) for each in found]})
    else:
        shown = [{"place": each.place, "found": each.finding, "count": each.count, "says": each.says} for each in found]
        say_table({"place": "Place", "found": "Found", "count": "How many", "says": "What it says"}, shown)
    if any(each.finding is Finding.TRACE for each in found):
        raise Failed("there are traces that are not removed yet")


def traces(service: Service, subject: UUID) -> Iterator[Trace]:
    """Look everywhere for what is left of somebody. Raises Failed if nothing of them was destroyed, Unavailable."""
    lent = service.database
    with available(), connect(lent.dsn(Login.OWNER), deadline=None, name="as-cms erased") as db:
        gone = destroyed(db, subject)
        if not any(whose == subject for whose, _ in gone):
            raise Failed("nothing of anybody of this id was destroyed")
        yield from of_keys(db, Journal(service.settings.journal), subject)
        yield _in_the_log(service, db, subject, gone)
        yield from of_models(db, MODELS, gone)
        yield of_files(db, subject)
        yield from _in_the_server(lent.server.dsn(db.info.dbname) if lent.server else lent.dsn(Login.OWNER), subject)


def _in_the_server(dsn: str, subject: UUID) -> Iterator[Trace]:
    with connect(dsn, deadline=None, name="as-cms erased") as db:
        yield of_wal(db, subject)
        yield from of_copies(db)


def _in_the_log(service: Service, db: Connection, subject: UUID, gone: Sequence[Whose]) -> Trace:
    """Try to open everything that the subject's own stream has sealed."""
    service.keyring.forget()
    events = stream_of(db, subject)
    sealed = [each for event in events for each in sealed_in(_decoded(service, event))]
    lost = {*gone}
    doomed = [each for each in sealed if (each.subject, each.data_class) in lost]
    count = sum(not isinstance(each.open(), Unknown) for each in doomed)
    says = f"{len(doomed)} sealed values in {len(events)} events stay, and nobody can open one"
    return Trace(
        place="log", finding=Finding.TRACE if count else Finding.NOTHING, count=count,
        says="sealed values that open" if count else says,
    )  # fmt: skip


def _decoded(service: Service, event: Recorded) -> Any:
    return service.codec.decode(
        event.type, event.schema_version, event.data, event.stream, event.version, service.keyring
    )
