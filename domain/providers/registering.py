"""Providers: contracted organisations, and funded schools that support their own students (BR-134)."""

from dataclasses import dataclass, replace
from typing import TypeAlias

from domain.decision import Context, Refused
from domain.providers.provider import Provider, ProviderDetails
from domain.schools.school import School
from domain.text import STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterProvider:
    """Say what a provider is: opens its stream, or changes what was said; its code and its kind stay."""

    __pydantic_config__ = STRICT

    details: ProviderDetails

    def decide(self, provider: Provider, context: Context) -> list["ProviderRegistered"]:
        if context.stream != self.details.id:
            raise CodeOfAnotherProvider("code")
        if provider.details == self.details:
            return []
        school = self.details.school
        if school and not context.fact(School, school).registered:
            raise ProviderWithoutSchool("code")
        return [ProviderRegistered(details=self.details)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRegistered:
    """What the Ministry's list says of a provider, for the first time or anew; its code and its kind stay."""

    details: ProviderDetails

    def evolve(self, provider: Provider) -> Provider:
        return replace(provider, details=self.details)


class CodeOfAnotherProvider(Refused):
    """This is the code of another provider; a provider keeps its code and its kind."""


class ProviderWithoutSchool(Refused):
    """In-school provision has the number of its school as its code, and there is no such school."""


Command: TypeAlias = RegisterProvider
Event: TypeAlias = ProviderRegistered
