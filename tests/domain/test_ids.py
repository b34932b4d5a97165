"""Ids of what has a public natural key."""

from uuid import UUID

from domain import ids


def test_the_same_key_names_the_same_stream():
    assert ids.school_id("12") == ids.school_id("12") != ids.school_id("13")


def test_zeros_in_front_of_a_school_number_do_not_make_another_school():
    assert ids.school_id("0012") == ids.school_id("12")


def test_the_same_key_of_another_kind_is_another_stream():
    made = [
        f("12")
        for f in (
            ids.school_id,
            ids.catchment_id,
            ids.provider_id,
            ids.in_school_provider_id,
            ids.region_id,
            ids.policy_id,
            ids.calendar_id,
            ids.code_set_id,
        )
    ]
    assert len({*made, ids.MINISTRY}) == len(made) + 1


def test_ids_never_change_because_streams_are_named_by_them():
    assert ids.school_id("1") == UUID("c842c63f-3e9b-55a6-b5df-b893604e43d3")
    assert ids.policy_id("service") == UUID("0c992e32-8346-55c0-ab3f-775c1ff481f1")
