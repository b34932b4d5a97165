"""Saying: what an event says, as JSON, its fields by their names (docs/events.md)."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any, TypeAlias

from domain.sealed import Sealed

Showing: TypeAlias = Callable[[Sealed[Any], str], Any]
"""Returns what stands for a sealed value, which is named by its JSON pointer (RFC 6901) as well."""


def said(value: Any, showing: Showing, pointer: str = "") -> Any:
    """Return a value as objects, lists and plain values; days, instants and ids are left to whoever writes them."""
    if isinstance(value, Sealed):
        return showing(value, pointer)
    if is_dataclass(value):
        return {each.name: said(getattr(value, each.name), showing, f"{pointer}/{each.name}") for each in fields(value)}
    if isinstance(value, dict):
        return {str(key): said(each, showing, f"{pointer}/{_escaped(str(key))}") for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [said(each, showing, f"{pointer}/{index}") for index, each in enumerate(value)]
    return value


def sealed_in(value: Any) -> list[Sealed[Any]]:
    """Find the sealed values; none is opened."""
    found: list[Sealed[Any]] = []
    said(value, lambda sealed, _: found.append(sealed))
    return found


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
