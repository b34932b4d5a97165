"""Reclaiming: a stream whose id others need was begun by a request, and is taken back for what it is kept for (ADR 15).

What the request told stays in the log and is read by nobody as the other kind; that kind begins anew behind it.
"""

from dataclasses import dataclass
from typing import TypeAlias

from domain.decision import Context, Refused
from domain.streams.stream import NAMED, ONCE_CHOSEN, Stream
from domain.text import STRICT, ShortText


@dataclass(frozen=True, slots=True, kw_only=True)
class ReclaimStream:
    """An operator's: take a stream back that a request occupies, for the kind of thing that has this id."""

    __pydantic_config__ = STRICT

    kind: ShortText  # the name of a kind of stream, such as SchoolCalendar

    def decide(self, stream: Stream, context: Context) -> list["StreamReclaimed"]:
        if self.kind not in NAMED:
            raise NoSuchKind("kind")
        if not stream.kinds or self.kind in stream.kinds:
            return []
        if not stream.kinds <= ONCE_CHOSEN:
            raise NotOccupied
        return [StreamReclaimed(kind=self.kind)]


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamReclaimed:
    """From here on the stream tells of a thing of this kind; whatever stands before it does not belong to that."""

    kind: str

    def evolve(self, stream: Stream) -> Stream:
        return Stream(kinds=frozenset({self.kind}))


class NoSuchKind(Refused):
    """Only what has an id that follows from a public name can be occupied, and taken back."""


class NotOccupied(Refused):
    """No request stands there: what the stream tells is somebody's own history, and stays."""


Command: TypeAlias = ReclaimStream
Event: TypeAlias = StreamReclaimed
