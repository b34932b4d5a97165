"""The places of the simulation: sample schools in catchments of the shipped sample, with one provider each."""

import json
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from adapters.holiday_data import shipped_years
from adapters.sample_catchments import DATA
from domain.calendars.counting import ListedDays
from domain.calendars.names import AnniversarySet
from domain.calendars.years import Edition
from domain.ids import catchment_id, in_school_provider_id, provider_id, school_id

REGION: Final = "Wellington"
PRIMARY: Final = range(1, 9)
SECONDARY: Final = range(9, 14)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A school of the sample; `isp` says that it is funded for provision of its own, `share` how many of the cases."""

    number: str
    name: str
    type: str
    years: range
    territory: str
    catchment: str
    share: int
    isp: bool = False

    @property
    def id(self) -> UUID:
        return school_id(self.number)

    @property
    def provider(self) -> UUID:
        return provider_id(f"ASP_{self.catchment}")

    @property
    def own_provider(self) -> UUID:
        return in_school_provider_id(self.number)

    @property
    def catchment_id(self) -> UUID:
        return catchment_id(self.catchment)

    @property
    def town(self) -> str:
        return self.territory.removesuffix(" City").removesuffix(" District")


def _primary(number: str, name: str, territory: str, catchment: str, share: int) -> Place:
    return Place(
        number=number,
        name=f"{name} (sample)",
        type="Full Primary",
        years=PRIMARY,
        territory=territory,
        catchment=catchment,
        share=share,
    )


def _secondary(number: str, name: str, territory: str, catchment: str, share: int) -> Place:
    return Place(
        number=number,
        name=f"{name} (sample)",
        type="Secondary (Year 9-15)",
        years=SECONDARY,
        territory=territory,
        catchment=catchment,
        share=share,
        isp=share > FUNDED_FROM,
    )


FUNDED_FROM: Final = 12
"""From this share of the cases on, a secondary school of the sample has in-school provision."""

_PORIRUA: Final = ("Porirua City", "PORIRUA")
_KAPITI: Final = ("Kapiti Coast District", "KAPITI_COAST")
_HUTT: Final = ("Lower Hutt City", "LOWER_HUTT")

PLACES: Final = (
    _secondary("99901", "Te Kura Tuarua o Kōwhai", *_PORIRUA, 16),
    _primary("99902", "Tītahi Ridge School", *_PORIRUA, 8),
    _primary("99903", "Te Kura o Rātā", *_PORIRUA, 6),
    _secondary("99904", "Harbourside College", *_PORIRUA, 11),
    _secondary("99905", "Kāpiti Shore College", *_KAPITI, 10),
    _primary("99906", "Te Kura o Nīkau", *_KAPITI, 5),
    _primary("99907", "Dunes Road School", *_KAPITI, 4),
    _secondary("99908", "Te Awa High School", *_HUTT, 14),
    _primary("99909", "Riverbend School", *_HUTT, 7),
    _primary("99910", "Te Kura o Tōtara", *_HUTT, 6),
    _secondary("99911", "Eastern Hills College", *_HUTT, 9),
    _primary("99912", "Fernside School", *_HUTT, 4),
)
"""Schools that do not exist, with numbers that the Ministry has not given out."""


PROVIDER_NAMES: Final = {
    provider_id(each["code"]): each["name"] for each in json.loads((DATA / "providers.json").read_bytes())["providers"]
} | {each.own_provider: f"{each.name}: in-school provision" for each in PLACES if each.isp}
"""How the contracted providers of the sample are called, and those of funded schools."""


def days_of(place: Place) -> tuple[ListedDays, ListedDays]:
    """Return the school days of a school and the working days around it, by the calendars that are shipped."""
    edition = Edition(version=1, years=shipped_years())
    working = edition.working_days(AnniversarySet.WELLINGTON)
    return edition.school_days(place.id, AnniversarySet.WELLINGTON), working
