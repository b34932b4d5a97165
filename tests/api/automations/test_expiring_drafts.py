"""A draft that nobody saves is given up after sixty days, and never without a warning (BR-11)."""

from datetime import date, timedelta
from uuid import UUID, uuid4

from api.automations.expiring_drafts import EXPIRING_DRAFTS, WARNING_OF_EXPIRY
from api.automations.sweeping import Tally
from domain.decision import Actor
from domain.policies.policy import SERVICE_POLICY, Policy, PolicyValues
from domain.policies.publishing import PublishPolicy
from domain.requests.drafting import SaveDraft
from domain.requests.form import Form
from domain.requests.request import Request
from domain.users.user import Role
from tests.api.automations.sweeps import started, sweep, types, walk_to
from tests.api.town import KAURI, TODAY, Town

LAST_DAY = TODAY + timedelta(days=60)
WARNED_ON = TODAY + timedelta(days=50)


def save(town: Town, draft: UUID, reason: str = "Away since March.") -> UUID:
    lead = Actor(user=town.people[Role.ATTENDANCE_LEAD], role=Role.ATTENDANCE_LEAD, organisation=KAURI)
    town.tell(Request, draft, SaveDraft(form=Form(reason=reason)), by=lead)
    return draft


def kept(town: Town) -> dict[UUID, date | None]:
    """The drafts of the school, and until when those are kept that it was warned of."""
    town.follow()
    query = "SELECT request_id, kept_until_on FROM service.drafts WHERE school = %s AND to_position IS NULL"
    with town.service.reads.connection() as db:
        return dict(db.execute(query, [KAURI]).fetchall())


def test_a_draft_is_warned_of_ten_days_before_and_given_up_after_its_last_day_BR_11(own_town: Town):
    draft = save(own_town, uuid4())
    walk_to(own_town, WARNED_ON - timedelta(days=1))
    assert sweep(own_town, WARNING_OF_EXPIRY) == Tally(nothing_due=1)
    walk_to(own_town, WARNED_ON)
    assert sweep(own_town, WARNING_OF_EXPIRY) == Tally(done=1)
    assert sweep(own_town, WARNING_OF_EXPIRY) == Tally()
    assert kept(own_town) == {draft: LAST_DAY}
    walk_to(own_town, LAST_DAY)
    assert sweep(own_town, EXPIRING_DRAFTS) == Tally()
    walk_to(own_town, LAST_DAY + timedelta(days=1))
    assert sweep(own_town, EXPIRING_DRAFTS) == Tally(done=1)
    assert kept(own_town) == {}
    assert types(own_town, draft)[-2:] == ["CaRequestDraftExpiryWarned", "CaRequestDraftExpired"]


def test_a_draft_is_not_lost_without_a_warning_because_nobody_swept_for_months_BR_11(own_town: Town):
    draft = save(own_town, uuid4())
    late = TODAY + timedelta(days=200)
    walk_to(own_town, late)
    assert sweep(own_town, EXPIRING_DRAFTS) == Tally()
    assert sweep(own_town, WARNING_OF_EXPIRY) == Tally(done=1)
    assert sweep(own_town, EXPIRING_DRAFTS) == Tally()
    assert kept(own_town) == {draft: late + timedelta(days=10)}
    walk_to(own_town, late + timedelta(days=11))
    assert sweep(own_town, EXPIRING_DRAFTS) == Tally(done=1)


def test_a_draft_that_is_saved_after_the_warning_is_kept_BR_11(own_town: Town):
    draft = save(own_town, uuid4())
    walk_to(own_town, WARNED_ON)
    sweep(own_town, WARNING_OF_EXPIRY)
    save(own_town, draft, reason="Away since April.")
    walk_to(own_town, LAST_DAY + timedelta(days=1))
    assert sweep(own_town, EXPIRING_DRAFTS) == Tally()
    assert kept(own_town) == {draft: None}


def test_a_process_that_runs_looks_at_drafts_once_a_day_and_when_the_policy_changes_BR_11(own_town: Town):
    save(own_town, uuid4())
    running = started(own_town, WARNING_OF_EXPIRY)
    assert running.run() == Tally(nothing_due=1)
    assert running.run() == Tally()
    values = PolicyValues(draft_expiry_days=10, draft_warning_days=10)
    policy = PublishPolicy(version=1, effective_from=TODAY, values=values)
    own_town.tell(Policy, SERVICE_POLICY, policy)
    own_town.follow()
    assert running.run() == Tally(done=1)
