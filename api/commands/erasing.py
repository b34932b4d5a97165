"""`attendance erase`: what two Privacy Officers agreed on is destroyed: keys, rows, and the files that held them.

Whoever runs the program carries out what was authorised over HTTP (`/v1/disposals`), and decides nothing of it.
"""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Final
from uuid import UUID

import typer

from adapters.embedded_postgres import EmbeddedPostgres
from api.bootstrap import Service
from api.commands.output import AsJson, say, say_json, say_table, share
from api.commands.projecting import equipment
from api.commands.running import Failed, opened, said
from api.commands.taking import PROGRAM
from api.erasing import Preview, carry_out, disposal_of, preview
from api.settings import Login
from domain import registry
from domain.decision import Refused
from domain.privacy.disposal import DisposalStatus, Order
from eventstore.connections import Connection, available, connect
from eventstore.erasure import UnderHold
from projections import disposals
from projections.disposals import Row
from projections.latest_first import latest, page
from projections.moments import Asked, moment
from projections.refolding import blank_destroyed
from projections.registry import MODELS
from projections.sweeping import sweep, unswept
from projections.tools import Tools

MOST: Final = 1_000
"""How many disposals are listed, the latest first."""

_LISTED: Final = {
    "disposal": "Disposal",
    "status": "Status",
    "person": "Person",
    "people": "People",
    "classes": "Classes",
    "authority": "Authority",
    "disposal_class": "Class",
    "asked_by": "Asked by",
    "settled_by": "Settled by",
    "done_on": "Done",
}
_TO_DO: Final = (DisposalStatus.AUTHORISED, DisposalStatus.BEGUN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A disposal that was named, where it stands, what it is of, and what goes with it."""

    disposal: UUID
    status: DisposalStatus
    order: Order
    takes: Preview


def erase(
    named: Annotated[
        list[UUID] | None, typer.Argument(metavar="[DISPOSAL]...", show_default=False, help="What was authorised.")
    ] = None,
    *,
    every: Annotated[
        bool, typer.Option("--all", help="Carry out all that was authorised, and sweep what was not swept yet.")
    ] = False,
    preview_only: Annotated[bool, typer.Option("--preview", help="Only show what would go, and of whom.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether to go on.")] = False,
    as_json: AsJson = False,
) -> None:
    """Destroy what two Privacy Officers agreed on; without arguments, list what was asked for.

    Keys go first, then every version of every row, then every file of the database that held them. Cut off anywhere,
    it is gone on with when it is asked again. `attendance erased PERSON` proves it.
    """
    if named and every:
        raise Failed("name disposals or say --all, not both")
    with opened() as service:
        if not (named or every):
            _list(service, as_json=as_json)
            return
        planned = [*_planned(service, named or _to_do(service))]
        if preview_only:
            _show(planned, as_json=as_json)
            return
        _agree(planned, yes=yes, as_json=as_json)
        notes, refused = _carried_out(service, planned)
        swept = _sweep(service)
    _tell(notes, refused, swept, as_json=as_json)
    if refused:
        raise Failed("\n".join(f"not carried out: {each}: {why}" for each, why in refused.items()))


def _tell(notes: Mapping[UUID, int], refused: Mapping[UUID, str], swept: int, *, as_json: bool) -> None:
    if as_json:
        done = [{"disposal": each, "notes": count} for each, count in notes.items()]
        kept = [{"disposal": each, "why": why} for each, why in refused.items()]
        say_json({"carried_out": done, "refused": kept, "swept": swept})
        return
    for each, count in notes.items():
        say(f"carried out {each}; notes and drafts that went along: {count}")
    say(f"swept: {swept}")


def _list(service: Service, *, as_json: bool) -> None:
    with available(), service.reads.connection() as db:
        rows = _rows(service, db)
    with available(), connect(service.database.dsn(Login.OWNER), name="as-cms erase") as owner:
        left = len({subject for subject, _ in unswept(owner)})
    shown = [_row(each) for each in rows]
    if as_json:
        say_json({"disposals": shown, "not_swept": left})
        return
    say_table(_LISTED, [each | {"people": len(each["people"]), "classes": _joined(each["classes"])} for each in shown])
    say(f"to carry out: {len([each for each in rows if each.status in _TO_DO])}; destroyed and not swept: {left}")


def _rows(service: Service, db: Connection) -> list[Row]:
    asked = Asked(at_least=latest(db, disposals.project))
    with moment(db, [disposals.project], asked, now=service.clock()) as at:
        return list(page(db, disposals.project, at, None, MOST))


def _row(row: Row) -> dict[str, Any]:
    shown = asdict(row)
    return {"disposal": shown.pop("disposal_id"), "person": shown.pop("person_id"), **shown}


def _to_do(service: Service) -> list[UUID]:
    with available(), service.reads.connection() as db:
        return [each.disposal_id for each in _rows(service, db) if each.status in _TO_DO]


def _is_to_do(planned: Planned) -> bool:
    return planned.status in _TO_DO


def _planned(service: Service, named: Iterable[UUID]) -> Iterator[Planned]:
    """Return what was named, as it stands. Raises Failed for what is none."""
    with available(), service.reads.connection() as db:
        for each in dict.fromkeys(named):
            found = disposal_of(service, db, each)
            if found.order is None:
                raise Failed(f"there is no disposal {each}")
            takes = preview(service, db, found.order)
            yield Planned(disposal=each, status=found.status, order=found.order, takes=takes)


def _show(planned: Sequence[Planned], *, as_json: bool) -> None:
    if as_json:
        say_json([asdict(each) for each in planned])
        return
    for each in planned:
        for line in _lines(each):
            say(line)


def _lines(planned: Planned) -> Iterator[str]:
    order, takes = planned.order, planned.takes
    yield f"disposal {planned.disposal}: {planned.status}"
    yield f"  authority: {order.authority}, class {order.disposal_class}; asked for by {order.asked_by}"
    yield f"  data: {_joined(order.classes)}"
    for what, people in (("student", order.people.students), ("user", order.people.users)):
        yield from (f"  {what}: {each}" for each in people)
    yield from (f"  caregiver: {each}" for each in order.people.caregivers)
    yield f"  keys: {_counted(takes.keys)}"
    yield f"  notes and drafts about them: {_counted(takes.notes)}"
    yield from (f"  loses such a note, and stays: {each}" for each in takes.others)
    yield from (f"  under a legal hold: {each}" for each in takes.held)
    yield from (f"  case that stays without a name: {case} ({status})" for case, status in takes.cases.items())


def _joined(names: Iterable[str]) -> str:
    return ", ".join(names)


def _counted(counts: Any) -> str:
    return _joined(f"{count} {name}" for name, count in counts.items()) or "none"


def _agree(planned: Sequence[Planned], *, yes: bool, as_json: bool) -> None:
    """Have whoever runs it agree, once they saw what goes. Raises Failed."""
    waiting = [each for each in planned if each.status not in (*_TO_DO, DisposalStatus.DONE)]
    if waiting:
        raise Failed(f"disposal {waiting[0].disposal} is {waiting[0].status}: nothing was destroyed")
    to_do = [each for each in planned if _is_to_do(each)]
    if not to_do or yes:
        return
    if as_json or not sys.stdin.isatty():
        raise Failed("say --yes, once you have seen the --preview")
    _show(to_do, as_json=False)
    if not typer.confirm("Destroy this? It cannot be undone."):
        raise Failed("nothing was destroyed")


def _carried_out(service: Service, planned: Iterable[Planned]) -> tuple[dict[UUID, int], dict[UUID, str]]:
    """Carry out each; one that is refused keeps no other from it, and is named with the reason."""
    notes, refused = dict[UUID, int](), dict[UUID, str]()
    for each in (each.disposal for each in planned if _is_to_do(each)):
        try:
            notes[each] = carry_out(service, each, PROGRAM)
        except (Refused, UnderHold) as why:
            refused[each] = said(why)
    return notes, refused


def _sweep(service: Service) -> int:
    """Take out of rows and files what was destroyed; return of how many subjects."""
    lent = service.database
    followers = lent.dsn(Login.FOLLOWERS)
    tools = Tools(types=registry.events(), codec=service.codec, keyring=service.keyring)
    with available(), connect(followers, deadline=None, name="blanking") as follower:
        blank_destroyed(follower, MODELS, tools)
    with available(), share("sweep") as tell:
        swept = sweep(lent.dsn(Login.OWNER), followers, MODELS, equipment, tell=tell)
    if lent.server:  # also if nothing was left to sweep: it may have been cut off before this
        begin_wal_anew(lent.server)
    return swept


def begin_wal_anew(server: EmbeddedPostgres) -> None:
    """Have the server remove every segment of its write-ahead log from before now."""
    with connect(server.dsn(), deadline=None, name="as-cms erasure") as superuser:
        superuser.execute("SELECT pg_switch_wal()")
        superuser.execute("CHECKPOINT")
