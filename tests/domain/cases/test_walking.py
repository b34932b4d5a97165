"""Whatever people ask in whatever order, a case keeps to its edges (state machine, BR-46, BR-49, BR-82, BR-86)."""

from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.cases.allocating import AllocateCase, MoveToCatchmentProvider, WhyNotInSchool
from domain.cases.assigning import AssignCaseManager, Handover, NoteManagerLeft, ReassignCaseManager, ReturnCaseToQueue
from domain.cases.case import Case, CaseType, ClosureReason, Provision, active_case_of
from domain.cases.clocks import ClockKind
from domain.cases.closing import CRITERIA, CloseCase
from domain.cases.consulting import ConsultSchool, View
from domain.cases.enrolling import NoteEnrolment
from domain.cases.exploring_pathways import ConfirmPathway, ProposePathway
from domain.cases.meeting import RecordSchoolMeeting, RecordWhanauMeeting
from domain.cases.naming_contact import NamePrimaryContact, NotePrimaryContactLeft
from domain.cases.opening import CaseCreated
from domain.cases.pausing import Attestations, PauseCase, ResumeCase, ResumeWhenDue
from domain.cases.recalculating import RecalculateDeadlines
from domain.cases.reopening import CaseReopened, ReopenCase, WhyAgain
from domain.cases.status import EDGES, Status
from domain.cases.transitioning import MoreHelp, MoveToTransition, ReturnToOpen, Steady
from domain.catchments.catchment import Catchment
from domain.decision import Claim, Decision, Event, Holder, Part, Ref, Refused
from domain.requests.request import Request
from domain.requests.submitting import SubmitCaRequest
from domain.schools.school import School
from domain.students.student import Student
from domain.users.user import Role, User
from tests.domain.cases.scenes import (
    AT_AWHI,
    AT_KAURI,
    AT_RIMU,
    AWHI,
    CONTACT,
    COUNTRY,
    FIRST_DAY,
    HANA,
    KAURI,
    KAURI_ITSELF,
    KAURI_MANAGER,
    LEAD,
    MANAGER,
    NEN_ALLOCATED,
    NEN_CREATED,
    NORTH,
    OTHER_MANAGER,
    RIMU,
    RIMU_CONTACT,
    TAUTOKO,
    TAUTOKO_MANAGER,
    WORKFLOW_LEAD,
    catchment,
    school,
    student,
    user,
)
from tests.domain.given import World
from tests.domain.requests.forms import FORM

AT = {KAURI: (AT_KAURI, CONTACT), RIMU: (AT_RIMU, RIMU_CONTACT)}
MANAGERS = (MANAGER, OTHER_MANAGER, WORKFLOW_LEAD, TAUTOKO_MANAGER, KAURI_MANAGER)
WITHOUT_MANAGER = {Status.PROVIDER_QUEUE, Status.UNALLOCATED, Status.CIT_REVIEW, *{Status.CLOSED}}
WORK = (
    AllocateCase(),
    MoveToCatchmentProvider(reason=WhyNotInSchool.NOT_IMPROVING),
    ReturnCaseToQueue(reason=Handover.MANAGER_LEFT),
    NoteManagerLeft(),
    NoteEnrolment(),
    NamePrimaryContact(user=LEAD),
    NotePrimaryContactLeft(),
    ResumeCase(),
    ResumeWhenDue(),
    RecalculateDeadlines(),
    ReopenCase(reason=WhyAgain.WHANAU_ASKED),
    MoveToTransition(basis=Steady.ATTENDANCE_STEADY),
    ReturnToOpen(reason=MoreHelp.SCHOOL_ASKED),
    *(AssignCaseManager(manager=who) for who in MANAGERS),
    *(ReassignCaseManager(manager=who, reason=Handover.LEAVE) for who in MANAGERS),
    *(CloseCase(reason=reason, justification="So it is.", chose_on=FIRST_DAY) for reason in ClosureReason),
)


@dataclass
class Log:
    """The cases and requests, and who holds the student's claim; each event is looked at as it is appended."""

    states: dict[Ref, Case | Request] = field(default_factory=dict)
    claims: dict[Claim, Holder] = field(default_factory=dict)
    begun: dict[tuple[UUID, int, CaseType, ClockKind], date] = field(default_factory=dict)

    def append(self, decision: Decision, by: UUID) -> None:
        for claim in decision.release:
            self.claims[claim] = Holder(by, held=False)
        for claim, stream in decision.take.items():
            assert claim not in self.claims or not self.claims[claim].held, "a claim is taken once"
            self.claims[claim] = Holder(stream, held=True)
        for part in decision.parts:
            if part.stream.of in {Case, Request}:
                for event in part.events:
                    self.happened(part.stream, event)

    @property
    def cases(self) -> dict[UUID, Case]:
        """How every case stands, the oldest first."""
        return {stream.id: state for stream, state in self.states.items() if isinstance(state, Case)}

    def happened(self, stream: Ref, event: Event) -> None:
        before = self.states.get(stream, stream.of())
        after = self.states[stream] = event.evolve(before)
        if isinstance(before, Case):
            self.look_at(stream.id, before, after, event)

    def look_at(self, case: UUID, before: Case, after: Case, event: Event) -> None:
        assert after.status is before.status or after.status in EDGES[before.status], event
        assert after.episode.number - before.episode.number == isinstance(event, CaseCreated | CaseReopened)
        assert len({clock.kind for clock in after.episode.clocks}) == len(after.episode.clocks)
        for clock in after.episode.clocks:
            key = (case, after.episode.number, after.type, clock.kind)
            assert self.begun.setdefault(key, clock.started_on) == clock.started_on, "a clock starts once (BR-46)"


class Walk(RuleBasedStateMachine):
    """People ask what comes to their mind of one student's cases, and days go by."""

    def __init__(self):
        super().__init__()
        self.log = Log()
        self.facts = dict(COUNTRY)
        self.today = FIRST_DAY
        self.asked = 0

    def ask(self, stream, command, actor=AT_AWHI):
        """Ask, append what happens, and ask again: that makes no second fact."""
        self.asked += 1
        try:
            self.log.append(self.decided(stream, command, actor), stream.id)
        except Refused:
            return
        with suppress(Refused):
            assert self.decided(stream, command, actor).parts == ()

    def decided(self, stream, command, actor):
        world = World(stream.of, facts={**self.facts, **self.log.states}, holders=self.log.claims)
        context = replace(world, today=self.today, actor=actor, stream=stream.id).context()
        context = replace(context, command_id=UUID(int=self.asked))
        answer = command.decide(self.log.states.get(stream, stream.of()), context)
        return (
            answer if isinstance(answer, Decision) else Decision(parts=(Part(stream, tuple(answer)),) if answer else ())
        )

    def ask_case(self, *commands):
        """Ask it of the case that was opened last, if there is one."""
        for command in commands:
            if self.log.cases:
                self.ask(Ref(Case, list(self.log.cases)[-1]), command)

    @property
    def case(self):
        return list(self.log.cases.values())[-1] if self.log.cases else Case()

    @initialize(nen=st.booleans())
    def begin(self, nen):
        """The student has no case, or that of somebody who was on no roll."""
        if nen:
            parts = (Part(Ref(Case, UUID(int=900)), (NEN_CREATED, NEN_ALLOCATED)),)
            self.log.append(Decision(parts=parts, take={active_case_of(HANA): UUID(int=900)}), UUID(int=900))

    @rule(days=st.sampled_from([1, 1, 2, 5, 20, 95]))
    def days_go_by(self, days):
        self.today = min(self.today + timedelta(days=days), date(2027, 9, 1))

    @rule(at=st.sampled_from([KAURI, RIMU, None]), age=st.sampled_from([5, 12, 15, 16]))
    def the_student_enrols_or_leaves(self, at, age):
        born_on = date(FIRST_DAY.year - age, 3, 1) if age > 5 else date(2021, 2, 28)
        self.facts[Ref(Student, HANA)] = student(born_on=born_on, at=at)

    @rule(served=st.booleans(), funded=st.booleans(), there=st.booleans())
    def the_country_changes(self, served, funded, there):
        self.facts[Ref(Catchment, NORTH)] = catchment("NORTH", AWHI if served else None)
        self.facts[Ref(School, KAURI)] = school("100", "Kauri", NORTH, isp=funded)
        until = None if there else date(2026, 1, 1)
        self.facts[Ref(User, MANAGER)] = user(Role.CASE_MANAGER, AWHI, to_on=until)

    @rule(at=st.sampled_from([KAURI, RIMU]), provision=st.sampled_from(list(Provision)), anyhow=st.booleans())
    def a_school_asks_for_support(self, at, provision, anyhow):
        """For a student who is there, unless it asks anyhow."""
        actor, contact = AT[at]
        if not anyhow:
            self.facts[Ref(Student, HANA)] = student(at=at)
        chosen = provision if self.facts[Ref(School, at)].isp else None
        form = replace(FORM, primary_contact=contact, provision=chosen)
        self.ask(Ref(Request, UUID(int=10_000 + self.asked)), SubmitCaRequest(form=form), actor)

    @rule(reason=st.sampled_from([WhyAgain.CLOSED_IN_ERROR, WhyAgain.WHANAU_ASKED]))
    def the_case_goes_on(self, reason):
        """By whichever of these applies."""
        self.ask_case(
            AllocateCase(),
            ResumeCase(),
            ReturnToOpen(reason=MoreHelp.SCHOOL_ASKED),
            ReopenCase(reason=reason),
        )

    @rule(command=st.sampled_from(WORK))
    def somebody_asks(self, command):
        self.ask_case(command)

    @rule(command=st.sampled_from(WORK))
    def somebody_asks_something_else(self, command):
        self.ask_case(command)

    @rule(who=st.sampled_from(MANAGERS))
    def the_case_is_assigned(self, who):
        mine = {AWHI: MANAGER, TAUTOKO: TAUTOKO_MANAGER, KAURI_ITSELF: KAURI_MANAGER}
        self.ask_case(AssignCaseManager(manager=mine.get(self.case.provider, who)))

    @rule(step=st.sampled_from(["TRANSITION", "CLOSE"]), reason=st.sampled_from(sorted(CRITERIA)))
    def the_school_is_asked_and_the_manager_steps_back(self, step, reason):
        talk = UUID(int=20_000 + self.asked)
        self.ask_case(
            ConsultSchool(consultation=talk, step=step, consulted_on=self.today, who="them", view=View.AGREES),
            MoveToTransition(basis=Steady.ATTENDANCE_STEADY),
            *([CloseCase(reason=reason, justification="Back.")] if step == "CLOSE" else []),
        )

    @rule(both=st.booleans(), ago=st.integers(0, 3))
    def people_meet(self, both, ago):
        meeting, on = UUID(int=30_000 + self.asked), self.today - timedelta(days=ago)
        self.ask_case(RecordSchoolMeeting(meeting=meeting, held_on=on))
        meeting = UUID(int=30_000 + self.asked)
        self.ask_case(RecordWhanauMeeting(meeting=meeting, held_on=on, student_met=True, whanau_met=both))

    @rule()
    def whanau_choose_to_wait(self):
        self.facts[Ref(Student, HANA)] = student(born_on=date(2021, 2, 28), at=None)
        named = ("located_on", "whanau_contacted_on", "safe_and_informed_on", "withdrawn_on")
        self.ask_case(PauseCase(attestations=Attestations(**dict.fromkeys(named, self.today))))

    @rule()
    def a_pathway_opens(self):
        pathway = UUID(int=40_000 + self.asked)
        self.ask_case(ProposePathway(pathway=pathway, kind="TE_KURA", proposed_on=self.today))
        self.ask_case(ConfirmPathway(pathway=pathway, confirmed_on=self.today))

    @invariant()
    def a_student_has_one_active_case_at_most_and_the_claim_names_it_BR_86(self):
        active = [stream for stream, case in self.log.cases.items() if case.active]
        holder = self.log.claims.get(active_case_of(HANA))
        assert active == ([holder.stream] if holder and holder.held else [])

    @invariant()
    def a_manager_has_a_case_only_while_it_is_worked_or_paused(self):
        for case in self.log.cases.values():
            assert case.manager is None or case.status not in WITHOUT_MANAGER
            assert case.manager is not None or case.status not in {Status.OPEN, Status.TRANSITION}

    @invariant()
    def a_case_with_a_provider_has_one_and_a_waiting_one_has_none(self):
        for case in self.log.cases.values():
            assert (case.provider is None) == (case.status in {Status.UNALLOCATED, Status.CIT_REVIEW}) or (
                case.status is Status.CLOSED
            )

    @invariant()
    def clocks_stand_still_just_while_a_case_is_paused_BR_49(self):
        for case in self.log.cases.values():
            still = [one for one in case.episode.standstills if one.until_on is None]
            assert bool(still) == (case.status is Status.PAUSED)
            if still:
                assert {clock.due.due_on for clock in case.episode.running} <= {None}


Walk.TestCase.settings = settings(max_examples=80, stateful_step_count=50, deadline=None)
TestWalk = Walk.TestCase
