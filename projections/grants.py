"""Grants: who holds, or held, which role in which organisation, one row for each grant."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composed, Identifier, Literal

from domain.users.granting import UserRoleGranted, UserRoleRevoked
from domain.users.user import Role
from eventstore.connections import Connection
from eventstore.log import Recorded
from projections.model import Changed, Model, Rows
from projections.moments import AsAt


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`number` counts the grants of a user; both days count. One that was revoked is nobody's, whatever they say."""

    user_id: UUID
    number: int
    role: Role
    organisation: UUID
    from_on: date
    to_on: date | None = None
    revoked: bool = False


project: Final = Model("grants", Row, key=("user_id", "number"), present=(("organisation", "role"),))


@project.on(UserRoleGranted)
def granted(rows: Rows[Row], event: UserRoleGranted, recorded: Recorded) -> Changed[Row]:
    yield Row(
        user_id=recorded.stream,
        number=max(rows, default=0) + 1,
        role=event.grant.role,
        organisation=event.grant.organisation,
        from_on=event.grant.from_on,
        to_on=event.grant.to_on,
    )


@project.on(UserRoleRevoked)
def revoked(rows: Rows[Row], event: UserRoleRevoked, recorded: Recorded) -> Changed[Row]:
    taken = (event.role, event.organisation)
    return [replace(row, revoked=True) for row in rows.values() if (row.role, row.organisation) == taken]


_HOLDERS: Final = SQL("""
SELECT DISTINCT g.user_id FROM service.grants g
 WHERE {at} AND g.organisation = %(organisation)s AND g.role = ANY(%(roles)s) AND NOT g.revoked
   AND g.from_on <= %(day)s AND coalesce(g.to_on, 'infinity') >= %(day)s
""")


def holders(db: Connection, roles: Iterable[Role], organisation: UUID, at: AsAt) -> list[UUID]:
    """Return who holds one of these roles in an organisation at a moment."""
    wanted = {"organisation": organisation, "roles": [str(role) for role in roles], "day": at.day}
    query = _HOLDERS.format(at=at.rows(project, "g"))
    return [user for (user,) in db.cursor(row_factory=tuple_row).execute(query, wanted)]


def holds_any(user: Identifier, roles: Iterable[Role], organisation: Identifier) -> Composed:
    """Return the condition that a user holds one of these roles in an organisation now, on the day `%(day)s`."""
    return SQL(
        "EXISTS (SELECT FROM service.grants g WHERE g.to_position IS NULL AND g.user_id = {user}"
        " AND g.organisation = {organisation} AND g.role IN ({roles}) AND NOT g.revoked"
        " AND g.from_on <= %(day)s AND coalesce(g.to_on, 'infinity') >= %(day)s)"
    ).format(user=user, organisation=organisation, roles=SQL(", ").join(Literal(str(role)) for role in sorted(roles)))
