"""Assigning over HTTP: the case gets a Case Manager, another one, or none (BR-35 to BR-38)."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.cases.warning_of_caseload import warnings_of
from api.http.asking import AtDesk, answer
from api.http.audiences import WorkflowLead
from api.http.bodies import Body
from api.http.routes import shown
from api.questions.reading import ReadingDesk
from domain.cases.assigning import AssignCaseManager, ReassignCaseManager, ReturnCaseToQueue
from domain.cases.case import Case

router = APIRouter(prefix="/v1/cases/{case_id}", tags=["assigning"])


@router.post(
    "/assign",
    openapi_extra=shown(
        {
            "manager": "0198f0c2-0000-7000-8000-000000000007",
        }
    ),
)
async def assign_case_manager(
    case_id: UUID, actor: WorkflowLead, command: Body[AssignCaseManager], desk: AtDesk, reads: ReadingDesk
) -> Response:
    """Give a case from the queue to a Case Manager of the provider; warn of a caseload above the guide (BR-38)."""
    done = await desk.ask(Case, case_id, command, by=actor)
    return answer(done, warnings=await warnings_of(reads, command.manager, case_id))


@router.post(
    "/reassign",
    openapi_extra=shown(
        {
            "manager": "0198f0c2-0000-7000-8000-000000000008",
            "reason": "CASELOAD",
        }
    ),
)
async def reassign_case_manager(
    case_id: UUID, actor: WorkflowLead, command: Body[ReassignCaseManager], desk: AtDesk, reads: ReadingDesk
) -> Response:
    """Give the case to another Case Manager; warn of a caseload above the guide (BR-38)."""
    done = await desk.ask(Case, case_id, command, by=actor)
    return answer(done, warnings=await warnings_of(reads, command.manager, case_id))


@router.post(
    "/return-to-queue",
    openapi_extra=shown(
        {
            "reason": "MANAGER_LEFT",
        }
    ),
)
async def return_case_to_queue(
    case_id: UUID, actor: WorkflowLead, command: Body[ReturnCaseToQueue], desk: AtDesk
) -> Response:
    """Take the case from its manager, who left or lost the role."""
    return answer(await desk.ask(Case, case_id, command, by=actor))
