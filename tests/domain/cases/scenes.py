"""A small country for the tests of cases and requests: two schools, their catchments and providers, one student."""

from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from adapters.holiday_data import shipped_years
from domain.calendars.publishing import Calendar, CalendarPublished
from domain.cases.allocating import AllocationBasis, CaseAllocated
from domain.cases.assigning import CaseManagerAssigned
from domain.cases.case import Case, CaseType, ClosureReason, Provision
from domain.cases.clocks import Clock, ClockKind, Due
from domain.cases.closing import CaseClosed
from domain.cases.consulting import SchoolConsulted, Talk, View
from domain.cases.deadlines import NATIONAL
from domain.cases.opening import CaseCreated
from domain.cases.pausing import Attestations, CasePaused
from domain.cases.transitioning import CaseMovedToTransition, Steady
from domain.catchments.catchment import Catchment, CatchmentDetails, Contract
from domain.codesets.code_set import CodeEntry, CodeSet
from domain.decision import Actor, Ref
from domain.ids import catchment_id, code_set_id, in_school_provider_id, provider_id, school_id
from domain.providers.provider import Provider, ProviderDetails, ProviderKind
from domain.schools.school import InCatchment, IspFunding, School, SchoolAuthority, SchoolDetails
from domain.sealed import UNKNOWN, DataClass, Sealed
from domain.students.student import Enrolment, Student, StudentDetails
from domain.text import PersonName
from domain.users.user import Grant, Role, User
from tests.domain.given import STREAM, TODAY, World, note

KAURI, RIMU = school_id("100"), school_id("200")
NORTH, SOUTH = catchment_id("NORTH"), catchment_id("SOUTH")
AWHI, TAUTOKO = provider_id("AWHI"), provider_id("TAUTOKO")
KAURI_ITSELF = in_school_provider_id("100")
HANA = UUID("00000000-0000-0000-0000-00000000aaaa")  # the student
LEAD, CONTACT, OFFICE = (UUID(int=n) for n in (101, 102, 103))
RIMU_CONTACT = UUID(int=104)
WORKFLOW_LEAD, MANAGER, OTHER_MANAGER = (UUID(int=n) for n in (201, 202, 203))
TAUTOKO_MANAGER, KAURI_MANAGER = UUID(int=204), UUID(int=205)
REQUEST = UUID(int=301)
LONG_AGO = date(2020, 1, 1)
FIRST_DAY = date(2026, 5, 4)  # a Monday

AT_KAURI = Actor(user=LEAD, role=Role.ATTENDANCE_LEAD, organisation=KAURI)
AT_RIMU = Actor(user=RIMU_CONTACT, role=Role.SCHOOL_PRIMARY_CONTACT, organisation=RIMU)
AT_AWHI = Actor(user=MANAGER, role=Role.CASE_MANAGER, organisation=AWHI)


def school(number, name, catchment, *, isp=False):
    details = SchoolDetails(
        number=number,
        name=name,
        type="Full Primary",
        authority=SchoolAuthority.STATE,
        region="Wellington",
        territorial_authority="Wellington City",
        anniversary_set="WELLINGTON",
    )
    funding = (IspFunding(from_on=LONG_AGO),) if isp else ()
    return School(details=details, catchments=(InCatchment(catchment=catchment, from_on=LONG_AGO),), isp=funding)


def catchment(code, provider, anniversary_set="WELLINGTON"):
    details = CatchmentDetails(code=code, name=code.title(), region="Wellington", anniversary_set=anniversary_set)
    contract = (Contract(provider=provider, from_on=LONG_AGO, funding_cents=0),) if provider else ()
    return Catchment(details=details, contracts=contract)


def provider(code, kind=ProviderKind.CATCHMENT):
    details = ProviderDetails(
        code=code, name=code.title(), kind=kind, region="Wellington", anniversary_set="WELLINGTON"
    )
    return Provider(details=details)


def student(born_on=date(2014, 6, 1), at=KAURI, since=LONG_AGO):
    details = StudentDetails(name=PersonName(family_name="Tamatea", given_names="Hana"), born_on=born_on)
    enrolments = (Enrolment(school=at, from_on=since),) if at else ()
    return Student(details=Sealed(HANA, DataClass.IDENTITY, details), enrolments=enrolments)


def forgotten(who):
    """The same student once their key is destroyed."""
    return replace(who, details=Sealed(HANA, DataClass.IDENTITY, lambda: UNKNOWN, lazy=True))


def user(role, organisation, to_on=None):
    return User(grants=(Grant(role=role, organisation=organisation, from_on=LONG_AGO, to_on=to_on),))


def codes(name, *entries):
    return CodeSet(name=name, version=1, codes=tuple(CodeEntry(code=code, label_en=code) for code in entries))


@cache
def calendar():
    """The country's calendar as it is shipped, in force since 2026 began."""
    published = [
        CalendarPublished(version=n, effective_from=date(2026, 1, 1), year=year)
        for n, year in enumerate(shipped_years(), start=1)
    ]
    return Calendar(published=tuple(published))


CODES = {
    "MajorStep": ("TRANSITION", "CLOSE", "ESCALATE_NON_ENGAGEMENT", "MULTI_AGENCY"),
    "Relation": ("MOTHER", "FATHER", "CAREGIVER", "OTHER_WHANAU"),
    "BarrierCategory": ("TRANSPORT", "BULLYING", "WANTS_TO_LEAVE_SCHOOL"),
    "PathwayKind": ("TE_KURA", "WORK_TRAINING", "YOUTH_SERVICE_MSD"),
    "ContactChannel": ("PHONE", "VISIT"),
    "ContactOutcome": ("REACHED", "NO_ANSWER"),
    "ActivityKind": ("HOME_VISIT", "PHONE_CALL"),
    "PlanActionKind": ("GRADUAL_RETURN", "TIMETABLE_CHANGE", "ISSUE_RESPONSE", "OTHER_PATHWAY"),
}

COUNTRY = {
    Ref(Calendar, NATIONAL): calendar(),
    Ref(School, KAURI): school("100", "Kauri", NORTH),
    Ref(School, RIMU): school("200", "Rimu", SOUTH),
    Ref(Catchment, NORTH): catchment("NORTH", AWHI),
    Ref(Catchment, SOUTH): catchment("SOUTH", TAUTOKO),
    Ref(Provider, AWHI): provider("AWHI"),
    Ref(Provider, TAUTOKO): provider("TAUTOKO"),
    Ref(Provider, KAURI_ITSELF): provider("KAURI", ProviderKind.SCHOOL),
    Ref(Student, HANA): student(),
    Ref(User, LEAD): user(Role.ATTENDANCE_LEAD, KAURI),
    Ref(User, CONTACT): user(Role.SCHOOL_PRIMARY_CONTACT, KAURI),
    Ref(User, OFFICE): user(Role.OFFICE_SUPPORT, KAURI),
    Ref(User, RIMU_CONTACT): user(Role.SCHOOL_PRIMARY_CONTACT, RIMU),
    Ref(User, WORKFLOW_LEAD): user(Role.WORKFLOW_LEAD, AWHI),
    Ref(User, MANAGER): user(Role.CASE_MANAGER, AWHI),
    Ref(User, OTHER_MANAGER): user(Role.CASE_MANAGER, AWHI),
    Ref(User, TAUTOKO_MANAGER): user(Role.CASE_MANAGER, TAUTOKO),
    Ref(User, KAURI_MANAGER): user(Role.CASE_MANAGER, KAURI_ITSELF),
    **{Ref(CodeSet, code_set_id(name)): codes(name, *entries) for name, entries in CODES.items()},
}


def clock(kind, started_on, days, due_on, school_day_on=None):
    due = Due(kind=kind, due_on=due_on, school_day_on=school_day_on)
    return Clock(started_on=started_on, days=days, due=due)


WHANAU_CLOCK = clock(ClockKind.WHANAU_MEETING, FIRST_DAY, 10, date(2026, 5, 18))
SCHOOL_CLOCK = clock(ClockKind.SCHOOL_MEETING, FIRST_DAY, 5, date(2026, 5, 11))

CREATED = CaseCreated(
    type=CaseType.CA,
    student=HANA,
    school=KAURI,
    request=REQUEST,
    primary_contact=CONTACT,
    provision=Provision.CATCHMENT,
    catchment=NORTH,
    opened_on=FIRST_DAY,
    clocks=(WHANAU_CLOCK,),
)
NEN_CREATED = replace(CREATED, type=CaseType.NEN, clocks=())
ALLOCATED = CaseAllocated(
    provider=AWHI,
    provision=Provision.CATCHMENT,
    catchment=NORTH,
    basis=AllocationBasis.SCHOOL,
    clocks=(SCHOOL_CLOCK,),
)
NEN_ALLOCATED = replace(ALLOCATED, basis=AllocationBasis.ADDRESS, clocks=(WHANAU_CLOCK,))
IN_SCHOOL = replace(ALLOCATED, provider=KAURI_ITSELF, provision=Provision.ISP, basis=AllocationBasis.ISP_CHOICE)
ASSIGNED = CaseManagerAssigned(manager=MANAGER)
ALL_FOUR = Attestations(
    located_on=date(2026, 5, 1),
    whanau_contacted_on=date(2026, 5, 2),
    safe_and_informed_on=date(2026, 5, 2),
    withdrawn_on=date(2026, 5, 3),
)
PAUSED = CasePaused(
    attestations=ALL_FOUR,
    paused_on=date(2026, 5, 6),
    stopped=(ClockKind.WHANAU_MEETING, ClockKind.SCHOOL_MEETING),
)
IN_TRANSITION = CaseMovedToTransition(basis=Steady.ATTENDANCE_STEADY, expected_end_on=None)


def consulted(step, n=501):
    talk = note(Talk(who="the principal"), DataClass.NARRATIVE, UUID(int=n), about=(HANA,))
    return SchoolConsulted(
        consultation=UUID(int=n),
        step=step,
        consulted_on=FIRST_DAY,
        school=KAURI,
        view=View.AGREES,
        talk=talk,
    )


def closed(on=FIRST_DAY, reason=ClosureReason.ATTENDING_REGULARLY):
    return CaseClosed(
        reason=reason,
        closed_on=on,
        skipped_transition=False,
        chose_on=None,
        last_manager=MANAGER,
        justification=None,
    )


OPEN = (CREATED, ALLOCATED, ASSIGNED)
given: Any = World(Case, facts=COUNTRY, actor=AT_AWHI, today=TODAY, stream=STREAM)
"""A case in this country; `given(*events)` says how it stands."""
