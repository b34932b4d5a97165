"""Upcasters: how the shapes that were stored in earlier days are read as present ones.

An upcaster takes the JSON tree of one version of a type and returns that of the next. Sealed values are
opaque to it: it moves or drops them, and never sees what they hold. The present schema version of a type is
one more than the number of upcasters that lead to it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from eventstore.canonical import Tree

Upcaster: TypeAlias = Callable[[Tree], Tree]


@dataclass(frozen=True, slots=True)
class _Step:
    to: tuple[str, int]  # type and schema version that it leads to
    upcast: Upcaster


class Upcasters:
    """A registry of upcasters, in the order of the versions that they read."""

    def __init__(self) -> None:
        self._steps: dict[tuple[str, int], _Step] = {}
        self._present: dict[str, int] = {}

    def upcast(self, name: str, *, from_version: int, renamed: str | None = None) -> Callable[[Upcaster], Upcaster]:
        """Register how one version of a type becomes the next, which may have another name.

        Raises ValueError unless `from_version` is the present version of the type.
        """
        if (name, from_version) in self._steps or from_version != self.present(name):
            raise ValueError(f"version {from_version} of {name} is not its present one")

        def register(upcast: Upcaster) -> Upcaster:
            to = (renamed or name, from_version + 1)
            self._steps[name, from_version] = _Step(to, upcast)
            self._present[to[0]] = to[1]
            return upcast

        return register

    def present(self, name: str) -> int:
        """Return the schema version in which a type is stored today."""
        return self._present.get(name, 1)

    def target(self, name: str, version: int) -> tuple[str, int]:
        """Return the type and version as which a stored one is read."""
        while step := self._steps.get((name, version)):
            name, version = step.to
        return name, version

    def apply(self, name: str, version: int, tree: Tree) -> Tree:
        """Return a stored tree in its present shape."""
        while step := self._steps.get((name, version)):
            tree = step.upcast(tree)
            name, version = step.to
        return tree


UPCASTERS: Final = Upcasters()
"""Those of the service. There are none yet: every type has the shape in which it was first stored."""
