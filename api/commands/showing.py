"""`attendance show`: a school's dashboard, a provider's queue, what waits in a region, a caseload, the KPI figures.

Each can be asked as at a moment.
Whoever runs the program where the service runs sees every case, by ids and codes; names stay sealed.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Final, TypeAlias
from uuid import UUID

import typer

from api.commands.moments import day_of, instant_of
from api.commands.output import AsCsv, AsJson, say, say_json, say_sheet, say_table
from api.commands.reference import SINCE
from api.commands.running import Failed, opened, program
from domain.cases.status import SHOWN
from domain.ids import in_school_provider_id, provider_id, region_id, school_id
from eventstore.connections import Connection, available
from projections import caseload, kpi, lists, provider_queue, regions, school_dashboard
from projections.kpi import Period
from projections.lists import Ask, Listed, whole
from projections.model import Model
from projections.moments import AsAt, Asked, moment

MODELS: Final[tuple[Model[Any], ...]] = (*lists.MODELS, *regions.MODELS)

app: Final = program(name="show", help="Show how things stand, now or as at an earlier moment.")

Instant: TypeAlias = Annotated[str | None, typer.Option("--as-at", help="As at an instant, or the end of a day.")]
Position: TypeAlias = Annotated[int | None, typer.Option(min=0, help="As at a position of the log.")]
Limit: TypeAlias = Annotated[int, typer.Option(min=1, max=1_000, help="How many cases to list.")]
First: TypeAlias = Annotated[
    date, typer.Option("--from", parser=day_of, metavar="DAY", help="Clocks that started on this day or later.")
]
Last: TypeAlias = Annotated[
    date, typer.Option("--to", parser=day_of, metavar="DAY", help="Clocks that started on this day or earlier.")
]


class Form(StrEnum):
    """How a list is printed."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"


_CASES: Final = {
    "case": "Case",
    "status": "Status",
    "since": "Since",
    "days": "Days",
    "next_due_on": "Next due",
    "breached": "Late clocks",
    "manager": "Manager",
}
_MOMENT: Final = {"as_at": "As at", "position": "Position"}


@app.command()
def school(
    named: Annotated[str, typer.Argument(metavar="SCHOOL", show_default=False, help="Its number, or its id.")],
    as_at: Instant = None,
    position: Position = None,
    limit: Limit = 50,
    *,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show the dashboard of a school, in the words that schools are shown."""
    which = _id(named, school_id)
    with _asking(as_at, position) as (db, at):
        counts = school_dashboard.dashboard_of(db, which, at)
        listed = _listed(
            lambda after, most: school_dashboard.cases_of(db, which, at, after=after, limit=most),
            None if as_csv else limit,
        )
    figures = {**counts.shown, "paused": counts.paused, "not up to date": counts.parked}
    cases = [_as_schools_see(each) for each in listed]
    _tell({"school": which}, at, figures, cases, _form(as_json=as_json, as_csv=as_csv))


@app.command()
def provider(
    named: Annotated[str, typer.Argument(metavar="PROVIDER", show_default=False, help="Its code, or its id.")],
    as_at: Instant = None,
    position: Position = None,
    limit: Limit = 50,
    *,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show the queue of a provider, the longest waiting first, and how many cases it has."""
    which = _provider(named)
    with _asking(as_at, position) as (db, at):
        counts = provider_queue.load_of(db, which, at)
        listed = _listed(
            lambda after, most: provider_queue.waiting_with(db, which, at, after=after, limit=most),
            None if as_csv else limit,
        )
    figures = {**counts.by_status, "not up to date": counts.parked}
    cases = [_case(each) for each in listed]
    _tell({"provider": which}, at, figures, cases, _form(as_json=as_json, as_csv=as_csv))


@app.command()
def region(
    named: Annotated[str, typer.Argument(metavar="REGION", show_default=False, help="Its name, or its office's id.")],
    as_at: Instant = None,
    position: Position = None,
    limit: Limit = 50,
    *,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show the cases of a region that no provider has, the longest waiting first."""
    which = _id(named, region_id)
    with _asking(as_at, position) as (db, at):
        counts = regions.load_of(db, which, at)
        listed = _listed(
            lambda after, most: regions.unallocated_in(db, which, at, after=after, limit=most),
            None if as_csv else limit,
        )
    figures = {**counts.by_status, "not up to date": counts.parked}
    cases = [_case(each) for each in listed]
    _tell({"region": which}, at, figures, cases, _form(as_json=as_json, as_csv=as_csv))


@app.command("caseload")
def show_caseload(
    manager: Annotated[UUID, typer.Argument(show_default=False, help="The id of the Case Manager.")],
    as_at: Instant = None,
    position: Position = None,
    limit: Limit = 50,
    *,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show the cases that one person works."""
    with _asking(as_at, position) as (db, at):
        counts = caseload.size_of(db, manager, at)
        listed = _listed(
            lambda after, most: caseload.cases_of(db, manager, at, after=after, limit=most),
            None if as_csv else limit,
        )
    figures = {**counts.by_status, "not up to date": counts.parked}
    cases = [_case(each) for each in listed]
    _tell({"manager": manager}, at, figures, cases, _form(as_json=as_json, as_csv=as_csv))


@app.command("kpi")
def show_kpi(
    named: Annotated[str, typer.Argument(metavar="[PROVIDER]", help="Of one provider only.", show_default=False)] = "",
    as_at: Instant = None,
    position: Position = None,
    first: First = SINCE,
    last: Last = date.max,
    *,
    as_json: AsJson = False,
) -> None:
    """Show how the clocks of cases went."""
    whose = _provider(named) if named else None
    with _asking(as_at, position) as (db, at):
        measures = kpi.summary(db, Period(first=first, last=last), at, provider=whose)
    lines = [{"clock": each.kind, "outcome": each.outcome, "count": each.count} for each in measures]
    if as_json:
        say_json({"provider": whose, "as_at": _moment(at), "measures": lines})
        return
    say_table({"clock": "Clock", "outcome": "Outcome", "count": "Clocks"}, lines)
    say(_said(at))


@contextmanager
def _asking(as_at: str | None, position: int | None) -> Iterator[tuple[Connection, AsAt]]:
    """Lend a connection and the moment that is asked for. Raises Failed, Refused, NotYetProjected, Unavailable."""
    if as_at and position is not None:
        raise Failed("give an instant or a position, not both")
    asked = Asked(instant=instant_of(as_at) if as_at else None, position=position)
    with (
        opened() as service,
        available(),
        service.reads.connection() as db,
        moment(db, MODELS, asked, now=service.clock()) as at,
    ):
        yield db, at


def _listed(ask: Ask, limit: int | None) -> list[Listed]:
    """Return the first cases of a list, or all of them without a limit."""
    return ask(None, limit) if limit else [each for piece in whole(ask) for each in piece]


def _tell(whose: dict[str, UUID], at: AsAt, figures: dict[str, int], cases: list[dict[str, Any]], form: Form) -> None:
    if form is Form.CSV:
        say_sheet(_CASES | _MOMENT, [each | {"as_at": at.day, "position": at.position} for each in cases])
        return
    if form is Form.JSON:
        say_json({**whose, "as_at": _moment(at), "figures": figures, "cases": cases})
        return
    for name, count in figures.items():
        say(f"{name}: {count}")
    say_table(_CASES, cases)
    say(_said(at))


def _form(*, as_json: bool, as_csv: bool) -> Form:
    if as_json and as_csv:
        raise Failed("print JSON or CSV, not both")
    return Form.JSON if as_json else Form.CSV if as_csv else Form.TEXT


def _case(listed: Listed) -> dict[str, Any]:
    row = listed.case
    return {
        "case": row.case_id,
        "status": row.status,
        "since": row.status_since,
        "days": listed.days,
        "next_due_on": listed.next_due_on,
        "breached": listed.breached,
        "manager": row.manager,
    }


def _as_schools_see(listed: Listed) -> dict[str, Any]:
    return {**_case(listed), "status": SHOWN[listed.case.status].name}


def _moment(at: AsAt) -> dict[str, object]:
    return {"position": at.position, "day": at.day}


def _said(at: AsAt) -> str:
    return f"as at position {at.position}, {at.day}"


def _id(named: str, by: Callable[[str], UUID]) -> UUID:
    try:
        return UUID(named)
    except ValueError:
        return by(named)


def _provider(named: str) -> UUID:
    return _id(named, in_school_provider_id if named.isdecimal() else provider_id)
