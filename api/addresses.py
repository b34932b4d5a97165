"""Addresses: whether one is on this machine alone, and whether what is reached by one can be trusted.

A server elsewhere has to prove by its certificate who it is (`sslmode=verify-full`); a socket file or the loopback
address is reached by nobody in between.
"""

import os
import re
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from itertools import zip_longest
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

_ELSEWHERE: Final = ("PGHOST", "PGHOSTADDR", "PGSERVICE")
"""By which the environment leads a connection away that names no host of its own."""


def loopback(host: str) -> bool:
    """Whether whoever listens on this address is reached from this machine alone; an empty one is every address."""
    try:
        found = socket.getaddrinfo(host or None, None, flags=0 if host else socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        return False
    return bool(found) and all(_is_loopback(str(address[0])) for *_, address in found)


def trusted(dsn: str) -> bool:
    """Whether this connection is verified or local. Raises ValueError for what is no connection string."""
    try:
        said = conninfo_to_dict(dsn)
    except psycopg.ProgrammingError:
        raise ValueError("is no connection string of PostgreSQL") from None
    if said.get("sslmode") == "verify-full":
        return True
    if "service" in said or (not (said.get("host") or said.get("hostaddr")) and any(map(os.environ.get, _ELSEWHERE))):
        return False
    return all(_local(host, address) for host, address in _hosts(str(said.get("host", "")), said.get("hostaddr")))


def proven(url: str) -> bool:
    """Whether whoever answers at this address proves who it is, or is on this machine.

    Raises ValueError for what is no address of HTTP, or could be read as another one.
    """
    said = _URL.fullmatch(url)
    if said is None or int(said["port"] or 0) > _LAST_PORT or not _is_host(said["host"]):
        raise ValueError("is no address such as https://identity.example/keys")
    host = said["host"].strip("[]")
    return said["scheme"] == "https" or host == "localhost" or _is_loopback(host)


def _is_host(host: str) -> bool:
    try:
        return not host.startswith("[") or bool(ip_address(host.strip("[]")))
    except ValueError:
        return False


_URL: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\])(?::(?P<port>[0-9]{1,5}))?"
    r"(?:[/?][!-~]*)?",
)
_LAST_PORT: Final = 65_535


def _hosts(hosts: str, addresses: object) -> Iterator[tuple[str, str]]:
    numbers = str(addresses).split(",") if addresses else []
    yield from zip_longest(hosts.split(","), numbers, fillvalue="")


def _local(host: str, address: str) -> bool:
    """Whether it is a folder of a socket (none: the usual one), or loopback; a number wins over a name."""
    if address:
        return _is_loopback(address)
    return not host or host[0] in "/@" or host == "localhost" or _is_loopback(host)


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False
