"""A school, as later decisions need it: what it is, its catchment and its own provision (ISP) by date."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from domain.decision import Refused
from domain.effective import on
from domain.text import STRICT, Code, SchoolNumber, ShortText


class SchoolAuthority(StrEnum):
    """Who runs a school; private schools set their own dates."""

    STATE = "STATE"
    INTEGRATED = "INTEGRATED"
    PRIVATE = "PRIVATE"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolDetails:
    """What the Ministry's list says of a school; all public."""

    __pydantic_config__ = STRICT

    number: SchoolNumber
    name: ShortText
    type: ShortText
    authority: SchoolAuthority
    region: ShortText
    territorial_authority: ShortText
    anniversary_set: Code  # public holidays; not the same as the region (BR-1)
    opened_on: date | None = None
    closed_on: date | None = None  # the first day on which it is no school any more


@dataclass(frozen=True, slots=True, kw_only=True)
class InCatchment:
    """The catchment of a school, until the next one begins."""

    catchment: UUID
    from_on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class IspFunding:
    """A time in which a school is funded for provision of its own; the last day included."""

    from_on: date
    to_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class School:
    details: SchoolDetails | None = None
    catchments: tuple[InCatchment, ...] = ()
    isp: tuple[IspFunding, ...] = ()

    @property
    def registered(self) -> bool:
        return self.details is not None

    @property
    def region(self) -> str | None:
        return self.details.region if self.details else None

    def require(self) -> None:
        """Raise unless there is such a school."""
        if not self.registered:
            raise NoSuchSchool

    def catchment_on(self, day: date) -> UUID | None:
        """Return the catchment of the school on the day (BR-30): begun last, or recorded last on a tie."""
        begun = [each for each in reversed(self.catchments) if each.from_on <= day]
        return max(begun, key=lambda each: each.from_on).catchment if begun else None

    def isp_on(self, day: date) -> bool:
        """Say whether the school has funding for its own provision on the day (BR-31)."""
        return on(self.isp, day) is not None

    def open_on(self, day: date) -> bool:
        """Say whether the school exists on the day; whether it teaches then is the calendar's question."""
        if self.details is None:
            return False
        return (self.details.opened_on or date.min) <= day < (self.details.closed_on or date.max)


class NoSuchSchool(Refused):
    """There is no such school."""
