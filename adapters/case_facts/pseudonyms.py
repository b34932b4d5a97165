"""Pseudonyms: what stands outside for a case and what is named in it, made with a key that the publisher alone holds.

Within the topic the facts of one case can be joined; with the ids of the service nobody can join them without the key.
What is named in a case is named anew in each: two cases that share a meeting do not show it.
"""

import hmac
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date
from functools import lru_cache
from types import NoneType
from typing import Annotated, Any, Final, TypeAlias, get_args, get_origin, get_type_hints
from uuid import UUID

from pydantic import Field

from eventstore.canonical import Tree
from eventstore.key_material import Secret, Secrets

Pseudonym: TypeAlias = Annotated[
    UUID, Field(description="A pseudonym of this topic's own: no id of the service, and made by its publisher alone.")
]
"""What stands for a case, or for something in it: the facts of one case can be joined, and with nothing else."""

Place: TypeAlias = Annotated[UUID, Field(description="A school, provider, catchment or office, by its public id.")]
"""What is no person, and keeps its id."""

Veil: TypeAlias = Callable[[Tree], Tree]
"""Puts the pseudonym in the place of an id."""

REMEMBERED: Final = 100_000

_VERSION_8: Final = 8 << 76
_VARIANT: Final = 2 << 62
_OPEN_BITS: Final = ~(15 << 76 | 3 << 62)


class Pseudonyms:
    """Makes pseudonyms with the present secret; earlier ones only recognise what was marked with them."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self.of_case: Callable[[UUID], str] = lru_cache(REMEMBERED)(self._of_case)

    @property
    def key_id(self) -> str:
        """Which secret they are made with; it changes when a new one is put in front."""
        return self._secrets.present.id

    def each(self) -> "list[Pseudonyms]":
        """Return those of every secret that was given, the present one first."""
        return [Pseudonyms(Secrets(secret)) for secret in self._secrets]

    def within(self, case: UUID) -> Veil:
        """Return what names anew the things that are named in this case."""
        return lambda id_: self._made(f"within:{case}:{id_}")

    def order(self, week: date, case: UUID) -> bytes:
        """Return where a case stands among those of a week: an order that says nothing, and another in each week."""
        return _digest(self._secrets.present, f"order:{week}:{case}")

    def mark(self, command: UUID) -> str:
        """Return by what an event is known again without its id."""
        present = self._secrets.present
        return f"{present.id}:{_digest(present, f'mark:{command}').hex()}"

    def marked(self, mark: str, command: UUID) -> bool:
        """Say whether this is the event that was marked. Raises MissingSecret if we do not have the secret for it."""
        name, _, value = mark.partition(":")
        return hmac.compare_digest(value, _digest(self._secrets[name], f"mark:{command}").hex())

    def _of_case(self, case: UUID) -> str:
        return self._made(f"case:{case}")

    def _made(self, what: str) -> str:
        number = int.from_bytes(_digest(self._secrets.present, what)[:16], "big")
        return str(UUID(int=number & _OPEN_BITS | _VERSION_8 | _VARIANT))


def veiling(hint: Any) -> Callable[[Tree, Veil], Tree] | None:
    """Return what veils a value of this type of the contract; None if nothing in it has a pseudonym."""
    if hint == Pseudonym:
        return lambda value, veil: veil(value)
    if is_dataclass(hint):
        return _of_fields(hint)
    inner = [part for part in get_args(hint) if part not in (NoneType, ...)]
    within = [veils for part in inner if get_origin(hint) is not Annotated and (veils := veiling(part))]
    if not within:
        return None
    if get_origin(hint) is tuple:
        return lambda value, veil: [within[0](each, veil) for each in value]
    return lambda value, veil: None if value is None else within[0](value, veil)


def _of_fields(kind: Any) -> Callable[[Tree, Veil], Tree] | None:
    hints = get_type_hints(kind, include_extras=True)
    found = {field.name: veils for field in fields(kind) if (veils := veiling(hints[field.name]))}
    if not found:
        return None
    return lambda tree, veil: {**tree, **{name: veils(tree[name], veil) for name, veils in found.items()}}


def _digest(secret: Secret, what: str) -> bytes:
    return hmac.digest(secret.value, what.encode(), "sha256")
