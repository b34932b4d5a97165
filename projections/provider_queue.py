"""The queue of a provider: the cases that wait there for a Case Manager, and all that it is responsible for."""

from uuid import UUID

from psycopg.sql import SQL, Composable, Literal

from domain.cases.status import WITH_PROVIDER, Status
from eventstore.connections import Connection
from projections.lists import EVERY, FIRST, Listed, Place, Scope, Tally, page, tally, with_field
from projections.moments import AsAt


def responsible(provider: UUID, at: AsAt, seen: Composable = EVERY) -> Scope:
    """Return the cases that a provider has: in its queue, open, paused or in transition."""
    statuses = SQL(", ").join(Literal(str(status)) for status in WITH_PROVIDER)
    return with_field("provider", provider, at, seen).within(SQL("c.status IN ({})").format(statuses))


def waiting(provider: UUID, at: AsAt, seen: Composable = EVERY) -> Scope:
    """Return those of them that wait in its queue."""
    return with_field("provider", provider, at, seen).within(
        SQL("c.status = {}").format(Literal(str(Status.PROVIDER_QUEUE)))
    )


def waiting_with(
    db: Connection,
    provider: UUID,
    at: AsAt,
    *,
    seen: Composable = EVERY,
    after: Place | None = None,
    limit: int = FIRST,
) -> list[Listed]:
    """Return the queue of one provider, the longest waiting first."""
    return page(db, waiting(provider, at, seen), at, after=after, limit=limit)


def load_of(db: Connection, provider: UUID, at: AsAt, *, seen: Composable = EVERY) -> Tally:
    """Count the cases that a provider has, by status."""
    return tally(db, responsible(provider, at, seen))
