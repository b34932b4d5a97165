"""Public keys of an issuer, judged: each is public, strong enough, and made for signatures that we take.

They are read from a file, and again whenever that has changed, so that an issuer can replace them without a restart;
`adapters.fetched_keys` fetches them instead.
"""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

PERIOD_SECONDS: Final = 30.0
"""How often the file is looked at."""

log = structlog.get_logger()

_CURVES: Final = frozenset({"P-256", "P-384", "P-521"})
_EDWARDS: Final = frozenset({"Ed25519", "Ed448"})
_FEWEST_BITS: Final = 2048
_SMALLEST_EXPONENT: Final = 65_537


class UnusableKeys(ValueError):
    """The key set holds no public key that signatures can be checked with, or one that must not be believed."""


class KeysAway(Exception):
    """The issuer does not give its keys, or not as they are taken."""


class KeysOutdated(Exception):
    """The issuer has given no keys for so long that none proves anything."""


class PublishedKeys:
    """The keys in a file, as they are by now. One that cannot be used is told of, and the last good ones stay."""

    def __init__(self, file: Path, clock: Callable[[], float] = time.monotonic) -> None:
        """Raise UnusableKeys if the file holds none at the start."""
        self._file = file
        self._clock = clock
        self._looked = clock()
        self._read = _mark(file)
        self._keys = key_set(file)

    @property
    def latest(self) -> KeySet:
        """The keys, which are read again if the file has changed since it was looked at last."""
        if self._clock() - self._looked >= PERIOD_SECONDS:
            self._looked = self._clock()
            self._read_again()
        return self._keys

    def _read_again(self) -> None:
        try:
            mark = _mark(self._file)
            if mark != self._read:
                self._keys, self._read = key_set(self._file), mark
                log.info("keys_replaced", keys=len(self._keys.keys))
        except (OSError, UnusableKeys) as error:
            log.error("keys_not_read", error=type(error).__name__)  # noqa: TRY400 - a traceback may quote a key


def key_set(file: Path) -> KeySet:
    """Read the key set in a file; raise UnusableKeys if it is none that can be believed."""
    return keys_in(file.read_bytes())


def keys_in(text: bytes, judged: Callable[[Any], bool] = lambda _: True) -> KeySet:
    """Read a JSON Web Key Set (RFC 7517), or those keys of it that are to be judged; raise UnusableKeys."""
    try:
        keys = [key for key in json.loads(text)["keys"] if judged(key)]
        return usable(KeySet.import_key_set({"keys": keys}))
    except UnusableKeys:
        raise
    except (JoseError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise UnusableKeys("there is no JSON Web Key Set") from None


def usable(keys: KeySet) -> KeySet:
    """Return the keys; raise UnusableKeys unless each can be believed and, of several, goes by a name of its own."""
    if why := unfit(keys):
        raise UnusableKeys(why)
    names = [key.get("kid") for key in keys]
    if len(names) > 1 and (None in names or len(set(names)) < len(names)):
        raise UnusableKeys("of several keys each needs a kid of its own")
    return keys


def _mark(file: Path) -> tuple[int, int, int]:
    """Return by what it is seen that a file is another: it may be replaced by a rename, or written in place."""
    found = file.stat()
    return found.st_ino, found.st_mtime_ns, found.st_size


def unfit(keys: KeySet) -> str | None:
    """Return why a key set must not be believed, or None; no value of a key is repeated."""
    if not keys.keys:
        return "a key set needs a key"
    return next((why for why in map(_unfit, keys) if why), None)


def _unfit(key: Any) -> str | None:
    if key.key_type == "oct":
        return "a key set holds no shared secrets (oct)"
    if key.is_private:
        return "a key set holds public keys only: the private one stays with the issuer"
    if key.get("use", "sig") != "sig":
        return "a key set holds keys for signatures only"
    return None if _strong(key) else "a key is weak: RSA from 2048 bits, EC on P-256, P-384 or P-521, or Ed25519"


def _strong(key: Any) -> bool:
    if key.key_type == "RSA":
        numbers = key.public_key.public_numbers()
        return bool(numbers.n.bit_length() >= _FEWEST_BITS and numbers.e >= _SMALLEST_EXPONENT)
    if key.key_type == "EC":
        return key.curve_name in _CURVES
    return key.key_type == "OKP" and key.curve_name in _EDWARDS
