"""All commands and events of the reference data, people and roles, and the states that they belong to."""

from typing import Any, get_args

from domain.catchments import contracting, defining
from domain.catchments.catchment import Catchment
from domain.codesets import publishing as codes
from domain.codesets.code_set import CodeSet
from domain.policies import publishing, revising
from domain.policies.criteria import Criteria
from domain.policies.policy import Policy
from domain.privacy import disposing, holding
from domain.privacy.disposal import Disposal
from domain.providers import registering as providers
from domain.providers.provider import Provider
from domain.schools import funding, zoning
from domain.schools import registering as schools
from domain.schools.school import School
from domain.students import caring, contacting, correcting, disclosing, enrolling, merging
from domain.students import registering as students
from domain.students.caregiver import Caregiver
from domain.students.student import Student
from domain.users import approving, granting, inviting, training
from domain.users.approval import Approval
from domain.users.user import User

SLICES = (
    approving,
    caring,
    codes,
    contacting,
    contracting,
    correcting,
    defining,
    disclosing,
    disposing,
    enrolling,
    funding,
    granting,
    holding,
    inviting,
    merging,
    providers,
    publishing,
    revising,
    schools,
    students,
    training,
    zoning,
)


def members(alias: Any) -> tuple[Any, ...]:
    """The classes of a union; one class is the union of itself."""
    return get_args(alias) or (alias,)


COMMANDS = tuple(each for slice_ in SLICES for each in members(slice_.Command))
EVENTS = tuple(each for slice_ in SLICES for each in members(slice_.Event))
STREAMS = {
    Student: (students, correcting, disclosing, merging, enrolling, contacting, holding),
    School: (schools, zoning, funding),
    Catchment: (defining, contracting),
    Provider: (providers,),
    Approval: (approving,),
    User: (inviting, granting, training, disclosing, holding),
    Disposal: (disposing,),
    Policy: (publishing,),
    Criteria: (revising,),
    CodeSet: (codes,),
}
EVENTS_OF: dict[Any, tuple[Any, ...]] = {
    of: tuple(each for slice_ in slices for each in members(slice_.Event)) for of, slices in STREAMS.items()
}
EVENTS_OF[Student] += members(caring.OfStudent)
EVENTS_OF[Caregiver] = members(caring.OfCaregiver) + members(contacting.Event) + members(disclosing.Event)
EVENTS_OF[Caregiver] += members(holding.Event)
