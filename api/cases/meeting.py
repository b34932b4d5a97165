"""Meeting over HTTP: with the school, and with the student and their whānau (BR-45 to BR-47, BR-136)."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer
from api.http.audiences import CaseWorker
from api.http.bodies import Body
from api.http.routes import shown
from domain.cases.case import Case
from domain.cases.meeting import RecordMissedMeeting, RecordSchoolMeeting, RecordWhanauMeeting, ScheduleMeeting

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["meeting"])


@router.post(
    "/meetings/schedule",
    openapi_extra=shown(
        {
            "meeting": "0198f0c2-0000-7000-8000-000000000011",
            "kind": "SCHOOL",
            "at": "2026-05-06T09:30:00+12:00",
            "mode": "IN_PERSON",
        }
    ),
)
async def schedule_meeting(case_id: UUID, actor: CaseWorker, command: Body[ScheduleMeeting], desk: AtDesk) -> Response:
    """Agree when to meet; the same meeting at another time is moved."""
    return answer(await desk.ask(Case, case_id, command, by=actor))


@router.post(
    "/meetings/school",
    openapi_extra=shown(
        {
            "meeting": "0198f0c2-0000-7000-8000-000000000011",
            "held_on": "2026-05-06",
            "topics": ["BACKGROUND", "BARRIERS"],
            "note": "Kua tūtaki mātou ki te kura.",
        }
    ),
)
async def record_school_meeting(
    case_id: UUID, actor: CaseWorker, command: Body[RecordSchoolMeeting], desk: AtDesk
) -> Response:
    """Record a meeting that was held with the school, and which topics it covered."""
    return answer(await desk.ask(Case, case_id, command, by=actor))


@router.post(
    "/meetings/whanau",
    openapi_extra=shown(
        {
            "meeting": "0198f0c2-0000-7000-8000-000000000012",
            "held_on": "2026-05-07",
            "student_met": True,
            "whanau_met": True,
        }
    ),
)
async def record_whanau_meeting(
    case_id: UUID, actor: CaseWorker, command: Body[RecordWhanauMeeting], desk: AtDesk
) -> Response:
    """Record a meeting with the student, whānau or both."""
    return answer(await desk.ask(Case, case_id, command, by=actor))


@router.post(
    "/meetings/missed",
    openapi_extra=shown(
        {
            "meeting": "0198f0c2-0000-7000-8000-000000000011",
            "because": "WHANAU_UNAVAILABLE",
        }
    ),
)
async def record_missed_meeting(
    case_id: UUID, actor: CaseWorker, command: Body[RecordMissedMeeting], desk: AtDesk
) -> Response:
    """Record that a scheduled meeting was not held, and why."""
    return answer(await desk.ask(Case, case_id, command, by=actor))
