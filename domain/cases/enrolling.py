"""Enrolling: a case learns where its student is enrolled, and nothing moves by itself (BR-42, BR-85, BR-133).

A closed case learns it as well, for the school of the student reads it on (BR-61). That is no new item (BR-50).
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from domain.cases.case import Case, CaseType, Provision
from domain.cases.facts import catchment_of
from domain.cases.status import Status
from domain.decision import Context
from domain.students.student import Enrolment, Student
from domain.text import STRICT


class WhyTransfer(StrEnum):
    """What makes another provider the right one."""

    OTHER_CATCHMENT = "OTHER_CATCHMENT"
    OTHER_PROVISION = "OTHER_PROVISION"
    CONTRACT_ENDED = "CONTRACT_ENDED"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteEnrolment:
    """A system's: tell the case where its student is enrolled today, if that is news to it."""

    __pydantic_config__ = STRICT

    def decide(self, case: Case, context: Context) -> list["Event"]:
        case.require(*Status)
        enrolment = context.fact(Student, case.student).enrolment_on(context.today)
        if not case.active:
            return _followed(case, enrolment)
        if enrolment is None:
            return _left(case, context)
        return [] if enrolment.school == case.enrolled_at else [*enrolled(case, enrolment, context)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNoticeOfEnrolment:
    """The student is on the roll of a school, which sees the case from that day.

    The case of a CA is now that school's; it has no Primary Contact until that school names one (BR-20, BR-143).
    A NEN stays one, and both sides arrange a transition meeting (BR-85).
    """

    school: UUID
    enrolled_on: date
    previous_school: UUID | None
    primary_contact: UUID | None

    def evolve(self, case: Case) -> Case:
        moved = self.school != case.school
        return replace(
            case,
            school=self.school,
            enrolled_at=self.school,
            primary_contact=self.primary_contact,
            consulted=frozenset() if moved else case.consulted,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNoticeOfLeaving:
    """The student is off the roll of the school, whose Primary Contact loses the case (BR-60)."""

    school: UUID
    previous_contact: UUID | None

    def evolve(self, case: Case) -> Case:
        return replace(case, enrolled_at=None, primary_contact=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedCaseNoticeOfRoll:
    """On whose roll the student of a closed case is now: that school, if any, reads it on (BR-60, BR-61, BR-133).

    Nothing else of it changes: the school it was closed at and its Primary Contact are history, and no clock starts.
    """

    school: UUID | None
    previous_school: UUID | None

    def evolve(self, case: Case) -> Case:
        return replace(case, enrolled_at=self.school)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferSuggested:
    """Another provider would now be right. People decide; nothing moves by itself (BR-42)."""

    catchment: UUID | None
    why: WhyTransfer

    def evolve(self, case: Case) -> Case:
        return case


def enrolled(case: Case, enrolment: Enrolment, context: Context) -> list[CaseNoticeOfEnrolment | TransferSuggested]:
    """Return what the case learns from an enrolment: the case of a CA moves to the school, its provider stays."""
    same = enrolment.school == case.school
    notice = CaseNoticeOfEnrolment(
        school=enrolment.school,
        enrolled_on=enrolment.from_on,
        previous_school=case.school,
        primary_contact=case.primary_contact if same else None,
    )
    if same or case.type is CaseType.NEN:
        return [notice]
    return [notice, *suggestions(case, enrolment.school, context)]


def suggestions(case: Case, school: UUID, context: Context) -> list[TransferSuggested]:
    """Return whether a case with a provider would have another one, were it allocated at this school today."""
    if case.provider is None:
        return []
    catchment = catchment_of(school, context)
    if catchment != case.catchment:
        return [TransferSuggested(catchment=catchment, why=WhyTransfer.OTHER_CATCHMENT)]
    if case.provision is Provision.ISP and school != case.school:
        return [TransferSuggested(catchment=catchment, why=WhyTransfer.OTHER_PROVISION)]
    return []


def _followed(case: Case, enrolment: Enrolment | None) -> list["Event"]:
    school = enrolment.school if enrolment else None
    if school == case.enrolled_at:
        return []
    return [ClosedCaseNoticeOfRoll(school=school, previous_school=case.enrolled_at)]


def _left(case: Case, context: Context) -> list["Event"]:
    if case.enrolled_at is None:
        return []
    return [CaseNoticeOfLeaving(school=case.enrolled_at, previous_contact=case.primary_contact)]


Command: TypeAlias = NoteEnrolment
Event: TypeAlias = CaseNoticeOfEnrolment | CaseNoticeOfLeaving | ClosedCaseNoticeOfRoll | TransferSuggested
