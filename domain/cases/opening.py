"""Opening: a case exists from the moment a request is submitted; allocation follows in the same decision (BR-18)."""

from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias
from uuid import UUID

from domain.cases.case import Case, CaseType, Provision
from domain.cases.clocks import Clock, Episode
from domain.cases.status import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCreated:
    """A new case, UNALLOCATED until the event that follows names its provider; the referral day is `opened_on`."""

    type: CaseType
    student: UUID
    school: UUID
    request: UUID
    primary_contact: UUID
    provision: Provision
    catchment: UUID | None
    opened_on: date
    clocks: tuple[Clock, ...]

    def evolve(self, case: Case) -> Case:
        return replace(
            case,
            status=Status.UNALLOCATED,
            type=self.type,
            student=self.student,
            school=self.school,
            enrolled_at=self.school,
            primary_contact=self.primary_contact,
            provision=self.provision,
            catchment=self.catchment,
            opened_on=self.opened_on,
            episode=Episode(number=1, started_on=self.opened_on, clocks=self.clocks),
        )


Event: TypeAlias = CaseCreated
