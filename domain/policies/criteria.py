"""The criteria of a CA request: versioned data that the Ministry may tighten or loosen (BR-17)."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from domain.bounds import Many
from domain.ids import policy_id
from domain.policies import versions
from domain.text import STRICT, Code, LongText

CRITERIA: Final = policy_id("criteria")
"""The one stream of the criteria."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CriteriaValues:
    """Which grounds make a request possible, advisable, early or inappropriate, and the words that its form shows.

    A request records by which version it was judged, and so also which statement its form showed (BR-139).
    """

    __pydantic_config__ = STRICT

    eligibility: Many[Code] = ("CHRONIC", "PATTERN", "EXCEPTIONAL")  # BR-15
    strong: Many[Code] = (
        "PRIOR_SERVICE",
        "STAND_DOWN_SUSPENSION_EXCLUSION",
        "FREQUENT_MOVES",
        "BARRIER_OUTSIDE_CONTROL",
        "DISENGAGEMENT_RISK",
    )
    may: Many[Code] = (
        "ENGAGEMENT_FAILED",
        "UNRESOLVED_WELLBEING",
        "OTHER_SERVICES_NO_GAIN",
        "TRANSITIONING",
        "SIBLING_SUPPORTED",
    )
    consider: Many[Code] = (
        "PLAN_REVIEWED_NO_GAIN",
        "BEYOND_SCHOOL",
        "MULTIPLE_COMPLEX_LONGSTANDING",
    )  # BR-138
    wait: Many[Code] = ("PLAN_INCOMPLETE", "IMPROVING", "SCHOOL_BASED", "OTHER_SERVICE_BETTER")  # BR-16
    refuse: Many[Code] = ("NO_VISA", "SINGLE_CLASS")  # BR-14
    guidance: LongText | None = None
    privacy_statement: LongText = "The Attendance Service's privacy statement: education.govt.nz/attendance-privacy"


@dataclass(frozen=True, slots=True, kw_only=True)
class CriteriaVersion:
    version: int
    effective_from: date
    values: CriteriaValues


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    versions: tuple[CriteriaVersion, ...] = ()

    @property
    def latest(self) -> int:
        """The highest version published; 0 before the first."""
        return versions.latest(self.versions)

    def version_on(self, day: date) -> int:
        """Return the version that requests submitted on the day use; 0 before anything was published."""
        return self._on(day).version

    def in_force(self, day: date) -> CriteriaValues:
        """Return the criteria that requests submitted on the day use."""
        return self._on(day).values

    def _on(self, day: date) -> CriteriaVersion:
        return versions.in_force(self.versions, day, _FIRST)


_FIRST: Final = CriteriaVersion(version=0, effective_from=date.min, values=CriteriaValues())
