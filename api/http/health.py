"""Health: whether the process lives, and whether it can serve. Public, and nothing personal."""

from datetime import timedelta
from http import HTTPStatus
from typing import Final

import psycopg
from fastapi import APIRouter, Request
from psycopg.errors import ReadOnlySqlTransaction
from psycopg_pool import PoolTimeout

from adapters.public_keys import KeysOutdated
from api.database import NotMigrated, require_migrated
from api.http.audiences import PUBLIC
from api.http.identity import Door
from api.http.problems import RETRY_SECONDS, Problem
from eventstore.connections import Connection
from projections.moments import standing_of
from projections.registry import MODELS

_READ_ONLY: Final = "SELECT current_setting('transaction_read_only')::boolean"  # always so on a standby

router = APIRouter(tags=["health"], dependencies=[PUBLIC])


@router.get("/health/live")
async def live() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "live"}


@router.get("/health/ready")
def ready(request: Request) -> dict[str, str]:
    """Say that commands and questions can be answered: the database is there and can be written, its schema is ours.

    The issuer's keys are not too old; if they are, whoever asks this has them fetched again.

    The read models, too: each has a table of this release, and is not too far behind for lists to be answered.
    """
    service = request.app.state.service
    try:
        with service.reads.connection() as connection:
            _require_writable(connection)
            require_migrated(connection)
            standing = standing_of(connection, service.clock())
    except ReadOnlySqlTransaction:
        raise _not_ready("the database cannot be written") from None
    except (psycopg.Error, PoolTimeout):
        raise _not_ready("the database does not answer") from None
    except NotMigrated:
        raise _not_ready("the database has the schema of another release") from None
    if not service.writer.alive:
        raise _not_ready("the writer has stopped")
    if service.writer.away:
        raise _not_ready("the database cannot be written")
    if not _can_judge(request.app.state.door):
        raise _not_ready("the issuer's keys are too old")
    if any(model.name not in standing or standing[model.name].shape != model.shape for model in MODELS):
        raise _not_ready("a read model has to be rebuilt")
    if any(each.behind > timedelta(seconds=service.settings.read_lag_seconds) for each in standing.values()):
        raise _not_ready("a read model is too far behind")
    return {"status": "ready"}


def _require_writable(connection: Connection) -> None:
    """Raise what a write would raise: such a session stays as it is for life, so its pool lets go of it."""
    if connection.execute(_READ_ONLY).fetchall()[0][0]:
        raise ReadOnlySqlTransaction


def _can_judge(door: Door) -> bool:
    try:
        return door.fetched is None or bool(door.fetched.latest)
    except KeysOutdated:
        return False


def _not_ready(why: str) -> Problem:
    return Problem(
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        code="NotReady",
        title="The service is not ready.",
        detail=f"At the moment {why}.",
        headers={"Retry-After": RETRY_SECONDS},
    )
