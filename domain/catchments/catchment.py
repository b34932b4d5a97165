"""A catchment and its contracts: one stream, so that "no contract" has a version to guard."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from domain.decision import Refused
from domain.effective import on
from domain.text import STRICT, Code, ShortText


@dataclass(frozen=True, slots=True, kw_only=True)
class CatchmentDetails:
    """What the Ministry's list says of a catchment; all public."""

    __pydantic_config__ = STRICT

    code: Code
    name: ShortText
    region: ShortText
    anniversary_set: Code  # working days of a case are counted with the set of its catchment (BR-7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """Who serves a catchment, from and to which day, both included, and the funding of the whole period."""

    provider: UUID
    from_on: date
    to_on: date | None = None
    funding_cents: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Catchment:
    details: CatchmentDetails | None = None
    contracts: tuple[Contract, ...] = ()

    @property
    def defined(self) -> bool:
        return self.details is not None

    @property
    def region(self) -> str | None:
        return self.details.region if self.details else None

    def require(self) -> None:
        """Raise unless there is such a catchment."""
        if not self.defined:
            raise NoSuchCatchment

    def contracted(self, provider: UUID) -> bool:
        """Say whether the provider has a contract here, or had one: its active cases stay with it (BR-42)."""
        return any(each.provider == provider for each in self.contracts)

    def contract_on(self, day: date) -> Contract | None:
        return on(self.contracts, day)

    def provider_on(self, day: date) -> UUID | None:
        """Return the provider contracted on the day (BR-30); None if there is no contract (BR-32)."""
        contract = self.contract_on(day)
        return contract.provider if contract else None


class NoSuchCatchment(Refused):
    """There is no such catchment."""
