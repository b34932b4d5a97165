"""A caseload over HTTP: the cases of one Case Manager (BR-38, BR-62)."""

from uuid import UUID

from fastapi import APIRouter

from api.http.audiences import CaseWorker
from api.http.cursors import After, Limit
from api.http.moments import AtMoment
from api.questions.listing import FIRST, MODELS, Page, page
from api.questions.reading import ReadingDesk
from projections.caseload import cases_of

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
        return page(
            desk, question, now, key, limit,
            lambda since, most: cases_of(now.db, user_id, now.at, seen=now.seen(), after=since, limit=most),
        )  # fmt: skip
