"""Schools from the Ministry's list: registered once, changed when the list says something else."""

from dataclasses import dataclass, replace
from typing import TypeAlias

from domain.decision import Context, Refused
from domain.effective import require_order
from domain.ids import school_id
from domain.schools.school import School, SchoolDetails
from domain.text import STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterSchool:
    """Open the stream of a school. Importing a list twice changes nothing."""

    __pydantic_config__ = STRICT

    details: SchoolDetails

    def decide(self, school: School, context: Context) -> list["SchoolRegistered"]:
        require_own_stream(self.details, context)
        if school.details == self.details:
            return []
        if school.registered:
            raise SchoolRegisteredAlready
        return [SchoolRegistered(details=self.details)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolRegistered:
    """A school is known to the service, with what the Ministry's list says of it."""

    details: SchoolDetails

    def evolve(self, school: School) -> School:
        return replace(school, details=self.details)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSchoolDetails:
    """Say what a school is now; its number stays."""

    __pydantic_config__ = STRICT

    details: SchoolDetails

    def decide(self, school: School, context: Context) -> list["SchoolDetailsChanged"]:
        require_own_stream(self.details, context)
        school.require()
        return [] if school.details == self.details else [SchoolDetailsChanged(details=self.details)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolDetailsChanged:
    """The Ministry's list says this of a school now; its number stays."""

    details: SchoolDetails

    def evolve(self, school: School) -> School:
        return replace(school, details=self.details)


def require_own_stream(details: SchoolDetails, context: Context) -> None:
    """Raise if these are the details of another school, or if it closes before it opens."""
    if context.stream != school_id(details.number):
        raise NumberOfAnotherSchool("number")
    if details.opened_on:
        require_order(details.opened_on, details.closed_on)


class NumberOfAnotherSchool(Refused):
    """This is the number of another school; a school keeps its number."""


class SchoolRegisteredAlready(Refused):
    """The school is registered with other details; they are changed, not registered again."""


Command: TypeAlias = RegisterSchool | ChangeSchoolDetails
Event: TypeAlias = SchoolRegistered | SchoolDetailsChanged
