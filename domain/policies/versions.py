"""Versions in force by date: the highest that is effective on a day rules it, and none is edited."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Protocol, TypeVar

from domain.decision import Refused


class Version(Protocol):
    """Something published with a number, in force from a day on."""

    @property
    def version(self) -> int: ...

    @property
    def effective_from(self) -> date: ...


V = TypeVar("V", bound=Version)


def latest(versions: Iterable[Version]) -> int:
    """Return the highest version published, in force or not yet; 0 before the first."""
    return max((each.version for each in versions), default=0)


def in_force(versions: Iterable[V], day: date, before_all: V) -> V:
    """Return the highest version effective by the day: a later one replaces one not yet in force."""
    begun = (each for each in versions if each.effective_from <= day)
    return max(begun, key=lambda each: each.version, default=before_all)


def is_news(published: Sequence[V], new: V, today: date) -> bool:
    """Say whether a version is to be published; False if it was, just so. Raise if it may not be.

    Only the first may be effective before today: past days keep the version that ruled them.
    """
    if new in published:
        return False
    if new.version <= latest(published):
        raise VersionPublished("version")
    if new.version != latest(published) + 1:
        raise VersionLeftOut("version")
    if published and new.effective_from < today:
        raise EffectiveInThePast("effective_from")
    return True


class VersionPublished(Refused):
    """This version was published and cannot be edited; publish a later one."""


class VersionLeftOut(Refused):
    """Versions are numbered one after another."""


class EffectiveInThePast(Refused):
    """A version is effective today or later; the days before keep the version that ruled them."""
