"""Submitting over HTTP: from then on the student has a case (BR-10 to BR-20). The request's id is the client's own."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer
from api.http.audiences import SchoolStaff
from api.http.bodies import Body
from api.http.routes import shown
from domain.requests.request import Request
from domain.requests.submitting import SubmitCaRequest

router = APIRouter(prefix="/v1/requests/{request_id}", tags=["submitting"])

FORM: Final = {
    "student": "0198f0c2-0000-7000-8000-000000000001",
    "year_level": 9,
    "whanau": [
        {"name": {"family_name": "Ngata", "given_names": "Mere"}, "relation": "MOTHER", "phone": "021 555 0101"}
    ],
    "home_address": {"type": "TH", "role": "CURRENT", "line": "12 Rātā Street", "town": "Ōtaki"},
    "basis": "CHRONIC",
    "reason": "Eleven half-days at school in the last four weeks.",
    "actions_taken": "Calls home, a hui with whānau, a plan.",
    "strategies_tried": True,
    "plan_made_on": "2026-04-20",
    "primary_contact": "0198f0c2-0000-7000-8000-000000000005",
    "whanau_told": True,
}


@router.post("/submit", openapi_extra=shown({"form": FORM}))
async def submit_request(
    request_id: UUID, actor: SchoolStaff, command: Body[SubmitCaRequest], desk: AtDesk
) -> Response:
    """Ask for support: with this form, or without one with the draft as it was saved. Answers `case` and `request`."""
    done = await desk.own(Request, request_id, command, by=actor)
    return answer(done, created=f"/v1/cases/{done.ids['case']}")
