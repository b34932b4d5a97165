"""The tree as git would commit it, and its Python as syntax trees."""

import ast
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PRODUCT = ("adapters", "api", "domain", "eventstore", "projections")


@cache
def tracked() -> tuple[Path, ...]:
    """Every file that is committed or about to be, relative to the root."""
    if not (ROOT / ".git").exists():
        pytest.skip("the rules of the house are about what git tracks, and this is no clone")
    listing = ("ls-files", "-z", "--cached", "--others", "--exclude-standard")
    # a clone may belong to somebody else than the one who runs the tests (a container, sudo)
    answer = subprocess.run(["git", "-c", "safe.directory=*", *listing], cwd=ROOT, capture_output=True, check=True)
    paths = (Path(name) for name in answer.stdout.decode().split("\0") if name)
    return tuple(sorted(path for path in paths if (ROOT / path).is_file()))


def modules(*folders: str) -> Iterator[tuple[Path, str]]:
    """Every Python module below the folders, with its text."""
    for path in tracked():
        if path.suffix == ".py" and path.parts[0] in folders:
            yield path, (ROOT / path).read_text(encoding="utf-8")


def imports(source: str) -> set[str]:
    """Full names of what a module imports (`from a import b` names a.b)."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names}
    return found


@cache
def pyproject() -> dict[str, Any]:
    """Return what pyproject.toml says."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
