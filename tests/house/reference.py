"""Writes the reference: docs/events.md, commands.md, refusals.md, rules.md and data-dictionary.md.

`python -m tests.house.reference` (part of `make docs`); a test compares what it would write with what stands there.
"""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from adapters.embedded_postgres import EmbeddedPostgres
from eventstore.migrations import migrate
from tests.house import commanding, dictionary, happening, refusing, ruling
from tests.house.tree import ROOT

PAGES: Final[Mapping[str, Callable[[], str]]] = {
    "events.md": happening.page,
    "commands.md": commanding.page,
    "refusals.md": refusing.page,
    "rules.md": ruling.page,
}
DICTIONARY: Final = "data-dictionary.md"


def migrated_dictionary() -> str:
    """Return the data dictionary of a database that is made for it."""
    with tempfile.TemporaryDirectory(prefix="as-cms-") as folder:
        Path(folder).chmod(0o711)  # as root the server runs as another user, who has to enter
        with EmbeddedPostgres(Path(folder) / "cluster", durable=False) as server:
            migrate(server.dsn())
            return dictionary.page(server.dsn())


def main() -> None:
    """Write all pages."""
    pages = {name: make() for name, make in PAGES.items()} | {DICTIONARY: migrated_dictionary()}
    for name, text in pages.items():
        (ROOT / "docs" / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
