"""Personal values: each carries whose it is and of what class, so that it can be encrypted and its key destroyed."""

from collections.abc import Callable
from enum import StrEnum
from typing import Final, Generic, TypeVar, cast, final
from uuid import UUID

T = TypeVar("T")


class DataClass(StrEnum):
    """Classes of personal data; a subject has one key for each, so that one can be destroyed without the others."""

    IDENTITY = "identity"
    CONTACT = "contact"
    NARRATIVE = "narrative"
    HEALTH = "health"
    SAFETY = "safety"


@final
class Unknown:
    """A personal value whose key was destroyed. Every rule answers it with a refusal or a safe default."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __bool__(self) -> bool:
        return False


UNKNOWN: Final = Unknown()


@final
class Sealed(Generic[T]):
    """A personal value: of which subject, of which class; opened lazily, so that folding needs no keys.

    `about` names the people a note or draft speaks of: its key dies with the key of any of them.
    The value never shows in a representation, a log line or a traceback.
    """

    __slots__ = ("_open", "about", "data_class", "subject")

    def __init__(
        self,
        subject: UUID,
        data_class: DataClass,
        value: T | Callable[[], T | Unknown],
        *,
        about: tuple[UUID, ...] = (),
        lazy: bool = False,
    ) -> None:
        self.subject = subject
        self.data_class = data_class
        self.about = about
        self._open = cast("Callable[[], T | Unknown]", value) if lazy else lambda: cast("T", value)

    def open(self) -> T | Unknown:
        """Return the value, or UNKNOWN once the key was destroyed."""
        return self._open()

    def __repr__(self) -> str:
        return f"Sealed({self.data_class}, subject={self.subject})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sealed):
            return NotImplemented
        return (self.subject, self.data_class, self.open()) == (other.subject, other.data_class, other.open())

    def __hash__(self) -> int:
        return hash((self.subject, self.data_class))
