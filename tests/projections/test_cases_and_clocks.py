"""Cases, their clocks and timelines, folded from a case's life and asked as at moments of it."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from psycopg.sql import SQL, Literal

from domain import registry
from domain.calendars.counting import Standstill
from domain.cases.allocating import AllocationBasis, CaseAllocated
from domain.cases.assigning import CaseManagerAssigned
from domain.cases.case import CaseType, ClosureReason, Provision
from domain.cases.clocks import Clock, ClockKind, Due
from domain.cases.closing import CaseClosed
from domain.cases.meeting import WhanauMeetingHeld
from domain.cases.opening import CaseCreated
from domain.cases.pausing import Attestations, CasePaused, CaseResumed
from domain.cases.recording_activities import ActivityRecorded
from domain.cases.reopening import CaseReopened
from domain.cases.status import Status
from domain.decision import Actor, Source
from domain.sealed import DataClass, Sealed
from eventstore.codec import Codec
from eventstore.connections import connect
from eventstore.envelope import Envelope
from eventstore.key_material import Secrets
from eventstore.keyring import check_secrets
from eventstore.log import tail
from eventstore.sealing import KeyEncryption
from projections import caseload, cases, clocks, kpi, lists, provider_queue, school_dashboard
from projections.generations import prepare
from projections.kpi import Outcome, Period
from projections.live import ReadModel
from projections.moments import Asked, moment
from projections.registry import MODELS, model
from projections.tools import Tools
from tests.projections.small import KEK, as_role, keyring

CASE, STUDENT, SCHOOL, PROVIDER, MANAGER = (UUID(int=i) for i in range(1, 6))
ACTOR = Actor(user=MANAGER, role="CASE_MANAGER", organisation=PROVIDER, source=Source.PORTAL)
OPENED = date(2026, 2, 2)
WHANAU, MEETING = ClockKind.WHANAU_MEETING, ClockKind.SCHOOL_MEETING


def day(n):
    return OPENED + timedelta(days=n)


def clock(kind, due):
    return Clock(started_on=OPENED, days=10, due=Due(kind=kind, due_on=day(due)))


CREATED = CaseCreated(
    type=CaseType.CA,
    student=STUDENT,
    school=SCHOOL,
    request=UUID(int=9),
    primary_contact=UUID(int=8),
    provision=Provision.CATCHMENT,
    catchment=UUID(int=7),
    opened_on=OPENED,
    clocks=(clock(WHANAU, 20),),
)
ALLOCATED = CaseAllocated(
    provider=PROVIDER,
    provision=Provision.CATCHMENT,
    catchment=UUID(int=7),
    basis=next(iter(AllocationBasis)),
    clocks=(clock(MEETING, 5),),
)
ASSIGNED = CaseManagerAssigned(manager=MANAGER)
PAUSED = CasePaused(attestations=Attestations(), paused_on=day(3), stopped=(WHANAU, MEETING))
RESUMED = CaseResumed(
    resumed_on=day(6),
    due=(Due(kind=WHANAU, due_on=day(23)), Due(kind=MEETING, due_on=day(8))),
    trigger=Sealed(STUDENT, DataClass.IDENTITY, "TURNED_SIX "),
)
CALLED = ActivityRecorded(activity=UUID(int=77), kind="PHONE", occurred_on=day(7), minutes=5, note=None, shared=True)
CLOSED = CaseClosed(
    reason=ClosureReason.ATTENDING_REGULARLY,
    closed_on=day(30),
    skipped_transition=True,
    chose_on=None,
    last_manager=MANAGER,
    justification=None,
)
REOPENED = CaseReopened(
    type=CaseType.CA,
    school=SCHOOL,
    primary_contact=None,
    provision=Provision.CATCHMENT,
    catchment=UUID(int=7),
    request=None,
    reason=None,
    closed_on=day(30),
    episode=2,
    reopened_on=day(40),
    clocks=(),
)


def met(on):
    return WhanauMeetingHeld(
        meeting=UUID(int=70), held_on=on, student_met=True, whanau_met=True, note=None, meets=WHANAU
    )


class Life:
    """The life of cases, an event a day, and what the models made of it."""

    def __init__(self, dsn):
        self.dsn, self.position, self.versions = dsn, 0, {}
        self.codec = Codec(registry.events())
        self.keys = keyring(dsn)
        self.tools = Tools(types=registry.events(), codec=self.codec, keyring=self.keys)
        self.owner = psycopg.connect(dsn, autocommit=True)
        check_secrets(self.owner, KeyEncryption(Secrets(KEK)).checks)
        prepare(self.owner, MODELS)

    def of(self, *events, case=CASE):
        with self.owner.cursor().copy("COPY log.events FROM STDIN") as copy:
            for event in events:
                copy.write_row(self.stored(case, event))
        with connect(as_role(self.dsn, "followers"), deadline=None) as db:
            for each in MODELS:
                work = ReadModel(each, self.tools)
                while found := tail(db, work.begin(db), 100):
                    work.take(db, found)
        assert self.owner.execute("SELECT model, error FROM projection.parked").fetchall() == []

    def stored(self, case, event):
        self.position += 1
        version = self.versions[case] = self.versions.get(case, 0) + 1
        draft = self.codec.draft(event)
        self.keys.ensure(each.need for each in draft.sealed)
        data = self.codec.finish(draft, case, version, self.keys).data
        at = datetime(2026, 2, 2, tzinfo=UTC) + timedelta(days=self.position - 1)
        envelope = Envelope.of(ACTOR, {UUID(int=50): 3}).encode()
        name, schema = draft.type, draft.schema_version
        return [self.position, case, version, name, schema, at, at.date(), UUID(int=self.position), envelope, data]

    def asked(self, question, **which):
        with connect(as_role(self.dsn, "service"), deadline=20.0) as db:
            now = which.pop("now", datetime(2026, 12, 1, tzinfo=UTC))
            with moment(db, lists.MODELS, Asked(**which), now=now, patience=0) as at:
                return question(db, at)


@pytest.fixture
def life(migrated):
    made = Life(migrated)
    yield made
    made.owner.close()


def table(life, of):
    query = b"SELECT " + of.listed("m").as_bytes(life.owner) + f" FROM {of.view} m WHERE to_position IS NULL".encode()
    return sorted((of.read(row) for row in life.owner.execute(query)), key=lambda row: getattr(row, of.key[-1]))


def test_a_case_stands_as_its_life_says(life):
    life.of(CREATED, ALLOCATED, ASSIGNED, PAUSED, RESUMED, CALLED, met(day(10)), CLOSED)
    (row,) = table(life, cases.project)
    assert (row.status, row.provider, row.manager, row.last_manager) == (Status.CLOSED, PROVIDER, None, MANAGER)
    assert (row.closed_on, row.skipped_transition, row.paused_on) == (day(30), True, None)
    versions = life.owner.execute("SELECT from_position, status FROM service.cases ORDER BY 1").fetchall()
    assert versions == [
        (1, "UNALLOCATED"), (2, "PROVIDER_QUEUE"), (3, "OPEN"), (4, "PAUSED"), (5, "OPEN"), (8, "CLOSED"),
    ]  # fmt: skip


def test_each_clock_has_its_row_and_each_episode_is_measured_apart_BR_82(life):
    life.of(CREATED, ALLOCATED, ASSIGNED, PAUSED, RESUMED, met(day(10)), CLOSED, REOPENED, ALLOCATED)
    first, whanau, school, second, again = table(life, clocks.project)
    assert (first.kind, first.started_on, first.ended_on) == (None, OPENED, day(30))
    assert (whanau.kind, whanau.due_on, whanau.met_on, whanau.ending) == (WHANAU, day(23), day(10), None)
    assert (school.kind, school.due_on, school.met_on, school.ended_on) == (MEETING, day(8), None, day(30))
    assert school.standstills == (Standstill(from_on=day(3), until_on=day(6)),)
    assert (second.kind, second.episode, again.kind, again.episode) == (None, 2, MEETING, 2)


def test_a_meeting_told_late_counts_on_the_earliest_day_BR_52(life):
    life.of(CREATED, met(day(12)), met(day(9)), met(day(15)))
    assert table(life, clocks.project)[1].met_on == day(9)


def test_the_timeline_says_when_it_happened_and_when_it_was_told_by_whom(life):
    life.of(CREATED, ALLOCATED, CALLED)
    entry = table(life, model("timeline"))[-1]
    assert (entry.type, entry.occurred_on, entry.decided_on, entry.version) == ("ActivityRecorded", day(7), day(2), 3)
    assert (entry.user, entry.source, entry.shared, entry.item) == (MANAGER, Source.PORTAL, True, UUID(int=77))
    assert entry.facts == {str(UUID(int=50)): 3}


def test_a_queue_tells_ages_and_clocks_and_goes_empty_when_the_case_is_assigned(life):
    life.of(CREATED, ALLOCATED, ASSIGNED)
    queue = lambda db, at: provider_queue.waiting_with(db, PROVIDER, at)  # noqa: E731 - one question, twice
    assert life.asked(queue) == []
    (listed,) = life.asked(queue, position=2)
    assert (listed.case.case_id, listed.days, listed.next_due_on, listed.breached) == (CASE, 0, day(5), 0)
    assert life.asked(lambda db, at: provider_queue.load_of(db, PROVIDER, at)).by_status == {"OPEN": 1}


def test_late_is_judged_by_the_day_that_is_asked_for(life):
    life.of(CREATED, ALLOCATED, ASSIGNED)
    load = lambda db, at: [each.breached for each in caseload.cases_of(db, MANAGER, at)]  # noqa: E731 - one question, twice
    assert life.asked(load, now=datetime(2026, 2, 6, 12, tzinfo=UTC)) == [0]
    assert life.asked(load, now=datetime(2026, 2, 8, 12, tzinfo=UTC)) == [1]
    assert life.asked(load, now=datetime(2026, 3, 8, 12, tzinfo=UTC)) == [2]


def test_who_may_see_is_judged_by_the_present_though_the_content_is_of_then(life):
    life.of(CREATED, ALLOCATED, ASSIGNED, CLOSED)
    mine = SQL("now.manager = {}").format(Literal(MANAGER))
    then = lambda db, at: caseload.size_of(db, MANAGER, at).all  # noqa: E731 - one question, twice
    assert life.asked(then, position=3) == 1
    assert life.asked(lambda db, at: caseload.size_of(db, MANAGER, at, seen=mine).all, position=3) == 0


def test_a_school_is_shown_the_published_words_and_its_counts_are_its_list_BR_137(life):
    other = UUID(int=99)
    life.of(CREATED, ALLOCATED, ASSIGNED, PAUSED)
    life.of(CREATED, ALLOCATED, case=other)
    seen = life.asked(lambda db, at: school_dashboard.dashboard_of(db, SCHOOL, at))
    assert (dict(seen.shown), seen.paused, seen.parked) == ({"Open": 1, "Provider Queue": 1}, 1, 0)
    listed = life.asked(lambda db, at: school_dashboard.cases_of(db, SCHOOL, at))
    assert sorted(each.case.case_id for each in listed) == [CASE, other]
    first, second = listed
    rest = life.asked(lambda db, at: school_dashboard.cases_of(db, SCHOOL, at, after=first.place, limit=1))
    assert rest == [second]


def test_every_measure_of_the_report_is_a_count_of_clocks_that_can_be_opened(life):
    life.of(CREATED, ALLOCATED, met(day(21)), CLOSED)
    life.of(CREATED, ALLOCATED, PAUSED, case=UUID(int=99))
    year = Period(first=date(2026, 1, 1), last=date(2026, 12, 31))
    report = life.asked(lambda db, at: kpi.summary(db, year, at, provider=PROVIDER))
    assert {(each.kind, each.outcome, each.count) for each in report} == {
        (WHANAU, Outcome.MET_LATE, 1),
        (WHANAU, Outcome.STANDING_STILL, 1),
        (MEETING, Outcome.BREACHED, 1),
        (MEETING, Outcome.STANDING_STILL, 1),
    }
    for each in report:
        opened = life.asked(lambda db, at, each=each: kpi.clocks_of(db, year, at, each.kind, each.outcome))
        assert len(opened) == each.count


def test_every_model_is_registered_and_handles_only_events_that_there_are():
    assert len({each.name for each in MODELS}) == len(MODELS)
    for each in MODELS:
        assert set(each.handlers) <= set(registry.events().values())
