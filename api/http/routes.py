"""Routes: every one says who may ask it, or the service does not start."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute

from api.http.identity import Audience, public


class UndeclaredAudience(Exception):
    """A route names neither an audience nor that it is public."""


def add_routes(app: FastAPI, routers: Iterable[APIRouter]) -> None:
    """Put every route on the application itself, for included routers are searched one by one, twice a request.

    The operation id of each is the name of its function, which does not change with the path.
    """
    for route in (route for router in routers for route in router.routes):
        if isinstance(route, APIRoute):
            route.unique_id = route.name
        app.router.routes.append(route)


def api_routes(app: FastAPI) -> list[APIRoute]:
    """Return every route that can be asked."""
    return [route for route in _routes(app) if isinstance(route, APIRoute)]


def calls(dependant: Dependant) -> Iterator[Callable[..., Any]]:
    """Return everything that a route depends on, at any depth."""
    for each in dependant.dependencies:
        if each.call:
            yield each.call
        yield from calls(each)


def require_audiences(app: FastAPI) -> None:
    """Raise UndeclaredAudience unless every route says who may ask it."""
    unknown = [route for route in _routes(app) if not _declared(route)]
    if unknown:
        raise UndeclaredAudience(", ".join(str(getattr(route, "path", route)) for route in unknown))


def shown(example: dict[str, Any]) -> dict[str, Any]:
    """Return what a route adds to the OpenAPI document: an example of its body."""
    return {"requestBody": {"content": {"application/json": {"example": example}}}}


def _routes(app: FastAPI) -> list[BaseRoute]:
    return [context.original_route for context in iter_route_contexts(app.routes)]


def _declared(route: BaseRoute) -> bool:
    if not isinstance(route, APIRoute):
        return False
    return any(call is public or isinstance(call, Audience) for call in calls(route.dependant))
