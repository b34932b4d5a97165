"""A stream of any kind, as far as its kind goes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from domain.calendars.publishing import Calendar, SchoolCalendar
from domain.catchments.catchment import Catchment
from domain.codesets.code_set import CodeSet
from domain.policies.criteria import Criteria
from domain.policies.policy import Policy
from domain.providers.provider import Provider
from domain.requests.request import Request
from domain.schools.school import School
from domain.users.user import User

NAMED: Final = frozenset(
    kind.__name__ for kind in (Calendar, Catchment, CodeSet, Criteria, Policy, Provider, School, SchoolCalendar, User)
)
"""The kinds of which some have ids that everybody can make (`domain.ids.natural_id`)."""

ONCE_CHOSEN: Final = frozenset({Request.__name__})
"""The kinds that clients could once begin at any id they liked, before such ids were made of their names (ADR 15)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Which kinds of things have told something in a stream, since it began or was last taken back."""

    kinds: frozenset[str] = frozenset()

    def told_by(self, kinds: Iterable[type]) -> "Stream":
        """Return the stream after an event of one of these kinds."""
        return Stream(kinds=self.kinds | {kind.__name__ for kind in kinds})
