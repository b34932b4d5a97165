"""What is written about somebody has a key of its own, that nobody else can name and that tells whom it is about."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from domain.sealed import DataClass
from tests.domain.given import STREAM, World, note

ITEM, HANA, WIREMU = UUID(int=11), UUID(int=12), UUID(int=13)
IDS = st.integers(1, 40).map(lambda n: UUID(int=n))
PLACES = st.tuples(IDS, IDS, st.frozensets(IDS, max_size=3))


def key(stream, item, about):
    return note("…", DataClass.NARRATIVE, item, about=tuple(about), stream=stream).subject


@given(PLACES, PLACES)
def test_two_notes_share_a_key_only_if_they_are_one_item_of_one_stream_about_the_same_people(one, other):
    assert (key(*one) == key(*other)) == (one == other)


@given(PLACES)
def test_the_key_of_a_note_is_no_id_that_anybody_has_sent(place):
    stream, item, about = place
    assert key(*place) not in {stream, item, *about}


def test_a_note_told_again_has_the_same_key_in_whatever_order_its_people_are_named():
    asked = World(object, stream=STREAM).context()
    first, again = (
        asked.note("…", DataClass.HEALTH, ITEM, about=about) for about in ((HANA, WIREMU), (WIREMU, HANA, HANA))
    )
    assert (first.subject, first.about) == (again.subject, again.about)
