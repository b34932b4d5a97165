"""docs/refusals.md: everything that can be refused, by its code."""

import ast
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from importlib import import_module
from pathlib import Path
from typing import Any

from api.http.problems import STATUSES
from domain.decision import Refused
from projections import moments
from tests.house.describing import said, table
from tests.house.tree import modules

HEAD = """# Refusals

A no is answered as a problem (RFC 9457) whose `code` is for programs and whose title is for people.
The fields that it is about are in `errors`, and no value that was sent is repeated.
409 means that the request conflicts with how things stand; `NoSuch...` is 409 where it speaks of a field of the body.
Beside those below, a path that is none answers `NotFound`, and a method that it does not have `MethodNotAllowed`.
Made by `make docs` from the code; the tests compare.

## By the rules
"""
OWN = "## By the service itself"
ROOTS = ("domain", "eventstore", "projections", "api")


def page() -> str:
    rows = [row(kind) for kind in sorted(refusals(), key=lambda kind: (kind.__name__, kind.__module__))]
    own = sorted(list(each) for each in {tuple(each) for each in problems()})
    parts = [HEAD, *table("Code | Status | Message | Raised in", rows), ""]
    parts += [OWN, "", *table("Code | Status | Message", own)]
    return "\n".join(parts) + "\n"


@cache
def refusals() -> frozenset[type[Refused]]:
    """Return every refusal of the product, from the modules that say the word."""
    for path, source in modules(*ROOTS):
        if "Refused" in source:
            import_module(".".join(path.with_suffix("").parts))
    return frozenset(kind for kind in below(Refused) if kind.__module__.split(".")[0] in ROOTS)


def below(kind: type[Any]) -> Iterator[type[Any]]:
    for each in kind.__subclasses__():
        yield each
        yield from below(each)


def row(kind: type[Refused]) -> list[str]:
    status = STATUSES.get(kind)
    return [f"`{kind.__name__}`", str(int(status) if status else 409), said(kind), raised_in(kind)]


def raised_in(kind: type[Refused]) -> str:
    """Return the modules that raise a refusal; its own one is enough if others only import it from there."""
    found = sorted(path for path, names in raises().items() if kind.__name__ in names and knows(path, kind))
    return ", ".join(f"`{path}`" for path in found)


def knows(path: Path, kind: type[Refused]) -> bool:
    """Whether a module means this class by its name, which another class may have too."""
    module = import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
    named = (value for holder in (module, *vars(module).values()) for value in (getattr(holder, kind.__name__, None),))
    return any(value is kind for value in named)


@cache
def raises() -> dict[Path, set[str]]:
    """Return the names that each module raises, or hands over to be raised."""
    return {path: raised(ast.parse(source)) for path, source in modules(*ROOTS)}


def raised(tree: ast.Module) -> set[str]:
    """Return the names that a module raises, or makes one of for somebody else to raise."""
    used = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    used += [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.exc]
    return {getattr(each, "id", "") or getattr(each, "attr", "") for each in used}


def problems() -> Iterator[list[str]]:
    """Return code, status and title of the problems that are no refusals of a rule."""
    for _, source in modules("api"):
        tree = ast.parse(source)
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
            for status, code, title in made_in(function):
                given = [call.args for call in calls(tree, function.name)] if isinstance(code, ast.Name) else []
                told = [(values[0], values[1]) for values in given if values[1:]] or [(code, title)]
                yield from ([f"`{text(c)}`", status, text(t) or documented(text(c))] for c, t in told if text(c))


def made_in(function: ast.AST) -> Iterator[tuple[str, ast.expr, ast.expr]]:
    """Return status, code and title of the problems that a function makes, where they are known by then."""
    for call in calls(function, "Problem"):
        given = {word.arg: word.value for word in call.keywords}
        status = given.get("status")
        if isinstance(status, ast.Attribute) and given.keys() >= {"code", "title"}:
            yield str(HTTPStatus[status.attr].value), given["code"], given["title"]


def calls(tree: ast.AST, name: str) -> list[ast.Call]:
    found = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name))
    return [call for call in found if getattr(call.func, "id", "") == name]


def text(node: ast.AST) -> str:
    """Return what a literal says, with dots for what is only known when it is said."""
    if isinstance(node, ast.JoinedStr):
        return "".join(text(part) or "..." for part in node.values)
    return str(node.value) if isinstance(node, ast.Constant) else ""


def documented(code: str) -> str:
    """Return the message of a problem that is told by the docstring of what was raised."""
    return said(getattr(moments, code)) if hasattr(moments, code) else ""
