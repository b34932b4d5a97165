"""Sample catchments: 84 areas made of territorial authorities and Auckland local boards, each with one provider.

The Ministry's own list is not public. These are derived from its table of schools by the rules below, for demo
and tests, and are imported like any other list (`adapters/data/catchments.json` and `providers.json`).
"""

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from domain.calendars.names import AnniversarySet

DATA: Final = Path(__file__).parent / "data"
CONTRACTS_FROM: Final = "2026-01-05"
FUNDING_CENTS_PER_SCHOOL: Final = 4_000_000

COUNCILS: Final = {
    "Northland": ("Tai Tokerau", AnniversarySet.AUCKLAND),
    "Auckland": ("Tāmaki Herenga Manawa", AnniversarySet.AUCKLAND),
    "Waikato": ("Waikato", AnniversarySet.AUCKLAND),
    "Bay of Plenty": ("Bay of Plenty/Waiariki", AnniversarySet.AUCKLAND),
    "Gisborne": ("Hawke's Bay, Tairāwhiti", AnniversarySet.AUCKLAND),
    "Hawkes Bay": ("Hawke's Bay, Tairāwhiti", AnniversarySet.HAWKES_BAY),
    "Taranaki": ("Taranaki, Whanganui, Manawatū", AnniversarySet.TARANAKI),
    "Manawatu-Wanganui": ("Taranaki, Whanganui, Manawatū", AnniversarySet.WELLINGTON),
    "Wellington": ("Wellington", AnniversarySet.WELLINGTON),
    "Nelson": ("Nelson, Marlborough, West Coast", AnniversarySet.NELSON),
    "Tasman": ("Nelson, Marlborough, West Coast", AnniversarySet.NELSON),
    "Marlborough": ("Nelson, Marlborough, West Coast", AnniversarySet.MARLBOROUGH),
    "West Coast": ("Nelson, Marlborough, West Coast", AnniversarySet.WEST_COAST),
    "Canterbury": ("Canterbury, Chatham Islands", AnniversarySet.CANTERBURY),
    "Chatham Is. County": ("Canterbury, Chatham Islands", AnniversarySet.CHATHAM_ISLANDS),
    "Otago": ("Otago, Southland", AnniversarySet.OTAGO),
    "Southland": ("Otago, Southland", AnniversarySet.SOUTHLAND),
}
"""The Ministry region and the anniversary set of most of a regional council's area."""

REGION_OF: Final = {
    **dict.fromkeys(
        (
            "Auckland- Devonport-Takapuna",
            "Auckland- Henderson-Massey",
            "Auckland- Hibiscus and Bays",
            "Auckland- Kaipatiki",
            "Auckland- Rodney",
            "Auckland- Upper Harbour",
            "Auckland- Waitakere Ranges",
            "Auckland- Whau",
        ),
        "Tāmaki Herenga Tangata",
    ),
    **dict.fromkeys(
        (
            "Auckland- Franklin",
            "Auckland- Mangere-Otahuhu",
            "Auckland- Manurewa",
            "Auckland- Otara-Papatoetoe",
            "Auckland- Papakura",
        ),
        "Tāmaki Herenga Waka",
    ),
    "Taupo District": "Bay of Plenty/Waiariki",
}
"""Territories whose Ministry region is another than their council's."""

ANNIVERSARY_OF: Final = dict.fromkeys(
    ("Timaru District", "Mackenzie District", "Waimate District"), AnniversarySet.SOUTH_CANTERBURY
)
"""Territories whose anniversary day is another than their council's."""

JOINED: Final = {
    "Auckland- Great Barrier": "Auckland- Waitemata",
    "Auckland- Waiheke": "Auckland- Waitemata",
    "Carterton District": "South Wairarapa District",
    "Correspondence School": "Wellington City",
    "Not Applicable": "Wellington City",
}
"""Territories that are served with another one: too few schools for a catchment, or no place at all."""

NAMES: Final = {
    "Auckland- Kaipatiki": "Kaipātiki",
    "Auckland- Mangere-Otahuhu": "Māngere-Ōtāhuhu",
    "Auckland- Maungakiekie-Tamaki": "Maungakiekie-Tāmaki",
    "Auckland- Orakei": "Ōrākei",
    "Auckland- Otara-Papatoetoe": "Ōtara-Papatoetoe",
    "Auckland- Puketapapa": "Puketāpapa",
    "Auckland- Waitakere Ranges": "Waitākere Ranges",
    "Auckland- Waitemata": "Waitematā and the Gulf islands",
    "Kaikoura District": "Kaikōura",
    "Kapiti Coast District": "Kāpiti Coast",
    "Manawatu District": "Manawatū",
    "Opotiki District": "Ōpōtiki",
    "Otorohanga District": "Ōtorohanga",
    "South Wairarapa District": "Carterton and South Wairarapa",
    "Taupo District": "Taupō",
    "Wanganui District": "Whanganui",
    "Whakatane District": "Whakatāne",
    "Whangarei District": "Whangārei",
}
"""How catchments are called whose territory is written without macrons, or is not the only one."""

ALSO: Final = {"Wanganui District": "Whanganui District"}
"""Later names of territories."""

UNDIVIDED: Final = {"region": "Tāmaki Herenga Manawa", "anniversary_set": "AUCKLAND", "territories": ["Auckland"]}
"""Auckland without its local boards, as the directory has it: it has a region, but more than one catchment."""


def derived_catchments(schools: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Derive the catchments from the regional council and territory of every open school."""
    found = Counter(schools)
    territories = sorted({territory for _, territory in found}, key=_code)
    return [
        _catchment(territory, _council(territory, found), _with(territory, territories))
        for territory in territories
        if territory not in JOINED
    ]


def derived_providers(catchments: Iterable[dict[str, Any]], schools: Iterable[tuple[str, str]]) -> list[dict[str, Any]]:
    """Derive one provider for each catchment, with a contract funded by the number of its schools."""
    count = Counter(territory for _, territory in schools)
    return [_provider(catchment, sum(count[each] for each in catchment["territories"])) for catchment in catchments]


def written(name: str, entries: list[dict[str, Any]]) -> str:
    """Return the text of a file of sample data."""
    note = "Sample data, derived from territorial authorities: not the Ministry's list."
    return json.dumps({"sample": note, name: entries}, ensure_ascii=False, indent=1) + "\n"


@lru_cache(maxsize=4_096)
def folded(name: str) -> str:
    """Return a name as it is compared: without macrons, case, punctuation and the kind of authority."""
    plain = "".join(each for each in unicodedata.normalize("NFD", name) if not unicodedata.combining(each))
    words = re.findall(r"[a-z]+", plain.casefold().replace("'", "").replace("\N{RIGHT SINGLE QUOTATION MARK}", ""))
    return " ".join(word for word in words if word not in {"district", "city", "territory", "region", "council"})


def _council(territory: str, found: Counter[tuple[str, str]]) -> str:
    """Return the council in which most schools of the territory lie."""
    councils = Counter({council: number for (council, each), number in found.items() if each == territory})
    return councils.most_common(1)[0][0].removesuffix(" Region")


def _with(territory: str, territories: Iterable[str]) -> list[str]:
    joined = [each for each in territories if JOINED.get(each) == territory]
    later = [ALSO[territory]] if territory in ALSO else []
    return [territory, *joined, *later]


def _catchment(territory: str, council: str, territories: list[str]) -> dict[str, Any]:
    region, anniversary_set = COUNCILS[council]
    name = NAMES.get(territory) or _short(territory)
    return {
        "code": _code(territory),
        "name": name,
        "region": REGION_OF.get(territory, region),
        "anniversary_set": ANNIVERSARY_OF.get(territory, anniversary_set).value,
        "territories": territories,
    }


def _provider(catchment: dict[str, Any], schools: int) -> dict[str, Any]:
    contract = {
        "catchment": catchment["code"],
        "from_on": CONTRACTS_FROM,
        "to_on": None,
        "funding_cents": schools * FUNDING_CENTS_PER_SCHOOL,
    }
    return {
        "code": f"ASP_{catchment['code']}",
        "name": f"{catchment['name']} Attendance Service (sample)",
        "kind": "CATCHMENT",
        "region": catchment["region"],
        "anniversary_set": catchment["anniversary_set"],
        "contracts": [contract],
    }


def _short(territory: str) -> str:
    return re.sub(r"^Auckland- | (District|City|Territory)$", "", territory)


def _code(territory: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", _short(territory).replace("'", "").upper())
