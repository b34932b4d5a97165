"""`attendance replay`: every event of one case in order, as the log has it."""

import getpass
import json
import re
from collections.abc import Mapping
from dataclasses import fields
from datetime import date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import structlog
import typer

from api.bootstrap import Service
from api.commands.moments import instant_of
from api.commands.output import AsJson, say, say_json, say_table
from api.commands.running import Failed, opened
from api.former_details import present_version, telling
from api.saying import said
from domain.days import AUCKLAND
from domain.policies.policy import SERVICE_POLICY
from domain.sealed import Sealed, Unknown
from eventstore.connections import Connection, available
from eventstore.envelope import Envelope
from eventstore.log import Recorded, head, position_at

log = structlog.get_logger()

STREAM: Final = """
SELECT position, stream, version, type, schema_version, recorded_at, decided_on, command_id, envelope, data
  FROM log.events WHERE stream = %s AND position <= %s ORDER BY version
"""

SEALED: Final = "sealed"
SUPERSEDED: Final = "superseded"
DESTROYED: Final = "destroyed"

_STATED: Final = re.compile(r"(ed|eld)_on$")
_EMPTY: Final[tuple[object, ...]] = (None, "", [], {})

_COLUMNS: Final = {
    "position": "Position",
    "recorded_at": "Recorded",
    "happened": "Happened",
    "event": "Event",
    "by": "By",
    "policy": "Policy",
    "said": "What it says",
}


def replay(
    case: Annotated[UUID, typer.Argument(show_default=False, help="The id of the case.")],
    as_at: Annotated[str | None, typer.Option(help="As at an instant, or the end of a day.")] = None,
    position: Annotated[int | None, typer.Option(min=0, help="As at a position of the log.")] = None,
    *,
    unseal: Annotated[bool, typer.Option("--unseal", help="Open sealed values; needs a reason.")] = False,
    reason: Annotated[str, typer.Option(help="Why sealed values are opened; it is logged.")] = "",
    as_json: AsJson = False,
) -> None:
    """Show every event of a case in order: who, when it was recorded, when it happened, under which policy."""
    if as_at and position is not None:
        raise Failed("give an instant or a position, not both")
    if unseal and not reason.strip():
        raise Failed("--reason: say why sealed values are opened")
    with opened() as service:
        until, events = _events(service, case, as_at, position)
        if unseal:
            log.warning("sealed_values_opened", stream=str(case), by=getpass.getuser(), reason=reason.strip())
        with available(), service.reads.connection() as db:
            last = present_version(db, case)
        shown = [told(service, event, unseal=unseal, last=last) for event in events]
    if as_json:
        say_json({"stream": case, "as_at": until, "events": shown})
        return
    say_table(_COLUMNS, [_line(each) for each in shown])
    say(f"as at position {until}")


def _events(service: Service, stream: UUID, as_at: str | None, position: int | None) -> tuple[int, list[Recorded]]:
    """Return the events of a stream up to a moment, and the position of that moment. Raises Failed, Unavailable."""
    instant = instant_of(as_at) if as_at else None
    if instant and instant > service.clock():
        raise Failed("--as-at: this is yet to come")
    with available(), service.reads.connection() as db:
        until = _until(db, instant, position)
        rows = db.execute(STREAM, [stream, until], binary=True).fetchall()
    if not rows:
        raise Failed("there is no such case, or there was none by then")
    return until, [Recorded(*row) for row in rows]


def _until(db: Connection, instant: datetime | None, position: int | None) -> int:
    if instant:
        return position_at(db, instant)
    last, _ = head(db)
    return last if position is None else min(position, last)


def told(service: Service, recorded: Recorded, *, unseal: bool, last: int) -> dict[str, Any]:
    """Return an event as it is shown; who a person was said to be before is not opened here (BR-113)."""
    envelope = Envelope.decode(recorded.envelope)
    event = service.codec.decode(
        recorded.type, recorded.schema_version, recorded.data, recorded.stream, recorded.version, service.keyring
    )
    return {
        "position": recorded.position,
        "version": recorded.version,
        "recorded_at": recorded.recorded_at,
        "happened_on": _happened(event) or recorded.decided_on,
        "event": recorded.type,
        "by": {
            "user": envelope.user,
            "role": envelope.role,
            "organisation": envelope.organisation,
            "on_behalf_of": envelope.on_behalf_of,
            "source": envelope.source,
        },
        "policy_version": envelope.facts.get(str(SERVICE_POLICY)),
        "facts": envelope.facts,
        "said": plain(event, unseal=unseal) | _superseded(recorded, last),
    }


def _superseded(recorded: Recorded, last: int) -> dict[str, str]:
    field = telling().get(recorded.type) if recorded.version < last else None
    return {field: SUPERSEDED} if field else {}


def _happened(event: Any) -> date | None:
    """Return the school day that people state, which the event names in the past tense (`held_on`, `closed_on`)."""
    stated = (getattr(event, each.name) for each in fields(event) if _STATED.search(each.name))
    return next((day for day in stated if day), None)


def plain(value: Any, *, unseal: bool) -> Any:
    """Return what is said; what is sealed only says so, unless it is to be opened."""
    return said(value, _opened if unseal else _closed)


def _closed(_sealed: Sealed[Any], _pointer: str) -> str:
    return SEALED


def _opened(sealed: Sealed[Any], _pointer: str) -> Any:
    value = sealed.open()
    return DESTROYED if isinstance(value, Unknown) else plain(value, unseal=True)


def _line(shown: Mapping[str, Any]) -> dict[str, object]:
    """Return what one line of the table says."""
    by = shown["by"]
    policy = shown["policy_version"]
    return {
        "position": shown["position"],
        "recorded_at": shown["recorded_at"].astimezone(AUCKLAND).isoformat(" ", "seconds"),
        "happened": shown["happened_on"],
        "event": in_words(shown["event"]),
        "by": f"{by['role']} {by['user']} of {by['organisation']}",
        "policy": "-" if policy is None else policy,
        "said": "; ".join(f"{name}: {_short(value)}" for name, value in shown["said"].items() if value not in _EMPTY),
    }


def in_words(name: str) -> str:
    """Return the name of an event as words: `CasePaused` is "Case paused"."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).capitalize()


def _short(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else str(value)
