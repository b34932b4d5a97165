"""Former details: which events say who somebody is, of which all but the last are hidden by default (BR-113)."""

from dataclasses import fields
from functools import cache
from typing import Any, Final, get_origin, get_type_hints
from uuid import UUID

from domain import registry
from domain.sealed import Sealed
from domain.students.caregiver import Caregiver
from domain.students.student import Student
from domain.users.user import User
from eventstore.connections import Connection

_PEOPLE: Final = frozenset({Student, Caregiver, User})
_WHO: Final = ("details", "name")
_LAST: Final = "SELECT max(version) FROM log.events WHERE stream = %s AND type = ANY(%s)"


@cache
def telling() -> dict[str, str]:
    """Return every event that says who a person is, and its field that does."""
    found = ((name, _field(kind)) for name, kind in registry.events().items() if _PEOPLE & {*registry.states_of(kind)})
    return {name: field for name, field in found if field}


def present_version(db: Connection, person: UUID) -> int:
    """Return the version that says who a person is now (0 if none does): what was said before is a former value."""
    row = db.execute(_LAST, [person, [*telling()]]).fetchone()
    return int(row[0]) if row and row[0] else 0


def _field(kind: type[Any]) -> str | None:
    hints = get_type_hints(kind)
    sealed = (each.name for each in fields(kind) if each.name in _WHO and get_origin(hints[each.name]) is Sealed)
    return next(sealed, None)
