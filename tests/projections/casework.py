"""Random but legal casework: people ask what comes to their mind, and whatever the domain allows has happened."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from adapters.holiday_data import shipped_years
from domain.calendars.publishing import Calendar, PublishCalendar
from domain.cases.allocating import AllocateCase, MoveToCatchmentProvider, WhyNotInSchool
from domain.cases.assigning import AssignCaseManager, Handover, NoteManagerLeft, ReassignCaseManager, ReturnCaseToQueue
from domain.cases.case import Case, CaseType, ClosureReason, Provision, active_case_of
from domain.cases.closing import CloseCase
from domain.cases.consulting import ConsultSchool, View
from domain.cases.contacting import RecordContactAttempt, Target
from domain.cases.deadlines import NATIONAL
from domain.cases.enrolling import NoteEnrolment
from domain.cases.identifying_barriers import BarrierSource, IdentifyBarrier
from domain.cases.meeting import RecordSchoolMeeting, RecordWhanauMeeting
from domain.cases.naming_contact import NamePrimaryContact, NotePrimaryContactLeft
from domain.cases.pausing import Attestations, PauseCase, ResumeCase, ResumeWhenDue
from domain.cases.recalculating import RecalculateDeadlines
from domain.cases.recording_activities import RecordActivity
from domain.cases.reopening import ReopenCase, WhyAgain
from domain.cases.transitioning import MoreHelp, MoveToTransition, ReturnToOpen, Steady
from domain.catchments.catchment import Catchment
from domain.catchments.contracting import EndContract, RecordContract
from domain.catchments.defining import DefineCatchment
from domain.codesets.code_set import CodeEntry, CodeSet
from domain.codesets.publishing import PublishCodeSet
from domain.decision import Actor, Claim, Context, Decision, Event, Holder, Known, Part, Ref, Refused, Source
from domain.ids import MINISTRY, code_set_id
from domain.providers.provider import Provider, ProviderKind
from domain.providers.registering import RegisterProvider
from domain.requests.drafting import DiscardDraft, ExpireDraft, SaveDraft, WarnOfExpiry, WhyDiscarded
from domain.requests.request import Request
from domain.requests.submitting import SubmitCaRequest
from domain.schools.funding import EndIspFunding, GrantIspFunding
from domain.schools.registering import ChangeSchoolDetails, RegisterSchool
from domain.schools.school import School
from domain.schools.zoning import AssignSchoolToCatchment
from domain.students.caregiver import Caregiver
from domain.students.caring import (
    CorrectCaregiverName,
    LinkCaregiver,
    RegisterCaregiver,
    Tie,
    UnlinkCaregiver,
)
from domain.students.correcting import CorrectStudentDetails
from domain.students.enrolling import RecordEnrolment, RecordWithdrawal
from domain.students.registering import RegisterStudent
from domain.students.student import Student, StudentDetails
from domain.text import PersonName
from domain.users.granting import GrantRole, RevokeRole
from domain.users.inviting import ChangeUserDetails, InviteUser
from domain.users.training import RecordTrainingPassed
from domain.users.user import PROVIDER_ROLES, Role, User, UserDetails
from tests.domain.cases import scenes
from tests.domain.cases.scenes import AWHI, FIRST_DAY, KAURI, KAURI_ITSELF, LONG_AGO, NORTH, RIMU, SOUTH, TAUTOKO
from tests.domain.given import World
from tests.domain.requests.forms import FORM

SYSTEM = Actor(user=UUID(int=1), role=Role.SYSTEM, organisation=MINISTRY, source=Source.SYSTEM)
STUDENTS = {
    UUID(int=0x5A << 120): date(2014, 6, 1),
    UUID(int=0x77 << 120): date(2021, 2, 28),
    UUID(int=0xCC << 120): date(2010, 5, 20),
}
CAREGIVER = UUID(int=0xEE << 120)
STAFF = {
    scenes.LEAD: (Role.ATTENDANCE_LEAD, KAURI),
    scenes.CONTACT: (Role.SCHOOL_PRIMARY_CONTACT, KAURI),
    scenes.OFFICE: (Role.OFFICE_SUPPORT, KAURI),
    scenes.RIMU_CONTACT: (Role.SCHOOL_PRIMARY_CONTACT, RIMU),
    scenes.WORKFLOW_LEAD: (Role.WORKFLOW_LEAD, AWHI),
    scenes.MANAGER: (Role.CASE_MANAGER, AWHI),
    scenes.OTHER_MANAGER: (Role.CASE_MANAGER, AWHI),
    scenes.TAUTOKO_MANAGER: (Role.CASE_MANAGER, TAUTOKO),
    scenes.KAURI_MANAGER: (Role.CASE_MANAGER, KAURI_ITSELF),
}
REGIONS = ("Wellington", "Waikato")
CONTACTS: dict[UUID, UUID] = {KAURI: scenes.CONTACT, RIMU: scenes.RIMU_CONTACT}
CONTRACT = RecordContract(provider=AWHI, from_on=FIRST_DAY, funding_cents=0)
NAMES = tuple(PersonName(family_name=name, given_names="Hēmi") for name in ("Tamatea", "Parata", "\\N", "Ngāti\t"))
WORK = (
    AllocateCase(),
    MoveToCatchmentProvider(reason=WhyNotInSchool.NOT_IMPROVING),
    ReturnCaseToQueue(reason=Handover.MANAGER_LEFT),
    ResumeCase(),
    ResumeWhenDue(),
    RecalculateDeadlines(),
    ReopenCase(reason=WhyAgain.WHANAU_ASKED),
    ReturnToOpen(reason=MoreHelp.SCHOOL_ASKED),
    *(CloseCase(reason=why) for why in (ClosureReason.LEFT_NEW_ZEALAND, ClosureReason.DUPLICATE)),
    *(NamePrimaryContact(user=who) for who in (scenes.LEAD, scenes.CONTACT, scenes.RIMU_CONTACT)),
    *(ReassignCaseManager(manager=who, reason=Handover.LEAVE) for who in STAFF if STAFF[who][0] in PROVIDER_ROLES),
)


@dataclass(frozen=True, slots=True)
class Happened:
    """An event, in which stream, on which day, by whom."""

    stream: UUID
    event: Event
    on: date
    by: Actor


@dataclass
class Casework:
    """How everything stands, who holds which claim, and all that happened, in order."""

    states: dict[Ref, Any] = field(default_factory=dict)
    claims: dict[Claim, Holder] = field(default_factory=dict)
    log: list[Happened] = field(default_factory=list)
    today: date = FIRST_DAY
    asked: int = 0

    def ask(self, of: type[Any], stream: UUID, command: Any, by: Actor = SYSTEM) -> bool:
        """Ask a command, as the writer would but unjudged by a permit; False if the domain refuses."""
        self.asked += 1
        ref = Ref(of, stream)
        try:
            answer = command.decide(self.states.get(ref, of()), self.context(stream, by))
        except Refused:
            return False
        self.append(ref, answer if isinstance(answer, Decision) else Decision(parts=(Part(ref, tuple(answer)),)), by)
        return True

    def append(self, ref: Ref, decision: Decision, by: Actor = SYSTEM) -> None:
        self.claims |= {claim: Holder(ref.id, held=False) for claim in decision.release}
        self.claims |= {claim: Holder(stream, held=True) for claim, stream in decision.take.items()}
        for part in decision.parts:
            for event in part.events:
                before = self.states.get(part.stream, part.stream.of())
                self.states[part.stream] = event.evolve(before)
                self.log.append(Happened(part.stream.id, event, self.today, by))

    def context(self, stream: UUID, by: Actor = SYSTEM) -> Context:
        world = World(None, today=self.today, actor=by, stream=stream)
        return replace(world.context(Known(self._look)), command_id=UUID(int=self.asked))

    def _look(self, need: Any) -> Any:
        return self.claims.get(need) if isinstance(need, Claim) else self.states.get(need, need.of())

    @property
    def cases(self) -> dict[UUID, Case]:
        return {ref.id: state for ref, state in self.states.items() if ref.of is Case}

    def copy(self) -> "Casework":
        return replace(self, states=dict(self.states), claims=dict(self.claims), log=list(self.log))


@cache
def country() -> Casework:
    """Two schools, their catchments and providers, everybody who works there, and three students."""
    made = Casework()
    for year in shipped_years():
        made.ask(Calendar, NATIONAL, PublishCalendar(year=year, effective_from=LONG_AGO))
    for name, codes in (scenes.CODES | {"WithdrawalReason": ("CONTINUOUS_ABSENCE",)}).items():
        entries = tuple(CodeEntry(code=code, label_en=code) for code in codes)
        made.ask(CodeSet, code_set_id(name), PublishCodeSet(name=name, version=1, codes=entries))
    _organisations(made)
    for user, (role, organisation) in STAFF.items():
        details = UserDetails(name=NAMES[1], email=f"u{user.int}@example.nz", login=f"u{user.int}")
        made.ask(User, user, InviteUser(details=details))
        made.ask(User, user, RecordTrainingPassed(passed_on=LONG_AGO))
        made.ask(User, user, GrantRole(role=role, organisation=organisation, from_on=LONG_AGO))
    for number, (student, born_on) in enumerate(STUDENTS.items()):
        made.ask(Student, student, RegisterStudent(details=StudentDetails(name=NAMES[number], born_on=born_on)))
        made.ask(Student, student, RecordEnrolment(school=KAURI if number else RIMU, from_on=LONG_AGO))
    made.ask(Caregiver, CAREGIVER, RegisterCaregiver(name=NAMES[0]))
    return made


def _organisations(made: Casework) -> None:
    for number, school in (("100", KAURI), ("200", RIMU)):
        made.ask(School, school, RegisterSchool(details=school_details(number)))
    kinds = {"AWHI": ProviderKind.CATCHMENT, "TAUTOKO": ProviderKind.CATCHMENT, "100": ProviderKind.SCHOOL}
    for code, kind in kinds.items():
        details = provider_details(code, REGIONS[code == "TAUTOKO"], kind)
        made.ask(Provider, details.id, RegisterProvider(details=details))
    for code, catchment, provider, school in (("NORTH", NORTH, AWHI, KAURI), ("SOUTH", SOUTH, TAUTOKO, RIMU)):
        made.ask(Catchment, catchment, DefineCatchment(details=catchment_details(code, REGIONS[code == "SOUTH"])))
        made.ask(Catchment, catchment, RecordContract(provider=provider, from_on=LONG_AGO, funding_cents=0))
        made.ask(School, school, AssignSchoolToCatchment(catchment=catchment, effective_on=FIRST_DAY))
    made.ask(School, KAURI, GrantIspFunding(from_on=LONG_AGO))


def school_details(number: str, name: str = "Te Kura") -> Any:
    return replace(scenes.school(number, name, NORTH).details, opened_on=LONG_AGO)


def provider_details(code: str, region: str, kind: ProviderKind = ProviderKind.CATCHMENT) -> Any:
    return replace(scenes.provider(code, kind).details, region=region)


def catchment_details(code: str, region: str) -> Any:
    return replace(scenes.catchment(code, None).details, region=region)


class Walk:
    """A way through the weeks: each step is asked of one student or their last case, with a pick of what to say."""

    def __init__(self) -> None:
        self.work = country().copy()

    def take(self, step: "Step", who: int, pick: int) -> None:
        step(self, list(STUDENTS)[who], pick)

    def ask(self, *commands: Any, student: UUID) -> None:
        """Ask these of the student's last case, if there is one."""
        mine = [each for each, case in self.work.cases.items() if case.student == student]
        for command in commands if mine else ():
            self.work.ask(Case, mine[-1], command)

    def new(self) -> UUID:
        return UUID(int=(self.work.asked + 1) << 96 | 7)

    def days_go_by(self, _: UUID, pick: int) -> None:
        days = (1, 1, 3, 20, 95)[pick % 5]
        self.work.today = min(self.work.today + timedelta(days=days), date(2027, 9, 1))

    def enrols(self, student: UUID, pick: int) -> None:
        school = (KAURI, RIMU)[pick % 2]
        self.work.ask(Student, student, RecordEnrolment(school=school, from_on=self.work.today))

    def leaves(self, student: UUID, _: int) -> None:
        school, today = self.school(student), self.work.today
        gone = RecordWithdrawal(
            school=school or KAURI, last_day_of_attendance=today, withdrawn_on=today, reason="CONTINUOUS_ABSENCE"
        )
        self.work.ask(Student, student, gone)

    def the_case_hears(self, student: UUID, _: int) -> None:
        self.ask(NoteEnrolment(), NoteManagerLeft(), NotePrimaryContactLeft(), student=student)

    def a_school_asks(self, student: UUID, pick: int) -> None:
        school = self.school(student)
        if school is None:
            self.somebody_on_no_roll(student)
            return
        funded = self.work.states[Ref(School, school)].isp_on(self.work.today)
        provision = (Provision.ISP, Provision.CATCHMENT)[pick % 2] if funded else None
        form = replace(FORM, student=student, primary_contact=CONTACTS[school], provision=provision)
        self.work.ask(Request, self.new(), SubmitCaRequest(form=form), self.contact(school))

    def somebody_on_no_roll(self, student: UUID) -> None:
        """What the coming slice of non-enrolment will tell."""
        held = self.work.claims.get(active_case_of(student))
        if held and held.held:
            return
        case = self.new()
        created = replace(scenes.NEN_CREATED, student=student, type=CaseType.NEN, opened_on=self.work.today)
        parts = (Part(Ref(Case, case), (created, scenes.NEN_ALLOCATED)),)
        self.work.append(Ref(Case, case), Decision(parts=parts, take={active_case_of(student): case}))

    def a_draft_is_kept(self, student: UUID, pick: int) -> None:
        drafts = [ref.id for ref in self.work.states if ref.of is Request]
        draft = drafts[-1] if drafts and pick % 4 else self.new()
        commands = (
            SaveDraft(form=replace(FORM, student=student, reason="Away.")),
            WarnOfExpiry(),
            ExpireDraft(),
            DiscardDraft(reason=WhyDiscarded.NOT_NEEDED),
            SaveDraft(form=replace(FORM, student=student, year_level=pick % 12)),
        )
        self.work.ask(Request, draft, commands[pick % 5], self.contact(KAURI))

    def the_case_is_assigned(self, student: UUID, pick: int) -> None:
        managers: dict[UUID, tuple[UUID, ...]] = {
            AWHI: (scenes.MANAGER, scenes.OTHER_MANAGER),
            TAUTOKO: (scenes.TAUTOKO_MANAGER,),
        }
        for case in [each for each in self.work.cases.values() if each.student == student][-1:]:
            mine = managers.get(case.provider or TAUTOKO, (scenes.KAURI_MANAGER,))
            self.ask(AssignCaseManager(manager=mine[pick % len(mine)]), student=student)

    def somebody_works(self, student: UUID, pick: int) -> None:
        self.ask(WORK[pick % len(WORK)], student=student)

    def people_meet(self, student: UUID, pick: int) -> None:
        on = self.work.today - timedelta(days=pick % 3)
        meeting = self.new()
        self.ask(RecordSchoolMeeting(meeting=meeting, held_on=on, note="Hui."), student=student)
        met = RecordWhanauMeeting(meeting=self.new(), held_on=on, student_met=True, whanau_met=bool(pick % 2))
        self.ask(met, student=student)

    def work_ends(self, student: UUID, pick: int) -> None:
        talk, step, on = self.new(), ("TRANSITION", "CLOSE")[pick % 2], self.work.today
        asked = ConsultSchool(consultation=talk, step=step, consulted_on=on, who="Tumuaki", view=View.AGREES)
        self.ask(asked, student=student)
        self.ask(MoveToTransition(basis=Steady.ATTENDANCE_STEADY), student=student)
        if pick % 2:
            why = ClosureReason.ENGAGED_WITH_SCHOOL_SUPPORT
            self.ask(CloseCase(reason=why, justification="Kua hoki."), student=student)

    def whanau_choose_to_wait(self, student: UUID, pick: int) -> None:
        self.leaves(student, pick)
        named = ("located_on", "whanau_contacted_on", "safe_and_informed_on", "withdrawn_on")
        attested = Attestations(**dict.fromkeys(named, self.work.today))
        self.ask(NoteEnrolment(), PauseCase(attestations=attested), student=student)

    def somebody_comes_or_goes(self, _: UUID, pick: int) -> None:
        user = list(STAFF)[pick % len(STAFF)]
        role, organisation = STAFF[user]
        if self.work.states[Ref(User, user)].holds(role, organisation, self.work.today):
            self.work.ask(User, user, RevokeRole(role=role, organisation=organisation))
        else:
            grant = GrantRole(role=role, organisation=organisation, from_on=self.work.today)
            self.work.ask(User, user, grant)

    def something_is_put_right(self, student: UUID, pick: int) -> None:
        name, user = NAMES[pick % len(NAMES)], list(STAFF)[pick % len(STAFF)]
        right = StudentDetails(name=name, born_on=STUDENTS[student], gender=("1", None)[pick % 2])
        self.work.ask(Student, student, CorrectStudentDetails(details=right, reason="Misspelt."))
        login = f"u{user.int}"
        details = UserDetails(name=name, email=f"{login}@example.nz", login=login)
        self.work.ask(User, user, ChangeUserDetails(details=details))
        self.work.ask(Caregiver, CAREGIVER, CorrectCaregiverName(name=name))
        care = (LinkCaregiver(caregiver=CAREGIVER, tie=Tie(relation="MOTHER")), UnlinkCaregiver(caregiver=CAREGIVER))
        self.work.ask(Student, student, care[pick % 2])

    def the_country_changes(self, _: UUID, pick: int) -> None:
        today = self.work.today
        self.work.ask(
            Catchment, NORTH, (EndContract(provider=AWHI, to_on=today - timedelta(days=1)), CONTRACT)[pick % 2]
        )
        commands = (
            ChangeSchoolDetails(details=school_details("100", f"Kura {pick}")),
            EndIspFunding(to_on=today),
            GrantIspFunding(from_on=today),
            AssignSchoolToCatchment(catchment=(NORTH, SOUTH)[pick // 4 % 2], effective_on=today),
        )
        self.work.ask(School, KAURI, commands[pick % 4])

    def the_ministry_divides_its_work(self, _: UUID, pick: int) -> None:
        region, other = REGIONS[pick % 2], REGIONS[pick // 2 % 2]
        ended = EndContract(provider=TAUTOKO, to_on=self.work.today - timedelta(days=1))
        taken = RecordContract(provider=TAUTOKO, from_on=self.work.today, funding_cents=0)
        self.work.ask(Catchment, NORTH, DefineCatchment(details=catchment_details("NORTH", region)))
        self.work.ask(Catchment, (NORTH, SOUTH)[pick // 4 % 2], (ended, taken)[pick // 8 % 2])
        self.work.ask(Provider, AWHI, RegisterProvider(details=provider_details("AWHI", other)))
        moved = replace(school_details("200"), region=other)
        self.work.ask(School, RIMU, ChangeSchoolDetails(details=moved))

    def something_is_noted(self, student: UUID, pick: int) -> None:
        on, item = self.work.today, self.new()
        commands = (
            RecordActivity(activity=item, kind="HOME_VISIT", occurred_on=on, note="Kāinga.", shared=bool(pick % 2)),
            IdentifyBarrier(barrier=item, category="TRANSPORT", source=BarrierSource.WHANAU, identified_on=on),
            RecordContactAttempt(
                attempt=item, channel="PHONE", target=Target.WHANAU, outcome="REACHED", attempted_on=on
            ),
        )
        self.ask(commands[pick % 3], student=student)

    def school(self, student: UUID) -> UUID | None:
        at: UUID | None = self.work.states[Ref(Student, student)].enrolled_at(self.work.today)
        return at

    def contact(self, school: UUID) -> Actor:
        return Actor(user=CONTACTS[school], role=Role.SCHOOL_PRIMARY_CONTACT, organisation=school)


Step = Callable[[Walk, UUID, int], None]
STEPS: tuple[Step, ...] = (
    *[Walk.a_school_asks, Walk.the_case_is_assigned, Walk.somebody_works] * 3,
    *[Walk.days_go_by, Walk.work_ends, Walk.people_meet, Walk.enrols, Walk.the_case_hears] * 2,
    Walk.leaves,
    Walk.a_draft_is_kept,
    Walk.whanau_choose_to_wait,
    Walk.somebody_comes_or_goes,
    Walk.something_is_put_right,
    *[Walk.the_country_changes, Walk.the_ministry_divides_its_work] * 2,
    Walk.something_is_noted,
)


def walks(most: int) -> st.SearchStrategy[Walk]:
    """Walks of so many steps, or half as many; each begins with a request that is worked."""
    first = [(Walk.a_school_asks, 0), (Walk.the_case_is_assigned, 0), (Walk.a_school_asks, 1)]
    steps = st.tuples(st.sampled_from(STEPS), st.integers(0, len(STUDENTS) - 1), st.integers(0, 59))
    begun = [(step, who, 0) for step, who in first]
    return st.lists(steps, min_size=most // 2, max_size=most).map(lambda taken: walked([*begun, *taken]))


def walked(steps: list[tuple[Step, int, int]]) -> Walk:
    walk = Walk()
    for step, who, pick in steps:
        walk.take(step, who, pick)
    return walk


def prefixes(work: Casework) -> Iterator[int]:
    """Every position, from the end of the country's own events on."""
    return iter(range(len(country().log), len(work.log) + 1))
