"""Schools: what each is, its catchments and its own funding by date, one row each; all public."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from domain.ids import region_id
from domain.schools.funding import IspFundingEnded, IspFundingGranted
from domain.schools.registering import SchoolDetailsChanged, SchoolRegistered
from domain.schools.school import InCatchment, IspFunding, SchoolAuthority
from domain.schools.zoning import SchoolCatchmentChanged
from eventstore.log import Recorded
from projections.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    school_id: UUID
    number: str = ""
    name: str = ""
    type: str = ""
    authority: SchoolAuthority | None = None
    region: str = ""
    office: UUID | None = None
    territorial_authority: str = ""
    anniversary_set: str = ""
    opened_on: date | None = None
    closed_on: date | None = None
    catchments: tuple[InCatchment, ...] = ()
    isp: tuple[IspFunding, ...] = ()


project: Final = Model("schools", Row, key=("school_id",), present=(("name",),))


@project.on(SchoolRegistered, SchoolDetailsChanged)
def described(row: Row | None, event: SchoolRegistered | SchoolDetailsChanged, recorded: Recorded) -> Row:
    told = event.details
    return replace(
        row or Row(school_id=recorded.stream),
        number=told.number,
        name=told.name,
        type=told.type,
        authority=told.authority,
        region=told.region,
        office=region_id(told.region),
        territorial_authority=told.territorial_authority,
        anniversary_set=told.anniversary_set,
        opened_on=told.opened_on,
        closed_on=told.closed_on,
    )


@project.on(SchoolCatchmentChanged)
def zoned(row: Row | None, event: SchoolCatchmentChanged, recorded: Recorded) -> Row:
    row = row or Row(school_id=recorded.stream)
    new = InCatchment(catchment=event.catchment, from_on=event.effective_on)
    return replace(row, catchments=(*row.catchments, new))


@project.on(IspFundingGranted)
def funded(row: Row | None, event: IspFundingGranted, recorded: Recorded) -> Row:
    row = row or Row(school_id=recorded.stream)
    return replace(row, isp=(*row.isp, IspFunding(from_on=event.from_on, to_on=event.to_on)))


@project.on(IspFundingEnded)
def funding_ended(row: Row, event: IspFundingEnded, recorded: Recorded) -> Row:
    return replace(row, isp=tuple(_ended(each, event) for each in row.isp))


def _ended(funding: IspFunding, event: IspFundingEnded) -> IspFunding:
    return replace(funding, to_on=event.to_on) if funding.from_on == event.from_on else funding
