"""What the people and places of a case are called: people always by their present names (BR-113), places as then."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from api.questions.reading import Answering
from projections import cases, naming


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Names:
    """Names beside ids; null where there is nobody, and for a person whose data was erased."""

    student: str | None
    school: str | None
    provider: str | None
    manager: str | None
    primary_contact: str | None


def names(now: Answering, found: Iterable[cases.Row]) -> Mapping[UUID, Names]:
    """Return the names of each of these cases, by its id. Whoever reads a case reads these (BR-60 to BR-62)."""
    rows = list(found)
    called = naming.names_of(now.db, (some for row in rows for some in _ids(row)), now.at)
    return {row.case_id: _named(row, called) for row in rows}


def _ids(row: cases.Row) -> Iterable[UUID | None]:
    return row.student, row.school, row.provider, row.manager, row.primary_contact


def _named(row: cases.Row, called: Mapping[UUID, str]) -> Names:
    student, school, provider, manager, contact = (called.get(some) if some else None for some in _ids(row))
    return Names(student=student, school=school, provider=provider, manager=manager, primary_contact=contact)
