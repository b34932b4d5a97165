"""Chance that repeats itself: the same seed always plays the same term."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar
from uuid import UUID

T = TypeVar("T")


class Luck:
    """A source of chance of its own for each person or case, so that nobody's choices depend on who was faster."""

    def __init__(self, *whose: object) -> None:
        self._random = Random("/".join(map(str, whose)))  # noqa: S311 - it repeats itself, as it is meant to

    def happens(self, percent: float) -> bool:
        return self._random.random() * 100 < percent

    def one(self, of: Sequence[T], weights: Sequence[float] | None = None) -> T:
        return self._random.choices(of, weights)[0]

    def some(self, of: Sequence[T], number: int) -> list[T]:
        """Return this many different ones."""
        return self._random.sample(of, number)

    def between(self, least: int, most: int) -> int:
        return self._random.randint(least, most)

    def uuid(self) -> UUID:
        return UUID(int=self._random.getrandbits(128), version=4)
