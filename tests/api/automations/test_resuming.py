"""Work on a paused case goes on by itself, once, and nothing outside tells why (BR-71)."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from threading import Barrier
from uuid import UUID, uuid4

from api.automations.resuming import RESUMING
from api.automations.sweeping import Sweep, Tally
from domain.cases.case import Case
from domain.cases.meeting import RecordSchoolMeeting
from domain.cases.status import Status
from domain.decision import Source
from domain.ids import MINISTRY
from domain.users.user import Role
from tests.api.automations.sweeps import (
    copy_of,
    enrol,
    history,
    latest,
    paused,
    started,
    state,
    sweep,
    types,
    walk_to,
    why,
)
from tests.api.town import TODAY, Town

SIX_ON = date(2026, 6, 20)
BORN_ON = date(2020, 6, 20)
COPIES = 8


def test_a_child_who_turned_six_while_nobody_looked_is_resumed_once_BR_71(own_town: Town):
    _, case = paused(own_town, BORN_ON)
    assert sweep(own_town, RESUMING) == Tally(nothing_due=1)
    walk_to(own_town, SIX_ON + timedelta(days=12))
    assert sweep(own_town, RESUMING) == Tally(done=1)
    assert sweep(own_town, RESUMING) == Tally()
    assert types(own_town, case).count("CaseResumed") == 1
    assert why(own_town, case) == "TURNED_SIX"


def test_it_goes_on_with_the_sixth_birthday_and_not_a_day_before_BR_71(own_town: Town):
    _, case = paused(own_town, BORN_ON)
    running = started(own_town, RESUMING)
    walk_to(own_town, SIX_ON - timedelta(days=1))
    assert running.run() == Tally(nothing_due=1)
    walk_to(own_town, SIX_ON)
    assert running.run() == Tally(done=1)
    assert state(own_town, case).status is Status.OPEN


def test_a_child_who_is_enrolled_again_is_resumed_BR_71(own_town: Town):
    student, case = paused(own_town, BORN_ON)
    walk_to(own_town, TODAY + timedelta(days=7))
    enrol(own_town, student)
    assert sweep(own_town, RESUMING) == Tally(done=1)
    assert why(own_town, case) == "RE_ENROLLED"


def test_it_is_resumed_once_if_both_happen_on_the_same_day_BR_71(own_town: Town):
    student, case = paused(own_town, BORN_ON)
    walk_to(own_town, SIX_ON)
    enrol(own_town, student)
    assert sweep(own_town, RESUMING) == Tally(done=1)
    assert sweep(own_town, RESUMING) == Tally()
    assert types(own_town, case).count("CaseResumed") == 1


def test_nothing_outside_the_seal_tells_why_BR_71(own_town: Town):
    _, six = paused(own_town, BORN_ON)
    student, back = paused(own_town, date(2021, 2, 1))
    for case in (six, back):  # the one clock left asks nothing of the policy
        own_town.tell(Case, UUID(case), RecordSchoolMeeting(meeting=uuid4(), held_on=TODAY))
    walk_to(own_town, SIX_ON)
    enrol(own_town, student)
    assert sweep(own_town, RESUMING) == Tally(done=2)
    one, other = latest(own_town, six), latest(own_town, back)
    for told in (one, other):
        assert (told.role, told.organisation, told.source) == (Role.SYSTEM, MINISTRY, Source.SYSTEM)
        assert (told.causation, told.on_behalf_of) == (None, None)
    assert replace(one, correlation=None) == replace(other, correlation=None)
    assert one.facts
    assert str(student) not in other.facts  # how far it has come tells of an enrolment
    events = [history(own_town, case)[-1] for case in (six, back)]
    assert len({len(event.data) for event in events}) == 1


def test_the_automations_own_user_holds_the_role_by_a_grant_and_without_it_does_nothing(own_town: Town):
    paused(own_town, BORN_ON)
    running = started(own_town, RESUMING)
    walk_to(own_town, SIX_ON)
    own_town.revoke(running.user, Role.SYSTEM, MINISTRY)
    assert running.run() == Tally(refused=1)


def test_two_copies_at_once_make_one_event(own_town: Town):
    cases = [paused(own_town, BORN_ON)[1] for _ in range(COPIES)]
    walk_to(own_town, SIX_ON)
    with copy_of(own_town) as second, ThreadPoolExecutor() as both:
        sweeps = [started(town, RESUMING) for town in (own_town, second)]
        barrier = Barrier(len(sweeps))

        def together(one: Sweep) -> Tally:
            barrier.wait()
            return one.run()

        tallies = list(both.map(together, sweeps))
    assert [types(own_town, case).count("CaseResumed") for case in cases] == [1] * COPIES
    assert sum(tally.done for tally in tallies) == COPIES
    assert not any(tally.trouble for tally in tallies)


def test_sweeps_go_page_by_page_and_miss_nobody(own_town: Town):
    for _ in range(5):
        paused(own_town, BORN_ON)
    running = started(own_town, RESUMING, page=2)
    assert running.run() == Tally(nothing_due=5)
    walk_to(own_town, SIX_ON)
    assert running.run() == Tally(done=5)


def test_a_sweep_that_finds_nothing_leaves_no_trace(own_town: Town):
    paused(own_town, BORN_ON)
    running = started(own_town, RESUMING)
    with own_town.service.reads.connection() as db:
        kept = db.execute("SELECT count(*) FROM log.answers").fetchall()
        assert running.run() == Tally(nothing_due=1)
        assert db.execute("SELECT count(*) FROM log.answers").fetchall() == kept
