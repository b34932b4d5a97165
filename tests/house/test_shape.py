"""Modules say what they are, and files and functions stay small enough to read at once."""

import ast
from collections.abc import Iterator
from statistics import median, quantiles

from tests.house.tree import PRODUCT, modules

LONGEST_FILE = 400
LONGEST_FILE_OF_TESTS = 600  # a list of sentences, read one at a time
MEDIAN_FUNCTION = 6
LONG_FUNCTION = 20


def lengths(source: str) -> Iterator[tuple[int, str]]:
    """Length and name of every function: lines from `def` on, without docstring, comments and blank lines."""
    lines = source.splitlines()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            numbers = set(range(node.lineno, (node.end_lineno or 0) + 1)) - docstring(node)
            code = [lines[number - 1].strip() for number in numbers]
            yield sum(1 for line in code if line and not line.startswith("#")), node.name


def docstring(node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[int]:
    """Numbers of the lines that the docstring takes."""
    if ast.get_docstring(node) is None:
        return set()
    return set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))


def test_every_module_says_what_it_is():
    silent = [str(path) for path, source in modules(*PRODUCT, "tests") if not ast.get_docstring(ast.parse(source))]
    assert silent == []


def test_no_file_is_too_long_to_read():
    product = {path: len(source.splitlines()) for path, source in modules(*PRODUCT)}
    tests = {path: len(source.splitlines()) for path, source in modules("tests")}
    assert {path: size for path, size in product.items() if size > LONGEST_FILE} == {}
    assert {path: size for path, size in tests.items() if size > LONGEST_FILE_OF_TESTS} == {}


def test_most_functions_are_a_few_lines():
    found = [(length, f"{path}:{name}") for path, source in modules(*PRODUCT) for length, name in lengths(source)]
    longest = sorted(found, reverse=True)[:20]
    assert median(length for length, _ in found) <= MEDIAN_FUNCTION, longest
    assert quantiles((length for length, _ in found), n=10)[-1] <= LONG_FUNCTION, longest


def test_the_length_of_a_function_is_its_code():
    source = 'def f(x):\n    """One.\n\n    Two.\n    """\n\n    # why\n    return x\n'
    assert list(lengths(source)) == [(2, "f")]
