"""The KPI report over HTTP: how the clocks of a provider's cases went (BR-45 to BR-49)."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, TypeAlias
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import GetPydanticSchema, WithJsonSchema

from api.http.audiences import ProviderReporter
from api.http.days import day, plain
from api.http.moments import AtMoment
from api.questions.reading import Moment, ReadingDesk, told
from domain.rights import Action
from projections.kpi import Measure, Period, summary
from projections.lists import MODELS

router = APIRouter(prefix="/v1/providers/{provider_id}", tags=["kpi"])

Day: TypeAlias = Annotated[
    date,
    GetPydanticSchema(lambda _source, _handler: plain(day)),
    WithJsonSchema({"type": "string", "format": "date"}),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """Clocks by how they went; `parked` streams could not be read, and may be missing."""

    moment: Moment
    measures: list[Measure]
    parked: int


@router.get("/kpi")
def kpi_of_provider(
    provider_id: UUID,
    actor: ProviderReporter,
    at: AtMoment,
    desk: ReadingDesk,
    first: Annotated[Day, Query(description="Clocks that started on this day or later.")],
    last: Annotated[Day, Query(description="Clocks that started on this day or earlier.")],
) -> Kpi:
    """Count the clocks that started in a period, by how they went."""
    with desk.answer(actor, at, MODELS) as now:
        now.require(Action.READ_PROVIDER_REPORTS, provider_id)
        period = Period(first=first, last=last)
        measures = summary(now.db, period, now.at, provider=provider_id, seen=now.seen())
        return Kpi(moment=told(now.at), measures=measures, parked=now.parked(MODELS))
