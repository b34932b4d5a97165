"""Zoning: in which catchment a school lies, from which day on (BR-30)."""

from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias
from uuid import UUID

from domain.catchments.catchment import Catchment, NoSuchCatchment
from domain.decision import Context
from domain.schools.school import InCatchment, School
from domain.text import STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignSchoolToCatchment:
    """Put a school into a catchment from a day on; requests of that day and later go there."""

    __pydantic_config__ = STRICT

    catchment: UUID
    effective_on: date

    def decide(self, school: School, context: Context) -> list["SchoolCatchmentChanged"]:
        school.require()
        if not context.fact(Catchment, self.catchment).defined:
            raise NoSuchCatchment("catchment")
        if school.catchment_on(self.effective_on) == self.catchment:
            return []
        return [SchoolCatchmentChanged(catchment=self.catchment, effective_on=self.effective_on)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolCatchmentChanged:
    """The school belongs to a catchment from `effective_on`: requests of that day and later go there (BR-30)."""

    catchment: UUID
    effective_on: date

    def evolve(self, school: School) -> School:
        new = InCatchment(catchment=self.catchment, from_on=self.effective_on)
        return replace(school, catchments=(*school.catchments, new))


Command: TypeAlias = AssignSchoolToCatchment
Event: TypeAlias = SchoolCatchmentChanged
