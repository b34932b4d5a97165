"""Funding a school for in-school provision (ISP): while it lasts, each request chooses who helps (BR-31)."""

from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

from domain.decision import Context, Refused
from domain.effective import on, overlap, require_order
from domain.schools.school import IspFunding, School
from domain.text import STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantIspFunding:
    """Fund a school's own provision from a day on, to a last day or until it is ended."""

    __pydantic_config__ = STRICT

    from_on: date
    to_on: date | None = None

    def decide(self, school: School, context: Context) -> list["IspFundingGranted"]:
        require_order(self.from_on, self.to_on)
        school.require()
        new = IspFunding(from_on=self.from_on, to_on=self.to_on)
        if new in school.isp:
            return []
        if any(overlap(new, each) for each in school.isp):
            raise FundedAlready("from_on")
        return [IspFundingGranted(from_on=self.from_on, to_on=self.to_on)]


@dataclass(frozen=True, slots=True, kw_only=True)
class IspFundingGranted:
    """A school's own provision is funded; requests of these days choose it or the catchment's provider (BR-31)."""

    from_on: date
    to_on: date | None = None  # the last day; without one, until it is ended

    def evolve(self, school: School) -> School:
        new = IspFunding(from_on=self.from_on, to_on=self.to_on)
        return replace(school, isp=(*school.isp, new))


@dataclass(frozen=True, slots=True, kw_only=True)
class EndIspFunding:
    """Say which day is the last of a school's funding."""

    __pydantic_config__ = STRICT

    to_on: date

    def decide(self, school: School, context: Context) -> list["IspFundingEnded"]:
        funding = on(school.isp, self.to_on)
        if funding is None:
            raise NotFunded("to_on")
        if funding.to_on == self.to_on:
            return []
        return [IspFundingEnded(from_on=funding.from_on, to_on=self.to_on)]


@dataclass(frozen=True, slots=True, kw_only=True)
class IspFundingEnded:
    """The funding that began on `from_on` has `to_on` as its last day."""

    from_on: date
    to_on: date

    def evolve(self, school: School) -> School:
        return replace(school, isp=tuple(self._ended(each) for each in school.isp))

    def _ended(self, funding: IspFunding) -> IspFunding:
        return replace(funding, to_on=self.to_on) if funding.from_on == self.from_on else funding


class FundedAlready(Refused):
    """The school has funding for a part of this time already."""


class NotFunded(Refused):
    """The school has no funding for its own provision on this day."""


Command: TypeAlias = GrantIspFunding | EndIspFunding
Event: TypeAlias = IspFundingGranted | IspFundingEnded
