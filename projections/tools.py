"""The tools of whoever folds events: the registry of types, the codec, and the keys of what is sealed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

from eventstore.codec import UnknownType
from eventstore.keyring import Keyring
from eventstore.log import Recorded
from eventstore.upcasters import UPCASTERS, Upcasters


class Decoder(Protocol):
    """What folding needs of the codec."""

    def decode(self, name: str, schema_version: int, data: bytes, stream: UUID, version: int, keys: Any, /) -> Any:
        """Return the event that was stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Turns what is recorded into events. `types` is the closed registry: every stored name and its class."""

    types: Mapping[str, type]
    codec: Decoder
    keyring: Keyring | None = None
    upcasters: Upcasters = field(default=UPCASTERS)

    def kind(self, name: str, schema_version: int) -> type:
        """Return the class that a stored type is read as, without reading one. Raises UnknownType."""
        present, version = self.upcasters.target(name, schema_version)
        if present not in self.types or version != self.upcasters.present(present):
            raise UnknownType(f"{name}, schema version {schema_version}")
        return self.types[present]

    def decode(self, recorded: Recorded) -> Any:
        """Return the event. Raises Misshapen."""
        return self.codec.decode(
            recorded.type,
            recorded.schema_version,
            recorded.data,
            recorded.stream,
            recorded.version,
            self.keyring,
        )
