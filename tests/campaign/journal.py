"""The journal of a campaign: what was done and answered, and when, a JSON object a line."""

import json
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Any


class Journal:
    """Written by every thread of a campaign, a line at a time."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._began = monotonic()
        self._lock = Lock()
        self._out = file.open("a", encoding="utf-8")

    def note(self, what: str, **more: Any) -> None:
        line = json.dumps({"at": round(monotonic() - self._began, 3), "what": what, **more}, default=str)
        with self._lock:
            self._out.write(f"{line}\n")
            self._out.flush()

    def close(self) -> None:
        self._out.close()
