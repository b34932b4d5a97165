"""Showing how things stand: a school's dashboard, a provider's queue and the KPI figures, as lines of plain text."""

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID

from api.simulation.telling import Line, Names, short
from domain.cases.clocks import ClockKind
from domain.cases.status import SHOWN, Status
from projections.kpi import Outcome

Answer: TypeAlias = Mapping[str, Any]
"""What the API answered."""

WIDTH: Final = 100
MOST: Final = 10  # cases of a dashboard that are listed
SAMPLE: Final = " (sample)"
PUBLISHED: Final = (Status.PROVIDER_QUEUE, Status.OPEN, Status.TRANSITION, Status.CLOSED)
SAID: Final = {
    Status.PROVIDER_QUEUE: "in the queue",
    Status.OPEN: "open",
    Status.PAUSED: "paused",
    Status.TRANSITION: "in transition",
}
CLOCKS: Final = {
    ClockKind.SCHOOL_MEETING: "School met within five working days of the allocation",
    ClockKind.WHANAU_MEETING: "Student and whānau met within ten working days of the request",
}
ORDER: Final = (
    Outcome.MET,
    Outcome.MET_LATE,
    Outcome.BREACHED,
    Outcome.RUNNING,
    Outcome.STANDING_STILL,
    Outcome.ENDED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table: its title, and whether it holds numbers."""

    title: str
    right: bool = False


def table(columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Return a table as lines, each column as wide as it needs."""
    cells = [[each.title for each in columns], *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
    for row in cells:
        each = zip(row, widths, columns, strict=True)
        yield "  ".join(cell.rjust(w) if column.right else cell.ljust(w) for cell, w, column in each).rstrip()


def dashboard(shown: Answer, cases: Answer, names: Names) -> Iterator[str]:
    """Return a school's dashboard: how many cases by status, what each asks of the school, and the longest so."""
    numbers = shown["shown"]
    paused = f", {shown['paused']} of them paused" if shown["paused"] else ""
    yield f"{sum(numbers.values())} cases of students on the roll{paused}"
    yield ""
    counts = [(SHOWN[each].name, numbers.get(SHOWN[each].name, 0), SHOWN[each].school_action) for each in PUBLISHED]
    yield from table((Column(title="Status"), Column(title="Cases", right=True), Column(title="School action")), counts)
    yield ""
    yield "Those that have stood as they do for longest:"
    columns = ("Student", "Status", "Since", "Case Manager", "Next due", "Clocks missed")
    today = date.fromisoformat(cases["moment"]["day"])
    active = [each for each in cases["items"] if each["status"] != Status.CLOSED]
    rows = [_case(each, today, names) for each in active[:MOST]]
    yield from table([Column(title=title) for title in columns], rows)


def queue(load: Answer, waiting: Answer, names: Names) -> Iterator[str]:
    """Return a provider's queue: how long each case waits there, and when it must be met."""
    count = load["by_status"]
    yield "With the provider: " + ", ".join(f"{SAID[each]} {count[each]}" for each in Status if each in count)
    yield ""
    columns = ("Student", "School", "Opening", "Waits", "Next due", "Clocks missed")
    rows = [_waiting(each, names) for each in waiting["items"]]
    yield from table([Column(title=title, right=title == "Opening") for title in columns], rows)


def kpi(answers: Mapping[str, Answer]) -> Iterator[str]:
    """Return how the clocks of first contact went, by provider."""
    columns = ("Provider", "Started", "In time", "Late", "Overdue", "Running", "Paused", "Ended", "In time %")
    for number, (kind, title) in enumerate(CLOCKS.items()):
        if number:
            yield ""
        yield title
        rows = [_measured(name, kind, answer["measures"]) for name, answer in answers.items()]
        yield from table([Column(title=each, right=each != "Provider") for each in columns], rows)


def told(lines: Iterable[Line]) -> Iterator[str]:
    """Return a case's history, an event a paragraph of at most two or three lines."""
    for line in lines:
        happened = f", happened {short(line.happened_on)}" if line.happened_on and line.late else ""
        head = f"{line.recorded_at:%a} {line.recorded_at.day:>2} {line.recorded_at:%b %H:%M}"
        first = f"{head}  {line.who:<15}  "
        text = f"{line.what}{happened}"
        yield from textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=" " * len(first))


def in_full(day: date) -> str:
    """Return a day as people write it."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def _case(each: Answer, today: date, names: Names) -> tuple[object, ...]:
    status = Status(each["status"])
    return (
        _name(each["student"], names),
        each["shown"] + (" (paused)" if SHOWN[status].paused else ""),
        short(today - timedelta(days=each["days"])),
        _name(each["manager"], names),
        _day(each["next_due_on"]),
        each["breached"] or "",
    )


def _waiting(each: Answer, names: Names) -> tuple[object, ...]:
    days = each["days"]
    return (
        _name(each["student"], names),
        _name(each["school"], names),
        each["episode"],
        f"{days} day{'' if days == 1 else 's'}",
        _day(each["next_due_on"]),
        each["breached"] or "",
    )


def _measured(name: str, kind: ClockKind, measures: Iterable[Answer]) -> tuple[object, ...]:
    count = {each["outcome"]: each["count"] for each in measures if each["kind"] == kind}
    due = sum(count.get(each, 0) for each in (Outcome.MET, Outcome.MET_LATE, Outcome.BREACHED))
    share = f"{100 * count.get(Outcome.MET, 0) / due:.0f}" if due else "-"
    return (
        name.replace(SAMPLE, "").replace(": in-school provision", ", in school"),
        sum(count.values()),
        *(count.get(each, 0) for each in ORDER),
        share,
    )


def _name(some: str | None, names: Names) -> str:
    return names.get(UUID(some), "-").replace(SAMPLE, "") if some else "-"


def _day(day: str | None) -> str:
    return short(date.fromisoformat(day)) if day else "-"


def _cell(value: object) -> str:
    return str(value)
