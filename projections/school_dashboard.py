"""The dashboard of a school: the cases of those on its roll, in the words that schools are shown (BR-130, BR-137)."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from psycopg.sql import Composable

from domain.cases.status import SHOWN, Status
from eventstore.connections import Connection
from projections.lists import EVERY, FIRST, Listed, Place, page, tally, with_field
from projections.moments import AsAt


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """How many cases by the name of the status shown, and how many of them stand still as they could not be folded."""

    shown: Mapping[str, int]
    paused: int
    parked: int


def dashboard_of(db: Connection, school: UUID, at: AsAt, *, seen: Composable = EVERY) -> Dashboard:
    """Count the cases of students on the school's roll (BR-60, BR-133)."""
    counted = tally(db, with_field("enrolled_at", school, at, seen))
    shown = Counter[str]()
    for status, count in counted.by_status.items():
        shown[SHOWN[Status(status)].name] += count
    return Dashboard(shown=shown, paused=counted.by_status.get(Status.PAUSED, 0), parked=counted.parked)


def cases_of(
    db: Connection,
    school: UUID,
    at: AsAt,
    *,
    seen: Composable = EVERY,
    after: Place | None = None,
    limit: int = FIRST,
) -> list[Listed]:
    """Return the cases of students on the school's roll, those first that have stood as they do for longest."""
    return page(db, with_field("enrolled_at", school, at, seen), at, after=after, limit=limit)
