"""A keyring without a database, for tests of what is sealed and not of where keys are kept."""

from collections.abc import Iterable
from uuid import UUID, uuid4

from domain.sealed import DataClass
from eventstore.sealing import Key, KeyLost, Need, Whose, new_secret


class KeysInMemory:
    """Makes keys, counts how often one was asked for, and destroys them."""

    def __init__(self) -> None:
        self._keys: dict[Whose, Key | None] = {}
        self.asked = 0

    def ensure(self, needs: Iterable[Need]) -> None:
        for need in needs:
            self._keys.setdefault(need.whose, Key(uuid4(), new_secret()))

    def key(self, subject: UUID, data_class: DataClass) -> Key | None:
        self.asked += 1
        if (subject, data_class) not in self._keys:
            raise KeyLost
        return self._keys[subject, data_class]

    def destroy(self, subject: UUID) -> None:
        for data_class in DataClass:
            self._keys[subject, data_class] = None
