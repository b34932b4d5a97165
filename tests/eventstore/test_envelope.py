"""The envelope says who asked, from where, because of what, and what was known."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.decision import Actor, Source
from eventstore.canonical import Misshapen
from eventstore.envelope import Envelope

ACTOR = Actor(user=UUID(int=1), role="CASE_MANAGER", organisation=UUID(int=2))

envelopes = st.builds(
    Envelope,
    user=st.uuids(),
    role=st.text(st.characters(exclude_categories=["Cs"])),
    organisation=st.uuids(),
    on_behalf_of=st.none() | st.uuids(),
    source=st.sampled_from(Source),
    correlation=st.none() | st.uuids(),
    causation=st.none() | st.uuids(),
    facts=st.dictionaries(st.uuids().map(str), st.integers(0)),
)


@given(envelopes)
def test_an_envelope_comes_back_as_it_was(envelope: Envelope):
    assert Envelope.decode(envelope.encode()) == envelope


def test_an_envelope_names_the_versions_of_the_facts_used():
    school, cause = uuid4(), uuid4()
    envelope = Envelope.of(ACTOR, {school: 3}, causation=cause)
    assert (envelope.facts, envelope.causation) == ({str(school): 3}, cause)
    assert (envelope.user, envelope.role, envelope.source) == (ACTOR.user, "CASE_MANAGER", Source.PORTAL)


def test_the_form_is_canonical():
    data = Envelope.of(ACTOR, {}).encode()
    assert data == (
        b'{"causation":null,"correlation":null,"facts":{},"on_behalf_of":null,'
        b'"organisation":"00000000-0000-0000-0000-000000000002","role":"CASE_MANAGER","source":"portal",'
        b'"user":"00000000-0000-0000-0000-000000000001"}'
    )


def test_what_was_not_recorded_in_its_day_is_blank():
    short = Envelope.of(ACTOR, {}).encode().replace(b'"causation":null,', b"")
    assert Envelope.decode(short).causation is None


def test_an_unknown_field_is_refused():
    with pytest.raises(Misshapen):
        Envelope.decode(b'{"more":1,' + Envelope.of(ACTOR, {}).encode()[1:])
