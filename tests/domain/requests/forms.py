"""Requests for the tests: a draft begun, and a form that is complete."""

from datetime import date
from typing import Any

from domain.decision import Ref
from domain.requests.drafting import CaRequestDraftDiscarded, CaRequestDraftSaved, WhyDiscarded
from domain.requests.form import Form, WhanauContact
from domain.requests.request import Request
from domain.schools.school import School
from domain.sealed import DataClass
from domain.text import Address, AddressRole, AddressType, PersonName
from tests.domain.cases.scenes import (
    AT_KAURI,
    CONTACT,
    COUNTRY,
    FIRST_DAY,
    HANA,
    KAURI,
    LEAD,
    NORTH,
    REQUEST,
    school,
)
from tests.domain.given import World, note

BEGUN = Form(student=HANA, reason="Away since March.")
DISCARDED = CaRequestDraftDiscarded(reason=WhyDiscarded.NOT_NEEDED)
HOME = Address(type=AddressType.TH, role=AddressRole.CURRENT, line="1 Kauri Road")
MERE = PersonName(family_name="Tamatea", given_names="Mere")
FORM = Form(
    student=HANA,
    year_level=6,
    whanau=(WhanauContact(name=MERE, relation="MOTHER", phone="021 555 0101"),),
    home_address=HOME,
    basis="CHRONIC",
    reason="Sixteen days away this term.",
    actions_taken="Calls, a visit, a plan.",
    strategies_tried=True,
    plan_made_on=date(2026, 3, 2),
    indicators=("PRIOR_SERVICE", "PLAN_REVIEWED_NO_GAIN"),
    primary_contact=CONTACT,
    whanau_told=True,
)
FUNDED = {Ref(School, KAURI): school("100", "Kauri", NORTH, isp=True)}
request: Any = World(Request, facts=COUNTRY, actor=AT_KAURI, stream=REQUEST)
"""A request of the school in this country; `request(*events)` says how it stands."""


def saved(form=BEGUN, on=FIRST_DAY, about=(HANA,)):
    return CaRequestDraftSaved(
        submission=REQUEST,
        school=KAURI,
        author=LEAD,
        student=form.student,
        form=note(form, DataClass.NARRATIVE, REQUEST, stream=REQUEST, about=about if form.student else ()),
        criteria_version=0,
        saved_on=on,
    )
