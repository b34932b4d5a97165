"""The rules' numbers and lists over HTTP: policy, criteria and code sets, each published by version."""

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer
from api.http.audiences import ReferenceKeeper
from api.http.bodies import Body
from api.http.routes import shown
from domain.codesets.code_set import CodeSet
from domain.codesets.publishing import PublishCodeSet
from domain.ids import code_set_id
from domain.policies.criteria import CRITERIA, Criteria
from domain.policies.policy import SERVICE_POLICY, Policy
from domain.policies.publishing import PublishPolicy
from domain.policies.revising import PublishCriteria

router = APIRouter(prefix="/v1", tags=["rules"])


@router.post(
    "/policy",
    openapi_extra=shown(
        {
            "version": 1,
            "effective_from": "2026-06-01",
            "values": {
                "caseload_warn": 25,
            },
        }
    ),
)
async def publish_policy(actor: ReferenceKeeper, command: Body[PublishPolicy], desk: AtDesk) -> Response:
    """Publish all parameters of the rules, in force from a day on."""
    return answer(await desk.named(Policy, SERVICE_POLICY, command, by=actor))


@router.post(
    "/criteria",
    openapi_extra=shown(
        {
            "version": 1,
            "effective_from": "2026-06-01",
            "values": {
                "refuse": ["NO_VISA", "SINGLE_CLASS"],
            },
        }
    ),
)
async def publish_criteria(actor: ReferenceKeeper, command: Body[PublishCriteria], desk: AtDesk) -> Response:
    """Publish all criteria of a request, in force from a day on (BR-17)."""
    return answer(await desk.named(Criteria, CRITERIA, command, by=actor))


@router.post(
    "/code-sets",
    openapi_extra=shown(
        {
            "name": "Relation",
            "version": 1,
            "codes": [
                {
                    "code": "MOTHER",
                    "label_en": "Mother",
                    "label_mi": "Whaea",
                }
            ],
        }
    ),
)
async def publish_code_set(actor: ReferenceKeeper, command: Body[PublishCodeSet], desk: AtDesk) -> Response:
    """Publish the whole list of a code set."""
    return answer(await desk.named(CodeSet, code_set_id(command.name), command, by=actor))
