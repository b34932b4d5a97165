"""Users: invited once, granted roles for a time, revoked at once."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

import pytest

from domain.decision import Actor, Ref
from domain.effective import PeriodEndsBeforeItBegins
from domain.ids import MINISTRY, provider_id, region_id, school_id
from domain.providers.provider import Provider, ProviderDetails, ProviderKind
from domain.schools.school import School, SchoolAuthority, SchoolDetails
from domain.sealed import UNKNOWN, DataClass, Sealed
from domain.text import PersonName
from domain.users.granting import (
    AuditNeedsTermAndReason,
    GrantedToOneself,
    GrantRole,
    NotARoleOfThisOrganisation,
    RevokeRole,
    TrainingNotPassed,
    UserRoleGranted,
    UserRoleRevoked,
)
from domain.users.inviting import (
    ChangeUserDetails,
    InviteUser,
    LoginOfAnother,
    UserDetailsChanged,
    UserInvited,
    login_claim,
)
from domain.users.training import RecordTrainingPassed, TrainingInTheFuture, TrainingPassed
from domain.users.user import (
    MINISTRY_ROLES,
    PROVIDER_ROLES,
    SCHOOL_ROLES,
    Grant,
    NoSuchUser,
    Role,
    User,
    UserDetails,
    UserForgotten,
)
from tests.domain.given import STREAM, TODAY, world

DETAILS = UserDetails(name=PersonName(family_name="Parata"), email="hana@kura.school.nz", login="esl|hana.parata")
INVITED = UserInvited(details=Sealed(STREAM, DataClass.IDENTITY, DETAILS))
TRAINED = TrainingPassed(passed_on=date(2026, 1, 20))
SCHOOL, PROVIDER, OTHER = school_id("1"), provider_id("P"), UUID(int=77)
DAY = timedelta(days=1)
KNOWN = {
    Ref(School, SCHOOL): School(
        details=SchoolDetails(
            number="1",
            name="Kura",
            type="Full primary",
            authority=SchoolAuthority.STATE,
            region="Wellington",
            territorial_authority="Porirua City",
            anniversary_set="WELLINGTON",
        )
    ),
    Ref(Provider, PROVIDER): Provider(
        details=ProviderDetails(
            code="P", name="P", kind=ProviderKind.CATCHMENT, region="Wellington", anniversary_set="WELLINGTON"
        )
    ),
}
given = world(User).knowing(KNOWN)


def granted(role, organisation, from_on=TODAY, to_on=None):
    return UserRoleGranted(grant=Grant(role=role, organisation=organisation, from_on=from_on, to_on=to_on))


def test_a_user_is_invited_once_and_found_again_by_the_login():
    invite = InviteUser(details=DETAILS)
    outcome = given().when(invite).then(INVITED)
    assert outcome.decision.take == {login_claim("esl|hana.parata"): STREAM}
    outcome.then_asked_again().then_nothing()
    again = given().claimed({login_claim("esl|hana.parata"): OTHER}).when(invite)
    again.then_nothing()
    assert again.decision.answer == {"user": OTHER}


def test_who_a_user_is_never_shows_in_what_could_be_logged():
    for thing in (DETAILS, INVITED, InviteUser(details=DETAILS)):
        assert "hana" not in repr(thing)


def test_a_changed_login_releases_the_old_one():
    new = replace(DETAILS, login="esl|hana")
    world_ = given(INVITED).claimed({login_claim("esl|hana.parata"): STREAM})
    outcome = world_.when(ChangeUserDetails(details=new))
    outcome.then(UserDetailsChanged(details=Sealed(STREAM, DataClass.IDENTITY, new)))
    assert outcome.decision.take == {login_claim("esl|hana"): STREAM}
    assert outcome.decision.release == (login_claim("esl|hana.parata"),)
    outcome.then_asked_again().then_nothing()


def test_a_changed_address_leaves_the_login_alone():
    new = replace(DETAILS, email="hana@example.nz")
    world_ = given(INVITED).claimed({login_claim("esl|hana.parata"): STREAM})
    decision = world_.when(ChangeUserDetails(details=new)).decision
    assert decision.parts
    assert (decision.take, decision.release) == ({}, ())


def test_nobody_takes_the_login_of_another():
    change = ChangeUserDetails(details=replace(DETAILS, login="esl|tama"))
    given(INVITED).claimed({login_claim("esl|tama"): OTHER}).when(change).then_refused(LoginOfAnother, "login")


def test_nobody_can_be_changed_who_is_not_there_or_is_forgotten():
    change = ChangeUserDetails(details=DETAILS)
    given().when(change).then_refused(NoSuchUser)
    gone = UserInvited(details=Sealed(STREAM, DataClass.IDENTITY, lambda: UNKNOWN, lazy=True))
    given(gone).when(change).then_refused(UserForgotten)
    given(gone).when(GrantRole(role=Role.CIT_OFFICER, organisation=MINISTRY, from_on=TODAY)).then_refused(UserForgotten)


def test_a_role_is_held_from_its_first_to_its_last_day_in_its_organisation_only():
    user = given(INVITED, granted(Role.ATTENDANCE_LEAD, SCHOOL, TODAY, TODAY + DAY)).state
    days = (TODAY - DAY, TODAY, TODAY + DAY, TODAY + DAY + DAY)
    assert [user.holds(Role.ATTENDANCE_LEAD, SCHOOL, day) for day in days] == [False, True, True, False]
    assert not user.holds(Role.ATTENDANCE_LEAD, OTHER, TODAY)
    assert not user.holds(Role.OFFICE_SUPPORT, SCHOOL, TODAY)
    assert user.holds_any(SCHOOL_ROLES, SCHOOL, TODAY)
    assert not user.holds_any(PROVIDER_ROLES, SCHOOL, TODAY)


def test_granting_twice_makes_one_grant():
    grant = GrantRole(role=Role.ATTENDANCE_LEAD, organisation=SCHOOL, from_on=TODAY)
    happened = granted(Role.ATTENDANCE_LEAD, SCHOOL)
    given(INVITED).when(grant).then(happened).then_asked_again().then_nothing()
    given(INVITED, happened).when(replace(grant, from_on=TODAY + DAY, to_on=TODAY + DAY)).then_nothing()
    assert given(INVITED, happened).when(replace(grant, from_on=TODAY - DAY)).events


def test_a_longer_time_is_granted_beside_a_shorter_one():
    short = granted(Role.ATTENDANCE_LEAD, SCHOOL, TODAY, TODAY + DAY)
    longer = GrantRole(role=Role.ATTENDANCE_LEAD, organisation=SCHOOL, from_on=TODAY)
    assert given(INVITED, short).when(longer).events


def test_a_revoked_role_is_gone_at_once_with_all_its_grants():
    role = (Role.ATTENDANCE_LEAD, SCHOOL)
    grants = (granted(*role), granted(*role, TODAY + DAY + DAY), granted(Role.OFFICE_SUPPORT, SCHOOL))
    revoked = UserRoleRevoked(role=Role.ATTENDANCE_LEAD, organisation=SCHOOL)
    revoke = RevokeRole(role=Role.ATTENDANCE_LEAD, organisation=SCHOOL)
    given(INVITED, *grants).when(revoke).then(revoked).then_asked_again().then_nothing()
    user = given(INVITED, *grants, revoked).state
    assert not any(user.holds(*role, day) for day in (TODAY, TODAY + DAY, date.max))
    assert user.holds(Role.OFFICE_SUPPORT, SCHOOL, TODAY)


def test_a_revoked_role_can_be_granted_again():
    history = (INVITED, granted(Role.ATTENDANCE_LEAD, SCHOOL))
    revoked = UserRoleRevoked(role=Role.ATTENDANCE_LEAD, organisation=SCHOOL)
    grant = GrantRole(role=Role.ATTENDANCE_LEAD, organisation=SCHOOL, from_on=TODAY)
    given(*history, revoked).when(grant).then(granted(Role.ATTENDANCE_LEAD, SCHOOL))


@pytest.mark.parametrize("role", sorted(PROVIDER_ROLES))
def test_people_of_providers_pass_the_training_first(role):
    grant = GrantRole(role=role, organisation=PROVIDER, from_on=TODAY)
    given(INVITED).when(grant).then_refused(TrainingNotPassed, "role")
    given(INVITED, TRAINED).when(grant).then(granted(role, PROVIDER))


@pytest.mark.parametrize("role", sorted(SCHOOL_ROLES))
def test_for_schools_the_training_is_optional(role):
    given(INVITED).when(GrantRole(role=role, organisation=SCHOOL, from_on=TODAY)).then(granted(role, SCHOOL))


def test_an_auditor_is_granted_for_a_time_and_with_a_reason():
    audit = GrantRole(role=Role.AUDITOR, organisation=MINISTRY, from_on=TODAY, to_on=TODAY + DAY, reason="Yearly audit")
    (event,) = given(INVITED).when(audit).events
    assert isinstance(event, UserRoleGranted)
    assert event.reason == Sealed(STREAM, DataClass.NARRATIVE, "Yearly audit")
    for lacking in (replace(audit, to_on=None), replace(audit, reason=None)):
        given(INVITED).when(lacking).then_refused(AuditNeedsTermAndReason, "to_on", "reason")


def test_nobody_grants_a_role_to_themselves():
    oneself = Actor(user=STREAM, role=Role.SYSTEM_ADMIN, organisation=MINISTRY)
    grant = GrantRole(role=Role.CIT_OFFICER, organisation=MINISTRY, from_on=TODAY)
    given(INVITED).by(oneself).when(grant).then_refused(GrantedToOneself)


ROLES_ELSEWHERE = [
    *((role, place) for role in sorted(SCHOOL_ROLES) for place in (PROVIDER, MINISTRY, OTHER)),
    *((role, place) for role in sorted(PROVIDER_ROLES) for place in (SCHOOL, MINISTRY, OTHER)),
    *((role, SCHOOL) for role in sorted(MINISTRY_ROLES - {Role.REGIONAL_ADVISOR})),
    (Role.DELEGATED_AUTHORISER, OTHER),
]


@pytest.mark.parametrize(("role", "place"), ROLES_ELSEWHERE)
def test_a_role_belongs_to_organisations_of_its_kind(role, place):
    grant = GrantRole(role=role, organisation=place, from_on=TODAY, to_on=TODAY, reason="Why not")
    given(INVITED, TRAINED).when(grant).then_refused(NotARoleOfThisOrganisation, "organisation")


@pytest.mark.parametrize(
    ("role", "place"),
    [
        (Role.REGIONAL_ADVISOR, region_id("Wellington")),
        (Role.CIT_OFFICER, MINISTRY),
        (Role.SYSTEM, MINISTRY),
        (Role.DELEGATED_AUTHORISER, SCHOOL),
        (Role.DELEGATED_AUTHORISER, PROVIDER),
    ],
)
def test_every_other_role_has_its_place(role, place):
    given(INVITED).when(GrantRole(role=role, organisation=place, from_on=TODAY)).then(granted(role, place))


def test_only_users_get_roles_and_only_for_a_sound_time():
    grant = GrantRole(role=Role.CIT_OFFICER, organisation=MINISTRY, from_on=TODAY)
    given().when(grant).then_refused(NoSuchUser)
    backwards = replace(grant, to_on=TODAY - DAY)
    given(INVITED).when(backwards).then_refused(PeriodEndsBeforeItBegins, "to_on")


def test_training_is_recorded_once_and_not_ahead():
    passed = RecordTrainingPassed(passed_on=TODAY)
    given(INVITED).when(passed).then(TrainingPassed(passed_on=TODAY)).then_asked_again().then_nothing()
    ahead = RecordTrainingPassed(passed_on=TODAY + DAY)
    given(INVITED).when(ahead).then_refused(TrainingInTheFuture, "passed_on")
    given().when(passed).then_refused(NoSuchUser)
