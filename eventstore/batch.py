"""What one append statement carries: the decisions of many commands, as the lists of rows that `log.append` takes."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

LISTS = ("stream_read", "claim_read", "key_used", "new_event", "new_claim", "new_answer")
"""The types of the rows, in the order in which `log.append` takes their lists."""

_ROWS = ", ".join(f"%s::log.{kind}[]" for kind in LISTS)
STATEMENT = f"SELECT * FROM log.append(%s::timestamptz, %s::date, {_ROWS}, %b)"  # noqa: S608 - our own names


@dataclass(frozen=True, slots=True, kw_only=True)
class Appended:
    """What became of a batch: the position of its first event, the instant recorded (UTC), the groups that collided.

    `day_moved`: midnight in Auckland passed since the batch was decided, and nothing of it was stored.
    """

    first: int
    at: datetime
    collided: frozenset[int]
    day_moved: bool


class Batch:
    """Collects decisions. Those of one group are stored together or not at all; groups do not disturb each other."""

    def __init__(self, clock: datetime, day: date | None = None) -> None:
        self.clock = clock
        self.day = day
        self._rows: dict[str, list[str]] = {kind: [] for kind in LISTS}
        self._payload = bytearray()

    def read(self, group: int, stream: UUID, version: int) -> None:
        """The group was decided on this version of the stream."""
        self._rows["stream_read"].append(f"({group},{stream},{version})")

    def read_claim(self, group: int, key: bytes, version: int) -> None:
        """The group was decided on this version of the claim (0: nobody ever took it)."""
        self._rows["claim_read"].append(f"({group},{_bytes(key)},{version})")

    def sealed_with(self, group: int, key: UUID) -> None:
        """The group's events hold values sealed with this key, which has to be alive still."""
        self._rows["key_used"].append(f"({group},{key})")

    def event(  # noqa: PLR0913 - the columns of the log
        self,
        group: int,
        *,
        stream: UUID,
        version: int,
        type: str,  # noqa: A002 - the log's word
        schema: int,
        command: UUID,
        envelope: bytes,
        data: bytes,
    ) -> None:
        """Append this event to the stream as this version."""
        paid = f"{self._pay(envelope)},{self._pay(data)}"
        self._rows["new_event"].append(f"({group},{stream},{version},{_text(type)},{schema},{command},{paid})")

    def write_claim(self, group: int, *, key: bytes, version: int, holder: UUID, held: bool, command: UUID) -> None:
        """Take the claim (`held`) or release it, after this version of it."""
        self._rows["new_claim"].append(f"({group},{_bytes(key)},{version},{holder},{held},{command})")

    def answer(self, group: int, *, command: UUID, body: bytes, answer: bytes) -> None:
        """Keep the answer of a command whose last event, if it has any, was the last one added."""
        last = len(self._rows["new_event"])
        self._rows["new_answer"].append(f"({group},{command},{_bytes(body)},{last},{self._pay(answer)})")

    def arguments(self) -> list[object]:
        """Return the arguments of `STATEMENT`."""
        return [self.clock, self.day, *map(array, self._rows.values()), bytes(self._payload)]

    def _pay(self, value: bytes) -> str:
        """Add bytes to the payload, and say where they stand: they need neither quotes nor twice the room there."""
        at = len(self._payload)
        self._payload += value
        return f"{at},{len(value)}"


def array(values: Iterable[str]) -> str:
    """Write an array as PostgreSQL reads it: much faster than to let the driver find out what it is made of."""
    return "{" + ",".join([_quoted(value) for value in values]) + "}"


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_text = _quoted  # a field of a row is quoted in the same way as an element of an array


def _bytes(value: bytes) -> str:
    return f"\\\\x{value.hex()}"
