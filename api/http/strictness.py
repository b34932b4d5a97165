"""Strictness: parameters that two readers could read differently are refused, on every route alike.

The edge looks at headers. Whatever says who may ask a route has its path and query looked at, and no route is served
without saying so (`require_audiences`).
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final, get_args
from uuid import UUID

from fastapi import Request
from fastapi.dependencies.models import Dependant
from starlette.datastructures import Headers

from api.http.days import is_id
from api.http.faults import Fault
from api.http.problems import invalid

ONCE: Final = (
    "host",
    "authorization",
    "content-type",
    "content-length",
    "idempotency-key",
    "if-match",
    "acting-role",
    "x-request-id",
)
"""Headers that say one thing. Of two, a proxy may believe the first and we the last."""


def headers_given_twice(headers: Headers) -> list[Fault]:
    """Return a fault for every header of ours that is given more than once."""
    given = Counter(headers.keys())
    return [_fault("header", name, "given_twice") for name in ONCE if given[name] > 1]


def require_strict_parameters(request: Request) -> None:
    """Raise a problem that names whatever in path and query is given twice, or is an id in another form.

    A query that no parameter of the route has is refused without its name, which is the client's own text.
    """
    dependant: Dependant = request.scope["route"].dependant
    _refuse([*_queries(request, dependant), *_ids(request, dependant)])


def _queries(request: Request, dependant: Dependant) -> Iterator[Fault]:
    given = Counter(name for name, _ in request.query_params.multi_items())
    known = dict(_parameters(dependant, "query")) if given else {}
    if given.keys() - known.keys():
        yield Fault(source="query", pointer="", code="unknown", message="has a name that is not known here")
    yield from (_fault("query", name, "given_twice") for name in known if given[name] > 1)


def _ids(request: Request, dependant: Dependant) -> Iterator[Fault]:
    for source, values in (("path", request.path_params), ("query", request.query_params)):
        for name, annotation in _parameters(dependant, source) if values else ():
            if UUID in (annotation, *get_args(annotation)) and name in values and not is_id(str(values[name])):
                yield _fault(source, name, "not_an_id")


def _parameters(dependant: Dependant, source: str) -> Iterator[tuple[str, object]]:
    """Return the parameters of a route at any depth, with their types."""
    for each in dependant.query_params if source == "query" else dependant.path_params:
        yield each.alias, each.field_info.annotation
    for inner in dependant.dependencies:
        yield from _parameters(inner, source)


def _fault(source: str, name: str, code: str) -> Fault:
    return Fault(source=source, pointer=f"/{name}", code=code, message=_SAID[code])


_SAID: Final = {
    "given_twice": "is given more than once",
    "not_an_id": "is not a UUID",
}


def _refuse(faults: Iterable[Fault]) -> None:
    if found := list(dict.fromkeys(faults)):
        raise invalid(found)
