"""`attendance import`: lists from files, each entry whole or not at all; doing it again changes nothing."""

from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from adapters.sample_catchments import DATA
from adapters.schools_csv import Refusal
from api.commands import reference
from api.commands.moments import day_of
from api.commands.output import AsJson, progress, say, say_json, say_table
from api.commands.reference import Listed
from api.commands.running import FAILED, opened, program
from api.commands.taking import Report, take
from domain.catchments.catchment import NoSuchCatchment
from eventstore.writer import Writer

app: Final = program(name="import", help="Take in lists from files; doing it again changes nothing.")

File: TypeAlias = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, show_default=False)]
From: TypeAlias = Annotated[
    date, typer.Option("--from", parser=day_of, metavar="DAY", help="The day from which on it holds.")
]
Territories: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--catchments",
        exists=True,
        dir_okay=False,
        help="Which territories make which catchment; else the sample's.",
    ),
]
FIRST: Final = "catchments come first: `attendance import samples`, or `attendance import catchments FILE`"
_COLUMNS: Final = {"line": "Line", "field": "Field", "reason": "Reason"}


@app.command()
def schools(
    file: File,
    since: From = reference.SINCE,
    territories: Territories = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Take in a list of schools (CSV): the Ministry's directory, or its table of schools since 2000.

    The catchments that they lie in have to be there: those of `attendance import samples`, or your own.
    """
    known = (territories or DATA / "catchments.json").read_bytes()
    _import("schools", reference.schools(file.read_bytes(), since, known), as_json=as_json)


@app.command()
def catchments(file: File, *, as_json: AsJson = False) -> None:
    """Take in a list of catchments (JSON)."""
    _import("catchments", reference.catchments(file.read_bytes()), as_json=as_json)


@app.command()
def providers(file: File, *, as_json: AsJson = False) -> None:
    """Take in a list of providers and their contracts (JSON)."""
    _import("providers", reference.providers(file.read_bytes()), as_json=as_json)


@app.command()
def calendar(file: File, since: From = reference.SINCE, *, as_json: AsJson = False) -> None:
    """Publish a calendar year (JSON), or correct one."""
    _import("calendar", reference.calendar(file.read_bytes(), since), as_json=as_json)


@app.command()
def policy(file: File, *, as_json: AsJson = False) -> None:
    """Publish a version of the policy (JSON, as the API takes it)."""
    _import("policy", reference.policy(file.read_bytes()), as_json=as_json)


@app.command()
def criteria(file: File, *, as_json: AsJson = False) -> None:
    """Publish a version of the criteria of requests (JSON, as the API takes it)."""
    _import("criteria", reference.criteria(file.read_bytes()), as_json=as_json)


@app.command("code-sets")
def code_sets(file: File, *, as_json: AsJson = False) -> None:
    """Publish code sets (JSON)."""
    _import("code sets", reference.code_sets(file.read_bytes()), as_json=as_json)


@app.command()
def samples(*, as_json: AsJson = False) -> None:
    """Take in the sample data that is shipped: calendars, policy, criteria, code sets, catchments, providers."""
    with opened() as service:
        reports = {what: taken(service.writer, what, listed) for what, listed in reference.samples()}
    _tell(reports, as_json=as_json)


def taken(writer: Writer, what: str, listed: Listed) -> Report:
    """Take in what a file asks, and return what became of it; progress is shown on a terminal."""
    report = Report(refused=list(listed.refused))
    with progress(what, listed.length) as told:
        for phase in listed.phases:
            report.include(take(writer, phase, told))
    report.refused.sort(key=lambda each: each.line)
    report.closed = listed.closed
    return report


def _import(what: str, listed: Listed, *, as_json: bool) -> None:
    with opened() as service:
        report = taken(service.writer, what, listed)
    _tell({what: report}, as_json=as_json)


def _tell(reports: dict[str, Report], *, as_json: bool) -> None:
    if as_json:
        say_json({what: _document(report) for what, report in reports.items()})
    else:
        for what, report in reports.items():
            _tell_one(what, report)
    if any(report.refused for report in reports.values()):
        raise typer.Exit(FAILED)


def _tell_one(what: str, report: Report) -> None:
    say(f"{what}: {report.taken} taken ({report.changed} new or changed, {report.unchanged} as they were)")
    if report.closed:
        say(f"{what}: {len(report.closed)} left out ({report.closed[0].reason}; --json lists them)")
    if report.refused:
        say(f"{what}: {len(report.refused)} refused")
        say_table(_COLUMNS, _lines(report.refused))
    if any(NoSuchCatchment.__name__ in each.reason for each in report.refused):
        say(f"{what}: {FIRST}")


def _document(report: Report) -> dict[str, object]:
    counts = {"taken": report.taken, "changed": report.changed, "unchanged": report.unchanged}
    return {**counts, "refused": _lines(report.refused), "left_out": _lines(report.closed)}


def _lines(refusals: Iterable[Refusal]) -> list[dict[str, object]]:
    return [{"line": each.line, "field": each.field, "reason": each.reason} for each in refusals]
