"""A provider's queue over HTTP: who waits for a Case Manager, the longest first (BR-35, BR-62)."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter

from api.http.audiences import ProviderReporter
from api.http.cursors import After, Limit
from api.http.moments import AtMoment
from api.questions import listing
from api.questions.exporting import SHEET, SheetOfCases, exported
from api.questions.listing import FIRST, Page, page
from api.questions.reading import Answering, Moment, ReadingDesk, told
from domain.rights import Action
from projections.lists import MODELS, Ask
from projections.provider_queue import load_of, waiting_with

router = APIRouter(prefix="/v1/providers/{provider_id}", tags=["provider queue"])


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderLoad:
    """How many cases a provider has, by status; `parked` streams of all could not be read, and may be missing."""

    moment: Moment
    by_status: dict[str, int]
    parked: int


@router.get("/load")
def provider_load(provider_id: UUID, actor: ProviderReporter, at: AtMoment, desk: ReadingDesk) -> ProviderLoad:
    """Count the cases that a provider has."""
    with desk.answer(actor, at, MODELS) as now:
        now.require(Action.READ_PROVIDER_REPORTS, provider_id)
        load = load_of(now.db, provider_id, now.at, seen=now.seen())
        parked = now.parked(MODELS)
    return ProviderLoad(moment=told(now.at), by_status=dict(load.by_status), parked=parked)


@router.get("/queue")
def provider_queue(
    provider_id: UUID,
    actor: ProviderReporter,
    at: AtMoment,
    desk: ReadingDesk,
    after: After = None,
    limit: Limit = FIRST,
) -> Page:
    """List the cases that wait for a Case Manager, the longest waiting first."""
    question = f"queue of provider {provider_id}"
    asked, key = desk.begin(question, after, at)
    with desk.answer(actor, asked, listing.MODELS) as now:
        return page(desk, question, now, key, limit, _queue(now, provider_id))


@router.get("/queue.csv", response_class=SheetOfCases, responses=SHEET)
def export_provider_queue(provider_id: UUID, actor: ProviderReporter, at: AtMoment, desk: ReadingDesk) -> SheetOfCases:
    """Answer the whole queue as a file."""
    with desk.answer(actor, at, listing.MODELS) as now:
        return exported(now, "queue", _queue(now, provider_id), of=provider_id)


def _queue(now: Answering, provider: UUID) -> Ask:
    """Return what asks for the queue of a provider, for its list and its file. Raises NotAllowed."""
    now.require(Action.READ_PROVIDER_REPORTS, provider)
    return lambda since, most: waiting_with(now.db, provider, now.at, seen=now.seen(), after=since, limit=most)
