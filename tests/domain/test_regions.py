"""Which regional office a case is with: that of its contract, or of its place while nobody has it (BR-32, BR-132)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from domain.authority import NotAllowed, NotFound
from domain.cases.allocating import AllocationFailed, Failure
from domain.cases.case import Case, CaseType
from domain.cases.pausing import PauseCase
from domain.catchments.catchment import Catchment, Contract
from domain.decision import Actor, Known, NotRead, Ref
from domain.ids import region_id
from domain.permits import authority, facts_of
from domain.providers.provider import Provider, ProviderKind
from domain.regions import region_of
from domain.schools.school import InCatchment, School
from domain.users.user import Grant, Role, User
from tests.domain.cases.scenes import (
    ALL_FOUR,
    ALLOCATED,
    AWHI,
    CREATED,
    HANA,
    KAURI,
    KAURI_ITSELF,
    LONG_AGO,
    MANAGER,
    NORTH,
    SOUTH,
    TAUTOKO,
    catchment,
    provider,
    school,
)
from tests.domain.given import TODAY, World, fold, world

WELLINGTON, WAIKATO, OTAGO, TARANAKI = (region_id(name) for name in ("Wellington", "Waikato", "Otago", "Taranaki"))
CASE = fold(Case, (CREATED, ALLOCATED))
WAITING = fold(Case, (CREATED, AllocationFailed(catchment=NORTH, reason=Failure.NO_CONTRACT)))


def within(region: str, state: Any) -> Any:
    return replace(state, details=replace(state.details, region=region))


NORTH_ITSELF = within("Wellington", catchment("NORTH", AWHI))
PLACES = {
    Ref(Catchment, NORTH): NORTH_ITSELF,
    Ref(Catchment, SOUTH): within("Waikato", catchment("SOUTH", AWHI)),
    Ref(Provider, AWHI): within("Otago", provider("AWHI")),
    Ref(Provider, TAUTOKO): within("Otago", provider("TAUTOKO")),
    Ref(Provider, KAURI_ITSELF): within("Otago", provider("100", ProviderKind.SCHOOL)),
    Ref(School, KAURI): within("Taranaki", school("100", "Kauri", NORTH)),
}


def where(**places: Any) -> World:
    """The country, with some places otherwise."""
    named = {"north": Ref(Catchment, NORTH), "kauri": Ref(School, KAURI), "awhi": Ref(Provider, AWHI)}
    return world(Case).knowing(PLACES | {named[name]: state for name, state in places.items()})


def test_a_case_is_with_the_region_of_the_catchment_whose_contract_it_is_worked_under_BR_132():
    assert region_of(CASE, where().context()) == WELLINGTON
    assert region_of(replace(CASE, catchment=SOUTH), where().context()) == WAIKATO


def test_the_region_keeps_the_case_of_a_contract_that_has_ended_BR_42():
    ended = Contract(provider=AWHI, from_on=LONG_AGO, to_on=TODAY - timedelta(days=1), funding_cents=0)
    now = Contract(provider=TAUTOKO, from_on=TODAY, funding_cents=0)
    assert region_of(CASE, where(north=replace(NORTH_ITSELF, contracts=(ended, now))).context()) == WELLINGTON


@pytest.mark.parametrize("who", [TAUTOKO, KAURI_ITSELF])
@pytest.mark.parametrize("of", [NORTH, None])
def test_without_a_contract_for_the_catchment_it_is_with_the_providers_own_region_BR_132(who, of):
    """The Ministry named another provider, or the school works the case itself."""
    assert region_of(replace(CASE, provider=who, catchment=of), where().context()) == OTAGO


def test_a_case_that_waits_is_with_the_region_of_the_catchment_that_its_school_is_in_today_BR_32():
    assert region_of(WAITING, where().context()) == WELLINGTON
    rezoned = replace(
        PLACES[Ref(School, KAURI)],
        catchments=(
            InCatchment(catchment=NORTH, from_on=LONG_AGO),
            InCatchment(catchment=SOUTH, from_on=TODAY),
            InCatchment(catchment=NORTH, from_on=TODAY + timedelta(days=1)),
        ),
    )
    assert region_of(WAITING, where(kauri=rezoned).context()) == WAIKATO


def test_a_case_of_a_school_in_no_catchment_is_with_the_region_of_the_school_so_that_it_is_never_lost_BR_32():
    nowhere = replace(PLACES[Ref(School, KAURI)], catchments=())
    assert region_of(WAITING, where(kauri=nowhere).context()) == TARANAKI
    assert region_of(WAITING, where(north=Catchment()).context()) == TARANAKI
    assert region_of(WAITING, where(kauri=School()).context()) is None
    assert region_of(replace(WAITING, school=None, catchment=None), where().context()) is None


def test_a_nen_that_waits_goes_by_its_own_catchment_and_not_by_that_of_its_last_school_BR_33():
    assert region_of(replace(WAITING, type=CaseType.NEN, catchment=SOUTH), where().context()) == WAIKATO


def test_the_facts_of_a_case_tell_its_region_BR_132():
    assert facts_of(CASE, where().context()).regions == {WELLINGTON}
    assert facts_of(Case(), where().context()).regions == frozenset()
    assert facts_of(WAITING, where(kauri=School()).context()).regions == frozenset()


def command(organisation: Any, role: Role = Role.REGIONAL_ADVISOR) -> set[Ref]:
    """Have somebody ask to pause the case; answers what was read for it."""
    me = Actor(user=MANAGER, role=role, organisation=organisation)
    grant = Grant(role=role, organisation=organisation, from_on=LONG_AGO)
    asked = where().by(me).at(HANA).knowing({Ref(User, MANAGER): User(grants=(grant,))})
    read: set[Ref] = set()

    def look(need: Any) -> Any:
        read.add(need)
        return asked.look(need)

    authority().check(PauseCase(attestations=ALL_FOUR), replace(CASE, manager=MANAGER), asked.context(Known(look)))
    return read


def test_a_regional_advisor_does_nothing_to_a_case_and_one_of_another_region_does_not_see_it_BR_69_132():
    with pytest.raises(NotAllowed):
        command(WELLINGTON)
    for elsewhere in (WAIKATO, OTAGO):
        with pytest.raises(NotFound):
            command(elsewhere)


def test_nobody_elses_command_depends_on_the_region_so_that_no_change_of_a_contract_stops_it():
    read = command(AWHI, Role.CASE_MANAGER)
    assert {ref.of for ref in read}.isdisjoint({Catchment, School, Provider})


def test_the_region_is_asked_for_as_every_fact_is():
    with pytest.raises(NotRead):
        region_of(CASE, where().context(Known(_unread)))


def _unread(need: Any) -> Any:
    raise NotRead(need)
