"""Where a case stands, and what schools are shown of it (BR-86, BR-137)."""

import pytest

from domain.cases.status import ACTIVE, EDGES, ENDED, SHOWN, Status

PUBLISHED = {
    "Provider Queue": (
        "The case has been received by the provider and is waiting to be assigned to a Case Manager",
        "No action required.",
    ),
    "Open": (
        (
            "A Case Manager is actively working on the case \N{EN DASH} meeting with the school, student, and"
            " whānau or caregivers, identifying barriers to attendance, engaging other services, and developing"
            " a student plan."
        ),
        "Add notes/comments, view the timeline, and engage with the Case Manager as needed.",
    ),
    "Transition": (
        (
            "Attendance has stabilised, or the student is engaged with the school process and no longer needs"
            " additional support from the attendance service. The school continues to support the student using"
            " the strategies in their Attendance Management Plan, supported by the STAR Framework. The case"
            " manager steps back from actively managing the case and remains available to the school if needed."
        ),
        "Lead attendance support. Contact the Provider if further help is needed.",
    ),
    "Closed": (
        "The Provider has closed the case.",
        "Continue managing attendance. Submit a new request if support is needed again.",
    ),
}
NAMES = {
    Status.CIT_REVIEW: "With Ministry",
    Status.UNALLOCATED: "With Ministry",
    Status.PROVIDER_QUEUE: "Provider Queue",
    Status.OPEN: "Open",
    Status.PAUSED: "Open",
    Status.TRANSITION: "Transition",
    Status.CLOSED: "Closed",
    Status.CLOSED_BY_CIT: "Closed",
}


@pytest.mark.parametrize("status", list(Status))
def test_schools_are_shown_the_published_words_BR_137(status):
    shown = SHOWN[status]
    assert shown.name == NAMES[status]
    if shown.name in PUBLISHED:
        assert (shown.description, shown.school_action) == PUBLISHED[shown.name]


def test_only_a_paused_case_carries_the_mark_of_a_pause_BR_137():
    assert [status for status in Status if SHOWN[status].paused] == [Status.PAUSED]


def test_a_case_is_active_in_every_status_but_the_closed_ones_BR_86():
    assert set(ACTIVE) | set(ENDED) == set(Status)
    assert set(ENDED) == {Status.CLOSED, Status.CLOSED_BY_CIT}


def test_a_case_closed_by_cit_goes_nowhere():
    assert EDGES[Status.CLOSED_BY_CIT] == frozenset()


def test_every_status_can_be_reached_and_has_edges_of_its_own():
    assert set(EDGES) == {None, *Status}
    assert frozenset().union(*EDGES.values()) == frozenset(Status)
