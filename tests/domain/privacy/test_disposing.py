"""Personal data is destroyed only under a named authority and class, once two Privacy Officers agreed (BR-115)."""

from dataclasses import fields, replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from domain.authority import NotAllowed
from domain.decision import Actor, Ref, Refused
from domain.ids import MINISTRY, school_id
from domain.permits import authority
from domain.policies.policy import SERVICE_POLICY, Policy, PolicyValues, PolicyVersion
from domain.privacy.disposal import (
    Disposal,
    DisposalExpired,
    DisposalSettled,
    DisposalStatus,
    NoSuchDisposal,
    NotAuthorised,
    Order,
    People,
)
from domain.privacy.disposing import (
    AskerIsNoOfficer,
    AskForDisposal,
    AuthoriseDisposal,
    BeginDisposal,
    DeclineDisposal,
    DisposalAskedFor,
    DisposalAuthorised,
    DisposalBegun,
    DisposalDeclined,
    DisposalWithdrawn,
    NoClassNamed,
    NotWhoAsked,
    RecordKeysDestroyed,
    SubjectKeysDestroyed,
    WithdrawDisposal,
)
from domain.privacy.reach import UnderLegalHold
from domain.sealed import DataClass, Sealed
from domain.students.caregiver import Caregiver
from domain.students.person import NobodyThere
from domain.users.granting import UserRoleRevoked
from domain.users.inviting import InvitationOpened
from domain.users.seconding import ConcernedThemselves, SecondIsTheFirst
from domain.users.user import Grant, Role, User
from tests.domain.given import SOMEBODY, TODAY, fold, world
from tests.domain.privacy.scenes import (
    ANA,
    BELL,
    CARA,
    DAY,
    DISPOSAL,
    HANA,
    LAST_DAY,
    MERE,
    NAN,
    PITA,
    REASON,
    ask,
    asked,
    authorised,
    by,
    given,
    officer,
    reached,
    refused,
    register,
    why,
)

HANDLE = UUID(int=402)
WHANAU = register().cares(MERE, HANA)
PEOPLE = People(students=(HANA,), caregivers=(MERE,))
ORDER = Order(
    person=HANA, people=PEOPLE, takes_caregivers=True, classes=tuple(DataClass), authority="DA 712",
    disposal_class="3.2", asked_by=ANA, expires_on=LAST_DAY,
)  # fmt: skip
ASKED = DisposalAskedFor(order=ORDER, reason=why(REASON, HANA, MERE))
AUTHORISED = DisposalAuthorised(
    people=PEOPLE, classes=tuple(DataClass), authority="DA 712", disposal_class="3.2", asked_by=ANA,
    authorised_by=BELL,
)  # fmt: skip
NO = why("No", HANA, MERE)
DECLINED, WITHDRAWN = DisposalDeclined(declined_by=BELL, reason=NO), DisposalWithdrawn(withdrawn_by=ANA, reason=NO)
BEGUN = DisposalBegun()
TOMBSTONE = SubjectKeysDestroyed(people=PEOPLE, classes=tuple(DataClass), notes=3)
AUTHORISE, BEGIN, RECORD = AuthoriseDisposal(), BeginDisposal(), RecordKeysDestroyed(notes=3)
DECLINE, WITHDRAW = DeclineDisposal(reason="No"), WithdrawDisposal(reason="No")

WAITS, AGREED, UNDER_WAY = (ASKED,), (ASKED, AUTHORISED), (ASKED, AUTHORISED, BEGUN)
HISTORIES = {
    "nobody asked": (),
    "asked": WAITS,
    "authorised": AGREED,
    "declined": (ASKED, DECLINED),
    "withdrawn": (ASKED, WITHDRAWN),
    "authorised, then declined": (*AGREED, DECLINED),
    "authorised, then withdrawn": (*AGREED, WITHDRAWN),
    "begun": UNDER_WAY,
    "done": (*UNDER_WAY, TOMBSTONE),
}


def test_one_officer_asks_and_another_one_authorises_and_both_are_named_BR_115():
    given(WHANAU).by(by(ANA)).when(ask(HANA)).then(ASKED)
    given(WHANAU, *WAITS).by(by(BELL)).when(AUTHORISE).then(AUTHORISED)


@pytest.mark.parametrize("field", ["authority", "disposal_class", "reason"])
@pytest.mark.parametrize("said", [None, "", "  ", "a\x07"])
def test_nothing_is_asked_for_without_an_authority_a_class_of_records_and_a_reason_BR_115(field, said):
    body = {"person": str(HANA), "authority": "DA 712", "disposal_class": "3.2", "reason": REASON}
    reader = TypeAdapter(AskForDisposal)
    assert reader.validate_strings(body) == ask(HANA)
    wrong = {**body, field: said} if said is not None else {name: body[name] for name in body if name != field}
    with pytest.raises(ValidationError) as found:
        reader.validate_strings(wrong)
    assert [each["loc"] for each in found.value.errors()] == [(field,)]


def test_everything_of_the_person_is_asked_for_unless_classes_are_named_and_each_once_BR_115():
    assert asked(WHANAU, HANA).order.classes == tuple(DataClass)
    twice = (DataClass.SAFETY, DataClass.CONTACT, DataClass.SAFETY)
    assert asked(WHANAU, HANA, classes=twice).order.classes == (DataClass.CONTACT, DataClass.SAFETY)
    given(WHANAU).by(by(ANA)).when(ask(HANA, classes=())).then_refused(NoClassNamed, "classes")


def test_nobody_authorises_what_they_asked_for_themselves_BR_115():
    given(WHANAU, *WAITS).by(by(ANA)).when(AUTHORISE).then_refused(SecondIsTheFirst)


@pytest.mark.parametrize("classes", [tuple(DataClass), (DataClass.NARRATIVE,)])
def test_neither_of_the_two_is_the_person_concerned_BR_115(classes):
    given(WHANAU).by(by(ANA)).when(ask(ANA, classes=classes)).then_refused(ConcernedThemselves)
    of_cara = replace(ORDER, person=CARA, people=People(users=(CARA,)), takes_caregivers=False, classes=classes)
    given(WHANAU, replace(ASKED, order=of_cara)).by(by(CARA)).when(AUTHORISE).then_refused(ConcernedThemselves)


def test_an_id_that_stands_for_an_officer_is_no_way_round_BR_115():
    opened = {Ref(User, HANDLE): (InvitationOpened(user=ANA),)}
    given(WHANAU).knowing(opened).by(by(ANA)).when(ask(HANDLE)).then_refused(NobodyThere, "person")


@pytest.mark.parametrize(
    "roles",
    [
        (),
        (officer(), UserRoleRevoked(role=Role.PRIVACY_OFFICER, organisation=MINISTRY)),
        (officer(to_on=TODAY - DAY),),
        (replace(officer(), grant=replace(officer().grant, from_on=TODAY + DAY)),),
        (replace(officer(), grant=replace(officer().grant, role=Role.SYSTEM_ADMIN)),),
        (replace(officer(), grant=replace(officer().grant, organisation=school_id("1"))),),
    ],
    ids=["never was", "revoked", "until yesterday", "from tomorrow", "has another role", "of something else"],
)
def test_whoever_asked_is_a_privacy_officer_still_on_the_day_of_the_authorising_BR_115(roles):
    gone = given(WHANAU, *WAITS).knowing({Ref(User, ANA): roles})
    gone.by(by(BELL)).when(AUTHORISE).then_refused(AskerIsNoOfficer)
    last = given(WHANAU, *WAITS).knowing({Ref(User, ANA): (officer(to_on=TODAY),)})
    last.by(by(BELL)).when(AUTHORISE).then(AUTHORISED)


def test_it_waits_for_as_many_days_as_the_policy_says_and_expires_BR_115():
    given(WHANAU, *WAITS).on(LAST_DAY).by(by(BELL)).when(AUTHORISE).then(AUTHORISED)
    given(WHANAU, *WAITS).on(LAST_DAY + DAY).by(by(BELL)).when(AUTHORISE).then_refused(DisposalExpired)
    short = {Ref(Policy, SERVICE_POLICY): policy(3, from_on=TODAY)}
    (happened,) = given(WHANAU).knowing(short).by(by(ANA)).when(ask(HANA)).events
    assert isinstance(happened, DisposalAskedFor)
    assert happened.order.expires_on == TODAY + 3 * DAY


def test_a_policy_of_later_gives_no_more_time_to_what_was_asked_for_before_BR_115():
    longer = {Ref(Policy, SERVICE_POLICY): policy(60, from_on=TODAY + DAY)}
    late = given(WHANAU, *WAITS).knowing(longer).on(LAST_DAY + DAY)
    late.by(by(BELL)).when(AUTHORISE).then_refused(DisposalExpired)


def policy(days: int, from_on: date) -> Policy:
    values = PolicyValues(approval_days=days)
    return Policy(versions=(PolicyVersion(version=1, effective_from=from_on, values=values),))


@pytest.mark.parametrize("history", [each for each in HISTORIES if each not in {"authorised", "begun", "done"}])
def test_nothing_is_destroyed_that_is_not_authorised_BR_115(history):
    for command in (BEGIN, RECORD):
        assert refused(given(WHANAU, *HISTORIES[history]).when(command)), command


def test_what_nobody_authorised_in_time_is_never_destroyed_BR_115():
    for command in (BEGIN, RECORD):
        assert refused(given(WHANAU, *WAITS).on(LAST_DAY + DAY).when(command))


def test_no_key_is_said_to_be_destroyed_before_it_was_begun_BR_115():
    given(WHANAU, *AGREED).when(RECORD).then_refused(DisposalSettled)


def test_what_nobody_authorised_is_not_begun_BR_115():
    given(WHANAU, *WAITS).when(BEGIN).then_refused(NotAuthorised)


def test_what_was_authorised_is_begun_and_recorded_by_the_program_BR_115():
    given(WHANAU, *AGREED).when(BEGIN).then(BEGUN)
    given(WHANAU, *UNDER_WAY).when(RECORD).then(TOMBSTONE)


def test_what_is_settled_is_not_authorised_BR_115():
    for history in (each for each in HISTORIES.values() if len(each) > 1):
        given(WHANAU, *history).by(by(CARA)).when(AUTHORISE).then_refused(DisposalSettled)


@pytest.mark.parametrize("history", [WAITS, AGREED], ids=["asked", "authorised"])
def test_another_one_declines_and_whoever_asked_withdraws_until_it_has_begun_BR_115(history):
    waiting = given(WHANAU, *history)
    for other in (BELL, CARA):
        declined = replace(DECLINED, declined_by=other)
        waiting.by(by(other)).when(DECLINE).then(declined).then_asked_again().then_nothing()
        waiting.by(by(other)).when(WITHDRAW).then_refused(NotWhoAsked)
    waiting.by(by(ANA)).when(WITHDRAW).then(WITHDRAWN).then_asked_again().then_nothing()
    waiting.by(by(ANA)).when(DECLINE).then_refused(SecondIsTheFirst)


@pytest.mark.parametrize("history", ["begun", "done"])
def test_nobody_declines_or_withdraws_what_may_be_half_done_BR_115(history):
    under_way = given(WHANAU, *HISTORIES[history])
    for who, command in ((BELL, DECLINE), (CARA, DECLINE), (ANA, WITHDRAW)):
        under_way.by(by(who)).when(command).then_refused(DisposalSettled)


@pytest.mark.parametrize(
    "history", ["declined", "withdrawn", "authorised, then declined", "authorised, then withdrawn"]
)
def test_what_was_declined_or_withdrawn_stays_so_BR_115(history):
    over = given(WHANAU, *HISTORIES[history])
    for who, command in ((CARA, AUTHORISE), (CARA, DECLINE), (ANA, AUTHORISE)):
        assert refused(over.by(by(who)).when(command))
    over.when(BEGIN).then_refused(DisposalSettled)


def test_what_nobody_authorised_in_time_can_still_be_declined_or_withdrawn_BR_115():
    late = given(WHANAU, *WAITS).on(LAST_DAY + DAY)
    late.by(by(BELL)).when(DECLINE).then(DECLINED)
    late.by(by(ANA)).when(WITHDRAW).then(WITHDRAWN)


def test_of_what_nobody_asked_for_nothing_comes_BR_115():
    for who, command in ((BELL, AUTHORISE), (BELL, DECLINE), (ANA, WITHDRAW), (ANA, BEGIN), (ANA, RECORD)):
        given(WHANAU).by(by(who)).when(command).then_refused(NoSuchDisposal)


REPEATED = {
    "ask": (ANA, (), ask(HANA)),
    "authorise": (BELL, WAITS, AUTHORISE),
    "decline": (BELL, WAITS, DECLINE),
    "withdraw": (ANA, WAITS, WITHDRAW),
    "begin": (ANA, AGREED, BEGIN),
    "record": (ANA, UNDER_WAY, RECORD),
}


@pytest.mark.parametrize("what", REPEATED)
def test_each_is_one_fact_however_often_it_is_asked_BR_115(what):
    who, history, command = REPEATED[what]
    outcome = given(WHANAU, *history).by(by(who)).when(command)
    assert len(outcome.events) == 1
    outcome.then_asked_again().then_nothing()


@pytest.mark.parametrize("what", ["ask", "authorise", "begin", "record"])
def test_a_late_repeat_is_nothing_as_well_BR_115(what):
    """Whoever's answer was lost asks again, and meanwhile it may have been carried out."""
    who, _, command = REPEATED[what]
    given(WHANAU, *HISTORIES["done"]).by(by(who)).when(command).then_nothing()


def test_a_repeat_is_nothing_also_where_it_would_be_refused_by_now_BR_115():
    erased = register().cares(MERE, HANA).erases(HANA, MERE)
    for what in ("authorise", "begin", "record"):
        who, history, command = REPEATED[what]
        (happened,) = given(WHANAU, *history).by(by(who)).when(command).events
        given(erased, *history, happened).on(LAST_DAY + DAY).by(by(who)).when(command).then_nothing()


def test_what_has_begun_is_finished_whatever_holds_by_now_BR_115():
    held = register().cares(MERE, HANA).cares(NAN, HANA).holds(Caregiver, MERE).works(HANA)
    assert refused(given(held, *AGREED).when(BEGIN))
    given(held, *UNDER_WAY).when(BEGIN).then_nothing()
    given(held, *UNDER_WAY).when(RECORD).then(TOMBSTONE)


def test_a_tombstone_stays_that_says_whose_what_by_which_authority_and_by_whom_BR_115():
    assert TOMBSTONE.people == PEOPLE
    state = fold(Disposal, HISTORIES["done"])
    assert (state.status, state.settled_by) == (DisposalStatus.DONE, BELL)
    assert state.order == ORDER
    for event in (AUTHORISED, BEGUN, TOMBSTONE):
        assert not any(isinstance(getattr(event, each.name), Sealed) for each in fields(event))


def test_the_history_of_a_disposal_folds_without_the_keys_that_it_destroyed_BR_115():
    erased = register().cares(MERE, HANA).erases(HANA, MERE)
    given(erased, *HISTORIES["begun"]).when(RECORD).then(TOMBSTONE)


REASONS = {"ask": REASON, "decline": "No", "withdraw": "No"}


@pytest.mark.parametrize("what", REASONS)
def test_why_is_sealed_and_dies_with_the_identity_of_any_of_those_concerned_BR_115(what):
    who, history, command = REPEATED[what]
    (happened,) = given(WHANAU, *history).by(by(who)).when(command).events
    reason = happened.reason  # type: ignore[attr-defined]  # each of the three has one
    assert reason.open() == REASONS[what]
    assert (reason.data_class, reason.about) == (DataClass.IDENTITY, (HANA, MERE))
    assert reason.subject not in {HANA, MERE, DISPOSAL}
    assert REASONS[what] not in repr(happened)


def test_why_is_about_those_only_of_whom_it_is_known_who_they_are_BR_115():
    """So that nothing is sealed with a key that cannot be had any more."""
    partly = register().cares(MERE, HANA).erases(HANA)
    assert asked(partly, HANA).reason.about == (MERE,)
    (no,) = given(partly, *WAITS).by(by(BELL)).when(DECLINE).events
    assert isinstance(no, DisposalDeclined)
    assert no.reason.about == (MERE,)


@pytest.mark.parametrize("person", [HANA, MERE, PITA], ids=["a student", "a caregiver", "a user"])
def test_a_second_disposal_of_somebody_whose_identity_is_gone_can_still_be_asked_for_BR_115(person):
    first = asked(register(), person)
    again = asked(register().erases(person), person)
    assert again.order == first.order
    assert again.reason.about == ()
    gone = given(register().erases(person), again)
    gone.by(by(BELL)).when(AUTHORISE).then(authorised(again))
    given(register().erases(person), again, authorised(again)).when(BEGIN).then(BEGUN)


def test_each_kind_of_person_can_be_named_and_nobody_else_BR_115():
    people = register()
    assert reached(people, HANA) == People(students=(HANA,))
    assert reached(people, MERE) == People(caregivers=(MERE,))
    assert reached(people, PITA) == People(users=(PITA,))
    given(people).by(by(ANA)).when(ask(DISPOSAL)).then_refused(NobodyThere, "person")


def test_a_caregiver_who_is_named_is_erased_alone_BR_115():
    assert reached(register().cares(MERE, HANA), MERE) == People(caregivers=(MERE,))


def test_why_it_was_refused_says_nothing_of_the_person_BR_115():
    held = register().holds(Caregiver, MERE)
    outcome = given(held).by(by(ANA)).when(ask(MERE))
    outcome.then_refused(UnderLegalHold)
    assert isinstance(outcome.what, Refused)
    assert str(MERE) not in f"{outcome.what!r} {outcome.what.message}"


ANYTHING = st.lists(
    st.tuples(
        st.sampled_from([ANA, ANA, BELL, CARA]),
        st.sampled_from([ask(HANA), AUTHORISE, AUTHORISE, DECLINE, WITHDRAW, BEGIN, BEGIN, RECORD]),
        st.integers(0, 10),
    ),
    max_size=12,
)


@settings(max_examples=300, deadline=None)
@hypothesis_given(tries=ANYTHING)
def test_whatever_officers_try_nothing_is_destroyed_on_which_two_did_not_agree_BR_115(tries):
    history: tuple[Any, ...] = ()
    today, over = TODAY, False
    agreed: set[UUID] = set()
    asker, last = ANA, TODAY
    for who, command, days in tries:
        today += days * DAY
        outcome = given(WHANAU, *history).on(today).by(by(who)).when(command)
        new = () if refused(outcome) else outcome.events
        assert not (over and new)
        for event in new:
            if isinstance(event, DisposalAskedFor):
                asker, last = who, today + 14 * DAY
                agreed = {who}
            elif isinstance(event, DisposalAuthorised):
                assert (who != asker, today <= last) == (True, True)
                agreed = {asker, who}
            elif isinstance(event, DisposalBegun | SubjectKeysDestroyed):
                assert len(agreed) == 2
            over = over or isinstance(event, DisposalDeclined | DisposalWithdrawn | SubjectKeysDestroyed)
        history += new


@pytest.mark.parametrize("role", Role)
def test_privacy_officers_alone_decide_of_disposals_and_the_program_alone_carries_them_out_BR_115(role):
    actor = Actor(user=SOMEBODY.user, role=role, organisation=MINISTRY)
    held = User(grants=(Grant(role=role, organisation=MINISTRY, from_on=TODAY),))
    context = world(Disposal).by(actor).knowing({Ref(User, actor.user): held}).context()
    whose = {Role.PRIVACY_OFFICER: (ask(HANA), AUTHORISE, DECLINE, WITHDRAW), Role.SYSTEM: (BEGIN, RECORD)}
    for command in (ask(HANA), AUTHORISE, DECLINE, WITHDRAW, BEGIN, RECORD):
        if command in whose.get(role, ()):
            authority().check(command, Disposal(), context)
        else:
            with pytest.raises(NotAllowed):
                authority().check(command, Disposal(), context)
