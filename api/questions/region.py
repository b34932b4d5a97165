"""A regional office over HTTP: the cases of its region that no provider has, so that none is lost (BR-32, BR-132)."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from fastapi import APIRouter

from api.http.audiences import RegionalReporter
from api.http.cursors import After, Limit
from api.http.moments import AtMoment
from api.questions import listing
from api.questions.exporting import SHEET, SheetOfCases, exported
from api.questions.listing import FIRST, Page, page
from api.questions.reading import Answering, Moment, ReadingDesk, told
from domain.rights import Action
from projections import lists, regions
from projections.lists import Ask
from projections.model import Model
from projections.regions import load_of, unallocated_in

router = APIRouter(prefix="/v1/regions/{region_id}", tags=["region"])

COUNTED: Final[tuple[Model[Any], ...]] = (*lists.MODELS, *regions.MODELS)
MODELS: Final[tuple[Model[Any], ...]] = (*listing.MODELS, *regions.MODELS)
"""What the list is made of, and `moment` has to be asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionLoad:
    """How many cases wait for a provider; `parked` streams of all could not be read, and may be missing."""

    moment: Moment
    unallocated: int
    parked: int


@router.get("/load")
def region_load(region_id: UUID, actor: RegionalReporter, at: AtMoment, desk: ReadingDesk) -> RegionLoad:
    """Count the cases of a region that no provider has."""
    with desk.answer(actor, at, COUNTED) as now:
        now.require(Action.READ_REGIONAL_REPORTS, region_id)
        load = load_of(now.db, region_id, now.at, seen=now.seen())
        parked = now.parked(COUNTED)
    return RegionLoad(moment=told(now.at), unallocated=load.all, parked=parked)


@router.get("/unallocated")
def unallocated_cases(
    region_id: UUID,
    actor: RegionalReporter,
    at: AtMoment,
    desk: ReadingDesk,
    after: After = None,
    limit: Limit = FIRST,
) -> Page:
    """List the cases of a region that no provider has, the longest waiting first."""
    question = f"unallocated in region {region_id}"
    asked, key = desk.begin(question, after, at)
    with desk.answer(actor, asked, MODELS) as now:
        return page(desk, question, now, key, limit, _unallocated(now, region_id))


@router.get("/unallocated.csv", response_class=SheetOfCases, responses=SHEET)
def export_unallocated_cases(region_id: UUID, actor: RegionalReporter, at: AtMoment, desk: ReadingDesk) -> SheetOfCases:
    """Answer the whole list as a file."""
    with desk.answer(actor, at, MODELS) as now:
        return exported(now, "unallocated", _unallocated(now, region_id))


def _unallocated(now: Answering, region: UUID) -> Ask:
    """Return what asks for the cases that wait in a region, for their list and their file. Raises NotAllowed."""
    now.require(Action.READ_REGIONAL_REPORTS, region)
    return lambda since, most: unallocated_in(now.db, region, now.at, seen=now.seen(), after=since, limit=most)
