"""The real read models: for any legal casework live equals rebuilt at every position, and rows say what happened."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.cases.allocating import AllocationBasis, CaseAllocated
from domain.cases.assigning import CaseManagerAssigned
from domain.cases.case import CaseType, ClosureReason, Provision
from domain.cases.clocks import Clock, ClockKind, Due
from domain.cases.closing import CaseClosed
from domain.cases.meeting import SchoolMeetingHeld
from domain.cases.opening import CaseCreated
from domain.cases.pausing import Attestations, CasePaused
from domain.catchments.catchment import Contract
from domain.catchments.contracting import ContractEnded, ContractRecorded
from domain.catchments.defining import CatchmentDefined
from domain.decision import Event
from domain.ids import region_id
from domain.providers.registering import ProviderRegistered
from domain.requests.submitting import CaRequestSubmitted
from domain.schools.funding import IspFundingEnded, IspFundingGranted
from domain.schools.registering import SchoolDetailsChanged, SchoolRegistered
from domain.schools.school import InCatchment, IspFunding
from domain.schools.zoning import SchoolCatchmentChanged
from domain.sealed import DataClass, Sealed
from domain.students.correcting import StudentDetailCorrected
from domain.students.enrolling import StudentEnrolled, StudentWithdrawn
from domain.students.merging import NsnReplaced
from domain.students.registering import StudentRegistered
from domain.students.student import Enrolment, StudentDetails
from domain.text import PersonName
from domain.users.granting import UserRoleGranted, UserRoleRevoked
from domain.users.inviting import UserDetailsChanged, UserInvited
from domain.users.user import Grant, Role, UserDetails
from projections import (
    caseload,
    catchments,
    clocks,
    kpi,
    people,
    provider_queue,
    providers,
    school_dashboard,
    schools,
    timeline,
)
from projections import cases as cases_model
from projections import grants as grants_model
from projections.catchments import Contracted
from projections.kpi import Outcome, Period
from projections.people import Kind
from projections.refolding import blank
from projections.registry import MODELS
from tests.domain.cases import scenes
from tests.domain.cases.scenes import AWHI, FIRST_DAY, KAURI, NORTH, RIMU, SOUTH, TAUTOKO
from tests.projections.books import Books, Folding, books_on
from tests.projections.casework import (
    SYSTEM,
    Happened,
    catchment_details,
    country,
    prefixes,
    school_details,
    walks,
)
from tests.projections.small import standing

PERSON, OTHER = UUID(int=0xA1), UUID(int=0xB2)
ANA, HEMI = PersonName(family_name="Ngata", given_names="Ana"), PersonName(family_name="Ngata", given_names="Hēmi")
many = settings(max_examples=settings().max_examples // 5, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def shared(cluster, admin, template) -> Iterator[Books]:
    with books_on(admin, template, cluster.dsn, "real_models") as made:
        yield made


@pytest.fixture
def books(shared: Books) -> Books:
    shared.empty()
    return shared


@many
@given(walk=walks(50), data=st.data())
def test_live_equals_rebuilt_for_every_model_at_every_position_byte_for_byte(shared, walk, data):
    log = walk.work.log
    shared.empty()
    shared.write(log)
    for model in MODELS:
        stop = data.draw(st.integers(0, len(log)))
        sizes = data.draw(st.lists(st.integers(1, 60), min_size=1, max_size=4))
        shared.follow(model, sizes, until=stop)
        shared.follow(model, sizes)
        with shared.rebuilt(model, shards=data.draw(st.integers(1, 4))) as rebuilt:
            live = shared.live(model)
            assert live == rebuilt, model.name
            for position in prefixes(walk.work):
                assert standing(live, position) == standing(rebuilt, position)
        as_folded(shared, model, log)
    assert shared.owner.execute("SELECT model, error FROM projection.parked").fetchall() == []


def as_folded(books: Books, model: Any, log: list[Happened]) -> None:
    """At every position the table says what folding all events from the first says."""
    versions, folding = books.versions_of(model), Folding(model)
    key = lambda row: (getattr(row, model.key[0]), model.rest(row))  # noqa: E731 - a word for it
    for happened, recorded in zip(log, books.recorded, strict=True):
        folding.take(happened.event, recorded)
        at = recorded.position
        if at in {len(log), *range(len(country().log), len(log), 7)}:
            said = [row for row, since, until in versions if since <= at and (until is None or until > at)]
            assert {key(row): row for row in said} == folding.standing, (model.name, at)
            assert len(said) == len(folding.standing)


@many
@given(walk=walks(30), data=st.data())
def test_live_equals_rebuilt_for_equal_sets_of_destroyed_keys(shared, walk, data):
    model, log = people.project, walk.work.log
    shared.empty()
    shared.write(log)
    shared.follow(model, until=data.draw(st.integers(0, len(log))))
    streams = sorted({each.stream for each in log if type(each.event) in model.handlers})
    for subject in data.draw(st.lists(st.sampled_from(streams), max_size=3)):
        shared.destroy(subject, DataClass.IDENTITY)
        blank(shared.follower, [model], shared.tools, subject)
    shared.follow(model)
    with shared.rebuilt(model) as rebuilt:
        assert shared.live(model) == rebuilt


def told(books: Books, *events: Event, stream: UUID = PERSON, on: date = FIRST_DAY) -> None:
    """Let this happen in one stream, and every model see it."""
    books.write(Happened(stream, event, on, SYSTEM) for event in events)
    books.follow_all()


def identity(value: Any, subject: UUID = PERSON) -> Any:
    return Sealed(subject, DataClass.IDENTITY, value)


def student(name: PersonName) -> StudentDetails:
    return StudentDetails(name=name, born_on=date(2014, 6, 1))


def login(name: PersonName) -> UserDetails:
    return UserDetails(name=name, email="ana@example.nz", login="ana")


CORRECTED = StudentDetailCorrected(
    details=identity(student(HEMI)),
    reason=Sealed(PERSON, DataClass.NARRATIVE, "Misspelt."),
    changed=("name",),
)
ENROLLED = StudentEnrolled(school=KAURI, from_on=FIRST_DAY)
WITHDRAWN = StudentWithdrawn(
    school=KAURI,
    enrolled_on=FIRST_DAY,
    last_day_of_attendance=FIRST_DAY,
    withdrawn_on=FIRST_DAY + timedelta(days=3),
    reason="CONTINUOUS_ABSENCE",
)
OFF_THE_ROLL = Enrolment(
    school=KAURI,
    from_on=FIRST_DAY,
    last_attended_on=FIRST_DAY,
    withdrawn_on=FIRST_DAY + timedelta(days=3),
    reason="CONTINUOUS_ABSENCE",
)
REGISTERED = StudentRegistered(details=identity(student(ANA)))
INVITED = UserInvited(details=identity(login(ANA)))
A_STUDENT = people.Row(person_id=PERSON, kind=Kind.STUDENT, name=ANA)  # type: ignore[arg-type] # as rows hold it: opened
A_USER = people.Row(person_id=PERSON, kind=Kind.USER, name=ANA)  # type: ignore[arg-type] # as rows hold it: opened


def changed(row: people.Row, **values: Any) -> Any:
    """The row with other values, open ones too."""
    return replace(row, **values)


OF_PEOPLE: dict[str, tuple[tuple[Event, ...], Any]] = {
    "StudentRegistered": ((REGISTERED,), A_STUDENT),
    "StudentDetailCorrected": ((REGISTERED, CORRECTED), changed(A_STUDENT, name=HEMI)),
    "NsnReplaced": (
        (REGISTERED, NsnReplaced(details=identity(student(HEMI)))),
        changed(A_STUDENT, name=HEMI),
    ),
    "StudentEnrolled": (
        (REGISTERED, ENROLLED),
        replace(A_STUDENT, enrolments=(Enrolment(school=KAURI, from_on=FIRST_DAY),)),
    ),
    "StudentWithdrawn": (
        (REGISTERED, ENROLLED, replace(ENROLLED, school=RIMU), WITHDRAWN),
        replace(A_STUDENT, enrolments=(OFF_THE_ROLL, Enrolment(school=RIMU, from_on=FIRST_DAY))),
    ),
    "UserInvited": ((INVITED,), A_USER),
    "UserDetailsChanged": (
        (INVITED, UserDetailsChanged(details=identity(login(HEMI)))),
        changed(A_USER, name=HEMI),
    ),
}


@pytest.mark.parametrize("event", OF_PEOPLE)
def test_a_person_is_what_was_told_of_them(books, event):
    happened, row = OF_PEOPLE[event]
    told(books, *happened)
    assert books.present(people.project) == [row]
    assert len(books.versions_of(people.project)) == len(happened)


SCHOOL = schools.Row(
    school_id=PERSON,
    number="100",
    name="Te Kura",
    type="Full Primary",
    authority=school_details("100").authority,
    region="Wellington",
    office=region_id("Wellington"),
    territorial_authority="Wellington City",
    anniversary_set="WELLINGTON",
    opened_on=scenes.LONG_AGO,
)
FUNDED = IspFundingGranted(from_on=FIRST_DAY)
OPENED = SchoolRegistered(details=school_details("100"))
SHUT = replace(school_details("100", "Kura Hou"), closed_on=FIRST_DAY)

OF_SCHOOLS: dict[str, tuple[tuple[Event, ...], Any]] = {
    "SchoolRegistered": ((OPENED,), SCHOOL),
    "SchoolDetailsChanged": (
        (OPENED, SchoolDetailsChanged(details=SHUT)),
        replace(SCHOOL, name="Kura Hou", closed_on=FIRST_DAY),
    ),
    "SchoolCatchmentChanged": (
        (OPENED, *(SchoolCatchmentChanged(catchment=each, effective_on=FIRST_DAY) for each in (NORTH, SOUTH))),
        replace(SCHOOL, catchments=tuple(InCatchment(catchment=each, from_on=FIRST_DAY) for each in (NORTH, SOUTH))),
    ),
    "IspFundingGranted": ((OPENED, FUNDED), replace(SCHOOL, isp=(IspFunding(from_on=FIRST_DAY),))),
    "IspFundingEnded": (
        (OPENED, IspFundingGranted(from_on=scenes.LONG_AGO), FUNDED,
         IspFundingEnded(from_on=FIRST_DAY, to_on=FIRST_DAY)),
        replace(SCHOOL, isp=(IspFunding(from_on=scenes.LONG_AGO), IspFunding(from_on=FIRST_DAY, to_on=FIRST_DAY))),
    ),
}  # fmt: skip


@pytest.mark.parametrize("event", OF_SCHOOLS)
def test_a_school_is_what_was_told_of_it(books, event):
    happened, row = OF_SCHOOLS[event]
    told(books, *happened)
    assert books.present(schools.project) == [row]


def test_a_provider_is_what_was_told_of_it_last(books):
    first = scenes.provider("AWHI").details
    told(books, ProviderRegistered(details=first), ProviderRegistered(details=replace(first, name="Awhi Tahi")))
    (row,) = books.present(providers.project)
    assert (row.code, row.name, row.kind, row.region) == ("AWHI", "Awhi Tahi", first.kind, "Wellington")
    assert (row.office, row.anniversary_set) == (region_id("Wellington"), "WELLINGTON")


SOUTHERN = catchment_details("SOUTH", "Waikato")
FIRST, SECOND = (Contract(provider=each, from_on=FIRST_DAY, funding_cents=7) for each in (AWHI, TAUTOKO))
EARLIER = Contract(provider=AWHI, from_on=scenes.LONG_AGO, to_on=scenes.LONG_AGO, funding_cents=7)


def test_a_catchment_is_what_was_told_of_it_and_its_contracts_have_their_days_BR_30(books):
    defined, last_day = CatchmentDefined(details=SOUTHERN), FIRST_DAY + timedelta(days=9)
    contracts = (ContractRecorded(contract=each) for each in (EARLIER, FIRST, SECOND))
    ended = ContractEnded(provider=AWHI, from_on=FIRST_DAY, to_on=last_day)
    moved = CatchmentDefined(details=replace(SOUTHERN, name="Te Tonga", region="Wellington"))
    told(books, defined, *contracts, ended, moved)
    (row,) = books.present(catchments.project)
    assert row == catchments.Row(
        catchment_id=PERSON,
        code="SOUTH",
        name="Te Tonga",
        region="Wellington",
        office=region_id("Wellington"),
        anniversary_set="WELLINGTON",
        contracts=(
            Contracted(provider=AWHI, from_on=scenes.LONG_AGO, to_on=scenes.LONG_AGO),
            Contracted(provider=AWHI, from_on=FIRST_DAY, to_on=last_day),
            Contracted(provider=TAUTOKO, from_on=FIRST_DAY, to_on=None),
        ),
    )
    assert books.versions_of(catchments.project)[0][0].office == region_id("Waikato")


def test_a_grant_that_was_revoked_stays_revoked_though_the_role_is_granted_again(books):
    grant = Grant(role=Role.CASE_MANAGER, organisation=AWHI, from_on=FIRST_DAY)
    taken = UserRoleRevoked(role=Role.CASE_MANAGER, organisation=AWHI)
    told(books, UserRoleGranted(grant=grant), UserRoleGranted(grant=replace(grant, organisation=TAUTOKO)), taken)
    told(books, UserRoleGranted(grant=grant))
    rows = books.present(grants_model.project)
    assert [(row.organisation, row.revoked) for row in rows] == [(AWHI, True), (TAUTOKO, False), (AWHI, False)]


def test_every_event_of_people_schools_providers_and_catchments_is_told_above():
    assert {each.__name__ for each in people.project.handlers} == set(OF_PEOPLE)
    assert {each.__name__ for each in schools.project.handlers} == set(OF_SCHOOLS)
    assert set(providers.project.handlers) == {ProviderRegistered}
    assert set(catchments.project.handlers) == {CatchmentDefined, ContractRecorded, ContractEnded}
    assert CaRequestSubmitted in {kind for model in MODELS for kind in model.handlers}


@many
@given(walk=walks(50))
def test_a_timeline_has_one_row_for_each_event_of_a_case_and_keeps_it(shared, walk):
    shared.empty()
    shared.write(walk.work.log)
    shared.follow(timeline.project)
    rows, kinds = shared.versions_of(timeline.project), timeline.project.handlers
    told_of = [
        (recorded, each) for each, recorded in zip(walk.work.log, shared.recorded, strict=True)
        if type(each.event) in kinds
    ]  # fmt: skip
    assert all(until is None for _, _, until in rows)
    found = {row.position: row for row, _, _ in rows}
    assert sorted(found) == [recorded.position for recorded, _ in told_of]
    for recorded, each in told_of:
        row = found[recorded.position]
        assert (row.case_id, row.version, row.type) == (each.stream, recorded.version, type(each.event).__name__)
        assert (row.recorded_at, row.decided_on) == (recorded.recorded_at, each.on)
        assert (row.user, row.role, row.source) == (each.by.user, each.by.role, each.by.source)
        assert row.shared == getattr(each.event, "shared", None)


STATES = {  # the day that people stated, and the item that it is about
    "CaseCreated": (FIRST_DAY, None),
    "CaseAllocated": (None, None),
    "CaseManagerAssigned": (None, None),
    "SchoolMeetingHeld": (FIRST_DAY, UUID(int=70)),
    "CasePaused": (date(2026, 5, 6), None),
    "CaseClosed": (FIRST_DAY, None),
    "SchoolConsulted": (FIRST_DAY, UUID(int=501)),
}


def test_a_timeline_names_the_day_that_people_stated_and_the_item_BR_52(books):
    events = (scenes.CREATED, scenes.ALLOCATED, scenes.ASSIGNED, met(FIRST_DAY), scenes.PAUSED, scenes.closed())
    told(books, *events, scenes.consulted("CLOSE"))
    rows = books.present(timeline.project)
    assert {row.type: (row.occurred_on, row.item) for row in rows} == STATES


ERASED: dict[str, tuple[Event, ...]] = {
    "a student": (REGISTERED, CORRECTED, ENROLLED),
    "a user": (INVITED, UserDetailsChanged(details=identity(login(HEMI))), INVITED),
}


@pytest.mark.parametrize("who", ERASED)
def test_whoever_is_erased_is_blank_in_every_version_live_and_rebuilt_alike(books, who):
    told(books, *ERASED[who])
    assert books.present(people.project)[0].name is not None
    assert any("Ngata" in str(row) for row in books.live(people.project))
    books.destroy(PERSON, DataClass.IDENTITY)
    blank(books.follower, MODELS, books.tools, PERSON)
    versions = books.versions_of(people.project)
    assert versions
    assert {row.name for row, _, _ in versions} == {None}
    with books.rebuilt(people.project) as rebuilt:
        assert books.live(people.project) == rebuilt
        assert not any("Ngata" in str(row) for row in rebuilt)


def test_what_is_told_of_a_person_after_the_erasure_is_kept_beside_the_blank(books):
    told(books, REGISTERED)
    books.destroy(PERSON, DataClass.IDENTITY)
    blank(books.follower, MODELS, books.tools, PERSON)
    told(books, ENROLLED)
    (row,) = books.present(people.project)
    assert (row.name, [each.school for each in row.enrolments]) == (None, [KAURI])
    with books.rebuilt(people.project) as rebuilt:
        assert books.live(people.project) == rebuilt


DUE, LATER = date(2026, 5, 11), date(2026, 5, 18)
YEAR = Period(first=date(2026, 1, 1), last=date(2026, 12, 31))
ONE, TWO, THREE, FOUR, FIVE = (UUID(int=n << 100 | 9) for n in range(1, 6))


def clock(kind: ClockKind, due_on: date, days: int) -> Clock:
    return Clock(started_on=FIRST_DAY, days=days, due=Due(kind=kind, due_on=due_on))


def created(school: UUID = KAURI) -> CaseCreated:
    return CaseCreated(
        type=CaseType.CA,
        student=OTHER,
        school=school,
        request=UUID(int=9),
        primary_contact=scenes.CONTACT,
        provision=Provision.CATCHMENT,
        catchment=NORTH,
        opened_on=FIRST_DAY,
        clocks=(clock(ClockKind.WHANAU_MEETING, LATER, 10),),
    )


def allocated(provider: UUID = AWHI) -> CaseAllocated:
    return CaseAllocated(
        provider=provider,
        provision=Provision.CATCHMENT,
        catchment=NORTH,
        basis=AllocationBasis.SCHOOL,
        clocks=(clock(ClockKind.SCHOOL_MEETING, DUE, 5),),
    )


def met(on: date) -> SchoolMeetingHeld:
    return SchoolMeetingHeld(
        meeting=UUID(int=70), held_on=on, topics=(), note=None, health_note=None, health_relevant_to=None,
        legal_basis=None, meets=ClockKind.SCHOOL_MEETING,
    )  # fmt: skip


ASSIGNED = CaseManagerAssigned(manager=scenes.MANAGER)
PAUSED = CasePaused(attestations=Attestations(), paused_on=date(2026, 5, 8), stopped=(*ClockKind,))
CLOSED = CaseClosed(
    reason=ClosureReason.DUPLICATE,
    closed_on=date(2026, 5, 8),
    skipped_transition=False,
    chose_on=None,
    last_manager=scenes.MANAGER,
    justification=None,
)


@pytest.fixture
def term(books: Books) -> Books:
    """Four cases of Kauri and one of Rimu, as they stand after the first week of May.

    ONE waits; TWO is worked and its meeting was held; THREE was paused, FOUR closed on the Friday; FIVE is TAUTOKO's.
    """
    first, friday = FIRST_DAY, date(2026, 5, 8)
    for case in (ONE, TWO, THREE, FOUR):
        books.write(Happened(case, event, first, SYSTEM) for event in (created(), allocated()))
    books.write(Happened(FIVE, event, first, SYSTEM) for event in (created(RIMU), allocated(TAUTOKO)))
    for case in (TWO, THREE, FOUR):
        books.write([Happened(case, ASSIGNED, date(2026, 5, 6), SYSTEM)])
    week = ((TWO, met(date(2026, 5, 7))), (THREE, PAUSED), (FOUR, CLOSED))
    books.write(Happened(case, event, friday, SYSTEM) for case, event in week)
    books.follow_all()
    return books


def evening(day: date) -> datetime:
    """An instant of this Auckland day, after all that was recorded on it."""
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


SATURDAY = evening(date(2026, 5, 9))


def test_a_dashboard_counts_the_cases_of_the_school_in_the_words_that_it_is_shown_BR_130_BR_137(term):
    board = term.asked(lambda db, at: school_dashboard.dashboard_of(db, KAURI, at), now=SATURDAY)
    assert dict(board.shown) == {"Provider Queue": 1, "Open": 2, "Closed": 1}
    assert (board.paused, board.parked) == (1, 0)
    listed = term.asked(lambda db, at: school_dashboard.cases_of(db, KAURI, at), now=SATURDAY)
    assert {each.case.case_id for each in listed} == {ONE, TWO, THREE, FOUR}
    assert sum(board.shown.values()) == len(listed)


def test_a_dashboard_as_at_the_day_before_differs(term):
    ask = lambda db, at: dict(school_dashboard.dashboard_of(db, KAURI, at).shown)  # noqa: E731 - asked thrice
    days = (evening(FIRST_DAY), evening(date(2026, 5, 7)), evening(date(2026, 5, 8)))
    assert [term.asked(ask, now=SATURDAY, instant=day) for day in days] == [
        {"Provider Queue": 4},
        {"Provider Queue": 1, "Open": 3},
        {"Provider Queue": 1, "Open": 2, "Closed": 1},
    ]


def test_a_queue_shows_who_waits_since_when_and_what_is_due_next_BR_35(term):
    (waiting,) = term.asked(lambda db, at: provider_queue.waiting_with(db, AWHI, at), now=SATURDAY)
    assert (waiting.case.case_id, waiting.days, waiting.next_due_on, waiting.breached) == (ONE, 5, DUE, 0)
    load = term.asked(lambda db, at: provider_queue.load_of(db, AWHI, at), now=SATURDAY)
    assert load.by_status == {"PROVIDER_QUEUE": 1, "OPEN": 1, "PAUSED": 1}
    (then, *others) = term.asked(
        lambda db, at: provider_queue.waiting_with(db, AWHI, at), now=SATURDAY, instant=evening(FIRST_DAY)
    )
    assert (then.case.case_id, then.days, len(others)) == (ONE, 0, 3)


def test_a_caseload_is_what_one_manager_works_and_its_size_the_number_of_its_rows_BR_38(term):
    listed = term.asked(lambda db, at: caseload.cases_of(db, scenes.MANAGER, at), now=SATURDAY)
    assert [each.case.case_id for each in listed] == [TWO, THREE]
    size = term.asked(lambda db, at: caseload.size_of(db, scenes.MANAGER, at), now=SATURDAY)
    assert (size.by_status, size.all) == ({"OPEN": 1, "PAUSED": 1}, len(listed))


@pytest.mark.parametrize(("day", "late"), [(DUE, 0), (DUE + timedelta(days=1), 1), (LATER + timedelta(days=1), 2)])
def test_a_deadline_is_breached_only_after_its_due_day_BR_45_BR_46(term, day, late):
    (waiting,) = term.asked(lambda db, at: provider_queue.waiting_with(db, AWHI, at), now=evening(day))
    assert (waiting.case.case_id, waiting.breached) == (ONE, late)


def test_a_clock_that_stands_still_or_ended_before_it_was_due_is_never_breached_BR_49(term):
    listed = term.asked(lambda db, at: school_dashboard.cases_of(db, KAURI, at), now=evening(date(2026, 8, 3)))
    assert {each.case.case_id: each.breached for each in listed} == {ONE: 2, TWO: 1, THREE: 0, FOUR: 0}


def test_the_report_says_how_each_clock_went_and_each_figure_is_a_count_of_rows_BR_45_to_BR_49(term):
    ask = lambda db, at: kpi.summary(db, YEAR, at, provider=AWHI)  # noqa: E731 - asked of three days
    school, whanau = ClockKind.SCHOOL_MEETING, ClockKind.WHANAU_MEETING
    early, late = (
        {(one.kind, one.outcome): one.count for one in term.asked(ask, now=evening(day))}
        for day in (DUE, LATER + timedelta(days=1))
    )
    still = {(school, Outcome.STANDING_STILL): 1, (whanau, Outcome.STANDING_STILL): 1}
    over = {(school, Outcome.ENDED): 1, (whanau, Outcome.ENDED): 1, (school, Outcome.MET): 1}
    assert early == still | over | {(school, Outcome.RUNNING): 1, (whanau, Outcome.RUNNING): 2}
    assert late == still | over | {(school, Outcome.BREACHED): 1, (whanau, Outcome.BREACHED): 2}
    for (kind, outcome), count in late.items():
        rows = term.asked(
            lambda db, at, kind=kind, outcome=outcome: kpi.clocks_of(db, YEAR, at, kind, outcome, provider=AWHI),
            now=evening(LATER + timedelta(days=1)),
        )
        assert len(rows) == count


def test_the_report_as_at_a_day_before_the_meeting_was_told_knows_nothing_of_it_BR_52(term):
    ask = lambda db, at: kpi.summary(db, YEAR, at, provider=AWHI)  # noqa: E731 - asked of two moments
    before = {one.outcome for one in term.asked(ask, now=SATURDAY, instant=evening(date(2026, 5, 7)))}
    assert before == {Outcome.RUNNING}
    assert Outcome.MET in {one.outcome for one in term.asked(ask, now=SATURDAY)}


def test_what_no_handler_changes_writes_no_version(books):
    told(books, created(), allocated(), stream=ONE)
    versions = len(books.versions_of(cases_model.project))
    told(books, met(FIRST_DAY), scenes.consulted("CLOSE"), stream=ONE)
    assert len(books.versions_of(cases_model.project)) == versions
    assert len(books.present(clocks.project)) == 3
