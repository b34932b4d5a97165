"""Clocks: the deadlines of an episode, and the time that each of them does not count (BR-45 to BR-49)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from domain.calendars.counting import Standstill


class ClockKind(StrEnum):
    """What is being waited for. The sources' working and business days are one calendar (BR-1)."""

    SCHOOL_MEETING = "SCHOOL_MEETING"  # from the allocation to a provider (BR-45)
    WHANAU_MEETING = "WHANAU_MEETING"  # from the referral (BR-46)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The day a clock is due, and the first school day from then on if the school is closed that day (BR-5).

    No day is named while nobody can: the clock stands still, or that year's calendar is not published yet.
    """

    kind: ClockKind
    due_on: date | None = None
    school_day_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """A deadline being measured: the day it started, which is day 0, its working days, and when it is due."""

    started_on: date  # day 0 (BR-2)
    days: int  # working days
    due: Due

    @property
    def kind(self) -> ClockKind:
        return self.due.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """One opening of a case, measured apart (BR-82). A clock starts once in it."""

    number: int = 0
    started_on: date = date.max
    clocks: tuple[Clock, ...] = ()
    met: Mapping[ClockKind, date] = field(default_factory=dict)
    standstills: tuple[Standstill, ...] = ()

    def started(self, clocks: Iterable[Clock]) -> "Episode":
        return replace(self, clocks=(*self.clocks, *clocks))

    def has(self, kind: ClockKind) -> bool:
        return any(clock.kind is kind for clock in self.clocks)

    @property
    def running(self) -> tuple[Clock, ...]:
        """The clocks that nobody has met yet."""
        return tuple(clock for clock in self.clocks if clock.kind not in self.met)

    def due_again(self, dues: Iterable[Due]) -> "Episode":
        moved = {due.kind: due for due in dues}
        return replace(self, clocks=tuple(replace(one, due=moved.get(one.kind, one.due)) for one in self.clocks))

    def halted(self, on: date) -> "Episode":
        """Stand still from this day, which no longer counts (BR-49)."""
        return replace(self, standstills=(*self.standstills, Standstill(from_on=on)))

    def moving(self, on: date) -> "Episode":
        """Go on from this day, which counts (BR-49)."""
        return replace(self, standstills=ended(self.standstills, on))

    def meet(self, kind: ClockKind, on: date) -> "Episode":
        """Met on the earliest day that anybody recorded, however late they did (BR-52)."""
        return replace(self, met={**self.met, kind: min(on, self.met.get(kind, on))})


def ended(standstills: tuple[Standstill, ...], on: date) -> tuple[Standstill, ...]:
    """The same standstills, the one that still lasts ended on this day."""
    return tuple(still if still.until_on else replace(still, until_on=on) for still in standstills)
