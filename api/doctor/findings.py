"""Findings: what a check says, how bad it is, and what to do about it. None names a personal value or a secret."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final


class Severity(StrEnum):
    """How bad it is; `UNSEEN` is neither well nor wrong: nobody could look."""

    OK = "ok"
    UNSEEN = "unseen"
    ATTENTION = "attention"
    BROKEN = "broken"
    AWAY = "away"  # the database: nothing else matters then


ORDER: Final = tuple(Severity)
"""From the best to the worst."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check says of one thing, and what to do, with the command to run."""

    check: str = ""
    severity: Severity
    what: str
    do: str = ""


class Unseen(Exception):
    """A check cannot look at its thing; the first argument says why, the second what to do about that."""


def ok(what: str) -> Finding:
    return Finding(severity=Severity.OK, what=what)


def unseen(what: str, do: str = "") -> Finding:
    return Finding(severity=Severity.UNSEEN, what=what, do=do)


def attention(what: str, do: str) -> Finding:
    return Finding(severity=Severity.ATTENTION, what=what, do=do)


def broken(what: str, do: str) -> Finding:
    return Finding(severity=Severity.BROKEN, what=what, do=do)


def or_ok(found: Iterable[Finding], what: str) -> Iterator[Finding]:
    """Pass on each finding as soon as it is there; say that it is well if there was none."""
    none = True
    for each in found:
        none = False
        yield each
    if none:
        yield ok(what)


def worst(findings: Iterable[Finding]) -> Severity:
    """Return the worst that was found; what nobody could look at counts as well."""
    bad = [each.severity for each in findings if each.severity is not Severity.UNSEEN]
    return max(bad, key=ORDER.index, default=Severity.OK)


def for_how_long(time: timedelta) -> str:
    """Return a time as people say it: 3 s, 4 min, 5 h, 6 days."""
    seconds = time.total_seconds()
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.1f} s"
