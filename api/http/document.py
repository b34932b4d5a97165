"""The OpenAPI 3.1 document: bodies from the same adapters that read them, and every problem that a route can answer."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaMode

from api.http.bodies import Reader
from api.http.connections import ANSWERS
from api.http.identity import Audience
from api.http.problems import MEDIA_TYPE
from api.http.routes import api_routes, calls

JSON: Final = "application/json"
_REF: Final = "#/components/schemas/{model}"
_VALIDATION: Final[JsonSchemaMode] = "validation"

_PROBLEM: Final = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457. `code` is stable; `errors` lists up to 50 mistakes, and never repeats what was sent.",
    "required": ["type", "title", "status", "code"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": {"$ref": _REF.format(model="Fault")}},
    },
}
_FAULT: Final = {
    "type": "object",
    "title": "Fault",
    "required": ["source", "pointer", "code", "message"],
    "additionalProperties": False,
    "properties": {
        "source": {"enum": ["body", "path", "query", "header"]},
        "pointer": {"type": "string", "description": "A JSON pointer into the source."},
        "code": {"type": "string"},
        "message": {"type": "string"},
    },
}
_ANSWER: Final = {
    "type": "object",
    "title": "Answer",
    "description": "What a command did. Ask with `position` to read your own write.",
    "required": ["id", "version", "position", "ids"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "version": {"type": "integer", "minimum": 0},
        "position": {"type": "integer", "minimum": 0},
        "ids": {"type": "object", "additionalProperties": {"type": "string", "format": "uuid"}},
        "warnings": {"type": "array", "minItems": 1, "items": {"$ref": _REF.format(model="Warned")}},
    },
}
_WARNED: Final = {
    "type": "object",
    "title": "Warned",
    "description": "What people should know of something that was done all the same; `code` is stable.",
    "required": ["code", "message"],
    "additionalProperties": False,
    "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
}
_ETAG: Final = {"description": "The version, for `If-Match`.", "schema": {"type": "string"}}

_MADE: Final = "It is made."

_WORDS: Final = {
    400: "This is no HTTP that everybody would read alike, or the body is no such JSON.",
    401: "No token, or one that proves nothing here.",
    403: "The role does not allow this.",
    404: "Nothing there that the asker can see.",
    408: "The request took too long to arrive.",
    409: "A rule refuses it as things stand; `code` names the rule.",
    412: "Somebody else changed it first.",
    413: "The body is too long.",
    415: "The body is not JSON.",
    422: "What was sent has mistakes; `errors` lists them.",
    429: "More than one person may ask for in a minute, send in a day, or have open; `Retry-After` says when again.",
    431: "The headers are too long or too many.",
    500: "The service made a mistake.",
    503: "The service cannot answer at the moment, or too many connections are open.",
}
_OF_ALL: Final = (*map(int, ANSWERS), 422, 500)
"""What a request can be answered before its route is reached: by its connection, or by the layers around it."""
_OF_COMMANDS: Final = (409, 412, 415, 429)
_OF_ALL_BUT_PUBLIC: Final = (401, 403, 404)


def document(app: FastAPI) -> dict[str, Any]:
    """Return the whole document."""
    made = get_openapi(
        title=app.title, version=app.version, summary=app.summary, description=app.description, routes=app.routes
    )
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas.update({"Problem": _PROBLEM, "Fault": _FAULT, "Answer": _ANSWER, "Warned": _WARNED, **_bodies(app)})
    for route in _shown(app):
        for method in route.methods or ():
            _complete(made["paths"][route.path][method.lower()], route)
    return made


def text(made: dict[str, Any]) -> str:
    """Return the document as it is kept in docs/openapi.json."""
    return json.dumps(made, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def reader_of(route: APIRoute) -> Reader[Any] | None:
    """Return the reader of the route's body, if it has one."""
    return next((call for call in calls(route.dependant) if isinstance(call, Reader)), None)


def _shown(app: FastAPI) -> list[APIRoute]:
    return [route for route in api_routes(app) if route.include_in_schema]


def _bodies(app: FastAPI) -> dict[str, Any]:
    readers = [reader for route in _shown(app) if (reader := reader_of(route))]
    adapters = {reader.of.__name__: reader.adapter for reader in readers}
    inputs = [(name, _VALIDATION, adapter) for name, adapter in adapters.items()]
    _, defined = TypeAdapter.json_schemas(inputs, ref_template=_REF)
    return dict(defined.get("$defs", {}))


def _complete(operation: dict[str, Any], route: APIRoute) -> None:
    reader = reader_of(route)
    if reader:
        shown = operation.setdefault("requestBody", {}).setdefault("content", {}).setdefault(JSON, {})
        shown["schema"] = {"$ref": _REF.format(model=reader.of.__name__)}
        operation["requestBody"]["required"] = True
    problems = {status: _problem(status) for status in _statuses(route, reader)}
    successes = _command_answers(route) if reader else _kept(operation)
    operation["responses"] = {str(status): one for status, one in sorted({**successes, **problems}.items())}


def _statuses(route: APIRoute, reader: Reader[Any] | None) -> Iterator[int]:
    yield from _OF_ALL
    if any(isinstance(call, Audience) for call in calls(route.dependant)):
        yield from _OF_ALL_BUT_PUBLIC
    if reader:
        yield from _OF_COMMANDS
    if route.path == "/metrics":
        yield from (401, 404)


def _problem(status: int) -> dict[str, Any]:
    return {
        "description": _WORDS[status],
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}},
    }


def _command_answers(route: APIRoute) -> dict[int, Any]:
    answer = {"headers": {"ETag": _ETAG}, "content": {JSON: {"schema": {"$ref": _REF.format(model="Answer")}}}}
    location = {"Location": {"description": "Where it is.", "schema": {"type": "string"}}}
    made = answer | {"description": _MADE, "headers": {"ETag": _ETAG, **location}}
    done = answer | {"description": "It is so, from now on or already."}
    return {int(HTTPStatus.OK): done, int(HTTPStatus.CREATED): made}


def _kept(operation: dict[str, Any]) -> dict[int, Any]:
    return {int(status): one for status, one in operation["responses"].items() if status.startswith("2")}
