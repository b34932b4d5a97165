"""A request is kept as far as it goes, and is nobody's case (BR-11)."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from domain.decision import Ref
from domain.policies.criteria import CRITERIA, Criteria, CriteriaValues, CriteriaVersion
from domain.requests.drafting import (
    CaRequestDraftExpired,
    CaRequestDraftExpiryWarned,
    CaRequestDraftSaved,
    DiscardDraft,
    ExpireDraft,
    NotWarned,
    SaveDraft,
    StillKept,
    WarnOfExpiry,
    WhyDiscarded,
)
from domain.requests.form import Form
from domain.requests.request import AlreadySettled, NoSuchRequest, Request, RequestStatus
from domain.sealed import UNKNOWN, DataClass, Sealed
from tests.domain.cases.scenes import AT_KAURI, AT_RIMU, FIRST_DAY, HANA, KAURI, LEAD, REQUEST
from tests.domain.given import note
from tests.domain.requests.forms import BEGUN, DISCARDED, request, saved

DISCARD = DiscardDraft(reason=WhyDiscarded.NOT_NEEDED)
LAST_DAY = FIRST_DAY + timedelta(days=60)


def warned(until=LAST_DAY):
    return CaRequestDraftExpiryWarned(kept_until_on=until)


@pytest.mark.parametrize("form", [Form(), BEGUN])
def test_a_draft_is_kept_with_whatever_is_missing_BR_11(form):
    request().when(SaveDraft(form=form)).then(saved(form)).then_asked_again().then_nothing()


def test_a_draft_is_no_case_and_takes_no_claim_BR_11():
    decision = request().when(SaveDraft(form=BEGUN)).decision
    assert [part.stream for part in decision.parts] == [Ref(Request, REQUEST)]
    assert decision.take == {}


def test_what_a_draft_says_dies_with_the_student_it_is_about_BR_11():
    (event,) = request().when(SaveDraft(form=BEGUN)).events
    assert event.form == note(BEGUN, DataClass.NARRATIVE, REQUEST, about=(HANA,), stream=REQUEST)
    assert event.form.about == (HANA,)


def test_a_draft_says_by_which_criteria_it_was_begun_BR_17():
    versions = (CriteriaVersion(version=3, effective_from=FIRST_DAY, values=CriteriaValues()),)
    (event,) = (
        request().knowing({Ref(Criteria, CRITERIA): Criteria(versions=versions)}).when(SaveDraft(form=BEGUN)).events
    )
    assert event.criteria_version == 3


def test_a_draft_grows_and_keeps_its_author_BR_11():
    more = Form(student=HANA, reason="Away since March.", year_level=5)
    colleague = request(saved()).by(type(AT_KAURI)(user=UUID(int=9), role="OFFICE_SUPPORT", organisation=KAURI))
    (event,) = colleague.when(SaveDraft(form=more)).events
    assert (event.author, event.form.open()) == (LEAD, more)


def test_a_draft_whose_key_was_destroyed_can_be_written_again():
    gone = saved()
    lost = CaRequestDraftSaved(
        submission=REQUEST,
        school=gone.school,
        author=gone.author,
        student=HANA,
        form=Sealed(REQUEST, DataClass.NARRATIVE, lambda: UNKNOWN, lazy=True),
        criteria_version=0,
        saved_on=FIRST_DAY,
    )
    request(lost).when(SaveDraft(form=BEGUN)).then(saved())


@pytest.mark.parametrize("ask", [SaveDraft(form=Form()), DISCARD])
def test_another_school_does_not_learn_that_there_is_a_draft_BR_11(ask):
    request(saved()).by(AT_RIMU).when(ask).then_refused(NoSuchRequest)


def test_a_draft_is_given_up():
    request(saved()).when(DISCARD).then(DISCARDED).then_asked_again().then_nothing()
    assert request(saved(), DISCARDED).state.status is RequestStatus.DISCARDED


def test_what_was_given_up_is_not_written_on():
    request(saved(), DISCARDED).when(SaveDraft(form=BEGUN)).then_refused(AlreadySettled)


def test_what_was_never_begun_is_not_given_up():
    request().when(DISCARD).then_refused(NoSuchRequest)


def test_a_school_is_warned_ten_days_before_a_draft_is_given_up_BR_11():
    on = LAST_DAY - timedelta(days=10)
    request(saved()).on(on - timedelta(days=1)).when(WarnOfExpiry()).then_refused(StillKept)
    request(saved()).on(on).when(WarnOfExpiry()).then(warned()).then_asked_again().then_nothing()


def test_a_draft_is_kept_for_sixty_days_and_then_given_up_BR_11():
    request(saved(), warned()).on(LAST_DAY).when(ExpireDraft()).then_refused(StillKept)
    expired = CaRequestDraftExpired(saved_on=FIRST_DAY)
    after = request(saved(), warned()).on(LAST_DAY + timedelta(days=1)).when(ExpireDraft())
    after.then(expired).then_asked_again().then_nothing()


def test_no_draft_is_given_up_without_a_warning_BR_11():
    request(saved()).on(LAST_DAY + timedelta(days=1)).when(ExpireDraft()).then_refused(NotWarned)


def test_a_draft_whose_warning_came_late_is_kept_ten_days_from_then_BR_11():
    late = LAST_DAY + timedelta(days=200)
    until = late + timedelta(days=10)
    request(saved()).on(late).when(WarnOfExpiry()).then(warned(until))
    request(saved(), warned(until)).on(until).when(ExpireDraft()).then_refused(StillKept)


def test_the_days_count_from_the_last_time_it_was_saved_BR_11():
    later = saved(on=date(2026, 6, 1))
    request(saved(), later).on(date(2026, 7, 20)).when(WarnOfExpiry()).then_refused(StillKept)


def test_a_draft_that_was_saved_after_the_warning_is_warned_of_anew_BR_11():
    again = saved(on=LAST_DAY)
    request(saved(), warned(), again).on(LAST_DAY + timedelta(days=1)).when(ExpireDraft()).then_refused(NotWarned)
    request(saved(), warned(), again).on(LAST_DAY + timedelta(days=50)).when(WarnOfExpiry()).then(
        warned(LAST_DAY + timedelta(days=60))
    )


@pytest.mark.parametrize("system", [WarnOfExpiry(), ExpireDraft()])
def test_what_was_given_up_is_left_alone(system):
    request(saved(), DISCARDED).on(LAST_DAY + timedelta(days=1)).when(system).then_nothing()


def test_nobody_is_warned_of_what_was_never_begun():
    request().when(WarnOfExpiry()).then_refused(NoSuchRequest)


def test_what_was_never_begun_does_not_expire():
    request().when(ExpireDraft()).then_refused(NoSuchRequest)
