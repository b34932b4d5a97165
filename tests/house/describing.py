"""What the code says of itself: docstrings, comments of fields, types in plain words, rules named."""

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Union, cast, get_args, get_origin, get_type_hints
from uuid import UUID

from domain import registry, text
from domain.bounds import Whole
from domain.sealed import Sealed
from tests.house.tree import ROOT

PLAIN: Final = {
    str: "text",
    int: "number",
    bool: "yes or no",
    date: "day",
    datetime: "instant",
    UUID: "id",
}
COMMENT: Final = re.compile(r"#\s*(?P<said>.+)$")
RULE: Final = re.compile(r"BR[-_](?P<first>\d+)(?:(?:\s+to\s+BR-|_to_)(?P<last>\d+))?")
WIDEST: Final = 12
"""A range of more rules than this is a hint, and no claim that each of them is carried out."""


def said(kind: type[Any]) -> str:
    """Return the docstring of a class in one line; nothing if it is only what `dataclass` made up."""
    told = inspect.cleandoc(vars(kind).get("__doc__") or "")
    return "" if told.startswith(f"{kind.__name__}(") else " ".join(told.split())


def where(kind: type[Any]) -> Path:
    """Return the file of a class, from the root."""
    return Path(sys.modules[kind.__module__].__file__ or "").relative_to(ROOT)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"))


@cache
def lines(path: Path) -> list[str]:
    return (ROOT / path).read_text(encoding="utf-8").splitlines()


def body_of(kind: type[Any]) -> ast.ClassDef:
    """Return the syntax of a class."""
    found = (node for node in ast.walk(parsed(where(kind))) if isinstance(node, ast.ClassDef))
    return next(node for node in found if node.name == kind.__name__)


def source_of(kind: type[Any]) -> str:
    """Return the text of a class."""
    body = body_of(kind)
    return "\n".join(lines(where(kind))[body.lineno - 1 : body.end_lineno])


def comments(kind: type[Any]) -> dict[str, str]:
    """Return what stands beside the fields or members of a class, by name."""
    told = {}
    for node in body_of(kind).body:
        target = node.target if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [None])[0]
        found = COMMENT.search(lines(where(kind))[(node.end_lineno or 1) - 1][node.end_col_offset or 0 :])
        if isinstance(target, ast.Name) and found:
            told[target.id] = found["said"]
    return told


def hints(kind: type[Any]) -> dict[str, Any]:
    """Return the types of the fields of a dataclass, in their order."""
    known = get_type_hints(kind, include_extras=True)
    return {field.name: known[field.name] for field in fields(kind)}


def words(hint: Any, link: str = "#{}") -> str:
    """Return a type in plain words; `link` says where the values it names are explained."""
    origin, inside = get_origin(hint), get_args(hint)
    if named_text(hint) or is_value(hint):
        name = label(hint)
        return f"[{name}]({link.format(name.lower().replace('.', ''))})"
    if origin in {Union, UnionType}:
        return f"{words(inside[inside[0] is NoneType], link)}, or nothing"
    if origin is tuple:
        return f"list of {words(inside[0], link)}"
    if origin is dict:
        return f"{words(inside[1], link)} by name"
    if origin in {Sealed, Annotated}:
        return words(inside[0], link) + bounds(inside)
    return PLAIN[hint]


def bounds(parts: tuple[Any, ...]) -> str:
    """Return the least and the most of a number that has them, in words."""
    return "".join(f" from {each.least} to {each.most:,}" for each in parts if isinstance(each, Whole))


def label(value: Any) -> str:
    """Return the name of a value or kind of text; with that of its slice if others are called so too."""
    if named := named_text(value):
        return named
    alone = len(called(value.__name__)) <= 1
    return str(value.__name__ if alone else f"{value.__module__.rpartition('.')[2]}.{value.__name__}")


@cache
def called(name: str) -> set[Any]:
    """Return the values of events and commands that have a name."""
    return {value for value in all_values() if getattr(value, "__name__", "") == name}


@cache
def all_values() -> tuple[Any, ...]:
    kinds = [*registry.events().values(), *registry.commands().values()]
    return tuple(value for kind in kinds for hint in hints(kind).values() for value in values_in(hint))


def is_value(hint: Any) -> bool:
    return isinstance(hint, type) and (is_dataclass(hint) or issubclass(hint, StrEnum))


def named_text(hint: Any) -> str:
    """Return the name of a kind of text, if the type is one."""
    return next((name for name, known in texts().items() if known == hint), "")


@cache
def texts() -> dict[str, Any]:
    """Return the kinds of text by name."""
    return {name: hint for name, hint in vars(text).items() if get_origin(hint) is Annotated}


@cache
def told_of_texts() -> dict[str, str]:
    """Return what is said below the kinds of text, by name."""
    body = parsed(Path("domain/text.py")).body
    return {
        node.target.id: " ".join(inspect.cleandoc(below.value.value).split())
        for node, below in pairwise(body)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)
    }


def values_in(hint: Any) -> Iterator[Any]:
    """Return the values and kinds of text that a type is made of, those inside of them too."""
    if named_text(hint):
        yield hint
    elif is_value(hint):
        yield hint
        if is_dataclass(hint):
            yield from (value for each in hints(cast("type[Any]", hint)).values() for value in values_in(each))
    else:
        for each in get_args(hint):
            yield from values_in(each)


def is_sealed(hint: Any) -> bool:
    """Whether the type is, or holds, a personal value."""
    inside = hints(hint).values() if isinstance(hint, type) and is_dataclass(hint) else get_args(hint)
    return get_origin(hint) is Sealed or any(map(is_sealed, inside))


def rules_in(told: str) -> set[int]:
    """Return the rules that a text names, those in the middle of a range too."""
    found = ((int(each["first"]), int(each["last"] or each["first"])) for each in RULE.finditer(told))
    return {rule for first, last in found if last - first < WIDEST for rule in range(first, last + 1)}


def rules_alone_in(told: str) -> set[int]:
    """Return the rules that a text names one by one, outside of ranges."""
    return {int(each["first"]) for each in RULE.finditer(told) if not each["last"]}


def listed(rules: set[int]) -> str:
    return ", ".join(linked(f"BR-{rule}") for rule in sorted(rules))


def linked(told: str) -> str:
    """Return a text whose rules lead to what they say."""
    return re.sub(r"\bBR-(\d+)", r"[BR-\1](rules.md#br-\1)", told)


def cell(told: str) -> str:
    """Return a text as it may stand in a table."""
    return told.replace("|", "\\|")


def table(head: str, rows: list[list[str]]) -> list[str]:
    """Return a Markdown table."""
    names = head.split(" | ")
    return [
        f"| {head} |",
        f"|{' --- |' * len(names)}",
        *(f"| {' | '.join(map(cell, row))} |" for row in rows),
    ]
