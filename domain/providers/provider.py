"""A provider, as later decisions need it."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from domain.ids import NaturalId, in_school_provider_id, provider_id, school_id
from domain.text import STRICT, Code, ShortText


class ProviderKind(StrEnum):
    """Contracted for a catchment, or a school that supports its own students (ISP)."""

    CATCHMENT = "CATCHMENT"
    SCHOOL = "SCHOOL"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderDetails:
    """What the Ministry says of a provider; all public."""

    __pydantic_config__ = STRICT

    code: Code  # of in-school provision: the number of the school
    name: ShortText
    kind: ProviderKind
    region: ShortText  # the regional office that holds the contract (BR-132)
    anniversary_set: Code  # of its office: counts its own duties (BR-110)

    @property
    def id(self) -> NaturalId:
        """The id of the stream that this provider has."""
        return in_school_provider_id(self.code) if self.kind is ProviderKind.SCHOOL else provider_id(self.code)

    @property
    def school(self) -> UUID | None:
        """The school of in-school provision."""
        return school_id(self.code) if self.kind is ProviderKind.SCHOOL else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    details: ProviderDetails | None = None

    @property
    def registered(self) -> bool:
        return self.details is not None

    @property
    def region(self) -> str | None:
        return self.details.region if self.details else None
