"""Nothing in the tree knows the machine it was written on."""

import re

from tests.house.tree import ROOT, tracked

# put together, so that this file does not hold what it looks for
FOLDERS = "work|farm|root|tmp"
HOSTS = (("pypi", "org"), ("pythonhosted", "org"), ("registry", "npmjs"), ("deb", "debian"), ("crates", "io"))
MORE_HOSTS = (("repo1", "maven"), ("repo", "maven"), ("proxy", "golang"))

MACHINE_PATH = re.compile(rf"(?<![\w.$}}-])/({FOLDERS})/".encode())
REGISTRY = re.compile("|".join(re.escape(".".join(host)) for host in (*HOSTS, *MORE_HOSTS)).encode())


def offenders(pattern: re.Pattern[bytes]) -> list[str]:
    """Say where the pattern stands, as file:line."""
    return [
        f"{path}:{number}"
        for path in tracked()
        for number, line in enumerate((ROOT / path).read_bytes().splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_file_names_a_path_of_a_machine():
    assert offenders(MACHINE_PATH) == []


def test_no_file_names_the_host_of_a_package_registry():
    assert offenders(REGISTRY) == []


def test_a_path_of_a_machine_is_told_from_an_address():
    assert MACHINE_PATH.search(b"cd /" + b"root/project")
    assert not MACHINE_PATH.search(b"https://example.nz/" + b"work/cases")


def test_the_host_of_a_registry_is_noticed():
    assert REGISTRY.search(b"--index-url https://" + ".".join(HOSTS[0]).encode() + b"/simple")
