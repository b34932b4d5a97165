"""Effective dates: what holds on a day, from `from_on` to `to_on`, both included; None is open."""

from collections.abc import Iterable
from datetime import date
from typing import Protocol, TypeVar

from domain.decision import Refused


class Period(Protocol):
    """Something that holds for a time."""

    @property
    def from_on(self) -> date: ...

    @property
    def to_on(self) -> date | None: ...


P = TypeVar("P", bound=Period)


def holds(period: Period, day: date) -> bool:
    """Say whether it holds on the day; its first and its last day count."""
    return period.from_on <= day and (period.to_on is None or day <= period.to_on)


def on(periods: Iterable[P], day: date) -> P | None:
    """Return the period that holds on the day, the latest recorded if there are several."""
    return next((p for p in reversed(tuple(periods)) if holds(p, day)), None)


def overlap(one: Period, other: Period) -> bool:
    """Say whether there is a day on which both hold."""
    return one.from_on <= (other.to_on or date.max) and other.from_on <= (one.to_on or date.max)


def require_order(from_on: date, to_on: date | None) -> None:
    """Raise unless the last day is the first day or later."""
    if to_on is not None and to_on < from_on:
        raise PeriodEndsBeforeItBegins("to_on")


class PeriodEndsBeforeItBegins(Refused):
    """The last day lies before the first."""
