"""Secrets from outside the database: how they are written, and the check values that tell a wrong one."""

import hmac
import os
import re
from base64 import b64decode, b64encode
from binascii import Error
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

_BYTES: Final = 32
_WRITTEN: Final = re.compile(r"(?P<id>[a-z0-9-]{1,20}):(?P<value>[A-Za-z0-9+/]+=*)")


class BadSecret(ValueError):
    """Not `id:base64 of 32 bytes` (an id is small letters, digits, hyphens), or none, or two of one id."""


class MissingSecret(LookupError):
    """What is stored was made with a secret that was not given; the message names it."""


class WrongSecret(ValueError):
    """A secret goes by the name of the one with which the database was written, but is another one."""


@dataclass(frozen=True, slots=True)
class Secret:
    """32 random bytes, and the id by which what was made with them names them."""

    id: str
    value: bytes = field(repr=False)

    @classmethod
    def new(cls, name: str) -> Self:
        """Make a new one."""
        return cls(name, os.urandom(_BYTES))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read one as it is written. Raises BadSecret."""
        written = _WRITTEN.fullmatch(text)
        value = _decoded(written["value"]) if written else b""
        if written is None or len(value) != _BYTES:
            raise BadSecret(BadSecret.__doc__)
        return cls(written["id"], value)

    @property
    def text(self) -> str:
        """The secret as it is written into a file or an environment variable."""
        return f"{self.id}:{b64encode(self.value).decode()}"


class Secrets:
    """The secrets of one purpose: the present one, and those that still have to be read."""

    __slots__ = ("_by_id", "present")

    def __init__(self, *secrets: Secret) -> None:
        self._by_id = {secret.id: secret for secret in secrets}
        if not secrets or len(self._by_id) < len(secrets):
            raise BadSecret(BadSecret.__doc__)
        self.present = secrets[0]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read them from a file or an environment variable: the present one first, parted by blanks or lines.

        Raises BadSecret.
        """
        return cls(*map(Secret.parse, text.split()))

    def __iter__(self) -> Iterator[Secret]:
        return iter(self._by_id.values())

    def __getitem__(self, name: str) -> Secret:
        if name not in self._by_id:
            raise MissingSecret(f"the secret {name!r} was not given")
        return self._by_id[name]

    def __repr__(self) -> str:
        return f"Secrets({', '.join(self._by_id)})"

    def checks(self, purpose: str) -> Mapping[str, bytes]:
        """Return a check value by name; it may be stored openly."""
        return {
            f"{purpose}/{secret.id}": hmac.digest(secret.value, f"check:{purpose}".encode(), "sha256")
            for secret in self._by_id.values()
        }


def compare(given: Mapping[str, bytes], stored: Mapping[str, bytes]) -> None:
    """Raise MissingSecret or WrongSecret unless every stored check value is given, and is the same."""
    for name, value in stored.items():
        if name not in given:
            raise MissingSecret(f"the database was written with the secret {name!r}, which was not given")
        if not hmac.compare_digest(given[name], value):
            raise WrongSecret(f"the secret {name!r} is not the one with which the database was written")


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except Error:
        return b""
