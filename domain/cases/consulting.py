"""Consulting the school before a major step (BR-53): with whom, when, and what the school said."""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from domain.cases.case import Case
from domain.cases.status import ACTIVE
from domain.codesets.code_set import require_codes
from domain.decision import Context
from domain.sealed import DataClass, Sealed
from domain.text import STRICT, Code, LongText, ShortText


class View(StrEnum):
    """What the school said; the provider decides, whatever that is."""

    AGREES = "AGREES"
    DISAGREES = "DISAGREES"
    NO_VIEW = "NO_VIEW"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Talk:
    """With whom the provider talked, and what was said."""

    who: ShortText
    note: LongText | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultSchool:
    """Record that the school was asked about a step (`MajorStep`) before it is taken; the caller names the talk."""

    __pydantic_config__ = STRICT

    consultation: UUID
    step: Code
    consulted_on: date
    who: ShortText
    view: View
    note: LongText | None = None

    def decide(self, case: Case, context: Context) -> list["SchoolConsulted"]:
        case.require(*ACTIVE)
        if self.consultation in case.items:
            return []
        case.require_day(self.consulted_on, context.today)
        require_codes(context, "MajorStep", self.step, field="step")
        words = Talk(who=self.who, note=self.note)
        return [
            SchoolConsulted(
                consultation=self.consultation,
                step=self.step,
                consulted_on=self.consulted_on,
                school=case.school,
                view=self.view,
                talk=context.note(words, DataClass.NARRATIVE, self.consultation, about=(case.student,)),
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolConsulted:
    """The present school was asked about a major step before it is taken, and said what it thinks (BR-53)."""

    consultation: UUID
    step: str  # a code of `MajorStep`
    consulted_on: date
    school: UUID | None  # of enrolment, or the last one
    view: View
    talk: Sealed[Talk]  # with whom, and what was said

    def evolve(self, case: Case) -> Case:
        return replace(case.put(self.consultation, "consulted"), consulted=case.consulted | {self.step})


Command: TypeAlias = ConsultSchool
Event: TypeAlias = SchoolConsulted
