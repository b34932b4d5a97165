"""Moments over HTTP: now, an instant with its time zone, or a position of the log; and a position to be included."""

from datetime import datetime
from typing import Annotated, Any, Final, TypeAlias

from fastapi import Depends, Query
from pydantic import GetPydanticSchema, WithJsonSchema

from api.http.days import instant, plain
from api.http.faults import Fault
from api.http.problems import invalid
from projections.moments import Asked

LAST_POSITION: Final = 2**63 - 1


def _strict(source: Any, handler: Any) -> Any:
    return plain(instant)


Instant: TypeAlias = Annotated[
    datetime, GetPydanticSchema(_strict), WithJsonSchema({"type": "string", "format": "date-time"})
]
Position: TypeAlias = Annotated[int, Query(ge=0, le=LAST_POSITION)]


async def _asked(
    as_at: Annotated[Instant | None, Query(description="Show how it stood at this instant.")] = None,
    position: Annotated[Position | None, Query(description="Show how it stood at this position of the log.")] = None,
    at_least: Annotated[
        Position, Query(description="A position that the answer must include, as a command answered it.")
    ] = 0,
) -> Asked:
    """Return the moment that is asked for; raise a problem if there are two."""
    if as_at is not None and position is not None:
        fault = Fault(source="query", pointer="/position", code="two_moments", message="is given beside as_at")
        raise invalid([fault])
    return Asked(instant=as_at, position=position, at_least=at_least)


AtMoment: TypeAlias = Annotated[Asked, Depends(_asked)]
"""`at: AtMoment`, in the signature of a route that reads."""
