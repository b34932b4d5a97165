"""An automation: a query for whom something may be due, and the command that decides whether it is.

The query may name more than are concerned, never fewer: the command reads the log, sealed values included, and finds
its intent true or nothing to do. So several copies are safe, and a read model may be behind.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from psycopg.sql import SQL, Composable, Composed, Literal

from domain.decision import Context, Event, Permit, Refused
from projections.model import Model


class Noticing(Protocol):
    """A command of the system's own: it notices what has come to hold, and is asked again and again."""

    def decide(self, state: Any, context: Context, /) -> Sequence[Event]:
        """Return what follows, nothing if nothing does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Automation:
    """`candidates` answers the `id` of each stream `of` that may be concerned on the Auckland day `%(day)s`.

    With `anew_on`, nobody can become concerned but by a new day or by one of these events: then they are all asked, and
    not every minute. `not_yet` are refusals that only say so.
    """

    name: str
    of: type[Any]
    command: Noticing
    candidates: Composable
    models: tuple[Model[Any], ...]
    anew_on: tuple[type[Any], ...] = ()
    not_yet: tuple[type[Refused], ...] = ()


@dataclass(frozen=True, slots=True)
class IfDue:
    """The command, refused where nothing follows.

    The answer of whatever succeeds is kept, and this is asked every minute; refusals leave no trace.
    """

    command: Noticing

    def decide(self, state: Any, context: Context) -> Sequence[Event]:
        if events := self.command.decide(state, context):
            return events
        raise NothingDue


@dataclass(frozen=True, slots=True)
class OfWhatIsWithin:
    """Judges the command within by a permit, like any other command."""

    permit: Permit

    def check(self, command: Any, state: object, context: Context) -> None:
        self.permit.check(command.command, state, context)

    def admit(self, context: Context) -> None:
        self.permit.admit(context)


class NothingDue(Refused):
    """Nothing follows from how things stand."""


def any_of(codes: Iterable[str]) -> Composed:
    """Return a list of codes for IN (...)."""
    return SQL(", ").join(Literal(str(code)) for code in codes)
