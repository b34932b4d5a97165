"""The erasure journal: what was destroyed, kept outside the database, so that no restore brings it back."""

import fcntl
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from domain.sealed import DataClass
from eventstore.canonical import quietly, read, write
from eventstore.shapes import Shapes

_AUTHORITY: Final = re.compile(r"[\w ./:()-]{1,100}")
_CANCELLED: Final = b"\x18\n"
_FIRST_LINE: Final = b'{"about":"who was erased, in order; kept apart from every copy of the database"}\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """The order to destroy a subject's data: of which classes, by what authority (a reference), when (UTC).

    Raises ValueError for an authority that is no short reference: what stands there is kept for ever.
    """

    subject: UUID
    classes: tuple[DataClass, ...] = tuple(DataClass)
    authority: str
    at: datetime

    def __post_init__(self) -> None:
        if not _AUTHORITY.fullmatch(self.authority):
            raise ValueError("the authority is given as a reference of 1 to 100 letters, digits and . / : ( ) -")


class Journal:
    """A file of JSON lines, only ever appended to, by any number of processes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def there(self) -> bool:
        """Whether there is a journal: an empty one says that nobody was erased, none says nothing."""
        return self._path.exists()

    def begin(self) -> None:
        """Make an empty journal, whose first line says what it is, unless there is one already."""
        with suppress(FileExistsError), open(self._path, "xb", buffering=0, opener=_private) as file:
            file.write(_FIRST_LINE)
            os.fsync(file.fileno())
        _sync(self._path.parent)

    def append(self, erasure: Erasure) -> None:
        """Write an entry; when this returns, it lasts."""
        with open(self._path, "a+b", buffering=0, opener=_private) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            torn = file.seek(0, os.SEEK_END) > 0 and _last_byte(file.fileno()) != b"\n"
            line = (_CANCELLED if torn else b"") + write(_WRITE(erasure)) + b"\n"
            if file.write(line) != len(line):
                raise OSError("the erasure journal could not be written")
            os.fsync(file.fileno())
        _sync(self._path.parent)

    def entries(self) -> list[Erasure]:
        """Return every entry in order; none if there is no file yet.

        An entry that was cut off while it was written is none: nothing had been destroyed on its account.
        Raises Misshapen for any other that cannot be read.
        """
        if not self._path.exists():
            return []
        lines = self._path.read_bytes().splitlines(keepends=True)
        whole = (
            line for line in lines if line.endswith(b"\n") and not line.endswith(_CANCELLED) and line != _FIRST_LINE
        )
        return [quietly(_READ, read(line), "an entry of the erasure journal") for line in whole if line != _FIRST_LINE]


_WRITE, _READ = Shapes().of(Erasure)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


def _last_byte(file: int) -> bytes:
    return os.pread(file, 1, os.fstat(file).st_size - 1)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
