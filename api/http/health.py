"""Health: whether the process lives, whether it can serve, and its numbers. Public, and nothing personal."""

from http import HTTPStatus

import psycopg
from fastapi import APIRouter, Request, Response
from psycopg_pool import PoolTimeout

from api.database import NotMigrated, require_migrated
from api.http.audiences import PUBLIC
from api.http.metrics import TYPE
from api.http.problems import RETRY_SECONDS, Problem

router = APIRouter(tags=["health"], dependencies=[PUBLIC])


@router.get("/health/live")
async def live() -> dict[str, str]:
    """Say that the process answers."""
    return {"status": "live"}


@router.get("/health/ready")
def ready(request: Request) -> dict[str, str]:
    """Say that commands and questions can be answered: the database is there, its schema is ours, the writer works."""
    service = request.app.state.service
    try:
        with service.reads.connection() as connection:
            require_migrated(connection)
    except (psycopg.Error, PoolTimeout):
        raise _not_ready("the database does not answer") from None
    except NotMigrated:
        raise _not_ready("the database has the schema of another release") from None
    if not service.writer.alive:
        raise _not_ready("the writer has stopped")
    return {"status": "ready"}


@router.get("/metrics", response_class=Response)
def metrics(request: Request) -> Response:
    """Counts and times of requests, and the length of the writer's line."""
    state = request.app.state
    writer = state.service.writer
    return Response(state.metrics.text(commands_waiting=writer.waiting, writer_turns=writer.turns), media_type=TYPE)


def _not_ready(why: str) -> Problem:
    return Problem(
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        code="NotReady",
        title="The service is not ready.",
        detail=f"At the moment {why}.",
        headers={"Retry-After": RETRY_SECONDS},
    )
