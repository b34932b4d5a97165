"""Contacting: every attempt to reach somebody, whatever came of it (BR-50, BR-52)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from domain.cases.case import Case
from domain.cases.facts import sealed
from domain.cases.status import ACTIVE
from domain.codesets.code_set import require_codes
from domain.decision import Context
from domain.sealed import Sealed
from domain.text import STRICT, Code, LongText


class Target(StrEnum):
    """Whom somebody tried to reach."""

    STUDENT = "STUDENT"
    WHANAU = "WHANAU"
    SCHOOL = "SCHOOL"
    AGENCY = "AGENCY"
    COMMUNITY = "COMMUNITY"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordContactAttempt:
    """Record an attempt to reach somebody (`ContactChannel`, `ContactOutcome`); the caller names the attempt."""

    __pydantic_config__ = STRICT

    attempt: UUID
    channel: Code
    target: Target
    outcome: Code
    attempted_on: date
    note: LongText | None = None

    def decide(self, case: Case, context: Context) -> list["ContactAttempted"]:
        case.require(*ACTIVE)
        if self.attempt in case.items:
            return []
        case.require_day(self.attempted_on, context.today)
        require_codes(context, "ContactChannel", self.channel, field="channel")
        require_codes(context, "ContactOutcome", self.outcome, field="outcome")
        return [
            ContactAttempted(
                attempt=self.attempt,
                channel=self.channel,
                target=self.target,
                outcome=self.outcome,
                attempted_on=self.attempted_on,
                note=sealed(self.note, case, context, note=self.attempt),
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactAttempted:
    """Somebody tried to reach the student, the whānau or others, whatever came of it (BR-50, BR-52)."""

    attempt: UUID
    channel: str  # a code of `ContactChannel`
    target: Target
    outcome: str  # a code of `ContactOutcome`
    attempted_on: date
    note: Sealed[str] | None

    def evolve(self, case: Case) -> Case:
        return case.put(self.attempt, "attempted")


Command: TypeAlias = RecordContactAttempt
Event: TypeAlias = ContactAttempted
