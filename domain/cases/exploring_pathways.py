"""Exploring other pathways, where regular attendance may not be the right or achievable option (BR-79, BR-80)."""

from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias
from uuid import UUID

from domain.cases.case import Case
from domain.cases.facts import sealed
from domain.cases.status import ACTIVE
from domain.codesets.code_set import require_codes
from domain.decision import Context, Refused
from domain.sealed import Sealed
from domain.text import STRICT, Code, LongText


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposePathway:
    """Record that a pathway (`PathwayKind`) was offered to the student; the caller names the offer."""

    __pydantic_config__ = STRICT

    pathway: UUID
    kind: Code
    proposed_on: date
    note: LongText | None = None

    def decide(self, case: Case, context: Context) -> list["EducationPathwayProposed"]:
        case.require(*ACTIVE)
        if self.pathway in case.pathways:
            return []
        case.require_day(self.proposed_on, context.today)
        require_codes(context, "PathwayKind", self.kind, field="kind")
        note = sealed(self.note, case, context, note=self.pathway)
        return [EducationPathwayProposed(pathway=self.pathway, kind=self.kind, proposed_on=self.proposed_on, note=note)]


@dataclass(frozen=True, slots=True, kw_only=True)
class EducationPathwayProposed:
    """Another way than regular school was offered to the student; whether they take it is confirmed apart (BR-80)."""

    pathway: UUID
    kind: str  # a code of `PathwayKind`
    proposed_on: date
    note: Sealed[str] | None

    def evolve(self, case: Case) -> Case:
        return replace(case, pathways={**case.pathways, self.pathway: False})


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmPathway:
    """Record that the student has a place on a pathway that was proposed."""

    __pydantic_config__ = STRICT

    pathway: UUID
    confirmed_on: date

    def decide(self, case: Case, context: Context) -> list["EducationPathwayConfirmed"]:
        case.require(*ACTIVE)
        if self.pathway not in case.pathways:
            raise NoSuchPathway("pathway")
        if case.pathways[self.pathway]:
            return []
        case.require_day(self.confirmed_on, context.today)
        return [EducationPathwayConfirmed(pathway=self.pathway, confirmed_on=self.confirmed_on)]


@dataclass(frozen=True, slots=True, kw_only=True)
class EducationPathwayConfirmed:
    """The student has a place on a pathway, for which the case may be closed (BR-79)."""

    pathway: UUID
    confirmed_on: date

    def evolve(self, case: Case) -> Case:
        return replace(case, pathways={**case.pathways, self.pathway: True})


class NoSuchPathway(Refused):
    """A pathway is proposed before it is confirmed."""


Command: TypeAlias = ProposePathway | ConfirmPathway
Event: TypeAlias = EducationPathwayProposed | EducationPathwayConfirmed
