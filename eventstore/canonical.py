"""Canonical JSON: the one way in which the log writes a value, so that equal values are equal bytes.

Keys are sorted by code point, text is UTF-8, there are no blanks and no floats. Errors never repeat a value.
"""

from collections.abc import Callable
from json import JSONDecodeError, JSONDecoder, JSONEncoder
from typing import Any, Final, TypeAlias

Tree: TypeAlias = Any
"""What JSON can say: dict, list or tuple, str, int, bool, None."""


class Unstorable(TypeError):
    """A type or a value that the log cannot hold; names types, never values."""


class Misshapen(ValueError):
    """Stored data that does not have the shape of its type."""


def encoder(default: Callable[[Any], Tree] | None = None) -> JSONEncoder:
    """Return an encoder of canonical JSON; `default` says what stands for an object that is no tree."""
    return JSONEncoder(
        sort_keys=True,
        ensure_ascii=False,
        separators=(",", ":"),
        allow_nan=False,
        check_circular=False,
        default=default,
    )


_ENCODER: Final = encoder()
_DECODER: Final = JSONDecoder()


def write(tree: Tree, by: JSONEncoder = _ENCODER) -> bytes:
    """Return a tree as canonical bytes. Raises Unstorable for half a character (a lone surrogate)."""
    text = by.encode(tree)
    try:
        return text.encode()
    except UnicodeEncodeError:
        pass
    raise Unstorable("text that holds half a character")  # out here, because the error in there holds the text


def read(data: bytes) -> Tree:
    """Return what canonical bytes say. Raises Misshapen."""
    try:
        text = data.decode()
        tree, end = _DECODER.raw_decode(text)  # at the first character: canonical bytes begin with no blank
        if end == len(text) or text[end:].isspace():  # what was sealed is padded, a journal has lines
            return tree
    except (JSONDecodeError, UnicodeDecodeError):
        pass
    raise Misshapen("this is no JSON in UTF-8")


def quietly(reader: Callable[[Tree], Any], tree: Tree, what: str) -> Any:
    """Return what a reader makes of a tree.

    Raises Misshapen naming `what` it is, in the place of errors that would repeat a value.
    """
    try:
        return reader(tree)
    except Misshapen as error:
        reason = str(error)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        reason = type(error).__name__
    raise Misshapen(f"{what}: {reason}")
