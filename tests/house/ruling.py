"""docs/rules.md: every business rule, where it is carried out and which tests prove it.

What each rule says stands in docs/rules.json, with its basis (`source`: the Ministry's published words; `ours`: a
reading of them, kept as data where it can be) and its stage: rules of stage `now` have to be carried out and proved,
those of stage `owed` should be and are not.
"""

import ast
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from tests.house.describing import rules_alone_in, rules_in
from tests.house.describing import table as written
from tests.house.tree import ROOT, modules

HEAD: Final = """# Rules

The rules of the service by their numbers, which code and tests name.
The basis says whose a rule is: `source` is what the Ministry has published, `ours` a reading of it.
A rule marked "later" is not carried out yet, though code may name it where it has left room.
One that is carried out "in part" is proved as far as it goes; the rest is for later.
"Owed" is a proof that should be there and is not.
What a rule says stands in [rules.json](rules.json); the rest is made by `make docs` from code and tests, which compare.
"""
CARRIED_OUT_IN: Final = ("domain", "projections", "api", "eventstore", "adapters")
PLAYED: Final = "api/simulation"  # plays people, who follow rules and carry none out
TABLE: Final = ROOT / "docs" / "rules.json"
NOW: Final = "now"
OWED: Final = "owed"
LATER: Final = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule as the table tells it."""

    number: int
    section: str
    says: str
    basis: str
    stage: str


@cache
def rules() -> tuple[Rule, ...]:
    """Return every rule of the table."""
    sections = json.loads(TABLE.read_text(encoding="utf-8"))
    return tuple(
        Rule(number=int(name.removeprefix("BR-")), section=section, **told)
        for section, rows in sections.items()
        for name, told in rows.items()
    )


@cache
def carried_out() -> dict[int, tuple[str, ...]]:
    """Return the modules of the product that name each rule."""
    found = modules(*CARRIED_OUT_IN)
    return named((str(path), source) for path, source in found if not path.is_relative_to(PLAYED))


@cache
def proved() -> dict[int, tuple[str, ...]]:
    """Return the tests that name each rule, in their name or docstring."""
    sources = modules("tests")
    return named((f"{path}::{name}", said) for path, source in sources for name, said in tests_in(source))


def named(found: Iterable[tuple[str, str]]) -> dict[int, tuple[str, ...]]:
    """Return by rule the places whose text names it; a rule for later is not meant by a range around it."""
    later = {rule.number for rule in rules() if rule.stage == LATER}
    by_rule: dict[int, list[str]] = {}
    for place, said in found:
        for rule in rules_in(said) - (later - rules_alone_in(said)):
            by_rule.setdefault(rule, []).append(place)
    return {rule: tuple(sorted(places)) for rule, places in by_rule.items()}


def tests_in(source: str) -> Iterator[tuple[str, str]]:
    """Return name and words of the tests of a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.name, f"{node.name} {ast.get_docstring(node) or ''}"


def page() -> str:
    parts = [HEAD]
    for section in dict.fromkeys(rule.section for rule in rules()):
        parts += [f"## {section}", ""]
        rows = [row(rule) for rule in rules() if rule.section == section]
        parts += [*written("Rule | What it says | Basis | Carried out in | Proved by", rows), ""]
    return "\n".join(parts).rstrip() + "\n"


def row(rule: Rule) -> list[str]:
    anchor = f'<a id="br-{rule.number}"></a>BR-{rule.number}'
    tests = [told.split("::") for told in proved().get(rule.number, ())]
    by = [f"[{name}](../{path})" for path, name in tests]
    return [anchor, rule.says, rule.basis, places(rule), "<br>".join(by) or owed(rule)]


def places(rule: Rule) -> str:
    """Say where a rule is carried out; of one for later that no test proves, only where it is named."""
    found = "<br>".join(f"`{path}`" for path in carried_out().get(rule.number, ()))
    if rule.stage != LATER:
        return found
    if rule.number in proved():
        return f"in part<br>{found}"
    return f"later; named in<br>{found}" if found else "later"


def owed(rule: Rule) -> str:
    return "owed" if rule.stage == OWED else ""
