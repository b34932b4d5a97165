"""Catchments: what each is, and who is contracted there by date, one row each; all public."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from domain.catchments.contracting import ContractEnded, ContractRecorded
from domain.catchments.defining import CatchmentDefined
from domain.ids import region_id
from eventstore.log import Recorded
from projections.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Contracted:
    """A provider's contract for the catchment; its last day included. What is paid for it is nobody's question here."""

    provider: UUID
    from_on: date
    to_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    catchment_id: UUID
    code: str
    name: str
    region: str
    office: UUID
    anniversary_set: str
    contracts: tuple[Contracted, ...] = ()


project: Final = Model("catchments", Row, key=("catchment_id",))


@project.on(CatchmentDefined)
def defined(row: Row | None, event: CatchmentDefined, recorded: Recorded) -> Row:
    told = event.details
    return Row(
        catchment_id=recorded.stream,
        code=told.code,
        name=told.name,
        region=told.region,
        office=region_id(told.region),
        anniversary_set=told.anniversary_set,
        contracts=row.contracts if row else (),
    )


@project.on(ContractRecorded)
def contracted(row: Row, event: ContractRecorded, recorded: Recorded) -> Row:
    told = event.contract
    new = Contracted(provider=told.provider, from_on=told.from_on, to_on=told.to_on)
    return replace(row, contracts=(*row.contracts, new))


@project.on(ContractEnded)
def ended(row: Row, event: ContractEnded, recorded: Recorded) -> Row:
    return replace(row, contracts=tuple(_ended(each, event) for each in row.contracts))


def _ended(contract: Contracted, event: ContractEnded) -> Contracted:
    ours = (contract.provider, contract.from_on) == (event.provider, event.from_on)
    return replace(contract, to_on=event.to_on) if ours else contract
