"""Sealing: the cryptography that keeps personal values out of the log while their key can still be destroyed.

A value is encrypted with AES-256-GCM under the key of its subject and class, and bound to its place: moved
elsewhere it does not open. Subject keys are kept wrapped by a key-encryption key (KEK), which never enters
the database. Digests (HMAC-SHA-256) stand for what has to be found but not read; their secrets are others.
No representation and no error shows a secret or a value.
"""

import hmac
import os
from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol, TypeAlias
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.sealed import DataClass
from eventstore.canonical import write
from eventstore.key_material import Secrets

BLOCK: Final = 64
"""Values are padded to multiples of so many bytes: "yes" looks like "no", and a name like most others."""

_NONCE_BYTES: Final = 12

Whose: TypeAlias = tuple[UUID, DataClass]
"""Names a key: its subject and the class of data; a key that was destroyed is never followed by another."""


class Need(NamedTuple):
    """A key that something is to be sealed with; `about` are the people with whom it dies."""

    subject: UUID
    data_class: DataClass
    about: frozenset[UUID] = frozenset()

    @property
    def whose(self) -> Whose:
        return self.subject, self.data_class


class Tampered(ValueError):
    """A sealed value that does not open: it was changed, or moved to another place."""


class KeyDestroyed(LookupError):
    """Nothing can be sealed for these any more: the keys, or those of whom they are about, are gone."""

    def __init__(self, refused: Iterable[Whose]) -> None:
        super().__init__()
        self.refused = frozenset(refused)


class KeyLost(LookupError):
    """A subject has neither a key nor a record of its destruction: the table of keys is not the log's own."""


class KeysWithheld(LookupError):
    """A sealed value was to be opened where no keys were given, since nothing personal may be read there."""


class Key:
    """The key of one subject and class."""

    __slots__ = ("_cipher", "id")

    def __init__(self, key_id: UUID, secret: bytes) -> None:
        self.id = key_id
        self._cipher = AESGCM(secret)

    def seal(self, plaintext: bytes, place: bytes) -> bytes:
        """Return the nonce and the ciphertext of a JSON text, which is padded with blanks."""
        return _encrypt(self._cipher, plaintext + b" " * (-len(plaintext) % BLOCK), place)

    def open(self, sealed: bytes, place: bytes) -> bytes:
        """Return the padded JSON text. Raises Tampered."""
        plaintext = _decrypt(self._cipher, sealed, place)
        if plaintext is None:
            raise Tampered
        return plaintext


class Keys(Protocol):
    """Where keys are found."""

    def key(self, subject: UUID, data_class: DataClass) -> Key | None:
        """Return a key, or None once it was destroyed. Raises KeyLost if it was never made."""


def place(stream: UUID, version: int, type_name: str, pointer: str) -> bytes:
    """Return what a sealed value is bound to: the event, its stored type, the JSON pointer of the field."""
    return write([str(stream), version, type_name, pointer])


class KeyEncryption:
    """Wraps subject keys, each bound to its id, subject and class, so that rows cannot be swapped."""

    PURPOSE: Final = "kek"

    def __init__(self, keks: Secrets) -> None:
        self._keks = keks
        self.checks = keks.checks(self.PURPOSE)

    @property
    def present(self) -> str:
        """The name of the KEK that wraps new keys."""
        return f"{self.PURPOSE}/{self._keks.present.id}"

    @property
    def former(self) -> frozenset[str]:
        """The names of the others, which are only read with."""
        return frozenset(self.checks) - {self.present}

    def wrap(self, secret: bytes, owner: bytes) -> bytes:
        """Return a subject key as it may be stored; `owner` says whose it is."""
        return _encrypt(AESGCM(self._keks.present.value), secret, owner)

    def unwrap(self, kek: str, wrapped: bytes, owner: bytes) -> bytes:
        """Return a subject key. Raises MissingSecret, or Tampered for a row that was changed."""
        secret = _decrypt(AESGCM(self._keks[kek.removeprefix(f"{self.PURPOSE}/")].value), wrapped, owner)
        if secret is None:
            raise Tampered
        return secret


def new_secret() -> bytes:
    """Return a new random subject key."""
    return AESGCM.generate_key(256)


def owner(key_id: UUID, subject: UUID, data_class: DataClass) -> bytes:
    """Return what a wrapped key is bound to."""
    return write([str(key_id), str(subject), data_class.value])


class Digests:
    """Keyed digests for what is looked up but not read: claims (NSN, login), commands and their bodies."""

    def __init__(self, *, claims: Secrets, idempotency: Secrets) -> None:
        self._claims = claims.present
        self._idempotency = idempotency.present.value
        self.checks = {**claims.checks("claims"), **idempotency.checks("idempotency")}

    def claim(self, kind: str, key: str) -> bytes:
        """Return what stands for a claim in the log; it begins with the id of the secret."""
        return f"{self._claims.id}:".encode() + _mac(self._claims.value, ["claim", kind, key])

    def command_id(self, organisation: UUID, user: UUID, method: str, path: str, idempotency_key: str) -> UUID:
        """Return the id that a repeated request finds again, and another requester never does."""
        parts = ["command", str(organisation), str(user), method, path, idempotency_key]
        return UUID(bytes=_mac(self._idempotency, parts)[:16], version=5)

    def body(self, body: bytes) -> bytes:
        """Return by what it is found out that an Idempotency-Key came with another body."""
        return hmac.digest(self._idempotency, b"body:" + body, "sha256")


def _mac(secret: bytes, parts: list[str]) -> bytes:
    return hmac.digest(secret, write(parts), "sha256")


def _encrypt(cipher: AESGCM, plaintext: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plaintext, bound_to)


def _decrypt(cipher: AESGCM, sealed: bytes, bound_to: bytes) -> bytes | None:
    try:
        return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], bound_to)
    except (InvalidTag, ValueError):  # ValueError: cut so short that there is no nonce
        return None
