"""Who may see and do what: every action, for every role, in every relation to a case; and how the no is said."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from domain.authority import Authority, Item, NotAllowed, NotFound, Side, may, may_read_item, require
from domain.decision import Actor, Known, NotRead, Ref
from domain.ids import MINISTRY
from domain.relations import Asker, CaseFacts, KeepsReading, Standing
from domain.rights import READS, TABLE, Action
from domain.users.granting import UserRoleGranted, UserRoleRevoked
from domain.users.user import MINISTRY_ROLES, PROVIDER_ROLES, SCHOOL_ROLES, Grant, Role, User
from tests.domain.given import TODAY, world

ME, US, SOMEBODY, ELSEWHERE = UUID(int=11), UUID(int=12), UUID(int=13), UUID(int=14)
DAY = timedelta(days=1)

STRANGER = CaseFacts(
    standing=Standing.ACTIVE,
    school=ELSEWHERE,
    primary_contact=SOMEBODY,
    provider=ELSEWHERE,
    manager=SOMEBODY,
    regions=frozenset({ELSEWHERE}),
)
CLOSED = replace(STRANGER, standing=Standing.CLOSED, manager=None, last_manager=SOMEBODY)
WITH_MINISTRY = replace(STRANGER, standing=Standing.WITH_MINISTRY, provider=None, manager=None)

SITUATIONS = {
    "no case": CaseFacts(),
    "no case, but our ids": CaseFacts(school=US, provider=US, manager=ME, primary_contact=ME, transfer_to=US),
    "of strangers": STRANGER,
    "on our roll": replace(STRANGER, school=US),
    "on our roll, closed": replace(CLOSED, school=US),
    "naming me, on our roll": replace(STRANGER, school=US, primary_contact=ME),
    "naming me, closed, on our roll": replace(CLOSED, school=US, primary_contact=ME),
    "naming me, moved away": replace(STRANGER, primary_contact=ME),
    "of our provider": replace(STRANGER, provider=US),
    "assigned to me": replace(STRANGER, provider=US, manager=ME),
    "assigned to me, of another provider": replace(STRANGER, manager=ME),
    "once assigned to me": replace(STRANGER, provider=US, last_manager=ME),
    "closed by our provider": replace(CLOSED, provider=US),
    "closed by me": replace(CLOSED, provider=US, last_manager=ME),
    "closed by me, of another provider": replace(CLOSED, last_manager=ME),
    "ours, back with the Ministry": replace(WITH_MINISTRY, provider=US, manager=ME),
    "kept until today": replace(STRANGER, kept=(KeepsReading(provider=US, until_on=TODAY),)),
    "kept until yesterday": replace(STRANGER, kept=(KeepsReading(provider=US, until_on=TODAY - DAY),)),
    "kept with no last day": replace(WITH_MINISTRY, kept=(KeepsReading(provider=US),)),
    "kept by others": replace(STRANGER, kept=(KeepsReading(provider=ELSEWHERE),)),
    "offered to us": replace(STRANGER, transfer_to=US),
    "a NEN": replace(STRANGER, nen=True),
    "a closed NEN": replace(CLOSED, nen=True),
    "asked of CIT": replace(STRANGER, cit_asked=True),
    "unallocated": WITH_MINISTRY,
    "of our region": replace(STRANGER, regions=frozenset({US})),
    "of our region and another": replace(STRANGER, regions=frozenset({ELSEWHERE, US})),
    "unallocated, of our region": replace(WITH_MINISTRY, regions=frozenset({US})),
    "with Prosecutions": replace(STRANGER, prosecution=True),
    "our organisation": CaseFacts(organisation=US),
    "a provider that we contract": CaseFacts(organisation=ELSEWHERE, regions=frozenset({US})),
    "another organisation": CaseFacts(organisation=ELSEWHERE),
}
NO_CASE = {"no case", "no case, but our ids"} | {each for each, facts in SITUATIONS.items() if facts.organisation}
CASES = set(SITUATIONS) - NO_CASE

A = Action
SEE = {A.READ_CASE, A.READ_TIMELINE}
SEE_ALL = SEE | {A.READ_PROVIDER_ITEMS}
SCHOOL = SEE | {A.UPDATE_FROM_SCHOOL}
SCHOOL_LEAD = SCHOOL | {A.NAME_PRIMARY_CONTACT, A.REFER_TO_PROSECUTIONS}
WORK = SEE_ALL | {
    A.READ_SAFETY_NOTES,
    A.WORK,
    A.CLOSE,
    A.CORRECT_DETAILS,
    A.REFER_TO_PROSECUTIONS,
    A.REQUEST_TRANSFER,
}
LEAD = WORK | {A.ASSIGN}
OWN_SCHOOL = {A.REQUEST_SUPPORT, A.READ_SCHOOL_REPORTS}
CIT = SEE_ALL | {A.DECIDE_AS_CIT, A.CORRECT_DETAILS}
OUR_ROLL = ("on our roll", "on our roll, closed", "naming me, on our roll", "naming me, closed, on our roll")
OURS = ("of our provider", "assigned to me", "once assigned to me", "closed by our provider", "closed by me")
OUR_REGION = ("of our region", "of our region and another", "unallocated, of our region")
OF_CIT = (
    "a NEN",
    "a closed NEN",
    "asked of CIT",
    "unallocated",
    "unallocated, of our region",
    "ours, back with the Ministry",
    "kept with no last day",
)


def _everywhere(actions):
    return dict.fromkeys(CASES, actions)


EXPECTED = {
    Role.ATTENDANCE_LEAD: dict.fromkeys(OUR_ROLL, SCHOOL_LEAD) | {"our organisation": OWN_SCHOOL},
    Role.OFFICE_SUPPORT: dict.fromkeys(OUR_ROLL, SCHOOL) | {"our organisation": OWN_SCHOOL},
    Role.SCHOOL_PRIMARY_CONTACT: {
        "naming me, on our roll": SCHOOL,
        "naming me, closed, on our roll": SCHOOL,
        "our organisation": OWN_SCHOOL,
    },
    Role.WORKFLOW_LEAD: dict.fromkeys(OURS, LEAD)
    | {
        "kept until today": SEE_ALL,
        "kept with no last day": SEE_ALL,
        "offered to us": {A.READ_CASE, A.ACCEPT_TRANSFER},
        "our organisation": {A.READ_PROVIDER_REPORTS, A.LOG_INFORMATION_REQUEST},
    },
    Role.CASE_MANAGER: {
        "assigned to me": WORK,
        "closed by me": SEE_ALL,
        "our organisation": {A.LOG_INFORMATION_REQUEST},
    },
    Role.CIT_OFFICER: dict.fromkeys(OF_CIT, CIT),
    Role.REGIONAL_ADVISOR: {
        **dict.fromkeys(OUR_REGION, SEE_ALL),
        "a provider that we contract": {A.READ_PROVIDER_REPORTS},
        "our organisation": {A.READ_REGIONAL_REPORTS},
    },
    Role.PROSECUTIONS_ADVISOR: {"with Prosecutions": SEE_ALL | {A.ADVISE_ON_PROSECUTION}},
    Role.PRIVACY_OFFICER: _everywhere(SEE_ALL | {A.CORRECT_DETAILS}),
    Role.AUDITOR: _everywhere(SEE_ALL | {A.READ_SAFETY_NOTES}),
    Role.DELEGATED_AUTHORISER: {"our organisation": {A.GRANT_STAFF_ROLE}},
    Role.SYSTEM: _everywhere({A.READ_CASE}),
}
ADMINISTER = {A.KEEP_REFERENCE_DATA, A.INVITE_USER, A.GRANT_STAFF_ROLE, A.GRANT_MINISTRY_ROLE}
ANYWHERE = {
    **{role: {A.REGISTER_CAREGIVER} for role in (*SCHOOL_ROLES, *PROVIDER_ROLES)},
    Role.CIT_OFFICER: {A.REGISTER_CAREGIVER, A.READ_REGIONAL_REPORTS},
    Role.NATIONAL_ANALYST: {A.READ_NATIONAL_REPORTS},
    Role.PRIVACY_OFFICER: {
        A.READ_ACCESS_LOG,
        A.READ_FORMER_DETAILS,
        A.READ_DISPOSALS,
        A.LOG_INFORMATION_REQUEST,
        A.DECIDE_INFORMATION_REQUEST,
        A.DECIDE_DISPOSAL,
    },
    Role.SYSTEM_ADMIN: ADMINISTER,
    Role.AUDITOR: {
        A.READ_SCHOOL_REPORTS,
        A.READ_PROVIDER_REPORTS,
        A.READ_REGIONAL_REPORTS,
        A.READ_NATIONAL_REPORTS,
        A.READ_ACCESS_LOG,
        A.READ_DISPOSALS,
    },
    Role.DELEGATED_AUTHORISER: {A.INVITE_USER},
    Role.SYSTEM: {A.KEEP_REFERENCE_DATA, A.RUN_AUTOMATION, A.FEED_ROLL, A.REGISTER_CAREGIVER},
}


def asker(role, **other):
    return Asker(**({"user": ME, "role": role, "organisation": US, "today": TODAY} | other))


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("role", Role)
def test_every_right_is_as_the_rules_say_and_there_is_no_other_BR_60_to_69_BR_130_to_143(role, situation):
    allowed = {action for action in Action if may(asker(role), action, SITUATIONS[situation])}
    assert allowed == EXPECTED.get(role, {}).get(situation, set()) | ANYWHERE.get(role, set())


def test_every_action_and_every_relation_of_the_table_is_walked():
    assert set(TABLE) == set(Action)
    for rights in TABLE.values():
        for role, relations in rights.items():
            for related in relations:
                assert any(related(asker(role), facts) for facts in SITUATIONS.values()), related


def test_an_auditor_reads_everything_and_commands_nothing():
    for action in set(Action) - READS:
        assert Role.AUDITOR not in TABLE[action]


def test_a_national_analyst_sees_no_case_BR_132():
    for situation in CASES:
        assert not any(
            may(asker(Role.NATIONAL_ANALYST), action, SITUATIONS[situation])
            for action in (*SEE_ALL, A.READ_SAFETY_NOTES)
        )


def test_the_timeline_of_office_support_is_a_matter_of_policy_BR_67():
    office = asker(Role.OFFICE_SUPPORT, office_timeline=False)
    case = SITUATIONS["on our roll"]
    assert may(office, A.READ_CASE, case)
    assert may(office, A.UPDATE_FROM_SCHOOL, case)
    assert not may(office, A.READ_TIMELINE, case)
    assert may(asker(Role.ATTENDANCE_LEAD, office_timeline=False), A.READ_TIMELINE, case)


PRIVATE = Item(side=Side.PROVIDER, author=SOMEBODY)
SAFETY = Item(side=Side.PROVIDER, safety=True, author=SOMEBODY)


def test_what_a_provider_does_not_share_the_school_does_not_see_BR_63():
    school, case = asker(Role.ATTENDANCE_LEAD), SITUATIONS["on our roll"]
    assert not may_read_item(school, PRIVATE, case)
    assert may_read_item(school, replace(PRIVATE, shared=True), case)
    assert not may_read_item(school, Item(side=Side.MINISTRY), case)
    assert may_read_item(asker(Role.CASE_MANAGER), PRIVATE, SITUATIONS["assigned to me"])


def test_what_a_school_adds_the_provider_sees_BR_64():
    item = Item(side=Side.SCHOOL)
    assert may_read_item(asker(Role.CASE_MANAGER), item, SITUATIONS["assigned to me"])
    assert may_read_item(asker(Role.WORKFLOW_LEAD), item, SITUATIONS["of our provider"])


def test_shared_or_not_items_of_a_case_out_of_scope_stay_unseen_BR_69():
    for role in (*SCHOOL_ROLES, *PROVIDER_ROLES):
        for item in (PRIVATE, replace(PRIVATE, shared=True), SAFETY, replace(SAFETY, author=ME)):
            assert not may_read_item(asker(role), item, STRANGER)


def test_a_safety_note_is_for_the_providers_staff_and_its_author_only_BR_54():
    assert may_read_item(asker(Role.CASE_MANAGER), SAFETY, SITUATIONS["assigned to me"])
    assert may_read_item(asker(Role.WORKFLOW_LEAD), SAFETY, SITUATIONS["of our provider"])
    assert not may_read_item(asker(Role.WORKFLOW_LEAD), SAFETY, SITUATIONS["kept until today"])
    for role in (*SCHOOL_ROLES, Role.CIT_OFFICER, Role.REGIONAL_ADVISOR, Role.PRIVACY_OFFICER):
        for case in SITUATIONS.values():
            assert not may_read_item(asker(role), SAFETY, case)
    own = replace(SAFETY, side=Side.SCHOOL, author=ME)
    assert may_read_item(asker(Role.ATTENDANCE_LEAD), own, SITUATIONS["on our roll"])
    assert not may_read_item(asker(Role.ATTENDANCE_LEAD), own, SITUATIONS["naming me, moved away"])


def test_out_of_scope_answers_exactly_like_not_existing_BR_69():
    for facts in (STRANGER, CaseFacts()):
        with pytest.raises(NotFound) as refused:
            require(asker(Role.CASE_MANAGER), A.WORK, facts)
        assert (refused.value.code, refused.value.fields) == ("NotFound", ())


def test_what_is_seen_and_not_ones_own_to_do_is_not_allowed():
    with pytest.raises(NotAllowed):
        require(asker(Role.CASE_MANAGER), A.ASSIGN, SITUATIONS["assigned to me"])
    with pytest.raises(NotAllowed):
        require(asker(Role.CASE_MANAGER), A.KEEP_REFERENCE_DATA, SITUATIONS["our organisation"])
    require(asker(Role.CASE_MANAGER), A.WORK, SITUATIONS["assigned to me"])


class Work:
    """A command about a case."""


GRANTED = UserRoleGranted(grant=Grant(role=Role.CASE_MANAGER, organisation=US, from_on=TODAY))
REVOKED = UserRoleRevoked(role=Role.CASE_MANAGER, organisation=US)


def asked(command, state, context):
    return A.WORK, state


AUTHORITY = Authority({Work: asked})
ACTOR = Actor(user=ME, role=Role.CASE_MANAGER, organisation=US)


def context(*history, actor=ACTOR, day=TODAY):
    return world(CaseFacts).by(actor).on(day).knowing({Ref(User, ME): history}).context()


def check(context_, case="assigned to me", command=Work):
    AUTHORITY.check(command(), SITUATIONS[case], context_)


def test_a_granted_role_counts_from_its_first_day():
    check(context(GRANTED))
    with pytest.raises(NotAllowed):
        check(context(GRANTED, day=TODAY - DAY))


def test_a_revocation_counts_at_once():
    with pytest.raises(NotAllowed):
        check(context(GRANTED, REVOKED))


@pytest.mark.parametrize("case", ["assigned to me", "of strangers", "no case"])
def test_without_the_role_every_case_answers_the_same_BR_69(case):
    for pretended in (
        replace(ACTOR, role=Role.WORKFLOW_LEAD),
        replace(ACTOR, organisation=ELSEWHERE),
        replace(ACTOR, role="NO_SUCH_ROLE"),
        replace(ACTOR, user=SOMEBODY),
    ):
        with pytest.raises(NotAllowed):
            check(context(GRANTED, actor=pretended), case)


def test_a_command_that_nobody_listed_is_nobodys():
    with pytest.raises(NotAllowed):
        check(context(GRANTED), command=object)


def test_the_grants_are_guarded_so_that_a_revocation_in_between_is_noticed():
    used = context(GRANTED)
    check(used)
    assert Ref(User, ME) in used.known.used


def test_a_user_not_read_yet_is_asked_for_and_not_refused():
    def look(need):
        raise NotRead(need)

    with pytest.raises(NotRead):
        check(world(CaseFacts).by(ACTOR).context(Known(look)))


def test_every_role_is_of_a_school_a_provider_the_ministry_or_apart():
    apart = {Role.DELEGATED_AUTHORISER, Role.SYSTEM}
    assert SCHOOL_ROLES | PROVIDER_ROLES | MINISTRY_ROLES | apart == set(Role)
    assert MINISTRY not in {ME, US}
