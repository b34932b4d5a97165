"""`attendance doctor`: what is wrong with a running deployment, and what to do, the worst last."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Final

import typer

from api.commands.output import AsJson, say, say_json, say_table
from api.commands.publishing import Bootstrap, More
from api.commands.running import AWAY, FAILED, UNUSABLE, settings
from api.doctor.examining import examine, unexamined
from api.doctor.findings import ORDER, Finding, Severity, worst
from api.doctor.patient import Patient
from api.settings import BadSettings

STATUSES: Final[Mapping[Severity, int]] = {
    Severity.OK: 0,
    Severity.ATTENTION: FAILED,
    Severity.BROKEN: UNUSABLE,
    Severity.AWAY: AWAY,
}
"""With which exit status the command ends, by the worst that was found."""

_ENDINGS: Final[Mapping[Severity, str]] = {
    Severity.OK: "all is well, as far as could be seen from here",
    Severity.ATTENTION: "something needs attention",
    Severity.BROKEN: "something is broken",
    Severity.AWAY: "the database does not answer",
}


_COLUMNS: Final = {"severity": "How it is", "check": "Check", "what": "What was found", "do": "What to do"}


def doctor(*, bootstrap: Bootstrap = "", kafka_settings: More = None, as_json: AsJson = False) -> None:
    """Look at a running deployment, change nothing, and say what is wrong and what to do; the worst comes last.

    Ends with 0 if all is well, 1 if something needs attention, 3 if something is broken, 4 if the database is away.
    """
    found = sorted(findings(bootstrap, kafka_settings), key=lambda each: ORDER.index(each.severity))
    bad = worst(found)
    if as_json:
        say_json({"status": bad, "findings": [asdict(each) for each in found]})
    else:
        say_table(_COLUMNS, [*_rows(found)])
        say(_ending(bad, found))
    if status := STATUSES[bad]:
        raise typer.Exit(status)


def findings(bootstrap: str, kafka_settings: Path | None) -> list[Finding]:
    """Return what was found with the settings of this process, in the order of the checks."""
    try:
        patient = Patient(settings(), bootstrap=bootstrap, kafka_settings=kafka_settings)
    except BadSettings as wrong:
        return [*unexamined(wrong)]
    with closing(patient):
        return [*examine(patient)]


def _rows(found: Iterable[Finding]) -> Iterator[dict[str, str]]:
    """Return rows for people; what several checks say alike is one row."""
    alike: dict[Finding, list[str]] = {}
    for each in found:
        alike.setdefault(replace(each, check=""), []).append(each.check)
    for each, checks in alike.items():
        yield asdict(each) | {"check": ", ".join(checks)}


def _ending(bad: Severity, found: Sequence[Finding]) -> str:
    hidden = len({each.check for each in found if each.severity is Severity.UNSEEN})
    return f"{_ENDINGS[bad]}" + (f"; checks that could not be made, or not wholly: {hidden}" if hidden else "")
