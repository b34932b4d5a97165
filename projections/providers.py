"""Providers: what each is, one row each; all public."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from domain.ids import region_id
from domain.providers.provider import ProviderKind
from domain.providers.registering import ProviderRegistered
from eventstore.log import Recorded
from projections.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    provider_id: UUID
    code: str
    name: str
    kind: ProviderKind
    region: str
    office: UUID
    anniversary_set: str


project: Final = Model("providers", Row, key=("provider_id",), present=(("name",),))


@project.on(ProviderRegistered)
def registered(row: Row | None, event: ProviderRegistered, recorded: Recorded) -> Row:
    told = event.details
    return Row(
        provider_id=recorded.stream,
        code=told.code,
        name=told.name,
        kind=told.kind,
        region=told.region,
        office=region_id(told.region),
        anniversary_set=told.anniversary_set,
    )
