"""A school's dashboard over HTTP: its numbers, and the cases behind them (BR-60, BR-130, BR-137)."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter

from api.http.audiences import SchoolReporter
from api.http.cursors import After, Limit
from api.http.moments import AtMoment
from api.questions import listing
from api.questions.exporting import SHEET, SheetOfCases, exported
from api.questions.listing import FIRST, Page, page
from api.questions.reading import Answering, Moment, ReadingDesk, told
from domain.rights import Action
from projections.lists import MODELS, Ask
from projections.school_dashboard import cases_of, dashboard_of

router = APIRouter(prefix="/v1/schools/{school_id}", tags=["school dashboard"])


@dataclass(frozen=True, slots=True, kw_only=True)
class SchoolDashboard:
    """How many cases by the status shown; `parked` streams of all could not be read, and may be missing."""

    moment: Moment
    shown: dict[str, int]
    paused: int
    parked: int


@router.get("/dashboard")
def school_dashboard(school_id: UUID, actor: SchoolReporter, at: AtMoment, desk: ReadingDesk) -> SchoolDashboard:
    """Count the cases of the students on a school's roll."""
    with desk.answer(actor, at, MODELS) as now:
        now.require(Action.READ_SCHOOL_REPORTS, school_id)
        board = dashboard_of(now.db, school_id, now.at, seen=now.seen())
        parked = now.parked(MODELS)
    return SchoolDashboard(moment=told(now.at), shown=dict(board.shown), paused=board.paused, parked=parked)


@router.get("/cases")
def cases_of_school(
    school_id: UUID,
    actor: SchoolReporter,
    at: AtMoment,
    desk: ReadingDesk,
    after: After = None,
    limit: Limit = FIRST,
) -> Page:
    """List the cases of the students on a school's roll, those first that have stood as they do for longest."""
    question = f"cases of school {school_id}"
    asked, key = desk.begin(question, after, at)
    with desk.answer(actor, asked, listing.MODELS) as now:
        return page(desk, question, now, key, limit, _cases(now, school_id))


@router.get("/cases.csv", response_class=SheetOfCases, responses=SHEET)
def export_cases_of_school(school_id: UUID, actor: SchoolReporter, at: AtMoment, desk: ReadingDesk) -> SheetOfCases:
    """Answer the whole list as a file for other school purposes."""
    with desk.answer(actor, at, listing.MODELS) as now:
        return exported(now, "cases", _cases(now, school_id), of=school_id)


def _cases(now: Answering, school: UUID) -> Ask:
    """Return what asks for the cases of a school, for its list and its file. Raises NotAllowed."""
    now.require(Action.READ_SCHOOL_REPORTS, school)
    return lambda since, most: cases_of(now.db, school, now.at, seen=now.seen(), after=since, limit=most)
