"""Every rule that is switched off says why, and tests speak to real things."""

import re
import tokenize
from io import StringIO

import pytest

from tests.house.tree import PRODUCT, ROOT, imports, modules

RULE = re.compile(r'^\s*"(?P<rule>[A-Z]+\d*)",')
REASON = re.compile(r"# (\S+ ){2,}\S+")
EXCUSE = re.compile(r"#\s*(noqa|type:\s*ignore)\b")
EXPLAINED = re.compile(
    r"# (noqa: [A-Z]+\d+(, [A-Z]+\d+)*|type: ignore\[[a-z, -]+\]( +# noqa: [A-Z]+\d+)?)( +#| -) (\S+ )+\S+"
)
MOCKS = {"mock", "pytest_mock"}


def unexplained(source: str) -> list[str]:
    """Return the comments that silence a checker without saying which rule and why."""
    comments = [
        token.string for token in tokenize.generate_tokens(StringIO(source).readline) if token.type == tokenize.COMMENT
    ]
    return [comment for comment in comments if EXCUSE.search(comment) and not EXPLAINED.match(comment)]


def mocks(source: str) -> set[str]:
    """Return the imports that replace a thing by a puppet."""
    return {name for name in imports(source) if name.startswith("unittest.mock") or name.split(".")[0] in MOCKS}


def test_every_ignored_rule_has_its_reason():
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    ignored = [line for line in lines if RULE.match(line)]
    assert ignored
    assert [line for line in ignored if not REASON.search(line)] == []


def test_every_excuse_in_the_code_has_its_reason():
    found = {str(path): unexplained(source) for path, source in modules(*PRODUCT, "tests")}
    assert {path: comments for path, comments in found.items() if comments} == {}


def test_no_test_speaks_to_a_puppet():
    found = {str(path): mocks(source) for path, source in modules("tests")}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    "comment", ["# noqa", "# noqa: S608", "# type: ignore", "# type: ignore[misc]", "# noqa - because of it"]
)
def test_an_excuse_without_a_reason_is_noticed(comment: str):
    assert unexplained(f"x = 1  {comment}\n")


@pytest.mark.parametrize(
    "comment", ["# noqa: S608 - the name is ours", "# type: ignore[misc]  # the library has no types"]
)
def test_an_excuse_with_its_reason_is_accepted(comment: str):
    assert not unexplained(f"x = 1  {comment}\n")


@pytest.mark.parametrize("source", ["from unittest.mock import patch", "from unittest import mock", "import mock"])
def test_a_puppet_is_noticed(source: str):
    assert mocks(source)
