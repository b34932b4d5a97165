"""The timeline of a case over HTTP: everything that happened in it, and what was recorded, to whoever may know it.

What the provider did not share is read by the provider and the Ministry; a school reads what it recorded itself, and
whatever was shared (BR-61, BR-63, BR-64). Rights are of the present, whatever day is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field

from api.bootstrap import Service
from api.http.audiences import TimelineReader
from api.http.cursors import After, Limit
from api.http.moments import AtMoment
from api.questions.case import rows, stands_still
from api.questions.listing import FIRST
from api.questions.reading import Answering, Moment, ReadingDesk, told
from api.saying import said, sealed_in
from domain.rights import Action
from domain.sealed import Sealed, Unknown
from eventstore.connections import available
from eventstore.keyring import Keyring
from projections import cases, timeline

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["case"])

_STORED: Final = """
SELECT version, type, schema_version, data FROM log.events WHERE stream = %s AND version = ANY(%s) ORDER BY version
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEvent(timeline.Row):
    """One event, and what it says. `occurred_on` is the day that people stated, if they stated one."""

    says: Annotated[dict[str, Any], Field(description="The fields of the event, which docs/events.md lists by `type`.")]
    withheld: Annotated[
        list[str], Field(description="JSON pointers into `says`: null there, since the asker may not know it.")
    ]
    erased: Annotated[
        list[str], Field(description="JSON pointers into `says`: null there, since nobody can know it any more.")
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Events in the order in which they were recorded, and the cursor of the next ones if there are more.

    `parked`: what follows could not be read, and is missing.
    """

    moment: Moment
    parked: bool
    events: list[ShownEvent]
    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reader:
    """Who reads: everything, or as a school what it wrote itself and what was shared with it (BR-63, BR-64)."""

    everything: bool
    organisation: UUID

    @property
    def rows(self) -> str:
        return "" if self.everything else "AND r.shared IS NOT FALSE"

    def may_know(self, row: timeline.Row) -> bool:
        """Say whether what is sealed in an event is theirs to know; what another school wrote before is not."""
        return self.everything or row.shared is True or row.organisation == self.organisation


@router.get("/timeline")
def case_timeline(
    case_id: UUID,
    actor: TimelineReader,
    at: AtMoment,
    desk: ReadingDesk,
    after: After = None,
    limit: Limit = FIRST,
) -> Timeline:
    """Show everything that happened in a case, and what was recorded; a school is not shown what was not shared."""
    question = f"timeline of {case_id}"
    asked, key = desk.begin(question, after, at)
    with desk.answer(actor, asked, (cases.project, timeline.project)) as now:
        judged = now.require_case(case_id, Action.READ_TIMELINE)
        reader = _Reader(everything=judged.may(Action.READ_PROVIDER_ITEMS), organisation=judged.asker.organisation)
        since = int(str(key[0])) if key else 0
        more = f"AND r.version > {since:d} {reader.rows} ORDER BY r.version LIMIT {limit + 1:d}"
        found = rows(now, timeline.project, judged, more)
        shown = found[:limit]
        events = _events(desk.service, now, case_id, shown)
        parked = stands_still(now, timeline.project, judged)
    following = desk.next(question, now.at, (shown[-1].version,)) if len(found) > limit else None
    told_to = _shown(desk.service.keyring, shown, events, reader)
    return Timeline(moment=told(now.at), parked=parked, events=told_to, next=following)


def _events(service: Service, now: Answering, case: UUID, shown: Sequence[timeline.Row]) -> list[Any]:
    """Return the events of these rows, as the log has them; nothing is opened yet."""
    stored = now.db.execute(_STORED, [case, [row.version for row in shown]], binary=True).fetchall()
    return [
        service.codec.decode(name, schema, data, case, version, service.keyring)
        for version, name, schema, data in stored
    ]


def _shown(keyring: Keyring, shown: Sequence[timeline.Row], events: Sequence[Any], reader: _Reader) -> list[ShownEvent]:
    whose = {(sealed.subject, sealed.data_class) for event in events for sealed in sealed_in(event)}
    with available():
        if whose:
            keyring.load(whose)  # all at once, and as of now: one may just have been destroyed
        return [_said(keyring, *each, known=reader.may_know(each[0])) for each in zip(shown, events, strict=True)]


def _said(keyring: Keyring, row: timeline.Row, event: Any, *, known: bool) -> ShownEvent:
    """Return what an event says to somebody who may know what is sealed in it, or may not."""
    withheld, erased = list[str](), list[str]()

    def showing(sealed: Sealed[Any], pointer: str) -> Any:
        if known and not isinstance(value := sealed.open(), Unknown):
            text = isinstance(value, str)
            return value.strip() if text else said(value, showing, pointer)  # a trigger is padded (ADR 14)
        gone = known or keyring.key(sealed.subject, sealed.data_class) is None
        (erased if gone else withheld).append(pointer)
        return None

    says = said(event, showing)
    fields = {name: getattr(row, name) for name in timeline.project.names}
    return ShownEvent(**fields, says=says, withheld=withheld, erased=erased)
