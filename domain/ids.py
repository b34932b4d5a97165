"""Ids that are made of something: of a public natural key, or of a name that a client chose (ADR 15).

The same natural key names the same stream, whoever registers it first. People, cases, notes and files have random
ids: an id made of a personal key would be that key.
"""

from typing import Any, Final, NewType
from uuid import UUID, uuid5

NaturalId = NewType("NaturalId", UUID)
"""The id of what has a public natural key: no id that somebody sent is one."""

_NAMESPACE: Final = UUID("5f0c2a52-5d0c-5c0e-9a5f-0c7a3d7d1e54")
_OWN: Final = UUID("b6a1f0f4-2f0e-5b52-8a3d-6f2c0f8f3a91")


def own_id(of: type[Any], owner: UUID, name: UUID) -> UUID:
    """Return the id of the stream that an owner calls by a name which their client chose.

    Whatever the name is, the stream is theirs: nobody can reach another's, nor one that others share.
    """
    return uuid5(_OWN, f"{of.__name__}:{owner}:{name}")


def natural_id(kind: str, key: str) -> NaturalId:
    """Return the id of a public natural key of one kind."""
    return NaturalId(uuid5(_NAMESPACE, f"{kind}:{key}"))


def school_id(number: str) -> NaturalId:
    """Return the id of a school by the Ministry's number; zeros in front do not matter."""
    return natural_id("school", number.lstrip("0"))


def catchment_id(code: str) -> NaturalId:
    return natural_id("catchment", code)


def provider_id(code: str) -> NaturalId:
    return natural_id("provider", code)


def in_school_provider_id(number: str) -> NaturalId:
    """Return the id of the provision that a funded school runs itself (ISP): a provider, not the school."""
    return natural_id("in-school-provider", number.lstrip("0"))


def region_id(name: str) -> NaturalId:
    """Return the id of the Ministry's office of one of the twelve regions."""
    return natural_id("region", name)


def policy_id(name: str) -> NaturalId:
    return natural_id("policy", name)


def calendar_id(name: str) -> NaturalId:
    return natural_id("calendar", name)


def school_calendar_id(school: UUID) -> NaturalId:
    """Return the id of a school's own calendar."""
    return calendar_id(f"school-{school}")


def code_set_id(name: str) -> NaturalId:
    return natural_id("code-set", name)


MINISTRY: Final = natural_id("organisation", "ministry")
"""The organisation of every national role (CIT, prosecutions, privacy, audit, administration)."""
