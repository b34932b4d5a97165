"""The API's reference as a page: the OpenAPI document for people with a browser. Public, complete in itself."""

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final, TypeAlias

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.http.audiences import PUBLIC
from api.http.faults import Fault
from api.http.problems import invalid

Json: TypeAlias = dict[str, Any]

_POLICY: Final = (
    "default-src 'none'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_METHODS: Final = frozenset({"get", "put", "post", "delete", "patch"})
_NO_PROBLEM: Final = "2"
_MISTAKES: Final = (
    Fault(source="body", pointer="/attestations/located_on", code="missing", message="is missing"),
    Fault(source="header", pointer="/if-match", code="not_an_etag", message='is no ETag such as "3"'),
)

router = APIRouter(dependencies=[PUBLIC], include_in_schema=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The page, and the policy that lets it have the one style that is written in it, and nothing else."""

    html: str
    policy: str


@router.get("/docs")
def reference(request: Request) -> HTMLResponse:
    """The OpenAPI document as a page."""
    state = request.app.state
    if not hasattr(state, "reference"):
        state.reference = page(request.app.openapi())
    return HTMLResponse(state.reference.html, headers={"Content-Security-Policy": state.reference.policy})


def page(document: Json) -> Page:
    """Return the page of an OpenAPI document."""
    pages = Environment(
        loader=PackageLoader("api.http"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters["pretty"] = _pretty
    style = pages.get_template("reference.css").render()
    html = pages.get_template("reference.html").render(
        info=document["info"],
        tags=_by_tag(document),
        problems=_problems(document),
        problem=_example_of_a_problem(),
        schemas=_described(_schemas(document)),
    )
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return Page(html=html, policy=_POLICY.format(digest))


def kind(schema: Json, schemas: Json) -> str:
    """Return in a few words what a value is: `uuid`, `list of date`, or the name of a schema that is described."""
    if name := schema.get("$ref", "").rpartition("/")[2]:
        return name if _worth_describing(schemas[name]) else kind(schemas[name], schemas)
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(kind(one, schemas) for one in choices if one.get("type") != "null")
    if "enum" in schema or "const" in schema:
        return _one_of(schema.get("enum") or [schema["const"]])
    if schema.get("type") == "array":
        return f"list of {kind(schema.get('items', {}), schemas)}"
    return str(schema.get("format") or schema.get("type", "any value"))


def _one_of(values: list[Any]) -> str:
    return f"one of {', '.join(map(str, values))}" if len(values) > 1 else str(values[0])


def _worth_describing(schema: Json) -> bool:
    return "properties" in schema or "enum" in schema


def _described(schemas: Json) -> dict[str, Json]:
    """Return what the template tells of the schemas that have a name of their own: their fields, or their words."""
    return {
        name: {
            "description": schema.get("description", ""),
            "fields": _fields(schema, schemas),
            "kind": kind(schema, schemas) if "enum" in schema else "",
        }
        for name, schema in sorted(schemas.items())
        if _worth_describing(schema)
    }


def _by_tag(document: Json) -> dict[str, list[Json]]:
    """Return what the template tells of the operations, by their first tag, in the document's order."""
    tags: dict[str, list[Json]] = {}
    for path, method, operation in _operations(document):
        tags.setdefault(operation["tags"][0], []).append(_told(path, method, operation, _schemas(document)))
    return tags


def _operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in document["paths"].items():
        yield from ((path, method, methods[method]) for method in methods if method in _METHODS)


def _told(path: str, method: str, operation: Json, schemas: Json) -> Json:
    content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    answers = operation["responses"]
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "description": operation.get("description", ""),
        "guarded": bool(operation.get("security")),
        "parameters": [_parameter(one, schemas) for one in operation.get("parameters", ())],
        "fields": _fields(content.get("schema", {}), schemas),
        "example": content.get("example"),
        "answers": {code: _answer(one, schemas) for code, one in answers.items() if code.startswith(_NO_PROBLEM)},
        "problems": [status for status in answers if not status.startswith(_NO_PROBLEM)],
    }


def _answer(answer: Json, schemas: Json) -> Json:
    schema = answer.get("content", {}).get("application/json", {}).get("schema")
    return {"description": answer["description"], "kind": kind(schema, schemas) if schema else ""}


def _parameter(parameter: Json, schemas: Json) -> Json:
    told = _value(parameter["name"], parameter["schema"], schemas, required=parameter.get("required", False))
    return told | {"place": parameter["in"], "description": parameter.get("description", "")}


def _fields(schema: Json, schemas: Json) -> list[Json]:
    """Return the fields of a body, those of the object itself."""
    whole = schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)
    required = whole.get("required", ())
    return [_value(name, one, schemas, required=name in required) for name, one in whole.get("properties", {}).items()]


def _value(name: str, schema: Json, schemas: Json, *, required: bool) -> Json:
    words = schema.get("description", "")
    return {"name": name, "kind": kind(schema, schemas), "required": required, "place": "", "description": words}


def _problems(document: Json) -> dict[str, str]:
    """Return every status that is a problem, with its words: a status means the same wherever it is answered."""
    answers = [one for _, _, operation in _operations(document) for one in operation["responses"].items()]
    return {
        status: one["description"]
        for status, one in sorted(answers, key=itemgetter(0))
        if not status.startswith(_NO_PROBLEM)
    }


def _example_of_a_problem() -> Json:
    """Return a problem as it is really answered."""
    made: Json = json.loads(bytes(invalid(_MISTAKES).answer().body))
    return made


def _schemas(document: Json) -> Json:
    return dict(document.get("components", {}).get("schemas", {}))


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
