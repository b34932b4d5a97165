"""Every dependency is named with its purpose and licence, locked by hash, and free of the GPL."""

import re
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata

import pytest

from tests.house.tree import ROOT, pyproject

ROW = re.compile(r"^\| (?P<name>[a-z][a-z0-9-]*) \| (?P<purpose>[^|]+) \| (?P<licence>[^|]+) \|$", re.MULTILINE)
NAME = re.compile(r"[A-Za-z0-9-]+")
PINNED = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+)(?P<marker> ; [^\\]+)?", re.MULTILINE)
GPL = re.compile(r"\b(A?GPL|GNU (Affero )?General Public)", re.IGNORECASE)


def named() -> dict[str, str]:
    """Name -> licence, as docs/dependencies.md has it."""
    page = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    return {row["name"]: row["licence"] for row in ROW.finditer(page)}


def asked(requirements: list[str]) -> set[str]:
    return {match.group() for line in requirements if (match := NAME.match(line))}


def locked(file: str) -> dict[str, re.Match[str]]:
    text = (ROOT / file).read_text(encoding="utf-8")
    return {pin["name"]: pin for pin in PINNED.finditer(text)}


def declared(about: PackageMetadata) -> list[str]:
    """What a package says of its licence; the full text of one, which some put there, is not a name."""
    classifiers = [line for line in about.get_all("Classifier") or [] if line.startswith("License ::")]
    fields = [*(about.get_all("License-Expression") or []), *(about.get_all("License") or [])]
    return [text for text in (*(field.partition("\n")[0] for field in fields), *classifiers) if text]


def installed(file: str) -> dict[str, list[str]]:
    """Name -> what it declares, of everything locked that this platform needs."""
    found = {}
    for name, pin in locked(file).items():
        try:
            found[name] = declared(metadata(name))
        except PackageNotFoundError:
            assert pin["marker"], f"{name} is locked but not installed"
    return found


def test_the_page_names_what_the_project_asks_for():
    project = pyproject()["project"]
    assert set(named()) == asked(project["dependencies"] + project["optional-dependencies"]["dev"])


def test_the_page_names_the_licence_that_the_package_declares():
    declarations = installed("requirements-dev.txt")
    for name, licence in named().items():
        said = " ".join(declarations[name]).lower()
        assert re.split(r"[- ]", licence)[0].lower() in said, (name, licence, said)


def test_no_package_is_under_the_gpl():
    licences = installed("requirements-dev.txt")
    assert {name for name, texts in licences.items() if not texts} == set()
    assert {name: texts for name, texts in licences.items() if any(GPL.search(text) for text in texts)} == {}


@pytest.mark.parametrize("text", ["GPL-3.0-only", "AGPL-3.0-or-later", "GNU General Public License v3 (GPLv3)"])
def test_the_gpl_is_noticed(text: str):
    assert GPL.search(text)


@pytest.mark.parametrize("text", ["LGPL-3.0-only", "GNU Lesser General Public License v2 or later (LGPLv2+)"])
def test_the_lesser_gpl_is_accepted(text: str):
    assert not GPL.search(text)


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_everything_is_locked_by_hash_and_names_no_source(file: str):
    text = (ROOT / file).read_text(encoding="utf-8")
    entries = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]
    assert [entry for entry in entries if not PINNED.match(entry) or "--hash=sha256:" not in entry] == []


def test_the_service_and_the_tools_are_locked_to_the_same_versions():
    service, tools = locked("requirements.txt"), locked("requirements-dev.txt")
    assert asked(pyproject()["project"]["dependencies"]) <= set(service)
    assert {name: pin["version"] for name, pin in service.items()}.items() <= {
        name: pin["version"] for name, pin in tools.items()
    }.items()
