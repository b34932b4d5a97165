"""docs/commands.md: every command, as its class and the OpenAPI document tell it."""

import ast
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import MISSING, fields
from functools import cache
from typing import Any

from domain import registry
from tests.house.describing import (
    comments,
    hints,
    label,
    linked,
    listed,
    parsed,
    rules_in,
    said,
    source_of,
    table,
    values_in,
    where,
    words,
)
from tests.house.happening import by_stream, explained, used
from tests.house.tree import ROOT

HEAD = """# Commands

What can be asked.
A command is the body of its request as it stands here; unknown fields are refused, and nothing is cast.
Fields that are not needed are nothing, or else what stands there.
What can come of it: nothing, if it holds already; a [refusal](refusals.md); or the events that it becomes.
Where a case is opened or given to a provider, events of the case follow that are not named here.
A command that is "a system's" is asked by the service itself, never by people.
`P:name` is a parameter of the [policy](events.md#policyvalues): `P:draftExpiryDays` is its `draft_expiry_days`.
Made by `make docs` from `domain/` and [openapi.json](openapi.json); the tests compare.
"""


def page() -> str:
    kinds = registry.commands()
    parts = [HEAD]
    for stream, names in sorted(by_stream(kinds).items()):
        parts += [f"## {stream}", "", *(line for name in names for line in entry(name, kinds[name]))]
    parts += ["## Values", "", *values()]
    return "\n".join(parts).rstrip() + "\n"


def entry(name: str, kind: type[Any]) -> Iterator[str]:
    yield from (f"### {name}", "")
    if told := said(kind):
        yield from (linked(told), "")
    yield from (f"{asked(name)}; `{where(kind)}`.", "")
    becoming = ", ".join(f"[{event}](events.md#{event.lower()})" for event in becomes(kind))
    yield from (f"Becomes: {becoming}.", "")
    if rules := rules_of(kind):
        yield from (f"Rules: {listed(rules)}.", "")
    if hints(kind):
        rows = [
            [f"`{field}`", words(hint, link_of(hint)), must(kind, field), linked(meaning(kind, field))]
            for field, hint in hints(kind).items()
        ]
        yield from (*table("Field | Type | Needed | What it says", rows), "")


def asked(name: str) -> str:
    """Say by which routes a command comes in."""
    return ", ".join(routes().get(name, ["No route: the service itself, or a program, asks it"]))


@cache
def routes() -> dict[str, list[str]]:
    """Return the routes of each command, as the OpenAPI document has them."""
    found: dict[str, list[str]] = {}
    paths = json.loads((ROOT / "docs" / "openapi.json").read_text(encoding="utf-8"))["paths"]
    for path, operations in paths.items():
        for method, operation in operations.items():
            if body := operation.get("requestBody"):
                name = body["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
                route = f"`{method.upper()} {path}` ({operation['operationId']})"
                found.setdefault(name, []).append(route)
    return found


def becomes(kind: type[Any]) -> list[str]:
    """Return the events that a command names, or else those of its slice."""
    own = registry.members(getattr(sys.modules[kind.__module__], "Event", ()))
    named = [name for name in registry.events() if re.search(rf"\b{name}\b", source_of(kind))]
    return named or [event.__name__ for event in own]


def meaning(kind: type[Any], field: str) -> str:
    """Say what a field means: here, or else in the first event that has one of the same name."""
    heirs = (registry.events()[name] for name in becomes(kind))
    heir = next((each for each in heirs if field in hints(each)), kind)
    return comments(kind).get(field) or comments(heir).get(field, "")


def rules_of(kind: type[Any]) -> set[int]:
    """Return the rules that a command names, with those of its slice."""
    slice_ = ast.get_docstring(parsed(where(kind))) or ""
    return rules_in(slice_) | rules_in(source_of(kind))


def must(kind: type[Any], field: str) -> str:
    """Say whether a field has to be there, or what it is without."""
    declared = {each.name: each for each in fields(kind)}[field]
    if declared.default is MISSING and declared.default_factory is MISSING:
        return "yes"
    value = declared.default_factory() if callable(declared.default_factory) else declared.default
    words_for: dict[Any, str] = {None: "", True: "else yes", False: "else no", (): "else none"}
    return words_for.get(value, f"else `{value}`")


@cache
def of_events() -> frozenset[str]:
    return frozenset(used(registry.events().values()))


def link_of(hint: Any) -> str:
    """Say where the values of a type are explained: here, unless events are made of them too."""
    outermost = next((label(value) for value in values_in(hint)), "")
    return "events.md#{}" if outermost in of_events() else "#{}"


def values() -> Iterator[str]:
    """Explain the values that commands are made of and events are not."""
    for name, value in sorted(used(registry.commands().values()).items()):
        if name not in of_events():
            yield from explained(name, value, link_of)
