"""Faults: what is wrong at one place of what was sent, said without repeating it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

_OF_OURS: Final = re.compile(r"[a-z][a-z0-9_-]{0,59}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong: where (`pointer` is a JSON pointer into `source`), a stable code, and words."""

    source: str  # body, path, query, header
    pointer: str
    code: str
    message: str


def fault_of(error: Mapping[str, Any], source: str | None = None) -> Fault:
    """Return what pydantic found. Its own words often repeat the input, so ours stand for them."""
    place = list(error["loc"])
    where = source or str(place.pop(0))
    code, message = _said(error)
    return Fault(source=where, pointer=_pointer(place), code=code, message=message)


def _pointer(place: list[object]) -> str:
    """Return the place as a JSON pointer, up to a name that is not ours: that would be the client's own text."""
    parts = []
    for part in place:
        if not isinstance(part, int) and not _OF_OURS.fullmatch(str(part).lower()):
            break
        parts.append(f"/{part}")
    return "".join(parts)


def _said(error: Mapping[str, Any]) -> tuple[str, str]:
    kind = str(error["type"])
    context = error.get("ctx") or {}
    if kind in _OWN:
        return kind, str(error["msg"])
    if kind == "value_error":
        return "bad_text", str(context.get("error", "is not accepted"))
    for part, (code, say) in _WORDS.items():
        if part in kind:
            return code, say(context)
    return "wrong", "is not accepted"


def _limit(words: str, name: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda context: f"{words} {context.get(name, '')}".strip()


def _plain(words: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda _: words


_OWN: Final = frozenset({"not_a_day", "day_out_of_range", "not_an_instant", "instant_out_of_range"})
"""Kinds of errors that our own readers raise; they choose their words with care."""

_WORDS: Final[Mapping[str, tuple[str, Callable[[Mapping[str, Any]], str]]]] = {
    "missing": ("missing", _plain("is missing")),
    "unexpected": ("unknown_field", _plain("is not known here")),
    "extra_forbidden": ("unknown_field", _plain("is not known here")),
    "enum": ("not_in_list", _limit("is not one of", "expected")),
    "literal": ("not_in_list", _limit("is not one of", "expected")),
    "uuid": ("not_an_id", _plain("is not a UUID")),
    "bool": ("not_a_boolean", _plain("is neither true nor false")),
    "int": ("not_an_integer", _plain("is not a whole number")),
    "greater_than": ("too_small", _limit("is less than", "ge")),
    "less_than": ("too_large", _limit("is more than", "le")),
    "too_long": ("too_long", _limit("is longer than", "max_length")),
    "too_short": ("too_short", _limit("is shorter than", "min_length")),
    "string": ("not_a_text", _plain("is not a text that is accepted here")),
    "datetime": ("not_an_instant", _plain("is not an instant such as 2026-05-04T09:30:00+12:00")),
    "date": ("not_a_day", _plain("is not a day such as 2026-05-04")),
    "dataclass": ("not_an_object", _plain("is not an object")),
    "dict": ("not_an_object", _plain("is not an object")),
    "tuple": ("not_a_list", _plain("is not a list")),
    "list": ("not_a_list", _plain("is not a list")),
}
"""What we say of pydantic's kinds of errors, by a part of their names; the first that fits."""
