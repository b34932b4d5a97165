"""A caseload over HTTP: the cases of one Case Manager (BR-38, BR-62)."""

from uuid import UUID

from fastapi import APIRouter

from api.http.audiences import CaseWorker
from api.http.cursors import After, Limit
from api.http.moments import AtMoment
from api.questions.exporting import SHEET, SheetOfCases, exported
from api.questions.listing import FIRST, MODELS, Page, page
from api.questions.reading import Answering, ReadingDesk
from projections.caseload import cases_of
from projections.lists import Ask

router = APIRouter(prefix="/v1/users/{user_id}", tags=["caseload"])


@router.get("/caseload")
def caseload(
    user_id: UUID,
    actor: CaseWorker,
    at: AtMoment,
    desk: ReadingDesk,
    after: After = None,
    limit: Limit = FIRST,
) -> Page:
    """List the cases of a Case Manager, as far as the asker may see them: one's own, or one's provider's."""
    question = f"caseload of {user_id}"
    asked, key = desk.begin(question, after, at)
    with desk.answer(actor, asked, MODELS) as now:
        return page(desk, question, now, key, limit, _cases(now, user_id))


@router.get("/caseload.csv", response_class=SheetOfCases, responses=SHEET)
def export_caseload(user_id: UUID, actor: CaseWorker, at: AtMoment, desk: ReadingDesk) -> SheetOfCases:
    """Answer the whole caseload as a file, as far as the asker may see it."""
    with desk.answer(actor, at, MODELS) as now:
        return exported(now, "caseload", _cases(now, user_id))


def _cases(now: Answering, manager: UUID) -> Ask:
    """Return what asks for a caseload, for its list and its file."""
    return lambda since, most: cases_of(now.db, manager, now.at, seen=now.seen(), after=since, limit=most)
