"""Regions: which of the Ministry's regional offices a case is with (BR-32, BR-132)."""

from uuid import UUID

from domain.cases.allocating import located
from domain.cases.case import NOBODY, Case
from domain.catchments.catchment import Catchment
from domain.decision import Context
from domain.ids import region_id
from domain.providers.provider import Provider
from domain.schools.school import School


def region_of(case: Case, context: Context) -> UUID | None:
    """Return the office whose contract the case is worked under; while nobody has it, that of its place.

    `projections.regions.within` says the same in SQL.
    """
    name = _of_place(located(case, context), context) if case.provider is None else _of_contract(case, context)
    return region_id(name) if name else None


def _of_contract(case: Case, context: Context) -> str | None:
    """In-school provision, and whom the Ministry named, have no contract for the catchment: their own region counts."""
    provider = case.provider or NOBODY
    catchment = _catchment(case, context)
    return catchment.region if catchment.contracted(provider) else context.fact(Provider, provider).region


def _of_place(case: Case, context: Context) -> str | None:
    """A school in no catchment has a region all the same: no request is lost (BR-32)."""
    region = _catchment(case, context).region
    return context.fact(School, case.school).region if region is None and case.school else region


def _catchment(case: Case, context: Context) -> Catchment:
    return context.fact(Catchment, case.catchment) if case.catchment else Catchment()
