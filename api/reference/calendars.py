"""Calendars over HTTP: what holds in the whole country, and a school's own terms and closed days (BR-6)."""

from typing import Any, Final

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer
from api.http.audiences import ReferenceKeeper
from api.http.bodies import Body
from api.http.routes import shown
from domain.calendars.publishing import Calendar, PublishCalendar, PublishSchoolCalendar, SchoolCalendar
from domain.cases.deadlines import NATIONAL
from domain.ids import school_calendar_id

router = APIRouter(prefix="/v1", tags=["calendars"])

_ANNIVERSARIES: Final = {
    "AUCKLAND": "2026-01-26",
    "CANTERBURY": "2026-11-13",
    "CHATHAM_ISLANDS": "2026-11-30",
    "HAWKES_BAY": "2026-10-23",
    "MARLBOROUGH": "2026-11-02",
    "NELSON": "2026-02-02",
    "OTAGO": "2026-03-23",
    "SOUTHLAND": "2026-04-07",
    "SOUTH_CANTERBURY": "2026-09-28",
    "TARANAKI": "2026-03-09",
    "WELLINGTON": "2026-01-19",
    "WEST_COAST": "2026-11-30",
}
_TERM: Final = {"number": 1, "opens_on": "2026-02-02", "closes_on": "2026-04-02"}
_YEAR: Final[dict[str, Any]] = {
    "year": 2026,
    "public_holidays": [
        {"on": "2026-02-06", "name": "Waitangi Day"},
        {"on": "2026-07-10", "name": "Matariki"},
    ],
    "anniversaries": [
        {"anniversary_set": name, "on": day, "name": "Anniversary Day"} for name, day in _ANNIVERSARIES.items()
    ],
    "easter_tuesday": "2026-04-07",
    "oia_excluded": [{"first_on": "2026-12-25", "last_on": "2026-12-31"}],
    "terms": [_TERM],
}


@router.post("/calendar", openapi_extra=shown({"effective_from": "2026-01-05", "year": _YEAR}))
async def publish_calendar(actor: ReferenceKeeper, command: Body[PublishCalendar], desk: AtDesk) -> Response:
    """Publish or correct what holds in the whole country for one year; versions before it stay readable (BR-6)."""
    return answer(await desk.named(Calendar, NATIONAL, command, by=actor))


@router.post(
    "/school-calendars",
    openapi_extra=shown(
        {
            "school": "0198f0c2-0000-7000-8000-000000000002",
            "effective_from": "2026-01-05",
            "year": {"year": 2026, "terms": [_TERM], "closed": ["2026-03-16"]},
        }
    ),
)
async def publish_school_calendar(
    actor: ReferenceKeeper, command: Body[PublishSchoolCalendar], desk: AtDesk
) -> Response:
    """Publish or correct a school's own terms and closed days of one year (BR-6)."""
    return answer(await desk.named(SchoolCalendar, school_calendar_id(command.school), command, by=actor))
