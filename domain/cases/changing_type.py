"""Changing type: a student on no roll enrols and the school asks for support, or the reverse (BR-29, BR-84)."""

from dataclasses import dataclass, replace
from typing import TypeAlias
from uuid import UUID

from domain.cases.case import Case, CaseType
from domain.cases.clocks import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTypeChanged:
    """The same case, of another type. Clocks that ran end with the old type, neither met nor breached (BR-48)."""

    type: CaseType
    school: UUID | None
    primary_contact: UUID | None
    request: UUID | None
    clocks: tuple[Clock, ...]

    def evolve(self, case: Case) -> Case:
        return replace(
            case,
            type=self.type,
            school=self.school,
            enrolled_at=self.school if self.type is CaseType.CA else None,
            primary_contact=self.primary_contact,
            consulted=frozenset(),
            episode=replace(case.episode, clocks=self.clocks, met={}),
        )


Event: TypeAlias = CaseTypeChanged
