"""A caseload above the guide: people are warned when a case is assigned, and nobody is stopped (BR-38)."""

from typing import Any
from uuid import UUID

import pytest

from api.settings import Login
from domain.policies.policy import SERVICE_POLICY, Policy, PolicyValues
from domain.policies.publishing import PublishPolicy
from domain.users.user import Role
from eventstore.connections import connect
from tests.api.town import AWHI, TODAY, Town

LEAD = Role.WORKFLOW_LEAD
GUIDE = 2


@pytest.fixture
def guided(own_town: Town) -> Town:
    """A town in which two active cases are enough for anybody."""
    values = PolicyValues(caseload_warn=GUIDE)
    own_town.tell(Policy, SERVICE_POLICY, PublishPolicy(version=1, effective_from=TODAY, values=values))
    return own_town


def give(town: Town, manager: UUID, case: str | None = None) -> Any:
    """Assign a case to a manager once everything before is shown, and return the answer."""
    case = case or town.case()
    town.follow()
    answer = town.ask(f"/v1/cases/{case}/assign", {"manager": str(manager)}, LEAD)
    assert answer.status_code == 200, answer.text
    return answer.json()


def hand_over(town: Town, case: str, manager: UUID) -> Any:
    town.follow()
    answer = town.ask(f"/v1/cases/{case}/reassign", {"manager": str(manager), "reason": "CASELOAD"}, LEAD)
    assert answer.status_code == 200, answer.text
    return answer.json()


def codes(answer: Any) -> list[str]:
    return [each["code"] for each in answer.get("warnings", [])]


def test_a_case_beyond_the_guide_is_assigned_with_a_warning_BR_38(guided: Town):
    manager, _ = guided.person(Role.CASE_MANAGER, AWHI)
    within = [give(guided, manager) for _ in range(GUIDE)]
    beyond = give(guided, manager)
    assert [codes(each) for each in within] == [[], []]
    assert (codes(beyond), beyond["version"]) == (["CaseloadAboveGuide"], within[0]["version"])
    assert "guide" in beyond["warnings"][0]["message"]


def test_a_case_taken_over_counts_and_a_closed_one_does_not_BR_38(guided: Town):
    (one, _), (other, _) = (guided.person(Role.CASE_MANAGER, AWHI) for _ in range(2))
    first, second, third = (give(guided, one)["id"] for _ in range(3))
    assert codes(hand_over(guided, first, other)) == []
    assert codes(hand_over(guided, second, other)) == []
    assert guided.ask(f"/v1/cases/{first}/close", {"reason": "DUPLICATE"}, LEAD).status_code == 200
    assert codes(hand_over(guided, third, other)) == []
    assert codes(give(guided, other)) == ["CaseloadAboveGuide"]


def test_a_case_that_is_shown_already_is_counted_once_BR_38(guided: Town):
    """Asked again, the answer is the same, though the read model has heard of the case in between."""
    manager, _ = guided.person(Role.CASE_MANAGER, AWHI)
    give(guided, manager)
    case = give(guided, manager)["id"]
    assert codes(give(guided, manager, case)) == []


def test_with_the_read_model_behind_or_away_the_case_is_assigned_without_a_warning_BR_38(guided: Town):
    manager, _ = guided.person(Role.CASE_MANAGER, AWHI)
    for _ in range(GUIDE):
        give(guided, manager)
    case = guided.case()
    with connect(guided.service.database.dsn(Login.OWNER)) as owner:
        owner.execute("ALTER VIEW service.cases RENAME TO cases_gone")
        answer = guided.ask(f"/v1/cases/{case}/assign", {"manager": str(manager)}, LEAD)
        owner.execute("ALTER VIEW service.cases_gone RENAME TO cases")
    assert (answer.status_code, codes(answer.json())) == (200, [])
    assert codes(give(guided, manager)) == ["CaseloadAboveGuide"]
