"""Submitting: a school asks for support, and the student has a case from then on (BR-10 to BR-20, BR-31, BR-139)."""

from dataclasses import dataclass, replace
from typing import TypeAlias
from uuid import UUID

from domain.cases.case import NOBODY, Case, Provision, active_case_of
from domain.cases.facts import require_primary_contact
from domain.cases.requesting import Asked, Became, CaseOfRequest, case_of
from domain.decision import Context, Decision, Part, Ref, Refused
from domain.decision import Event as Happened
from domain.requests.form import Form, RequestIncomplete
from domain.requests.judging import Judged, judged
from domain.requests.people import require_enrolled
from domain.requests.request import Request, RequestStatus
from domain.requests.whanau import parts
from domain.schools.school import School
from domain.sealed import DataClass, Sealed, Unknown
from domain.students.student import Student
from domain.text import STRICT


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Words:
    """What a school wrote about the student."""

    reason: str
    actions_taken: str
    exceptional_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitCaRequest:
    """Ask for support for a chronically absent student: with this form, or with the draft as it was saved.

    The request's id is the client's submission id: sent again, it answers the same case (BR-19).
    Answers `case` and `request`.
    """

    __pydantic_config__ = STRICT

    form: Form | None = None

    def decide(self, request: Request, context: Context) -> Decision:
        request.require_school(context.actor.organisation)
        if request.status is RequestStatus.SUBMITTED:
            return Decision(answer=_named(request.case or NOBODY, context))
        if request.status is RequestStatus.DISCARDED:
            raise DraftDiscarded
        form = self.form or _draft(request)
        asked = _asked(form, context)
        return _decision(form, asked, judged(form, context), context)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaRequestSubmitted:
    """A school asked for support; the case is the one that this opened, reopened or belongs to."""

    submission: UUID  # by which the school's client names the request (BR-19)
    school: UUID
    student: UUID
    submitter: UUID  # the user who sent it
    case: UUID
    became: Became
    primary_contact: UUID
    provision: Provision
    year_level: int
    basis: str  # a code of `eligibility`, as the criteria have it (BR-15)
    indicators: tuple[str, ...]  # codes of `strong`, `may` and `consider`, as the criteria have them (BR-138)
    overrides: tuple[str, ...]  # advice to wait that the school overrode (BR-16)
    criteria_version: int  # in force on that day (BR-17)
    whanau_told: bool  # of the referral (BR-139)
    address_unknown: bool
    words: Sealed[Words]

    def evolve(self, request: Request) -> Request:
        return replace(
            request,
            status=RequestStatus.SUBMITTED,
            school=self.school,
            author=request.author or self.submitter,
            student=self.student,
            form=None,
            case=self.case,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CaRequestMatchedToActiveCase:
    """The student has an active case already: no new one, and its content may be added as a comment (BR-20)."""

    case: UUID

    def evolve(self, request: Request) -> Request:
        return replace(request, case=self.case)


def _draft(request: Request) -> Form:
    form = request.form.open() if request.form else None
    if form is None or isinstance(form, Unknown):
        raise NothingToSubmit
    return form


def _asked(form: Form, context: Context) -> Asked:
    """Return what the case takes from a form that is complete; raise naming whatever is missing or wrong."""
    school = context.actor.organisation
    require_enrolled(form.student, school, context)
    if missing := [*form.missing(), *_unknown_of(form.student, context)]:
        raise RequestIncomplete(*missing)
    contact = form.primary_contact or NOBODY
    require_primary_contact(contact, school, context)
    return Asked(
        request=context.stream,
        student=form.student or NOBODY,
        school=school,
        primary_contact=contact,
        provision=_provision(form, school, context),
    )


def _unknown_of(student: UUID | None, context: Context) -> list[str]:
    """The fields of the student's own record that nobody knows: it was never filled in, or was destroyed."""
    if student and isinstance(context.fact(Student, student).known_details(), Unknown):
        return ["student_name", "birth_date"]
    return []


def _provision(form: Form, school: UUID, context: Context) -> Provision:
    """A school with provision of its own chooses; another has no choice to make (BR-31)."""
    funded = context.fact(School, school).isp_on(context.today)
    if funded and form.provision is None:
        raise RequestIncomplete("provision")
    if not funded and form.provision is Provision.ISP:
        raise NoProvisionOfItsOwn("provision")
    return form.provision or Provision.CATCHMENT


def _decision(form: Form, asked: Asked, judgement: Judged, context: Context) -> Decision:
    of = case_of(asked, context)
    own: list[Happened] = [_submitted(form, asked, judgement, of, context)]
    if of.became is Became.MATCHED:
        own.append(CaRequestMatchedToActiveCase(case=of.case))
    case = (Part(Ref(Case, of.case), of.events),) if of.events else ()
    people = parts(form, asked.student, context)
    return Decision(
        parts=(Part(Ref(Request, context.stream), tuple(own)), *case, *people),
        take={} if of.became is Became.MATCHED else {active_case_of(asked.student): of.case},
        answer=_named(of.case, context),
    )


def _named(case: UUID, context: Context) -> dict[str, UUID]:
    return {"case": case, "request": context.name or context.stream}


def _submitted(form: Form, asked: Asked, judgement: Judged, of: CaseOfRequest, context: Context) -> CaRequestSubmitted:
    words = Words(
        reason=form.reason or "",
        actions_taken=form.actions_taken or "",
        exceptional_reason=form.exceptional_reason,
    )
    return CaRequestSubmitted(
        submission=context.name or context.stream,
        school=asked.school,
        student=asked.student,
        submitter=context.actor.user,
        case=of.case,
        became=of.became,
        primary_contact=asked.primary_contact,
        provision=asked.provision,
        year_level=form.year_level or 0,
        basis=form.basis or "",
        indicators=form.indicators,
        overrides=judgement.overrides,
        criteria_version=judgement.criteria_version,
        whanau_told=bool(form.whanau_told),
        address_unknown=form.address_unknown,
        words=context.note(words, DataClass.NARRATIVE, context.stream, about=(asked.student,)),
    )


class NoProvisionOfItsOwn(Refused):
    """The school has no in-school provision: the case goes to the catchment's provider."""


class NothingToSubmit(Refused):
    """There is no form and no draft to submit."""


class DraftDiscarded(Refused):
    """The draft was discarded; a new request is begun with a new form."""


Command: TypeAlias = SubmitCaRequest
Event: TypeAlias = CaRequestSubmitted | CaRequestMatchedToActiveCase
