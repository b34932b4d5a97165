"""docs/events.md: every event, as its class tells it."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from functools import cache
from typing import Any, get_args

from domain import registry
from domain.sealed import DataClass
from domain.text import Text
from eventstore.upcasters import UPCASTERS
from tests.house import describing
from tests.house.describing import comments, hints, is_sealed, linked, said, table, where, words
from tests.house.tree import modules

HEAD = """# Events

What can happen, stored for ever under the name of its class.
The envelope beside it says who, when and on which facts (`eventstore/envelope.py`).
A day is a civil day in Auckland, an instant is UTC.
An id is that of what its field is called: a stream (`school`, `provider`), or something within this one that the caller
named (`barrier`, `meeting`); managers, contacts, authors and submitters are users.
A code is one of the code set that is named beside it, as that set was on the day.
A sealed field is encrypted with the key of its subject for the class named, and unknown once that key was destroyed:
[ADR 6](../ADRs/0006-personal-values-are-sealed-from-the-first-event-on.md).
Made by `make docs` from `domain/`; the tests compare.
"""

DEFAULT = {"sealed": DataClass.NARRATIVE}
"""Which class a helper seals with unless it is told another (`domain/cases/facts.py`)."""


def page() -> str:
    kinds = registry.events()
    parts = [HEAD]
    for stream, names in sorted(by_stream(kinds).items()):
        parts += [f"## {stream}", "", *(line for name in names for line in entry(name, kinds[name]))]
    values = sorted(used(kinds.values()).items())
    parts += ["## Values", "", *(line for name, value in values for line in explained(name, value))]
    return "\n".join(parts).rstrip() + "\n"


def by_stream(kinds: Any) -> dict[str, list[str]]:
    """Return the names of events or commands by the streams that they belong to."""
    found: dict[str, list[str]] = {}
    for name in sorted(kinds):
        streams = " and ".join(state.__name__ for state in registry.states_of(kinds[name]))
        found.setdefault(streams, []).append(name)
    return found


def entry(name: str, kind: type[Any]) -> Iterator[str]:
    version = UPCASTERS.present(name)
    yield from (f"### {name}", "")
    if told := said(kind):
        yield from (linked(told), "")
    golden = f"[as stored](../tests/golden/{name}.v{version}.json)"
    yield from (f"Schema version {version}, {golden}; `{where(kind)}`.", "")
    if hints(kind):
        rows = [
            [f"`{field}`", words(hint), sealed_as(name, field, hint), linked(comments(kind).get(field, ""))]
            for field, hint in hints(kind).items()
        ]
        yield from (*table("Field | Type | Sealed as | What it says", rows), "")


def sealed_as(name: str, field: str, hint: Any) -> str:
    """Return the classes of data that a field is sealed with. Raises LookupError if the code does not show any."""
    if not is_sealed(hint):
        return ""
    slice_ = describing.parsed(where(registry.events()[name]))
    if not (found := sealings().get((name, field)) or classes(slice_, slice_)):
        raise LookupError(f"nothing in domain/ shows with which class {name}.{field} is sealed")
    return ", ".join(sorted(found))


@cache
def sealings() -> dict[tuple[str, str], set[str]]:
    """Return the classes of data by event and field, as the calls in the domain show them."""
    found: dict[tuple[str, str], set[str]] = {}
    for _, source in modules("domain"):
        tree = ast.parse(source)
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            for keyword in call.keywords:
                if isinstance(call.func, ast.Name) and call.func.id in registry.events() and keyword.arg:
                    shown = classes(keyword.value, tree)
                    found.setdefault((call.func.id, keyword.arg), set()).update(shown)
    return found


def classes(value: ast.AST, tree: ast.Module, *, deeper: bool = True) -> set[str]:
    """Return the classes of data that an expression names, itself or by what it calls or was assigned from."""
    nodes = list(ast.walk(value))
    named = {DataClass[node.attr].value for node in nodes if isinstance(node, ast.Attribute) and is_class(node)}
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    if named or not deeper:
        return named or {DEFAULT[name].value for name in names & DEFAULT.keys()}
    origins = [node for node in ast.walk(tree) if defined(node) & names]
    found = {each for node in origins for each in classes(node, tree, deeper=False)}
    return found or {DEFAULT[name].value for name in names & DEFAULT.keys()}


def is_class(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == "DataClass"


def defined(node: ast.AST) -> set[str]:
    """Return the names that a statement defines."""
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    return {node.name} if isinstance(node, ast.FunctionDef) else set()


def used(kinds: Any) -> dict[str, Any]:
    """Return the values that some classes are made of, by name."""
    found = (value for kind in kinds for hint in hints(kind).values() for value in describing.values_in(hint))
    return {describing.label(value): value for value in found}


def explained(name: str, value: Any, link: Callable[[Any], str] = lambda _: "#{}") -> Iterator[str]:
    """Explain a value or kind of text; `link` says where the values are explained that it is made of."""
    told = told_of_text(name, value) if describing.named_text(value) else said(value)
    yield from (f"### {name}", "", *([linked(told), ""] if told else []))
    if not describing.named_text(value):
        yield from (*(fields_of(value, link) if is_dataclass(value) else members_of(value)), "")


def told_of_text(name: str, kind: Any) -> str:
    """Say what a kind of text is, and how long it may be."""
    longest = next(each.longest for each in get_args(kind) if isinstance(each, Text))
    return f"{describing.told_of_texts().get(name, '')} At most {longest:,} characters.".lstrip()


def fields_of(value: Any, link: Callable[[Any], str]) -> list[str]:
    rows = [
        [f"`{each}`", words(hint, link(hint)), linked(comments(value).get(each, ""))]
        for each, hint in hints(value).items()
    ]
    return table("Field | Type | What it says", rows)


def members_of(value: Any) -> list[str]:
    rows = [[f"`{member.value}`", linked(comments(value).get(member.name, ""))] for member in value]
    return table("Value | What it says", rows)
