"""A story: what becomes of one student in the term, told hour by hour by whoever has a part in it."""

from bisect import bisect_right
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, Final, TypeAlias
from uuid import UUID

from api.simulation.asking import Api, Person
from api.simulation.chance import Luck
from api.simulation.people import People, Provider, Pupil, School
from api.simulation.timetable import Over, Timetable
from domain.calendars.counting import CalendarEnds, ListedDays
from domain.days import AUCKLAND
from domain.decision import Command

HOURS: Final = (time(9, 10), time(10, 40), time(11, 30), time(13, 20), time(14, 10), time(15, 30))
EARLY: Final = time(7, 40)
EARLIEST: Final = time(7, 10)

Automate: TypeAlias = Callable[[UUID, Command], Awaitable[None]]
"""Has a command of a system decided for a case, as automations do."""


@dataclass(slots=True, kw_only=True, eq=False)
class Town:
    """All that the stories of a term share."""

    api: Api
    people: People
    timetable: Timetable
    school_days: ListedDays
    working_days: ListedDays
    automate: Automate
    stories: "list[Story]" = field(default_factory=list)

    @property
    def today(self) -> date:
        return self.timetable.now.astimezone(AUCKLAND).date()


@dataclass(slots=True, kw_only=True, eq=False)
class Story:
    """One student and their case, as far as it has come."""

    town: Town
    pupil: Pupil
    student: UUID
    luck: Luck
    school: School
    provider: Provider | None = None
    manager: Person | None = None
    case: UUID | None = None
    school_left: bool = False  # off the roll
    paused: bool = False
    returned: bool = False  # to the queue, whose Workflow Lead is about to name another manager
    transition: bool = False
    closed: bool = False
    opened_on: date = date.max
    kinds: set[str] = field(default_factory=set)  # of what was done, so that a rich history can be found

    @property
    def today(self) -> date:
        return self.town.today

    @property
    def waits(self) -> bool:
        """Whether the case waits for a Case Manager."""
        return self.case is not None and self.manager is None and not self.closed

    @property
    def api(self) -> Api:
        return self.town.api

    async def wait(self, least: int, most: int | None = None) -> None:
        """Let some working days go by, and come back at some hour. Raises Over at the end of the term."""
        days = self.luck.between(least, most or least)
        await self.town.timetable.until(self._hour(days))

    async def morning(self, day: date) -> None:
        """Wait for the beginning of a day, before anybody works."""
        await self.town.timetable.until(max(datetime.combine(day, EARLY, AUCKLAND), self.town.timetable.now))

    async def manage(self, path: str, body: dict[str, Any]) -> None:
        """Have the Case Manager do something in the case; while it has none, it waits for the next."""
        while self.manager is None:
            await self.wait(1)
        await self.api.ask(self.manager, f"/v1/cases/{self.case}/{path}", body)
        self.kinds.add(path)

    async def manage_in_vain(self, path: str, body: dict[str, Any], code: str) -> None:
        """Have the Case Manager try what the rules refuse."""
        if self.manager:
            await self.api.refused(self.manager, f"/v1/cases/{self.case}/{path}", body, code)

    async def enrol(self, what: str, **body: object) -> None:
        """Have ENROL tell something of the student, and the case learn it."""
        told = {name: str(value) for name, value in body.items()}
        await self.api.ask(self.town.people.enrol, f"/v1/students/{self.student}/{what}", told)

    async def automate(self, *commands: Command) -> None:
        """Have the automations look at the case."""
        for command in commands:
            if self.case:
                await self.town.automate(self.case, command)
            self.kinds.add(type(command).__name__)

    def day(self, working_days: int) -> date:
        """Return the day that many working days ahead. Raises Over where the calendar ends."""
        try:
            return self.town.working_days.nth_after(self.today, working_days)
        except CalendarEnds:
            raise Over from None

    def recently(self, percent: float, most: int = 4) -> str:
        """Return today, or an earlier day for what is entered late: that often, and by up to so many days."""
        late = self.luck.between(1, most) if self.luck.happens(percent) else 0
        return max(self._before(late), self.opened_on).isoformat()

    def _before(self, working_days: int) -> date:
        listed = self.town.working_days.days
        return listed[max(bisect_right(listed, self.today) - 1 - working_days, 0)]

    def _hour(self, days: int) -> datetime:
        now = self.town.timetable.now
        day = self.day(days)
        when = datetime.combine(day, self.luck.one(HOURS), AUCKLAND)
        if when > now:
            return when
        later = (datetime.combine(day, hour, AUCKLAND) for hour in HOURS)
        return next((each for each in later if each > now), datetime.combine(self.day(1), HOURS[0], AUCKLAND))
