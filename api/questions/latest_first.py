"""Latest first: lists of what was asked for, which lack nothing that the log tells, a page at a time."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

from api.http.cursors import Key
from api.questions.reading import Desk
from eventstore.connections import available
from projections.latest_first import Place, latest
from projections.model import Model
from projections.moments import Asked


def whole(desk: Desk, asked: Asked, model: Model[Any]) -> Asked:
    """Ask for a moment that lacks nothing which the log tells of a model. Raises Unavailable."""
    with available(), desk.service.reads.connection() as db:
        return replace(asked, at_least=max(asked.at_least, latest(db, model)))


def key_of(asked_on: date, thing: UUID) -> Key:
    """Return the key of a row, for the cursor of the page after it."""
    return asked_on.isoformat(), str(thing)


def place_of(key: Key | None) -> Place | None:
    """Return where the page before ended."""
    if key is None:
        return None
    day, thing = key
    return date.fromisoformat(str(day)), UUID(str(thing))
