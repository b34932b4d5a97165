"""Names of made-up people: given names in common use, and trees, birds and shores for family names.

Nobody is called like this; whoever sees a name on a screen sees that it is a sample.
"""

from typing import Any, Final

from api.simulation.chance import Luck

GIVEN: Final = (
    "Aroha", "Ānaru", "Hana", "Hēmi", "Hinewai", "Kahu", "Māia", "Manaia", "Mere", "Ngaio", "Pania", "Rāwiri",
    "Tama", "Tāne", "Tiana", "Wiremu", "Ana", "Sione", "Leilani", "Mele", "Fetu", "Tavita", "Ella", "Jack",
    "Lily", "Noah", "Olivia", "Sam", "Zoe", "Asha", "Min", "Priya", "Ravi", "Wei", "Amir", "Sofia",
)  # fmt: skip
FAMILY: Final = (
    "Kōwhai", "Rātā", "Mānuka", "Pōhutukawa", "Tōtara", "Rimu", "Kauri", "Harakeke", "Nīkau", "Ponga", "Māhoe",
    "Kererū", "Tūī", "Pīwakawaka", "Kākāpō", "Tōroa", "Kōtuku", "Kea", "Rūrū", "Korimako", "Fernside", "Seabrook",
    "Ridgeway", "Longshore", "Fairhaven", "Stonefield", "Greenhill", "Riverbend", "Lakeland", "Westwind",
)  # fmt: skip
STREETS: Final = ("Rātā Street", "Tūī Crescent", "Beach Road", "Kōwhai Grove", "Station Road", "Hill View")


def named(luck: Luck, family: str | None = None) -> dict[str, str]:
    """Make a person's name, of this family if one is given."""
    return {"family_name": family or luck.one(FAMILY), "given_names": luck.one(GIVEN)}


def called(name: dict[str, str]) -> str:
    return f"{name['given_names']} {name['family_name']}"


def telephone(luck: Luck) -> str:
    """Make a number of the range that is kept free for fiction."""
    return f"021 555 {luck.between(0, 9999):04d}"


def address(luck: Luck, town: str) -> dict[str, Any]:
    line = f"{luck.between(1, 199)} {luck.one(STREETS)}"
    return {"type": "TH", "role": "CURRENT", "line": line, "town": town}
