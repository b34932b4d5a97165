"""Ids of what has a public natural key: the same key names the same stream, whoever registers it first.

People, cases, requests, notes and files have random ids: an id made of a personal key would be that key.
"""

from typing import Final
from uuid import UUID, uuid5

_NAMESPACE: Final = UUID("5f0c2a52-5d0c-5c0e-9a5f-0c7a3d7d1e54")


def natural_id(kind: str, key: str) -> UUID:
    """Return the id of a public natural key of one kind."""
    return uuid5(_NAMESPACE, f"{kind}:{key}")


def school_id(number: str) -> UUID:
    """Return the id of a school by the Ministry's number; zeros in front do not matter."""
    return natural_id("school", number.lstrip("0"))


def catchment_id(code: str) -> UUID:
    return natural_id("catchment", code)


def provider_id(code: str) -> UUID:
    return natural_id("provider", code)


def in_school_provider_id(number: str) -> UUID:
    """Return the id of the provision that a funded school runs itself (ISP): a provider, not the school."""
    return natural_id("in-school-provider", number.lstrip("0"))


def region_id(name: str) -> UUID:
    """Return the id of the Ministry's office of one of the twelve regions."""
    return natural_id("region", name)


def policy_id(name: str) -> UUID:
    return natural_id("policy", name)


def calendar_id(name: str) -> UUID:
    return natural_id("calendar", name)


def school_calendar_id(school: UUID) -> UUID:
    """Return the id of a school's own calendar."""
    return calendar_id(f"school-{school}")


def code_set_id(name: str) -> UUID:
    return natural_id("code-set", name)


MINISTRY: Final = natural_id("organisation", "ministry")
"""The organisation of every national role (CIT, prosecutions, privacy, audit, administration)."""
