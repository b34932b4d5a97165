"""The registry: every event and command there is, by name, and whose stream each belongs to.

The log stores an event under the name of its class; what is not listed here is neither stored nor read.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from inspect import signature
from types import ModuleType
from typing import Any, Final, TypeVar, get_args, get_type_hints

SLICES: Final[Mapping[str, tuple[str, ...]]] = {
    "calendars": ("publishing",),
    "cases": (
        "allocating",
        "assigning",
        "changing_type",
        "closing",
        "consulting",
        "contacting",
        "enrolling",
        "exploring_pathways",
        "identifying_barriers",
        "meeting",
        "naming_contact",
        "opening",
        "pausing",
        "planning",
        "recalculating",
        "recording_activities",
        "reopening",
        "requesting",
        "transitioning",
    ),
    "catchments": ("contracting", "defining"),
    "codesets": ("publishing",),
    "policies": ("publishing", "revising"),
    "privacy": ("disposing", "holding"),
    "providers": ("registering",),
    "requests": ("drafting", "submitting"),
    "schools": ("funding", "registering", "zoning"),
    "streams": ("reclaiming",),
    "students": ("caring", "contacting", "correcting", "disclosing", "enrolling", "merging", "registering"),
    "users": ("approving", "granting", "inviting", "training"),
}
"""The slices of every package. A new one is listed here, or a test says so."""


def slices() -> Iterator[ModuleType]:
    """Return every slice module."""
    for package, names in SLICES.items():
        yield from (import_module(f"domain.{package}.{name}") for name in names)


def named(modules: Iterable[ModuleType], alias: str) -> dict[str, type[Any]]:
    """Return what the aliases of some modules unite, by name. Raises ValueError for two of one name."""
    found: dict[str, type[Any]] = {}
    for kind in (kind for module in modules for kind in members(getattr(module, alias, ()))):
        if found.setdefault(kind.__name__, kind) is not kind:
            raise ValueError(f"two classes are called {kind.__name__}")
    return found


def members(alias: Any) -> tuple[type[Any], ...]:
    """Return the classes that an alias unites, nested ones too; it may be one class."""
    if isinstance(alias, type):
        return (alias,)
    parts = get_args(alias) if not isinstance(alias, tuple) else alias
    return tuple(kind for part in parts for kind in members(part))


@cache
def events() -> Mapping[str, type[Any]]:
    """Return every event by the name under which it is stored."""
    return named(slices(), "Event")


@cache
def commands() -> Mapping[str, type[Any]]:
    """Return every command by name."""
    return named(slices(), "Command")


def states_of(kind: type[Any]) -> tuple[type[Any], ...]:
    """Return the classes of state that a command decides on or an event evolves; most have one."""
    method = getattr(kind, "evolve", None) or kind.decide
    _, state, *_ = signature(method).parameters
    hint = get_type_hints(method)[state]
    if isinstance(hint, TypeVar):
        hint = hint.__bound__ or hint.__constraints__
    return members(hint)
