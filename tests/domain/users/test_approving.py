"""Two administrators: one asks for a role that reads everything, or for another login, and another one approves."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from domain.authority import may
from domain.decision import Actor, Ref
from domain.ids import MINISTRY, school_id
from domain.policies.policy import SERVICE_POLICY, Policy, PolicyValues, PolicyVersion
from domain.relations import Asker, CaseFacts, Standing
from domain.rights import NEED_TWO, READERS_OF_EVERYTHING, READS, TABLE, Action
from domain.sealed import UNKNOWN, DataClass, Sealed
from domain.text import PersonName
from domain.users.approval import Approval, ApprovalExpired, ApprovalSettled, NoSuchApproval
from domain.users.approving import (
    AnotherLogin,
    ApprovalDeclined,
    ApprovalGiven,
    ApprovalWithdrawn,
    Approve,
    AskedByAnother,
    AskForLogin,
    AskForRole,
    Decline,
    LoginAskedFor,
    NeedsNoSecond,
    RoleAskedFor,
    Withdraw,
)
from domain.users.granting import (
    AuditNeedsTermAndReason,
    AuditTooLong,
    GrantedByTheProgram,
    GrantRole,
    UserRoleGranted,
)
from domain.users.inviting import (
    ChangeUserDetails,
    InvitationOpened,
    InviteUser,
    LoginOfAnother,
    UserDetailsChanged,
    UserInvited,
    UserInvitedAgain,
    login_claim,
)
from domain.users.seconding import (
    AskerIsNoAdministrator,
    ConcernedThemselves,
    MadeByTheOther,
    NeedsSecondAdministrator,
    SecondIsTheFirst,
)
from domain.users.user import (
    Grant,
    NoSuchUser,
    Role,
    Seconded,
    User,
    UserDetails,
    UserForgotten,
)
from tests.domain.given import COMMAND_ID, STREAM, TODAY, world

ANA, BELL, CARA, HANA = (UUID(int=number) for number in (21, 22, 23, 24))
DAY = timedelta(days=1)
DETAILS = UserDetails(name=PersonName(family_name="Parata"), email="hana@kura.school.nz", login="esl|hana")
ADMINISTRATOR = UserRoleGranted(grant=Grant(role=Role.SYSTEM_ADMIN, organisation=MINISTRY, from_on=TODAY))
MADE_BY_ANA = replace(ADMINISTRATOR, seconded=Seconded(asked_by=ANA, approved_by=CARA, on=TODAY))


def invited(user, details=DETAILS):
    return UserInvited(details=Sealed(user, DataClass.IDENTITY, details))


def by(user, role=Role.SYSTEM_ADMIN):
    return Actor(user=user, role=role, organisation=MINISTRY)


PEOPLE = {
    Ref(User, HANA): [invited(HANA)],
    **{Ref(User, each): [invited(each), ADMINISTRATOR] for each in (ANA, BELL, CARA)},
}
given = world(Approval).knowing(PEOPLE).claimed({login_claim("esl|hana"): HANA})
user = world(User).knowing(PEOPLE).claimed({login_claim("esl|hana"): STREAM})
AUDIT = AskForRole(
    user=HANA, role=Role.AUDITOR, organisation=MINISTRY, from_on=TODAY, to_on=TODAY + DAY, reason="Yearly audit"
)
AUDIT_GRANT = Grant(role=Role.AUDITOR, organisation=MINISTRY, from_on=TODAY, to_on=TODAY + DAY)
NO = Sealed(HANA, DataClass.NARRATIVE, "No")
WHY = Sealed(HANA, DataClass.NARRATIVE, "Yearly audit")
UNTIL = TODAY + 14 * DAY
ASKED = RoleAskedFor(user=HANA, grant=AUDIT_GRANT, reason=WHY, asked_by=ANA, expires_on=UNTIL)
OTHER_LOGIN = replace(DETAILS, login="esl|hana.two")
LOGIN_ASKED = LoginAskedFor(
    user=HANA, details=Sealed(HANA, DataClass.IDENTITY, OTHER_LOGIN), asked_by=ANA, expires_on=UNTIL
)
BOTH = Seconded(asked_by=ANA, approved_by=BELL, on=TODAY)
APPROVE = Approve(login="esl|hana")


def test_a_role_that_reads_everything_takes_two_and_both_are_named_in_the_history():
    given().by(by(ANA)).when(AUDIT).then(ASKED).then_asked_again().then_nothing()
    outcome = given(ASKED).by(by(BELL)).when(APPROVE)
    outcome.then(ApprovalGiven(user=HANA, asked_by=ANA, approved_by=BELL))
    assert outcome.events_of(Ref(User, HANA)) == (UserRoleGranted(grant=AUDIT_GRANT, reason=WHY, seconded=BOTH),)
    outcome.then_asked_again().then_nothing()


def test_another_login_takes_two_and_the_old_one_is_free():
    ask = AskForLogin(user=HANA, login="esl|hana.two")
    given().by(by(ANA)).when(ask).then(LOGIN_ASKED).then_asked_again().then_nothing()
    outcome = given(LOGIN_ASKED).by(by(BELL)).when(Approve(login="esl|hana.two"))
    happened = UserDetailsChanged(details=Sealed(HANA, DataClass.IDENTITY, OTHER_LOGIN), seconded=BOTH)
    assert outcome.events_of(Ref(User, HANA)) == (happened,)
    assert outcome.decision.take == {login_claim("esl|hana.two"): HANA}
    assert outcome.decision.release == (login_claim("esl|hana"),)


def test_what_holds_already_is_not_asked_for():
    held = given().knowing({Ref(User, HANA): [invited(HANA), UserRoleGranted(grant=AUDIT_GRANT)]})
    held.by(by(ANA)).when(AUDIT).then_nothing()
    given().by(by(ANA)).when(AskForLogin(user=HANA, login="esl|hana")).then_nothing()
    outcome = held(ASKED).by(by(BELL)).when(APPROVE)
    assert outcome.events_of(Ref(User, HANA)) == ()


def test_one_administrator_alone_gives_no_such_role_and_no_other_login():
    for role in NEED_TWO - {Role.SYSTEM}:
        grant = GrantRole(role=role, organisation=MINISTRY, from_on=TODAY, to_on=TODAY, reason="Why not")
        user(invited(STREAM)).by(by(ANA)).when(grant).then_refused(NeedsSecondAdministrator, "role")
    change = user(invited(STREAM)).by(by(ANA))
    change.when(ChangeUserDetails(details=OTHER_LOGIN)).then_refused(NeedsSecondAdministrator, "login")
    assert change.when(ChangeUserDetails(details=replace(DETAILS, email="hana@example.nz"))).events


def test_the_program_grants_the_first_administrators_and_alone_the_role_of_a_system():
    for role in (Role.SYSTEM_ADMIN, Role.SYSTEM):
        assert user(invited(STREAM)).when(GrantRole(role=role, organisation=MINISTRY, from_on=TODAY)).events
    system = GrantRole(role=Role.SYSTEM, organisation=MINISTRY, from_on=TODAY)
    user(invited(STREAM)).by(by(ANA)).when(system).then_refused(GrantedByTheProgram, "role")
    ask = replace(AUDIT, role=Role.SYSTEM)
    given().by(by(ANA)).when(ask).then_refused(GrantedByTheProgram, "role")


def test_the_second_is_another_person_and_neither_is_the_one_concerned():
    given(ASKED).by(by(ANA)).when(APPROVE).then_refused(SecondIsTheFirst)
    given(ASKED).by(by(HANA)).when(APPROVE).then_refused(ConcernedThemselves)
    given().by(by(HANA)).when(AUDIT).then_refused(ConcernedThemselves)
    given().by(by(HANA)).when(AskForLogin(user=HANA, login="esl|me")).then_refused(ConcernedThemselves)


def test_an_id_that_stands_for_somebody_is_no_way_round():
    handle = UUID(int=30)
    known = {Ref(User, handle): [InvitationOpened(user=ANA)]}
    given().knowing(known).by(by(ANA)).when(replace(AUDIT, user=handle)).then_refused(ConcernedThemselves)


def test_both_hold_the_role_on_the_day():
    gone = {Ref(User, ANA): [invited(ANA)]}
    given(ASKED).knowing(gone).by(by(BELL)).when(APPROVE).then_refused(AskerIsNoAdministrator)


@pytest.mark.parametrize(("first", "second"), [(ANA, BELL), (BELL, ANA), (CARA, BELL), (BELL, CARA)])
def test_an_administrator_and_who_made_them_one_are_not_two_for_a_while(first, second):
    made = given(replace(ASKED, asked_by=first)).knowing({Ref(User, BELL): [invited(BELL), MADE_BY_ANA]})
    made.by(by(second)).when(APPROVE).then_refused(MadeByTheOther)
    later = Policy(versions=(PolicyVersion(version=1, effective_from=TODAY, values=PolicyValues(approval_days=60)),))
    asked = replace(ASKED, asked_by=first, expires_on=TODAY + 60 * DAY)
    long_ago = given(asked).knowing({Ref(User, BELL): [invited(BELL), MADE_BY_ANA], Ref(Policy, SERVICE_POLICY): later})
    long_ago.on(TODAY + 29 * DAY).by(by(second)).when(APPROVE).then_refused(MadeByTheOther)
    assert long_ago.on(TODAY + 30 * DAY).by(by(second)).when(APPROVE).events


def test_whoever_approves_names_the_login_so_that_no_name_stands_for_another_login():
    given(ASKED).by(by(BELL)).when(Approve(login="esl|hana.parata")).then_refused(AnotherLogin, "login")
    given(LOGIN_ASKED).by(by(BELL)).when(APPROVE).then_refused(AnotherLogin, "login")


def test_what_was_not_approved_in_time_or_ended_otherwise_is_not_approved():
    given(ASKED).on(UNTIL + DAY).by(by(BELL)).when(APPROVE).then_refused(ApprovalExpired)
    assert given(ASKED).on(UNTIL).by(by(BELL)).when(APPROVE).events
    for end in (ApprovalDeclined(declined_by=CARA, reason=NO), ApprovalWithdrawn(withdrawn_by=ANA, reason=NO)):
        given(ASKED, end).by(by(BELL)).when(APPROVE).then_refused(ApprovalSettled)
    given(ASKED, ApprovalGiven(user=HANA, asked_by=ANA, approved_by=CARA)).by(by(BELL)).when(APPROVE).then_refused(
        ApprovalSettled
    )
    for command in (APPROVE, Decline(reason="No"), Withdraw(reason="No")):
        given().by(by(BELL)).when(command).then_refused(NoSuchApproval)


def test_another_one_declines_and_whoever_asked_withdraws():
    declined, withdrawn = ApprovalDeclined(declined_by=BELL, reason=NO), ApprovalWithdrawn(withdrawn_by=ANA, reason=NO)
    given(ASKED).by(by(BELL)).when(Decline(reason="No")).then(declined).then_asked_again().then_nothing()
    given(ASKED).by(by(ANA)).when(Withdraw(reason="No")).then(withdrawn).then_asked_again().then_nothing()
    given(ASKED).by(by(ANA)).when(Decline(reason="No")).then_refused(SecondIsTheFirst)
    given(ASKED).by(by(BELL)).when(Withdraw(reason="No")).then_refused(AskedByAnother)


def test_what_one_alone_may_do_is_not_asked_for():
    ask = AskForRole(user=HANA, role=Role.ATTENDANCE_LEAD, organisation=school_id("1"), from_on=TODAY)
    given().by(by(ANA)).when(ask).then_refused(NeedsNoSecond, "role")


def test_nothing_is_asked_for_nobody_nor_for_somebody_forgotten():
    given().by(by(ANA)).when(replace(AUDIT, user=UUID(int=99))).then_refused(NoSuchUser)
    gone = {Ref(User, HANA): [UserInvited(details=Sealed(HANA, DataClass.IDENTITY, lambda: UNKNOWN, lazy=True))]}
    given().knowing(gone).by(by(ANA)).when(AUDIT).then_refused(UserForgotten)
    lost = replace(ASKED, reason=Sealed(HANA, DataClass.NARRATIVE, lambda: UNKNOWN, lazy=True))
    given(lost).by(by(BELL)).when(APPROVE).then_refused(UserForgotten)
    taken = given().claimed({login_claim("esl|tama"): ANA}).by(by(BELL))
    taken.when(AskForLogin(user=HANA, login="esl|tama")).then_refused(LoginOfAnother, "login")


def test_an_audit_has_a_last_day_not_too_far_away_whoever_grants_it():
    longest = TODAY + 365 * DAY
    audit = GrantRole(role=Role.AUDITOR, organisation=MINISTRY, from_on=TODAY, to_on=longest, reason="Yearly audit")
    assert user(invited(STREAM)).when(audit).events
    user(invited(STREAM)).when(replace(audit, to_on=longest + DAY)).then_refused(AuditTooLong, "to_on")
    given().by(by(ANA)).when(replace(AUDIT, to_on=longest + DAY)).then_refused(AuditTooLong, "to_on")
    given().by(by(ANA)).when(replace(AUDIT, to_on=None)).then_refused(AuditNeedsTermAndReason, "to_on", "reason")
    short = Policy(
        versions=(PolicyVersion(version=1, effective_from=TODAY, values=PolicyValues(audit_longest_days=1)),)
    )
    given().knowing({Ref(Policy, SERVICE_POLICY): short}).by(by(ANA)).when(AUDIT).then_refused(AuditTooLong, "to_on")


def test_whoever_reads_what_they_have_nothing_to_do_with_takes_two():
    me = UUID(int=40)
    strangers = (CaseFacts(standing=Standing.ACTIVE), CaseFacts(standing=Standing.CLOSED), CaseFacts(organisation=ANA))
    readers = {
        role
        for role in Role
        for action in READS
        for facts in strangers
        if may(Asker(user=me, role=role, organisation=me, today=TODAY), action, facts)
    }
    assert readers == READERS_OF_EVERYTHING
    assert {Role.AUDITOR, Role.PRIVACY_OFFICER, Role.SYSTEM} <= readers
    assert readers | {Role.SYSTEM_ADMIN} == NEED_TWO


def test_every_right_to_people_and_roles_is_an_administrators_or_of_the_own_organisation():
    assert set(TABLE[Action.GRANT_MINISTRY_ROLE]) == {Role.SYSTEM_ADMIN}
    assert not {Role.SYSTEM} & (set(TABLE[Action.INVITE_USER]) | set(TABLE[Action.GRANT_STAFF_ROLE]))


AUTHORISER = Actor(user=UUID(int=41), role=Role.DELEGATED_AUTHORISER, organisation=school_id("1"))
INVITE = InviteUser(details=DETAILS)


def test_whoever_does_not_see_every_user_is_answered_alike_whether_the_login_is_known():
    new = world(User)().by(AUTHORISER).when(INVITE)
    there = world(User)().claimed({login_claim("esl|hana"): HANA}).knowing({Ref(User, HANA): [invited(HANA)]})
    known = there.by(AUTHORISER).when(INVITE)
    assert new.decision.answer == known.decision.answer == {"user": STREAM}
    shape = [[len(part.events) for part in each.decision.parts] for each in (new, known)]
    assert shape[0] == shape[1]
    assert known.events == (InvitationOpened(user=HANA),)
    assert known.events_of(Ref(User, HANA)) == (UserInvitedAgain(organisation=school_id("1")),)
    (opened,) = new.events
    assert isinstance(opened, InvitationOpened)
    assert new.events_of(Ref(User, opened.user)) == (invited(opened.user),)
    assert opened.user == new.world.context().new_id("user") != COMMAND_ID
    for outcome in (new, known):
        outcome.then_asked_again().then_nothing()


def test_what_is_asked_of_the_organisations_own_id_is_asked_of_the_user():
    grant = GrantRole(role=Role.REGIONAL_ADVISOR, organisation=MINISTRY, from_on=TODAY)
    outcome = user(InvitationOpened(user=HANA)).when(grant)
    assert outcome.events == ()
    (happened,) = outcome.events_of(Ref(User, HANA))
    assert isinstance(happened, UserRoleGranted)
    assert happened.grant.role is Role.REGIONAL_ADVISOR
