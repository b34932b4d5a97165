"""Code sets: which code may be chosen on a day, and that no label is ever lost."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.codesets.code_set import CodeEntry, CodeSet, UnknownCode, require_codes
from domain.codesets.publishing import (
    CodeDropped,
    CodeNeverValid,
    CodeSetPublished,
    CodeTwice,
    NameOfAnotherCodeSet,
    NotTheNextVersion,
    PublishCodeSet,
)
from domain.decision import Ref
from domain.ids import code_set_id
from tests.domain.given import TODAY, world

given = world(CodeSet).at(code_set_id("Relation"))
DAY = timedelta(days=1)
FROM, TO = date(2026, 2, 1), date(2026, 6, 30)
MOTHER = CodeEntry(code="MOTHER", label_en="Mother", label_mi="Whaea")
NANNY = CodeEntry(code="NANNY", label_en="Nanny", valid_from=FROM, valid_to=TO, replaced_by="GRANDPARENT")
PUBLISH = PublishCodeSet(name="Relation", version=1, codes=(MOTHER, NANNY))
PUBLISHED = CodeSetPublished(name="Relation", version=1, codes=(MOTHER, NANNY))


def test_a_code_is_valid_from_its_first_to_its_last_day_and_keeps_its_label():
    code_set = given(PUBLISHED).state
    days = (FROM - DAY, FROM, TO, TO + DAY)
    assert [code_set.valid("NANNY", day) for day in days] == [False, True, True, False]
    assert code_set.entry("NANNY").label_en == "Nanny"
    assert code_set.valid("MOTHER", date.min)
    assert code_set.valid("MOTHER", date.max)
    assert not code_set.valid("FRIEND", TODAY)
    assert not CodeSet().valid("MOTHER", TODAY)


def test_publishing_the_same_twice_makes_one_fact():
    given().when(PUBLISH).then(PUBLISHED).then_asked_again().then_nothing()


def test_a_published_version_is_not_edited_and_the_next_has_the_next_number():
    more = (MOTHER, NANNY, replace(MOTHER, code="FATHER"))
    given(PUBLISHED).when(replace(PUBLISH, codes=more)).then_refused(NotTheNextVersion, "version")
    given(PUBLISHED).when(replace(PUBLISH, version=3)).then_refused(NotTheNextVersion, "version")
    second = replace(PUBLISHED, version=2, codes=more)
    given(PUBLISHED).when(replace(PUBLISH, version=2, codes=more)).then(second)


def test_a_code_in_use_is_ended_and_not_left_out():
    fewer = replace(PUBLISH, version=2, codes=(MOTHER,))
    given(PUBLISHED).when(fewer).then_refused(CodeDropped, "codes")
    ended = replace(PUBLISH, version=2, codes=(replace(MOTHER, valid_to=TODAY), NANNY))
    assert given(PUBLISHED).when(ended).events


def test_a_code_stands_in_the_list_once_and_for_a_sound_time():
    given().when(replace(PUBLISH, codes=(MOTHER, MOTHER))).then_refused(CodeTwice, "codes")
    never = replace(NANNY, valid_to=FROM - DAY)
    given().when(replace(PUBLISH, codes=(never,))).then_refused(CodeNeverValid, "codes")
    assert given().when(replace(PUBLISH, codes=(replace(NANNY, valid_to=FROM),))).events


def test_a_set_keeps_its_name():
    given().when(replace(PUBLISH, name="Gender")).then_refused(NameOfAnotherCodeSet, "name")


def test_decisions_ask_for_codes_that_are_valid_today():
    listed = given.knowing({Ref(CodeSet, code_set_id("Relation")): [PUBLISHED]})
    require_codes(listed.context(), "Relation", "MOTHER", "NANNY", None, field="relation")
    for day, code in ((TODAY, "FRIEND"), (TO + DAY, "NANNY")):
        with pytest.raises(UnknownCode) as refused:
            require_codes(listed.on(day).context(), "Relation", "MOTHER", code, field="relation")
        assert refused.value.fields == ("relation",)


def test_where_no_code_is_given_no_list_is_read():
    context = given.context()
    require_codes(context, "Relation", None, field="relation")
    assert not context.known.used
