"""Days, instants and ids as they may come in: ISO 8601 texts, of years that a service of children knows; UUIDs."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final
from uuid import UUID

from pydantic_core import CoreSchema, PydanticCustomError

FIRST: Final = date(1900, 1, 1)
LAST: Final = date(2199, 12, 31)
LARGEST: Final = 2**53 - 1
"""The largest number that every reader of JSON reads exactly."""

_ID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?(Z|[+-][0-9]{2}:[0-9]{2})"
)


def day(raw: object) -> date:
    """Read a day such as 2026-05-04; raise a `PydanticCustomError` for anything else."""
    try:
        read = date.fromisoformat(raw) if isinstance(raw, str) and _DAY.fullmatch(raw) else None
    except ValueError:
        read = None
    if read is None:
        raise PydanticCustomError("not_a_day", "is not a day such as 2026-05-04")
    if not FIRST <= read <= LAST:
        raise PydanticCustomError("day_out_of_range", "is not a day from 1900 to 2199")
    return read


def instant(raw: object) -> datetime:
    """Read an instant with its offset, such as 2026-05-04T09:30:00+12:00, in UTC; raise likewise."""
    try:
        read = datetime.fromisoformat(raw) if isinstance(raw, str) and _INSTANT.fullmatch(raw) else None
    except ValueError:
        read = None
    if read is None:
        raise PydanticCustomError("not_an_instant", "is not an instant such as 2026-05-04T09:30:00+12:00")
    if not FIRST < read.date() < LAST:
        raise PydanticCustomError("instant_out_of_range", "is not an instant of the years 1900 to 2199")
    return read.astimezone(UTC)


def is_id(text: str) -> bool:
    """Whether this is an id as all the world writes it: with hyphens, and nothing around it."""
    return _ID.fullmatch(text) is not None


def identity(raw: object) -> UUID:
    """Read an id with its hyphens and nothing around it; raise likewise."""
    if not isinstance(raw, str) or not is_id(raw):
        raise PydanticCustomError("uuid_otherwise", "is not a UUID")
    return UUID(raw)


_READERS: Final[dict[str, Callable[[object], object]]] = {"date": day, "datetime": instant, "uuid": identity}


def stricter(schema: Any) -> Any:
    """Return pydantic's schema with our readers for days, instants and ids (its own take "0" for 1970), and limits."""
    if isinstance(schema, list):
        return [stricter(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kind = schema.get("type")
    if isinstance(kind, str) and kind in _READERS:
        return plain(_READERS[kind])
    limits = {"ge": -LARGEST, "le": LARGEST} if kind == "int" else {}
    return limits | {name: stricter(each) for name, each in schema.items()}


def plain(reader: Callable[[object], object]) -> CoreSchema:
    """Return the schema of whatever this reader accepts."""
    return {"type": "function-plain", "function": {"type": "no-info", "function": reader}}
