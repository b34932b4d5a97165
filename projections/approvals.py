"""Approvals: what one administrator asked another one to approve, one row each, and what became of it (ADR 19)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from psycopg.sql import SQL

from domain.users.approval import ApprovalStatus
from domain.users.approving import (
    ApprovalDeclined,
    ApprovalGiven,
    ApprovalWithdrawn,
    LoginAskedFor,
    RoleAskedFor,
)
from domain.users.user import Role
from eventstore.connections import Connection
from eventstore.log import Recorded
from projections.latest_first import Place, page
from projections.model import Model
from projections.moments import AsAt


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Without a role, it is another login that was asked for. One that nobody approved in time still reads ASKED."""

    approval_id: UUID
    user_id: UUID
    status: ApprovalStatus
    asked_by: UUID
    asked_on: date
    expires_on: date
    role: Role | None = None
    organisation: UUID | None = None
    from_on: date | None = None
    to_on: date | None = None
    settled_by: UUID | None = None
    settled_on: date | None = None


project: Final = Model("approvals", Row, key=("approval_id",), present=(("user_id",), ("asked_on",)))


@project.on(RoleAskedFor)
def role_asked_for(row: Row | None, event: RoleAskedFor, recorded: Recorded) -> Row:
    asked, grant = _asked(event, recorded), event.grant
    return replace(asked, role=grant.role, organisation=grant.organisation, from_on=grant.from_on, to_on=grant.to_on)


@project.on(LoginAskedFor)
def login_asked_for(row: Row | None, event: LoginAskedFor, recorded: Recorded) -> Row:
    return _asked(event, recorded)


@project.on(ApprovalGiven)
def approved(row: Row, event: ApprovalGiven, recorded: Recorded) -> Row:
    return _settled(row, ApprovalStatus.APPROVED, event.approved_by, recorded)


@project.on(ApprovalDeclined)
def declined(row: Row, event: ApprovalDeclined, recorded: Recorded) -> Row:
    return _settled(row, ApprovalStatus.DECLINED, event.declined_by, recorded)


@project.on(ApprovalWithdrawn)
def withdrawn(row: Row, event: ApprovalWithdrawn, recorded: Recorded) -> Row:
    return _settled(row, ApprovalStatus.WITHDRAWN, event.withdrawn_by, recorded)


def _asked(event: RoleAskedFor | LoginAskedFor, recorded: Recorded) -> Row:
    return Row(
        approval_id=recorded.stream,
        user_id=event.user,
        status=ApprovalStatus.ASKED,
        asked_by=event.asked_by,
        asked_on=recorded.decided_on,
        expires_on=event.expires_on,
    )


def _settled(row: Row, status: ApprovalStatus, by: UUID, recorded: Recorded) -> Row:
    return replace(row, status=status, settled_by=by, settled_on=recorded.decided_on)


_OF_ONE: Final = SQL("(%(user)s::uuid IS NULL OR r.user_id = %(user)s)")


def of(db: Connection, user: UUID | None, at: AsAt, after: Place | None, most: int) -> Iterator[Row]:
    """Return what was asked for somebody, or for anybody, the latest first."""
    return page(db, project, at, after, most, _OF_ONE, {"user": user})
