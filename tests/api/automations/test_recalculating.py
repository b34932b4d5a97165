"""A corrected calendar moves the due days of clocks that still run, and of no others (BR-6)."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

from adapters.holiday_data import shipped_years
from api.automations.recalculating import RECALCULATING
from api.automations.sweeping import Tally
from domain.calendars.publishing import Calendar, PublishCalendar
from domain.calendars.years import PublicHoliday
from domain.cases.case import Case
from domain.cases.clocks import ClockKind
from domain.cases.deadlines import NATIONAL
from domain.cases.meeting import RecordSchoolMeeting
from tests.api.automations.sweeps import started, state, sweep, types, walk_to
from tests.api.town import TODAY, Town

SOON = date(2026, 5, 8)


def correct(town: Town, effective_from: date = TODAY) -> None:
    """Make Friday 8 May a public holiday."""
    year = next(year for year in shipped_years() if year.year == 2026)
    holiday = PublicHoliday(on=SOON, name="A day for everybody")
    corrected = replace(year, public_holidays=(*year.public_holidays, holiday))
    town.tell(Calendar, NATIONAL, PublishCalendar(year=corrected, effective_from=effective_from))


def due(town: Town, case: str) -> dict[ClockKind, date | None]:
    return {clock.kind: clock.due.due_on for clock in state(town, case).episode.running}


def shown(town: Town, case: str) -> dict[str, date]:
    """When the clocks of a case are due, as people see it."""
    town.follow()
    query = "SELECT kind, due_on FROM service.clocks WHERE case_id = %s AND to_position IS NULL AND kind IS NOT NULL"
    with town.service.reads.connection() as db:
        return dict(db.execute(query, [case]).fetchall())


def test_a_corrected_calendar_moves_the_due_day_of_an_open_clock_and_not_of_a_met_one_BR_6(own_town: Town):
    case = own_town.assigned()
    before = shown(own_town, case)
    own_town.tell(Case, UUID(case), RecordSchoolMeeting(meeting=uuid4(), held_on=TODAY))
    correct(own_town)
    assert sweep(own_town, RECALCULATING) == Tally(done=1)
    after = shown(own_town, case)
    assert after[ClockKind.SCHOOL_MEETING] == before[ClockKind.SCHOOL_MEETING]
    assert after[ClockKind.WHANAU_MEETING] == before[ClockKind.WHANAU_MEETING] + timedelta(days=1)
    assert types(own_town, case).count("DeadlineRecalculated") == 1


def test_only_what_changed_is_recorded_BR_6(own_town: Town):
    case = own_town.assigned()
    assert sweep(own_town, RECALCULATING) == Tally(nothing_due=1)
    correct(own_town)
    assert sweep(own_town, RECALCULATING) == Tally(done=1)
    assert sweep(own_town, RECALCULATING) == Tally(nothing_due=1)
    assert types(own_town, case).count("DeadlineRecalculated") == 2


def test_a_process_that_runs_asks_again_after_a_publication_and_on_its_day_only_BR_6(own_town: Town):
    case = own_town.assigned()
    running = started(own_town, RECALCULATING)
    assert running.run() == Tally(nothing_due=1)
    assert running.run() == Tally()
    before = due(own_town, case)
    tomorrow = TODAY + timedelta(days=1)
    correct(own_town, effective_from=tomorrow)
    own_town.follow()
    assert running.run() == Tally(nothing_due=1)
    assert due(own_town, case) == before
    walk_to(own_town, tomorrow)
    own_town.follow()
    assert running.run() == Tally(done=1)
    assert due(own_town, case) != before


def test_a_case_that_the_read_models_do_not_show_yet_is_not_missed_BR_6(own_town: Town):
    running = started(own_town, RECALCULATING)
    assert running.run() == Tally()
    case = own_town.assigned()
    before = due(own_town, case)
    correct(own_town)
    assert running.run() == Tally()
    own_town.follow()
    assert running.run() == Tally(done=1)
    assert due(own_town, case) != before
