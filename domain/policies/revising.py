"""Revising the criteria of a CA request: tightened or loosened from a day on (BR-17)."""

from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias

from domain.bounds import VersionNumber
from domain.decision import Context, Refused
from domain.policies.criteria import Criteria, CriteriaValues, CriteriaVersion
from domain.policies.versions import is_news
from domain.text import STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishCriteria:
    """Publish all criteria, those that stay the same too."""

    __pydantic_config__ = STRICT

    version: VersionNumber
    effective_from: date
    values: CriteriaValues

    def decide(self, criteria: Criteria, context: Context) -> list["CriteriaPublished"]:
        if not self.values.eligibility:
            raise NobodyEligible("eligibility")
        new = CriteriaVersion(version=self.version, effective_from=self.effective_from, values=self.values)
        return [CriteriaPublished(published=new)] if is_news(criteria.versions, new, context.today) else []


@dataclass(frozen=True, slots=True, kw_only=True)
class CriteriaPublished:
    """What a school's request has to meet, for requests submitted on its `effective_from` and later (BR-17)."""

    published: CriteriaVersion

    def evolve(self, criteria: Criteria) -> Criteria:
        return replace(criteria, versions=(*criteria.versions, self.published))


class NobodyEligible(Refused):
    """Criteria name at least one ground on which a school may ask for support."""


Command: TypeAlias = PublishCriteria
Event: TypeAlias = CriteriaPublished
