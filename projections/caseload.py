"""A caseload: the cases that one person works as Case Manager (BR-38, BR-62)."""

from uuid import UUID

from psycopg.sql import SQL, Composable

from eventstore.connections import Connection
from projections.asking import Given
from projections.lists import EVERY, FIRST, Listed, Place, Tally, page, tally, with_field
from projections.moments import AsAt


def cases_of(
    db: Connection,
    manager: UUID,
    at: AsAt,
    *,
    seen: Composable = EVERY,
    after: Place | None = None,
    limit: int = FIRST,
) -> list[Listed]:
    """Return the cases of one Case Manager, those first that have stood as they do for longest."""
    return page(db, with_field("manager", manager, at, seen), at, after=after, limit=limit)


def size_of(db: Connection, manager: UUID, at: AsAt, *, seen: Composable = EVERY) -> Tally:
    """Count them by status; above `P:caseloadWarn` people are warned, and nobody is stopped (BR-38)."""
    return tally(db, with_field("manager", manager, at, seen))


def others_of(db: Connection, manager: UUID, case: UUID, at: AsAt) -> int:
    """Count the cases that a person works beside this one, all of them active: a closed case has no manager."""
    return size_of(db, manager, at, seen=SQL("now.case_id <> {}").format(Given(case))).all
