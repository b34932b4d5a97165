"""Drafting: a request is kept as far as it goes, and is nobody's case (BR-11)."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from domain.decision import Context, Refused
from domain.policies.criteria import CRITERIA, Criteria
from domain.policies.policy import SERVICE_POLICY, Policy
from domain.requests.form import Form
from domain.requests.people import require_own_people
from domain.requests.request import Request, RequestStatus
from domain.sealed import DataClass, Sealed
from domain.text import STRICT


class WhyDiscarded(StrEnum):
    """Why a draft goes no further."""

    NOT_NEEDED = "NOT_NEEDED"
    DUPLICATE = "DUPLICATE"
    ENTERED_IN_ERROR = "ENTERED_IN_ERROR"


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveDraft:
    """Keep what is filled in so far, whatever is missing."""

    __pydantic_config__ = STRICT

    form: Form

    def decide(self, request: Request, context: Context) -> list["CaRequestDraftSaved"]:
        request.require_school(context.actor.organisation)
        if request.status is not None:
            request.require(RequestStatus.DRAFT)
        if request.form and request.form.open() == self.form:
            return []
        require_own_people(self.form, context.actor.organisation, context)
        return [
            CaRequestDraftSaved(
                submission=context.name or context.stream,
                school=context.actor.organisation,
                author=request.author or context.actor.user,
                student=self.form.student,
                form=seal(self.form, context),
                criteria_version=context.fact(Criteria, CRITERIA).version_on(context.today),
                saved_on=context.today,
            )
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaRequestDraftSaved:
    """A request is kept as far as it is filled in: no case, no clock, and no provider sees it (BR-11)."""

    submission: UUID  # by which the school's client names the request (BR-19)
    school: UUID
    author: UUID  # who saved it first
    student: UUID | None
    form: Sealed[Form]
    criteria_version: int  # in force on that day (BR-17)
    saved_on: date

    def evolve(self, request: Request) -> Request:
        return replace(
            request,
            status=RequestStatus.DRAFT,
            school=self.school,
            author=self.author,
            student=self.student,
            form=self.form,
            saved_on=self.saved_on,
            kept_until_on=None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscardDraft:
    """Give up a draft."""

    __pydantic_config__ = STRICT

    reason: WhyDiscarded

    def decide(self, request: Request, context: Context) -> list["CaRequestDraftDiscarded"]:
        request.require_school(context.actor.organisation)
        request.require(RequestStatus.DRAFT, RequestStatus.DISCARDED)
        return [CaRequestDraftDiscarded(reason=self.reason)] if request.status is RequestStatus.DRAFT else []


@dataclass(frozen=True, slots=True, kw_only=True)
class CaRequestDraftDiscarded:
    """The school gave up a draft; it can be neither saved nor submitted any more."""

    reason: WhyDiscarded

    def evolve(self, request: Request) -> Request:
        return replace(request, status=RequestStatus.DISCARDED, form=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class WarnOfExpiry:
    """A system's: say that a draft is about to be given up, `P:draftWarningDays` before it is."""

    __pydantic_config__ = STRICT

    def decide(self, request: Request, context: Context) -> list["CaRequestDraftExpiryWarned"]:
        request.require(*RequestStatus)
        if request.status is not RequestStatus.DRAFT or request.kept_until_on:
            return []
        policy = context.fact(Policy, SERVICE_POLICY).in_force(context.today)
        last_day = request.saved_on + timedelta(days=policy.draft_expiry_days)
        warning = timedelta(days=policy.draft_warning_days)
        if context.today < last_day - warning:
            raise StillKept
        return [CaRequestDraftExpiryWarned(kept_until_on=max(last_day, context.today + warning))]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaRequestDraftExpiryWarned:
    """A school was told that a draft is kept through this day, and given up after it unless somebody saves it again."""

    kept_until_on: date

    def evolve(self, request: Request) -> Request:
        return replace(request, kept_until_on=self.kept_until_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpireDraft:
    """A system's: give up a draft that nobody saved for `P:draftExpiryDays` calendar days, nor since the warning."""

    __pydantic_config__ = STRICT

    def decide(self, request: Request, context: Context) -> list["CaRequestDraftExpired"]:
        request.require(*RequestStatus)
        if request.status is not RequestStatus.DRAFT:
            return []
        if request.kept_until_on is None:
            raise NotWarned
        if context.today <= request.kept_until_on:
            raise StillKept
        return [CaRequestDraftExpired(saved_on=request.saved_on)]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaRequestDraftExpired:
    """A draft was given up because nobody saved it after its school was warned."""

    saved_on: date  # for the last time

    def evolve(self, request: Request) -> Request:
        return replace(request, status=RequestStatus.DISCARDED, form=None)


def seal(form: Form, context: Context) -> Sealed[Form]:
    """Seal a form under a key of the request's, which dies with the student's, and with that of any caregiver named."""
    about = (form.student, *form.caregivers) if form.student else ()
    return context.note(form, DataClass.NARRATIVE, context.stream, about=about)


class StillKept(Refused):
    """The draft was saved, or its school was warned, too lately for it to be given up by itself."""


class NotWarned(Refused):
    """No draft is given up before its school was warned."""


Command: TypeAlias = SaveDraft | DiscardDraft | WarnOfExpiry | ExpireDraft
Event: TypeAlias = CaRequestDraftSaved | CaRequestDraftDiscarded | CaRequestDraftExpiryWarned | CaRequestDraftExpired
