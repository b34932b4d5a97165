"""Publishing the policy: new numbers for the rules, from a day on. What was published is never edited."""

from dataclasses import dataclass, fields, replace
from datetime import date
from itertools import pairwise
from typing import Final, TypeAlias

from domain.bounds import VersionNumber
from domain.decision import Context, Refused
from domain.policies.policy import Policy, PolicyValues, PolicyVersion
from domain.policies.versions import is_news
from domain.text import STRICT

MOST: Final = 1_000
"""No parameter counts more days, hours, months or cases than this."""

GUARDS: Final = {"approval_days": (1, 60), "administrators_apart_days": (14, MOST), "audit_longest_days": (1, 732)}
"""The least and the most of what guards administrators: one alone publishes the policy, and undoes none of it."""

MAY_BE_EMPTY: Final = frozenset({"forums", "hard_stops"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishPolicy:
    """Publish all parameters, those that stay the same too."""

    __pydantic_config__ = STRICT

    version: VersionNumber
    effective_from: date
    values: PolicyValues

    def decide(self, policy: Policy, context: Context) -> list["PolicyPublished"]:
        wrong = out_of_range(self.values)
        if wrong:
            raise ParameterOutOfRange(*wrong)
        new = PolicyVersion(version=self.version, effective_from=self.effective_from, values=self.values)
        return [PolicyPublished(published=new)] if is_news(policy.versions, new, context.today) else []


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyPublished:
    """All parameters of the rules, which count from their `effective_from`; the versions before stay readable."""

    published: PolicyVersion

    def evolve(self, policy: Policy) -> Policy:
        return replace(policy, versions=(*policy.versions, self.published))


def out_of_range(values: PolicyValues) -> tuple[str, ...]:
    """Return the names of parameters that no rule could use."""
    return tuple(each.name for each in fields(values) if not _usable(each.name, getattr(values, each.name)))


def _usable(name: str, value: object) -> bool:
    numbers = [each for each in (value if isinstance(value, tuple) else (value,)) if isinstance(each, int)]
    least, most = GUARDS.get(name, (0, 100 if name.endswith("_percent") else MOST))
    rising = name != "star_thresholds" or all(one < other for one, other in pairwise(numbers))
    named = value != () or name in MAY_BE_EMPTY
    return rising and named and all(least <= each <= most for each in numbers)


class ParameterOutOfRange(Refused):
    """No rule could use this value."""


Command: TypeAlias = PublishPolicy
Event: TypeAlias = PolicyPublished
