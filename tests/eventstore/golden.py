"""Golden files: what every event looks like in the log, kept for ever so that yesterday's history goes on loading.

`python -m tests.eventstore.golden` (part of `make docs`) writes the files that are missing and touches no other. A file
holds several examples of one shape as the log keeps them, one a line: in the first ones every field is filled and every
member of an enumeration has its turn, in the last one whatever may be empty is. Their keys are no secret.
"""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from json import dumps, loads
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, Final, get_args, get_origin, get_type_hints
from uuid import NAMESPACE_URL, UUID, uuid5

from domain import registry
from domain.sealed import DataClass, Sealed
from eventstore.canonical import Tree, write
from eventstore.codec import Codec
from eventstore.sealing import Key, place
from eventstore.shapes import MARK
from eventstore.upcasters import UPCASTERS

FOLDER: Final = Path(__file__).parents[1] / "golden"
DAY: Final = date(2026, 5, 4)
INSTANT: Final = datetime(2026, 5, 3, 21, 30, tzinfo=UTC)
NOTHING: Final = -1
"""The turn of an example in which whatever may be empty is."""


class PublicKeys:
    """Keys that anybody can derive, for subjects that nobody is."""

    def key(self, subject: UUID, data_class: DataClass) -> Key:
        secret = sha256(f"golden {subject} {data_class}".encode()).digest()
        return Key(uuid5(subject, data_class), secret)


KEYS: Final = PublicKeys()


@dataclass(frozen=True, slots=True, kw_only=True)
class Golden:
    """The examples of one shape of one type, as the log keeps them; the first is version 1 of its stream."""

    type: str
    schema_version: int
    stream: UUID
    examples: tuple[bytes, ...]

    @property
    def name(self) -> str:
        return f"{self.type}.v{self.schema_version}.json"

    @property
    def text(self) -> str:
        """What stands in the file: JSON, with one example a line in the very bytes of the log."""
        head = dumps({"type": self.type, "schema_version": self.schema_version, "stream": str(self.stream)})
        lines = ",\n".join(example.decode() for example in self.examples)
        return f'{head[:-1]}, "examples": [\n{lines}\n]}}\n'

    def events(self, codec: Codec) -> Iterator[Any]:
        """Read the examples as the service would. Raises Misshapen or UnknownType."""
        for version, data in enumerate(self.examples, start=1):
            yield codec.decode(self.type, self.schema_version, data, self.stream, version, KEYS)

    def opened(self) -> list[Tree]:
        """Return the examples with their personal values open."""
        return [
            opened(loads(data), self.stream, version, self.type) for version, data in enumerate(self.examples, start=1)
        ]


def shipped() -> list[Golden]:
    """Return every golden file there is."""
    return [read(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.json"))]


def read(text: str) -> Golden:
    """Return what a file says. Raises ValueError if its bytes are not what it says."""
    tree = loads(text)
    found = Golden(
        type=tree["type"],
        schema_version=tree["schema_version"],
        stream=UUID(tree["stream"]),
        examples=tuple(write(each) for each in tree["examples"]),
    )
    if found.text != text:
        raise ValueError(f"{found.name} was not written by python -m tests.eventstore.golden")
    return found


def made(name: str, kind: type[Any], codec: Codec) -> Golden:
    """Return the examples of a type in its present shape."""
    return stored(codec, name, examples(kind))


def stored(codec: Codec, name: str, events: list[Any]) -> Golden:
    """Return events as the log would keep them."""
    stream = uuid5(NAMESPACE_URL, name)
    drafts = [codec.draft(event) for event in events]
    data = (codec.finish(draft, stream, version, KEYS).data for version, draft in enumerate(drafts, start=1))
    return Golden(type=name, schema_version=drafts[0].schema_version, stream=stream, examples=tuple(data))


def examples(kind: type[Any]) -> list[Any]:
    """Return events of a type, one for each member of its longest enumeration, and an empty one at last."""
    return [example(kind, kind.__name__, turn) for turn in (*range(turns(kind)), NOTHING)]


def turns(hint: Any) -> int:
    """Say how many examples it takes for every member of every enumeration to be in one."""
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return len(hint)
    return max((turns(part) for part in parts(hint)), default=1 if hint is not bool else 2)


def parts(hint: Any) -> tuple[Any, ...]:
    """Return the types that a type is made of."""
    if isinstance(hint, type) and is_dataclass(hint):
        return tuple(get_type_hints(hint, include_extras=True).values())
    return get_args(hint)[:1] if get_origin(hint) is Annotated else get_args(hint)


def example(hint: Any, name: str, turn: int) -> Any:
    """Return a value of a type that can be stored, told by the name of its field and the turn of its example."""
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return list(hint)[turn % len(hint)]
    if isinstance(hint, type) and is_dataclass(hint):
        hints = get_type_hints(hint, include_extras=True)
        return hint(**{field.name: example(hints[field.name], field.name, turn) for field in fields(hint)})
    return _PLAIN[hint](name, turn) if hint in _PLAIN else _compound(hint, name, turn)


def _compound(hint: Any, name: str, turn: int) -> Any:
    origin, inside = get_origin(hint), get_args(hint)
    if NoneType in inside:
        return None if turn == NOTHING else example(inside[inside[0] is NoneType], name, turn)
    if origin is tuple:
        return () if turn == NOTHING else (example(inside[0], name, turn), example(inside[0], f"{name} 2", turn + 1))
    if origin is dict:
        return {} if turn == NOTHING else {name: example(inside[1], name, turn)}
    if origin is Sealed:
        return Sealed(_id(f"subject of {name}", turn), list(DataClass)[turn % 5], example(inside[0], name, turn))
    return example(inside[0], name, turn)  # Annotated


def _id(name: str, turn: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"{name} {turn}")


_PLAIN: Final[Mapping[Any, Any]] = {
    str: lambda name, turn: f"{name} {turn}, ā",
    int: lambda _, turn: 2026 + turn,
    bool: lambda _, turn: turn % 2 == 0,
    date: lambda _, turn: DAY + timedelta(days=turn),
    datetime: lambda _, turn: INSTANT + timedelta(days=turn),
    UUID: _id,
}


def opened(tree: Tree, stream: UUID, version: int, name: str, pointer: str = "") -> Tree:
    """Return a tree of the log with every personal value open."""
    if isinstance(tree, dict) and MARK in tree:
        key = KEYS.key(UUID(tree["subject"]), DataClass(tree["class"]))
        plain = key.open(b64decode(tree[MARK]), place(stream, version, name, pointer))
        return tree | {MARK: loads(plain)}
    if isinstance(tree, dict):
        return {key: opened(part, stream, version, name, f"{pointer}/{key}") for key, part in tree.items()}
    if isinstance(tree, list):
        return [opened(part, stream, version, name, f"{pointer}/{index}") for index, part in enumerate(tree)]
    return tree


def missing() -> list[Golden]:
    """Return the examples of those present shapes that have no file yet."""
    codec, there = Codec(registry.events()), {(each.type, each.schema_version) for each in shipped()}
    return [
        made(name, kind, codec)
        for name, kind in sorted(registry.events().items())
        if (name, UPCASTERS.present(name)) not in there
    ]


def main() -> None:
    """Write the files that are missing."""
    FOLDER.mkdir(exist_ok=True)
    for each in missing():
        (FOLDER / each.name).write_text(each.text, encoding="utf-8")


if __name__ == "__main__":
    main()
