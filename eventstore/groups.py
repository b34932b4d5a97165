"""Which commands of one turn stand or fall together: those that were decided on what another one of them changes."""

from collections.abc import Iterable, Iterator

from domain.decision import Need


class Groups:
    """Disjoint sets of commands, joined where one was decided on a stream that another one changed in this turn."""

    def __init__(self) -> None:
        self._parent: list[int] = []
        self._writer: dict[Need, int] = {}
        self._reads: dict[tuple[int, Need], None] = {}

    def join(self, changed: Iterable[Need]) -> int:
        """Open a group for a command; join it with those who changed what it used."""
        group = len(self._parent)
        self._parent.append(group)
        for need in changed:
            self._parent[self.of(self._writer[need])] = self.of(group)
        return group

    def reads(self, group: int, need: Need) -> None:
        """Note that the group was decided on this."""
        self._reads[group, need] = None

    def writes(self, group: int, need: Need) -> None:
        """Note that the group changes this."""
        self._writer[need] = group

    def of(self, group: int) -> int:
        """The set that a group belongs to by now."""
        while self._parent[group] != group:
            self._parent[group] = self._parent[self._parent[group]]
            group = self._parent[group]
        return group

    def all_reads(self) -> Iterator[tuple[int, Need]]:
        """Each set, with each thing that it was decided on, once."""
        return iter(dict.fromkeys((self.of(group), need) for group, need in self._reads))
