"""Who may see what: lists show just those cases that the one decision function allows (BR-60 to BR-62, BR-69).

The content is as at the moment that is asked for; the right is that of now, whatever was taken away in between.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.sql import SQL, Composable

from api.questions.seen import NOTHING, TWINS, WITHOUT_TWIN, seen
from domain import relations
from domain.authority import may
from domain.cases.allocating import AllocateCase, MoveToCatchmentProvider, WhyNotInSchool
from domain.cases.assigning import AssignCaseManager, Handover, ReassignCaseManager, ReturnCaseToQueue
from domain.cases.case import Case, CaseType, ClosureReason, Provision
from domain.cases.closing import CloseCase
from domain.cases.enrolling import NoteEnrolment
from domain.cases.naming_contact import NamePrimaryContact, NotePrimaryContactLeft
from domain.cases.status import Status
from domain.catchments.catchment import Catchment
from domain.catchments.contracting import EndContract
from domain.catchments.defining import DefineCatchment
from domain.days import AUCKLAND
from domain.decision import Ref
from domain.ids import MINISTRY, region_id, school_id
from domain.permits import facts_of
from domain.regions import region_of
from domain.relations import Asker, CaseFacts
from domain.requests.request import Request
from domain.requests.submitting import SubmitCaRequest
from domain.rights import READS, TABLE, Action
from domain.schools.registering import RegisterSchool
from domain.schools.school import School
from domain.schools.zoning import AssignSchoolToCatchment
from domain.students.enrolling import RecordEnrolment, RecordWithdrawal
from domain.students.student import Student
from domain.users.granting import RevokeRole
from domain.users.user import Role, User
from eventstore.connections import Connection
from projections import caseload, cases, lists, provider_queue, regions, school_dashboard
from projections.moments import AsAt
from tests.api.town import AWHI as TOWNS_AWHI
from tests.api.town import Town
from tests.domain.cases import scenes
from tests.domain.cases.scenes import AWHI, FIRST_DAY, KAURI, KAURI_ITSELF, NORTH, RIMU, SOUTH, TAUTOKO
from tests.domain.requests.forms import FORM
from tests.projections.books import Books, Folding, books_on
from tests.projections.casework import (
    CONTACTS,
    REGIONS,
    STAFF,
    STUDENTS,
    Casework,
    Walk,
    catchment_details,
    country,
    school_details,
    walks,
)

SOMEBODY, STRANGER = UUID(int=0xABC), UUID(int=0xDEF)
AT_RIMU, AT_KAURI, _ = STUDENTS
OFFICES = WELLINGTON, WAIKATO = tuple(map(region_id, REGIONS))
OF_A_CASE = (Action.READ_CASE, Action.READ_TIMELINE, Action.READ_PROVIDER_ITEMS, Action.READ_SAFETY_NOTES)
few = settings(max_examples=settings().max_examples // 6, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def books(cluster, admin, template) -> Iterator[Books]:
    with books_on(admin, template, cluster.dsn, "seen") as made:
        yield made


def every_relation() -> list[Any]:
    """Whatever domain/relations.py says of an asker and a case."""
    functions = [function for _, function in inspect.getmembers(relations, inspect.isfunction)]
    return [each for each in functions if list(inspect.signature(each).parameters) == ["asker", "case"]]


def test_every_relation_has_a_twin_or_is_listed_as_having_none():
    listed: list[Any] = [*TWINS, *WITHOUT_TWIN]
    assert sorted(each.__name__ for each in listed) == sorted(each.__name__ for each in every_relation())


@pytest.mark.parametrize(
    "relation", sorted(WITHOUT_TWIN, key=lambda each: getattr(each, "__name__", "")), ids=lambda each: each.__name__
)
def test_whoever_stands_in_a_relation_that_no_row_tells_is_listed_nothing_by_it(relation):
    held = [(role, action) for action in READS for role, held in TABLE[action].items() if set(held) == {relation}]
    for role, action in held:
        assert seen(asker(SOMEBODY, role, AWHI), action) is NOTHING


def asker(user: UUID, role: Role, organisation: UUID, today: date = FIRST_DAY, *, timeline: bool = True) -> Asker:
    return Asker(user=user, role=role, organisation=organisation, today=today, office_timeline=timeline)


YESTERDAY, TOMORROW = FIRST_DAY - timedelta(days=1), FIRST_DAY + timedelta(days=1)
ZONES = {
    school_id("301"): ((NORTH, YESTERDAY), (SOUTH, FIRST_DAY), (NORTH, TOMORROW)),
    school_id("302"): ((SOUTH, FIRST_DAY), (NORTH, YESTERDAY)),
    school_id("303"): ((NORTH, FIRST_DAY), (SOUTH, FIRST_DAY)),
    school_id("304"): ((SOUTH, TOMORROW),),
}
"""Schools by their catchments, as they were told."""


def zoned() -> Casework:
    """The country, and schools that lie in the Waikato by their catchment today, or by nothing but themselves."""
    work = country().copy()
    for number, (school, catchments) in enumerate(ZONES.items(), start=301):
        details = replace(school_details(str(number)), region=REGIONS[number == 304])
        assert work.ask(School, school, RegisterSchool(details=details))
        for catchment, on in catchments:
            assert work.ask(School, school, AssignSchoolToCatchment(catchment=catchment, effective_on=on))
    return work


@pytest.fixture(scope="module")
def standing(books: Books) -> list[CaseFacts]:
    """A case for every way to stand, all in a table; the number of each is its place here."""
    work = zoned()
    books.empty()
    books.write(work.log)
    books.follow_all()
    who, where = (SOMEBODY, STRANGER), (AWHI, TAUTOKO)
    found = [
        Case(status=status, type=kind, student=student, primary_contact=contact, provider=provider,
             manager=manager, last_manager=last, enrolled_at=KAURI, catchment=catchment, school=KAURI)
        for status, kind, student, contact, provider, manager, last, catchment in product(
            Status, CaseType, (AT_KAURI, AT_RIMU, STRANGER), who, where, who, who, (NORTH, SOUTH)
        )
    ] + [
        Case(status=status, type=kind, student=AT_KAURI, provider=provider, catchment=catchment, school=school)
        for status, kind, provider, catchment, school in product(
            Status, CaseType, (*where, KAURI_ITSELF, STRANGER, None), (NORTH, SOUTH, STRANGER, None),
            (KAURI, RIMU, STRANGER, None, *ZONES)
        )
    ]  # fmt: skip
    fields = ("status", "type", "student", "primary_contact", "provider", "manager", "last_manager", "enrolled_at",
              "catchment", "school")  # fmt: skip
    books.reader.execute(
        "CREATE TEMP TABLE standing (number int, status text, type text, student uuid, primary_contact uuid,"
        " provider uuid, manager uuid, last_manager uuid, enrolled_at uuid, catchment uuid, school uuid)"
    )
    with books.reader.cursor().copy("COPY standing FROM STDIN") as copy:
        for number, case in enumerate(found):
            copy.write_row([number, *(getattr(case, field) for field in fields)])
    return [facts_of(case, work.context(STRANGER)) for case in found]


@pytest.mark.parametrize("action", sorted(READS))
@pytest.mark.parametrize("role", Role)
def test_lists_and_the_function_agree_for_every_role_action_and_relation(books, standing, role, action):
    for organisation, timeline in product((KAURI, AWHI, MINISTRY, *OFFICES), (True, False)):
        one = asker(SOMEBODY, role, organisation, timeline=timeline)
        query = SQL("SELECT number FROM standing now WHERE {} ORDER BY 1").format(seen(one, action))
        shown = [number for (number,) in books.reader.execute(query)]
        assert shown == [number for number, each in enumerate(standing) if may(one, action, each)]


def everybody(today: date) -> list[Asker]:
    """Each person of the country in their role, and somebody for every other role there is."""
    own = [asker(user, role, organisation, today) for user, (role, organisation) in STAFF.items()]
    leads = [asker(STRANGER, Role.WORKFLOW_LEAD, each, today) for each in (TAUTOKO, KAURI_ITSELF)]
    schools = [asker(STRANGER, role, RIMU, today) for role in (Role.ATTENDANCE_LEAD, Role.OFFICE_SUPPORT)]
    others = [asker(STRANGER, role, MINISTRY, today) for role in sorted(set(Role) - {each.role for each in own})]
    advisors = [asker(STRANGER, Role.REGIONAL_ADVISOR, each, today) for each in OFFICES]
    return [
        *own,
        *leads,
        *schools,
        *others,
        *advisors,
        asker(scenes.OFFICE, Role.OFFICE_SUPPORT, KAURI, today, timeline=False),
    ]


def noon(day: date) -> datetime:
    return datetime.combine(day, time(13), AUCKLAND).astimezone(UTC)


def in_every_list(db: Connection, at: AsAt, sight: Composable) -> dict[str, list[cases.Row]]:
    """What every list there is shows of everything, and that its count is that of its rows (BR-130, BR-131)."""
    found: dict[str, list[lists.Listed]] = {}
    every = lists.Scope(condition=at.rows(cases.project, "c"), parameters={}, seen=sight)
    found["all"] = lists.page(db, every, at, limit=1_000)
    assert lists.tally(db, every).all == len(found["all"])
    for school in (KAURI, RIMU):
        found[f"school {school}"] = school_dashboard.cases_of(db, school, at, seen=sight)
        shown = school_dashboard.dashboard_of(db, school, at, seen=sight).shown
        assert sum(shown.values()) == len(found[f"school {school}"])
    for provider in (AWHI, TAUTOKO, KAURI_ITSELF):
        waiting = found[f"queue {provider}"] = provider_queue.waiting_with(db, provider, at, seen=sight)
        load = provider_queue.load_of(db, provider, at, seen=sight)
        assert load.by_status.get(Status.PROVIDER_QUEUE, 0) == len(waiting)
    for manager in (scenes.MANAGER, scenes.OTHER_MANAGER, scenes.TAUTOKO_MANAGER, scenes.KAURI_MANAGER):
        found[f"caseload {manager}"] = caseload.cases_of(db, manager, at, seen=sight)
    for office in OFFICES:
        found[f"unallocated {office}"] = regions.unallocated_in(db, office, at, seen=sight)
        assert regions.load_of(db, office, at, seen=sight).all == len(found[f"unallocated {office}"])
    return {name: [each.case for each in listed] for name, listed in found.items()}


def expected(rows: dict[UUID, cases.Row], allowed: set[UUID], then: Casework) -> dict[str, list[cases.Row]]:
    """The same by the plainest means: all rows, filtered; the regions are those of then."""
    mine = sorted(
        (row for case, row in rows.items() if case in allowed), key=lambda row: (row.status_since, row.case_id)
    )
    waiting = [row for row in mine if row.status is Status.PROVIDER_QUEUE]
    managers = (scenes.MANAGER, scenes.OTHER_MANAGER, scenes.TAUTOKO_MANAGER, scenes.KAURI_MANAGER)
    return {
        "all": mine,
        **{f"school {each}": [row for row in mine if row.enrolled_at == each] for each in (KAURI, RIMU)},
        **{f"queue {each}": [row for row in waiting if row.provider == each] for each in (AWHI, TAUTOKO, KAURI_ITSELF)},
        **{f"caseload {each}": [row for row in mine if row.manager == each] for each in managers},
        **{f"unallocated {each}": [row for row in mine if waits_in(each, row.case_id, then)] for each in OFFICES},
    }


def waits_in(office: UUID, case: UUID, then: Casework) -> bool:
    state = then.cases[case]
    return state.status is Status.UNALLOCATED and region_of(state, then.context(STRANGER)) == office


def stood(books: Books, work: Casework, position: int) -> dict[UUID, cases.Row]:
    """How the cases stood at a position."""
    folding = Folding(cases.project)
    for happened, recorded in zip(work.log[:position], books.recorded, strict=False):
        folding.take(happened.event, recorded)
    return {stream: row for (stream, _), row in folding.standing.items()}


def as_it_was(work: Casework, position: int) -> Casework:
    """The same casework when no more than this had happened."""
    kinds, past = {ref.id: ref.of for ref in work.states}, Casework(today=work.log[position - 1].on)
    for each in work.log[:position]:
        ref = Ref(kinds[each.stream], each.stream)
        past.states[ref] = each.event.evolve(past.states.get(ref, ref.of()))
    return past


@few
@given(walk=walks(40), data=st.data())
def test_every_list_is_the_filter_of_all_cases_by_the_function_now_and_as_at(books, walk, data):
    work = walk.work
    books.empty()
    books.write(work.log)
    books.follow_all()
    then = data.draw(st.integers(len(country().log), len(work.log)))
    rows, before = stood(books, work, len(work.log)), stood(books, work, then)
    context = work.context(STRANGER)
    askers, past = everybody(work.today), as_it_was(work, then)
    looking = data.draw(st.sets(st.integers(0, len(askers) - 1), min_size=3, max_size=3))
    for one in askers:
        for action in OF_A_CASE:
            allowed = {case for case, state in work.cases.items() if may(one, action, facts_of(state, context))}
            query = SQL("SELECT case_id FROM service.cases now WHERE to_position IS NULL AND {}")
            assert {case for (case,) in books.reader.execute(query.format(seen(one, action)))} == allowed
    for one in (askers[each] for each in looking):
        sight = seen(one, Action.READ_CASE)
        readable = {case for case, state in work.cases.items() if may(one, Action.READ_CASE, facts_of(state, context))}
        ask = lambda db, at, sight=sight: in_every_list(db, at, sight)  # noqa: E731 - one question, twice
        now = noon(work.today) + timedelta(hours=1)
        assert books.asked(ask, now=now) == expected(rows, readable, work)
        assert books.asked(ask, now=now, position=then) == expected(before, readable, past)


@dataclass
class Scene:
    """A case with the manager and the Primary Contact named in tests/domain/cases/scenes.py."""

    walk: Walk
    student: UUID = AT_KAURI

    @property
    def case(self) -> UUID:
        return list(self.walk.work.cases)[-1]

    def ask(self, *commands: Any) -> None:
        for command in commands:
            assert self.walk.work.ask(Case, self.case, command), command

    def tells(self, of: type[Any], stream: UUID, command: Any) -> None:
        assert self.walk.work.ask(of, stream, command), command

    def moves_to(self, school: UUID) -> None:
        moved = RecordEnrolment(school=school, from_on=self.walk.work.today)
        assert self.walk.work.ask(Student, self.student, moved)

    def asks(self, school: UUID, provision: Provision | None = None) -> None:
        form = replace(FORM, student=self.student, primary_contact=CONTACTS[school], provision=provision)
        command = SubmitCaRequest(form=form)
        assert self.walk.work.ask(Request, self.walk.new(), command, self.walk.contact(school))


def worked() -> Scene:
    """Asked for by KAURI, in the catchment's provision, with a manager of AWHI."""
    scene = Scene(Walk())
    scene.asks(KAURI, Provision.CATCHMENT)
    scene.ask(AssignCaseManager(manager=scenes.MANAGER))
    return scene


def closed() -> Scene:
    scene = worked()
    scene.ask(CloseCase(reason=ClosureReason.DUPLICATE))
    return scene


def waiting() -> Scene:
    """Asked for by KAURI when nobody was contracted."""
    scene = Scene(Walk())
    scene.tells(Catchment, NORTH, EndContract(provider=AWHI, to_on=FIRST_DAY - timedelta(days=1)))
    scene.asks(KAURI, Provision.CATCHMENT)
    return scene


def in_school() -> Scene:
    scene = Scene(Walk())
    scene.asks(KAURI, Provision.ISP)
    return scene


def contact_leaves(scene: Scene) -> None:
    taken = RevokeRole(role=Role.SCHOOL_PRIMARY_CONTACT, organisation=KAURI)
    assert scene.walk.work.ask(User, scenes.CONTACT, taken)
    scene.ask(NotePrimaryContactLeft())


def moves_and_the_case_hears(scene: Scene) -> None:
    scene.moves_to(RIMU)
    scene.ask(NoteEnrolment())


def withdrawn(scene: Scene) -> None:
    today = scene.walk.work.today
    left = RecordWithdrawal(school=KAURI, last_day_of_attendance=today, withdrawn_on=today, reason="CONTINUOUS_ABSENCE")
    assert scene.walk.work.ask(Student, scene.student, left)


def moves_and_asks_again(scene: Scene) -> None:
    scene.moves_to(RIMU)
    scene.asks(RIMU)


MANAGER = (scenes.MANAGER, Role.CASE_MANAGER, AWHI)
OTHER_MANAGER = (scenes.OTHER_MANAGER, Role.CASE_MANAGER, AWHI)
LEAD = (scenes.WORKFLOW_LEAD, Role.WORKFLOW_LEAD, AWHI)
TAUTOKOS_LEAD = (STRANGER, Role.WORKFLOW_LEAD, TAUTOKO)
KAURIS_OWN_LEAD = (STRANGER, Role.WORKFLOW_LEAD, KAURI_ITSELF)
CONTACT = (scenes.CONTACT, Role.SCHOOL_PRIMARY_CONTACT, KAURI)
NEXT_CONTACT = (scenes.LEAD, Role.SCHOOL_PRIMARY_CONTACT, KAURI)
SCHOOL = (scenes.LEAD, Role.ATTENDANCE_LEAD, KAURI)
NEXT_SCHOOL = (STRANGER, Role.ATTENDANCE_LEAD, RIMU)
WELLINGTONS_ADVISOR, WAIKATOS_ADVISOR = ((STRANGER, Role.REGIONAL_ADVISOR, each) for each in OFFICES)
AUDITOR = (STRANGER, Role.AUDITOR, MINISTRY)

REVOCATIONS: dict[str, tuple[Callable[[], Scene], Callable[[Scene], None], Any, Any]] = {
    "another manager, BR-36": (
        worked,
        lambda scene: scene.ask(ReassignCaseManager(manager=scenes.OTHER_MANAGER, reason=Handover.LEAVE)),
        MANAGER,
        OTHER_MANAGER,
    ),
    "back in the queue, BR-37": (
        worked,
        lambda scene: scene.ask(ReturnCaseToQueue(reason=Handover.LEAVE)),
        MANAGER,
        LEAD,
    ),
    "another Primary Contact, BR-60": (
        worked,
        lambda scene: scene.ask(NamePrimaryContact(user=scenes.LEAD)),
        CONTACT,
        NEXT_CONTACT,
    ),
    "the Primary Contact left, BR-143": (worked, contact_leaves, CONTACT, SCHOOL),
    "the student moved, BR-60": (worked, moves_and_the_case_hears, SCHOOL, NEXT_SCHOOL),
    "the student moved, and the case has not heard of it, BR-133": (
        worked,
        lambda scene: scene.moves_to(RIMU),
        SCHOOL,
        NEXT_SCHOOL,
    ),
    "the Primary Contact's student moved, BR-60": (worked, moves_and_the_case_hears, CONTACT, NEXT_SCHOOL),
    "the student left every roll, BR-60": (worked, withdrawn, SCHOOL, LEAD),
    "the student moved after the case was closed, BR-61": (
        closed,
        lambda scene: scene.moves_to(RIMU),
        SCHOOL,
        NEXT_SCHOOL,
    ),
    "moved to the catchment's provider, BR-134": (
        in_school,
        lambda scene: scene.ask(MoveToCatchmentProvider(reason=WhyNotInSchool.COMPLEX_NEED)),
        KAURIS_OWN_LEAD,
        LEAD,
    ),
    "its catchment is another region's now, BR-132": (
        worked,
        lambda scene: scene.tells(Catchment, NORTH, DefineCatchment(details=catchment_details("NORTH", "Waikato"))),
        WELLINGTONS_ADVISOR,
        WAIKATOS_ADVISOR,
    ),
    "a provider of another region took the closed case, BR-132": (
        closed,
        moves_and_asks_again,
        WELLINGTONS_ADVISOR,
        WAIKATOS_ADVISOR,
    ),
    "its school is in another region now, and nobody has it, BR-32": (
        waiting,
        lambda scene: scene.tells(School, KAURI, AssignSchoolToCatchment(catchment=SOUTH, effective_on=FIRST_DAY)),
        WELLINGTONS_ADVISOR,
        WAIKATOS_ADVISOR,
    ),
    "it waited, and the Ministry gave it to a provider of another region, BR-132": (
        waiting,
        lambda scene: scene.ask(AllocateCase(provider=TAUTOKO, reason="Close by.")),
        WELLINGTONS_ADVISOR,
        WAIKATOS_ADVISOR,
    ),
    "another provider took the closed case, BR-61": (closed, moves_and_asks_again, LEAD, TAUTOKOS_LEAD),
    "another provider took it from the last manager, BR-61": (closed, moves_and_asks_again, MANAGER, AUDITOR),
}


@pytest.mark.parametrize("kind", REVOCATIONS)
def test_what_was_taken_away_does_not_come_back_by_asking_about_before(books, kind):
    begin, revoke, loser, gainer = REVOCATIONS[kind]
    scene = begin()
    before, case, work = len(scene.walk.work.log), scene.case, scene.walk.work
    books.empty()
    books.write(work.log)
    books.follow_all()
    (row,) = shown(books, work, loser)
    revoke(scene)
    books.write(work.log[before:])
    books.follow_all()
    assert shown(books, work, loser) == []
    assert shown(books, work, loser, position=before) == []
    assert [each.case_id for each in shown(books, work, gainer)] == [case]
    assert shown(books, work, gainer, position=before) == [row], "the content is as at that moment"


def shown(books: Books, work: Casework, who: Any, **which: Any) -> list[cases.Row]:
    """The cases that somebody is shown."""
    user, role, organisation = who
    sight = seen(asker(user, role, organisation, work.today), Action.READ_CASE)
    ask = lambda db, at: in_every_list(db, at, sight)["all"]  # noqa: E731 - asked of a moment
    found: list[cases.Row] = books.asked(ask, now=noon(work.today) + timedelta(hours=1), **which)
    return found


def test_a_revoked_grant_ends_every_question_whatever_moment_is_asked_for(town: Town):
    user, login = town.person(Role.WORKFLOW_LEAD, TOWNS_AWHI)
    case, headers = town.case(), {"Authorization": f"Bearer {town.token(login, TOWNS_AWHI, Role.WORKFLOW_LEAD)}"}
    then, paths = (
        town.follow(),
        (f"/v1/cases/{case}", f"/v1/providers/{TOWNS_AWHI}/queue", f"/v1/users/{user}/caseload"),
    )
    ask = lambda path, **at: town.client.get(path, params=at, headers=headers).status_code  # noqa: E731 - asked as at several moments
    assert {ask(path, position=then) for path in paths} == {200}
    town.revoke(user, Role.WORKFLOW_LEAD, TOWNS_AWHI)
    assert {ask(path, **at) for path in paths for at in ({}, {"position": then})} == {403}


def test_a_former_manager_reads_nothing_of_then_and_the_next_one_reads_then_as_it_was(town: Town):
    (former, former_login), (following, login) = (town.person(Role.CASE_MANAGER, TOWNS_AWHI) for _ in range(2))
    case = town.case()
    town.ask(f"/v1/cases/{case}/assign", {"manager": str(former)}, Role.WORKFLOW_LEAD)
    then = town.follow()
    body = {"manager": str(following), "reason": "LEAVE"}
    assert town.ask(f"/v1/cases/{case}/reassign", body, Role.WORKFLOW_LEAD).status_code == 200
    town.follow()

    def ask(path: str, login: str) -> Any:
        bearer = {"Authorization": f"Bearer {town.token(login, TOWNS_AWHI, Role.CASE_MANAGER)}"}
        return town.client.get(path, params={"position": then}, headers=bearer)

    assert ask(f"/v1/cases/{case}", former_login).status_code == 404
    assert ask(f"/v1/cases/{case}/timeline", former_login).status_code == 404
    assert ask(f"/v1/users/{former}/caseload", former_login).json()["items"] == []
    assert ask(f"/v1/cases/{case}", login).json()["case"]["manager"] == str(former)
