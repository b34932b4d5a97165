"""Support plans over HTTP (BR-50, BR-140)."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer
from api.http.audiences import CaseWorker
from api.http.bodies import Body
from api.http.routes import shown
from domain.cases.case import Case
from domain.cases.planning import AgreePlan, DraftPlan, EndPlan, ReviewPlan, UpdatePlanAction

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["planning"])


@router.post(
    "/plans",
    openapi_extra=shown(
        {
            "plan": "0198f0c2-0000-7000-8000-000000000016",
            "goals": ["At school four days a week"],
            "actions": [
                {
                    "action": "0198f0c2-0000-7000-8000-000000000017",
                    "kind": "GRADUAL_RETURN",
                    "what": "Mornings first",
                    "by_on": "2026-05-29",
                }
            ],
            "review_on": "2026-06-05",
        }
    ),
)
async def draft_plan(case_id: UUID, actor: CaseWorker, command: Body[DraftPlan], desk: AtDesk) -> Response:
    """Write a support plan."""
    return answer(await desk.ask(Case, case_id, command, by=actor))


@router.post(
    "/plans/agree",
    openapi_extra=shown(
        {
            "plan": "0198f0c2-0000-7000-8000-000000000016",
            "by": ["STUDENT", "WHANAU"],
            "agreed_on": "2026-05-11",
        }
    ),
)
async def agree_plan(case_id: UUID, actor: CaseWorker, command: Body[AgreePlan], desk: AtDesk) -> Response:
    """Record who agreed to a plan, and when."""
    return answer(await desk.ask(Case, case_id, command, by=actor))


@router.post(
    "/plans/action",
    openapi_extra=shown(
        {
            "plan": "0198f0c2-0000-7000-8000-000000000016",
            "action": "0198f0c2-0000-7000-8000-000000000017",
            "state": "DONE",
        }
    ),
)
async def update_plan_action(
    case_id: UUID, actor: CaseWorker, command: Body[UpdatePlanAction], desk: AtDesk
) -> Response:
    """Say what became of one action of a plan."""
    return answer(await desk.ask(Case, case_id, command, by=actor))


@router.post(
    "/plans/review",
    openapi_extra=shown(
        {
            "plan": "0198f0c2-0000-7000-8000-000000000016",
            "review": "0198f0c2-0000-7000-8000-000000000018",
            "result": "WORKING",
            "reviewed_on": "2026-06-05",
        }
    ),
)
async def review_plan(case_id: UUID, actor: CaseWorker, command: Body[ReviewPlan], desk: AtDesk) -> Response:
    """Record how an agreed plan goes, and when it is looked at next."""
    return answer(await desk.ask(Case, case_id, command, by=actor))


@router.post(
    "/plans/end",
    openapi_extra=shown(
        {
            "plan": "0198f0c2-0000-7000-8000-000000000016",
            "reason": "ACHIEVED",
        }
    ),
)
async def end_plan(case_id: UUID, actor: CaseWorker, command: Body[EndPlan], desk: AtDesk) -> Response:
    """End a plan."""
    return answer(await desk.ask(Case, case_id, command, by=actor))
