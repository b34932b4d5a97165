"""What Uvicorn and asyncio say, as lines of our own log: what happened and where, never a message of an exception."""

import logging
from typing import Any, Final

import structlog

log = structlog.get_logger()


class Structured(logging.Handler):
    """Says each line again through structlog. A traceback or a message of an exception may quote what was sent."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[0] if record.exc_info else None
        named = {"error": error.__name__} if error else {}
        said = str(record.msg).strip() if error else record.getMessage()
        log.log(record.levelno, "server", logger=record.name, said=said.splitlines()[0] if said else "", **named)


UVICORN: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"structured": {"()": Structured}},
    "loggers": {
        "uvicorn": {"handlers": ["structured"], "level": "INFO", "propagate": False},
        "asyncio": {"handlers": ["structured"], "level": "WARNING", "propagate": False},
    },
}
"""For `logging.config.dictConfig`; lines of requests are the edge's own."""
