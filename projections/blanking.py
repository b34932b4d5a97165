"""Blanking: whoever was destroyed is taken out of every row by whoever fills the models, unasked (ADR 18)."""

import threading
from collections.abc import Collection, Generator
from contextlib import contextmanager
from typing import Any, Final

import structlog

from eventstore.connections import AWAY, connect
from eventstore.followers import DEADLINE_SECONDS
from projections.model import Model
from projections.refolding import blank_destroyed
from projections.tools import Tools

POLL_SECONDS: Final = 1.0
"""How often it is looked whether somebody was destroyed."""

log = structlog.get_logger()


@contextmanager
def blanking(dsn: str, models: Collection[Model[Any]], tools: Tools) -> Generator[None]:
    """Look for whoever was destroyed, in a thread of its own, from the start on until the block ends."""
    stop = threading.Event()
    thread = threading.Thread(target=_blank, args=(dsn, models, tools, stop), name="blanking", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _blank(dsn: str, models: Collection[Model[Any]], tools: Tools, stop: threading.Event) -> None:
    """Go on whatever happens: what was cut off is still to be done."""
    while not stop.is_set():
        try:
            with connect(dsn, deadline=DEADLINE_SECONDS, name="blanking") as connection:
                while not stop.is_set():
                    if blanked := blank_destroyed(connection, models, tools):
                        log.info("blanked", subjects=len(blanked))
                    stop.wait(POLL_SECONDS)
        except AWAY:
            stop.wait(POLL_SECONDS)
        except Exception as error:  # noqa: BLE001 - one that cannot be blanked is tried again, and told of
            log.error("not_blanked", error=type(error).__name__)  # noqa: TRY400 - a traceback may quote a value
            stop.wait(POLL_SECONDS)
