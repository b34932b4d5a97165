"""The domain is pure: the standard library only, without the clock, the machine or chance."""

import ast
import sys
from itertools import chain

import pytest

from tests.house.tree import imports, modules

WORLD = {
    *("asyncio", "http", "io", "logging", "multiprocessing", "os", "pathlib", "random", "secrets", "socket"),
    *("sqlite3", "subprocess", "tempfile", "threading", "time", "urllib"),
}
CLOCK_AND_CHANCE = {"now", "today", "utcnow", "uuid1", "uuid4"}
CLASSES_WITH_A_CLOCK = {"date", "datetime", "dt", "uuid"}
BUILTINS = {"eval", "exec", "input", "open", "print"}


def impurities(source: str) -> set[str]:
    """What a module uses that a decision must be given instead."""
    known = sys.stdlib_module_names | {"domain"}
    roots = {name.split(".")[0] for name in imports(source)} - {""}
    foreign = {root for root in roots if root not in known or root in WORLD}
    chance = {name for name in imports(source) if name in {"uuid.uuid1", "uuid.uuid4"}}
    return foreign | chance | set(chain.from_iterable(impure(node) for node in ast.walk(ast.parse(source))))


def impure(node: ast.AST) -> set[str]:
    """Name what this node takes from the world (`date.today` is taken, `context.today` was given)."""
    match node:
        case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=attr):
            return {f"{owner}.{attr}"} if owner in CLASSES_WITH_A_CLOCK and attr in CLOCK_AND_CHANCE else set()
        case ast.Call(func=ast.Name(id=name)) if name in BUILTINS:
            return {name}
    return set()


def test_the_domain_is_pure():
    found = {str(path): impurities(source) for path, source in modules("domain")}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "source",
    [
        "import pydantic",
        "from eventstore import log",
        "import os",
        "from time import monotonic",
        "import random",
        "from uuid import uuid4",
        "import uuid\nuuid.uuid4()",
        "from datetime import datetime\ndatetime.now(UTC)",
        "import datetime\ndatetime.date.today()",
        "open('x')",
    ],
)
def test_what_is_not_pure_is_noticed(source: str):
    assert impurities(source)


def test_a_day_that_was_given_is_pure():
    assert not impurities("from datetime import date\nfrom domain.days import month\ncontext.today\nlog.now")
