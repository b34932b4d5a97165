"""Contracting: one provider at a time serves a catchment, and requests go to it (BR-30, BR-32)."""

from dataclasses import dataclass, replace
from datetime import date
from typing import TypeAlias
from uuid import UUID

from domain.bounds import Cents
from domain.catchments.catchment import Catchment, Contract
from domain.decision import Context, Refused
from domain.effective import overlap, require_order
from domain.providers.provider import Provider, ProviderKind
from domain.text import STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordContract:
    """Contract a provider for this catchment; the funding is that of the whole period."""

    __pydantic_config__ = STRICT

    provider: UUID
    from_on: date
    to_on: date | None = None
    funding_cents: Cents

    def decide(self, catchment: Catchment, context: Context) -> list["ContractRecorded"]:
        self._require_sound(catchment, context)
        if self._contract in catchment.contracts:
            return []
        if any(overlap(self._contract, each) for each in catchment.contracts):
            raise ContractsOverlap("from_on")
        return [ContractRecorded(contract=self._contract)]

    def _require_sound(self, catchment: Catchment, context: Context) -> None:
        require_order(self.from_on, self.to_on)
        if self.funding_cents < 0:
            raise NegativeFunding("funding_cents")
        catchment.require()
        provider = context.fact(Provider, self.provider).details
        if provider is None or provider.kind is not ProviderKind.CATCHMENT:
            raise NotAContractor("provider")

    @property
    def _contract(self) -> Contract:
        return Contract(
            provider=self.provider,
            from_on=self.from_on,
            to_on=self.to_on,
            funding_cents=self.funding_cents,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRecorded:
    """A provider is contracted for the catchment: requests of these days are allocated to it (BR-30)."""

    contract: Contract

    def evolve(self, catchment: Catchment) -> Catchment:
        return replace(catchment, contracts=(*catchment.contracts, self.contract))


@dataclass(frozen=True, slots=True, kw_only=True)
class EndContract:
    """Say which day is the last of a provider's contract. Its active cases stay with it (BR-42)."""

    __pydantic_config__ = STRICT

    provider: UUID
    to_on: date

    def decide(self, catchment: Catchment, context: Context) -> list["ContractEnded"]:
        contract = catchment.contract_on(self.to_on)
        if contract is None or contract.provider != self.provider:
            raise NoSuchContract("to_on")
        if contract.to_on == self.to_on:
            return []
        return [ContractEnded(provider=self.provider, from_on=contract.from_on, to_on=self.to_on)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractEnded:
    """The contract that began on `from_on` has `to_on` as its last day; active cases stay with the provider (BR-42)."""

    provider: UUID
    from_on: date
    to_on: date

    def evolve(self, catchment: Catchment) -> Catchment:
        return replace(catchment, contracts=tuple(self._ended(each) for each in catchment.contracts))

    def _ended(self, contract: Contract) -> Contract:
        ours = (contract.provider, contract.from_on) == (self.provider, self.from_on)
        return replace(contract, to_on=self.to_on) if ours else contract


class NotAContractor(Refused):
    """There is no such provider, or it is the in-school provision of one school."""


class NegativeFunding(Refused):
    """The funding of a contract is not less than nothing."""


class ContractsOverlap(Refused):
    """Another contract covers a part of this time; one provider at a time serves a catchment."""


class NoSuchContract(Refused):
    """The provider has no contract for this catchment on this day."""


Command: TypeAlias = RecordContract | EndContract
Event: TypeAlias = ContractRecorded | ContractEnded
