"""The envelope: who asked for an event, from where, because of what, and on which facts it was decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from uuid import UUID

from domain.decision import Actor, Source
from eventstore.canonical import quietly, read, write
from eventstore.shapes import Shapes


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Stored beside the data of an event; ids and codes only, nothing personal."""

    user: UUID
    role: str
    organisation: UUID
    on_behalf_of: UUID | None = None
    source: Source
    correlation: UUID | None = None
    causation: UUID | None = None  # the command or event because of which this one was asked
    facts: dict[str, int] = field(default_factory=dict)  # the streams that the decision used, and their versions

    @classmethod
    def of(
        cls,
        actor: Actor,
        facts: Mapping[UUID, int],
        *,
        correlation: UUID | None = None,
        causation: UUID | None = None,
    ) -> Self:
        """Return the envelope of what an actor asked for."""
        return cls(
            user=actor.user,
            role=actor.role,
            organisation=actor.organisation,
            on_behalf_of=actor.on_behalf_of,
            source=actor.source,
            correlation=correlation,
            causation=causation,
            facts={str(stream): version for stream, version in facts.items()},
        )

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a stored one; what was not recorded in its day is left blank. Raises Misshapen."""
        envelope: Self = quietly(_READ, read(data), "envelope")
        return envelope

    def encode(self) -> bytes:
        """Return canonical JSON."""
        return write(_WRITE(self))


def is_told_by_version(state: type[Any]) -> bool:
    """Say whether the version of a stream of this kind, beside an event, tells what is sealed in that event.

    A kind says so of itself. Nothing is lost: what was used was guarded, so it was the last version at that position.
    """
    return bool(getattr(state, "TOLD_BY_VERSION", False))


_WRITE, _READ = Shapes(lenient=True).of(Envelope)
