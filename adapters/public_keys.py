"""Public keys of an issuer, judged: each is public, strong enough, and made for signatures that we take."""

from typing import Any, Final

from joserfc.jwk import KeySet

_CURVES: Final = frozenset({"P-256", "P-384", "P-521"})
_EDWARDS: Final = frozenset({"Ed25519", "Ed448"})
_FEWEST_BITS: Final = 2048
_SMALLEST_EXPONENT: Final = 65_537


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
