"""Bounds: the numbers that commands take, each with the least and the most that is sensible.

Commands name these types (`minutes: Minutes`). They are plain `int` to Python and to the log; whoever reads a body
refuses what lies outside, so that no number reaches a row or a calendar that cannot hold it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias, TypeVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A kind of whole number, from the least to the most, both included."""

    least: int
    most: int

    def __get_pydantic_core_schema__(self, source: object, handler: Callable[[object], Any]) -> dict[str, Any]:
        """Tell pydantic the bounds, by a plain dict; it shows them in the OpenAPI document as well."""
        return {**handler(source), "ge": self.least, "le": self.most}


@dataclass(frozen=True, slots=True, kw_only=True)
class Several:
    """A kind of list: how many there are at most."""

    most: int

    def __get_pydantic_core_schema__(self, source: object, handler: Callable[[object], Any]) -> dict[str, Any]:
        """Tell pydantic the longest, by a plain dict; it shows it in the OpenAPI document as well."""
        return {**handler(source), "max_length": self.most}


T = TypeVar("T")

AFew: TypeAlias = Annotated[tuple[T, ...], Several(most=20)]
"""What people name one by one on a form: contacts, goals, codes that they tick."""

Many: TypeAlias = Annotated[tuple[T, ...], Several(most=400)]
"""What a list of the Ministry's, or a year, holds: the codes of a set, the days on which a school is closed."""

YearLevel: TypeAlias = Annotated[int, Whole(least=0, most=15)]
Minutes: TypeAlias = Annotated[int, Whole(least=1, most=24 * 60)]
"""How long something took, on one day."""

TermNumber: TypeAlias = Annotated[int, Whole(least=1, most=4)]
Year: TypeAlias = Annotated[int, Whole(least=1900, most=2199)]
"""A year of which days can be named."""

VersionNumber: TypeAlias = Annotated[int, Whole(least=1, most=1_000_000)]
Cents: TypeAlias = Annotated[int, Whole(least=0, most=10**12)]
Quantity: TypeAlias = Annotated[int, Whole(least=0, most=1_000)]
"""A parameter of the policy: days, weeks, months, hours or cases."""

Count: TypeAlias = Annotated[int, Whole(least=0, most=1_000_000)]
"""How many there are of what the service counts itself."""

Percent: TypeAlias = Annotated[int, Whole(least=0, most=100)]
