"""What the OpenAPI document promises is what happens, whatever is sent: no answer that it does not name, no 5xx."""

import json
import os
from collections.abc import Iterator
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.python import asgi

from api.app import bare_app, openapi_text
from api.http.routes import api_routes
from tests.api.test_bad_input import role_for
from tests.api.town import Town

EXAMPLES = 1_000 if os.environ.get("HYPOTHESIS_PROFILE") == "soak" else 20

HOST = "http://testserver"

PROMISES = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
)
load_all_checks()
CHECKED = [CHECKS.get_one(name) for name in PROMISES]

APP = bare_app()
ROUTES = {route.path: route for route in api_routes(APP)}


def unguarded() -> dict[str, Any]:
    """The document without its tokens: ours stand in place of whatever would be made up for one."""
    copy: dict[str, Any] = json.loads(openapi_text())
    for methods in copy["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
    return copy


DOCUMENT = schemathesis.openapi.from_dict(unguarded())
OPERATIONS: list[Any] = [cast("Any", found).ok() for found in DOCUMENT.get_all_operations()]


@pytest.fixture(scope="session")
def line(town: Town) -> Iterator[asgi.ASGIClient]:
    """One line into the service, for all that is sent."""
    with asgi.get_client(cast("Any", town.app)) as opened:
        yield opened


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_every_answer_is_one_that_the_document_promises(town: Town, line: asgi.ASGIClient, operation: Any):
    town.follow()  # who asks for a position that is not shown yet is told so with a 503, and rightly
    headers = town.bearer(role_for(ROUTES[operation.path])) if operation.path.startswith("/v1") else {}

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=right_or_wrong(operation))
    def ask(case: Any) -> None:
        case.call_and_validate(headers=headers, base_url=HOST, session=line, checks=CHECKED)

    ask()


def right_or_wrong(operation: Any) -> st.SearchStrategy[Any]:
    """What the document allows, and what it does not, if anything can be sent at all."""
    if not operation.path.startswith("/v1"):
        return operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    return st.one_of([operation.as_strategy(generation_mode=mode) for mode in GenerationMode])
