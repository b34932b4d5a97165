"""Public keys: a key set that somebody could sign with, or guess the private key of, is not believed."""

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, KeySet, OctKey, OKPKey, RSAKey

from adapters.public_keys import UnusableKeys, key_set, unfit

FIT: dict[str, Callable[[], Any]] = {
    "RSA of 2048 bits": lambda: RSAKey.generate_key(2048),
    "P-256": lambda: ECKey.generate_key("P-256"),
    "P-384": lambda: ECKey.generate_key("P-384"),
    "P-521": lambda: ECKey.generate_key("P-521"),
    "Ed25519": lambda: OKPKey.generate_key("Ed25519"),
}


def small_exponent() -> Any:
    return RSAKey.import_key(RSAKey(generate_private_key(3, 2048), None).as_dict(private=False))


WEAK: dict[str, Callable[[], Any]] = {
    "RSA of 1024 bits": lambda: RSAKey.generate_key(1024),
    "secp256k1": lambda: ECKey.generate_key("secp256k1"),
    "X25519, which signs nothing": lambda: OKPKey.generate_key("X25519"),
}


@pytest.fixture(autouse=True)
def unwarned():
    """The library warns of a weak key as well; it goes on with it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        yield


def published(file: Path, *keys: Any, private: bool = False, **parameters: str) -> Path:
    each = [key.as_dict(private=private) | parameters for key in keys]
    file.write_text(json.dumps({"keys": each}))
    return file


@pytest.mark.parametrize("kind", FIT)
def test_a_strong_public_key_is_believed(kind: str, tmp_path: Path):
    assert key_set(published(tmp_path / "jwks.json", FIT[kind]())).keys


@pytest.mark.parametrize("kind", FIT)
def test_a_private_key_is_not_published(kind: str, tmp_path: Path):
    with pytest.raises(UnusableKeys, match="private one stays with the issuer"):
        key_set(published(tmp_path / "jwks.json", FIT[kind](), private=True))


@pytest.mark.parametrize("kind", WEAK)
def test_a_weak_key_is_refused_beside_a_strong_one_too(kind: str, tmp_path: Path):
    with pytest.raises(UnusableKeys, match="a key is weak"):
        key_set(published(tmp_path / "jwks.json", FIT["P-256"](), WEAK[kind]()))


def test_a_shared_secret_is_refused(tmp_path: Path):
    with pytest.raises(UnusableKeys, match="oct"):
        key_set(published(tmp_path / "jwks.json", OctKey.generate_key(256), private=True))


def test_a_key_for_encrypting_is_refused(tmp_path: Path):
    with pytest.raises(UnusableKeys, match="signatures only"):
        key_set(published(tmp_path / "jwks.json", FIT["P-256"](), use="enc"))


def test_a_key_with_a_small_exponent_is_weak():
    assert unfit(KeySet([small_exponent()])) is not None


def test_a_set_without_keys_is_refused():
    assert unfit(KeySet([])) is not None
