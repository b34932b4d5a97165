"""Where a case stands, which way it can go from there, and what schools are shown (BR-137)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Status(StrEnum):
    """Where a case stands. Four are published; schools are shown each as one of them, or as with the Ministry."""

    CIT_REVIEW = "CIT_REVIEW"  # with the Central Investigations Team, before any provider
    UNALLOCATED = "UNALLOCATED"  # with the Ministry, because no provider is contracted (BR-32)
    PROVIDER_QUEUE = "PROVIDER_QUEUE"  # a provider has it, and nobody works it yet
    OPEN = "OPEN"  # a Case Manager works it
    PAUSED = "PAUSED"  # work has stopped until a child under six is enrolled or six (BR-70, BR-71)
    TRANSITION = "TRANSITION"  # the school leads, the manager stays at hand (BR-75)
    CLOSED = "CLOSED"
    CLOSED_BY_CIT = "CLOSED_BY_CIT"  # without a provider, and for good (BR-34, BR-83)


ENDED: Final = (Status.CLOSED, Status.CLOSED_BY_CIT)
ACTIVE: Final = tuple(status for status in Status if status not in ENDED)
"""A student has at most one case in any of these (BR-86); all of them take new items (BR-50)."""

WITH_PROVIDER: Final = (Status.PROVIDER_QUEUE, Status.OPEN, Status.PAUSED, Status.TRANSITION)

EDGES: Final[Mapping[Status | None, frozenset[Status]]] = MappingProxyType(
    {
        None: frozenset({Status.PROVIDER_QUEUE, Status.UNALLOCATED, Status.CIT_REVIEW}),
        Status.CIT_REVIEW: frozenset({Status.PROVIDER_QUEUE, Status.UNALLOCATED, Status.CLOSED_BY_CIT}),
        Status.UNALLOCATED: frozenset({Status.PROVIDER_QUEUE, Status.CIT_REVIEW, Status.CLOSED}),
        Status.PROVIDER_QUEUE: frozenset({Status.OPEN, Status.CIT_REVIEW, Status.CLOSED}),
        Status.OPEN: frozenset(
            {Status.TRANSITION, Status.PAUSED, Status.CLOSED, Status.PROVIDER_QUEUE, Status.CIT_REVIEW}
        ),
        Status.PAUSED: frozenset({Status.OPEN, Status.PROVIDER_QUEUE, Status.CIT_REVIEW, Status.CLOSED}),
        Status.TRANSITION: frozenset({Status.OPEN, Status.CLOSED, Status.PROVIDER_QUEUE, Status.CIT_REVIEW}),
        Status.CLOSED: frozenset({Status.PROVIDER_QUEUE, Status.UNALLOCATED, Status.CIT_REVIEW}),
        Status.CLOSED_BY_CIT: frozenset(),
    }
)
"""From where a case can go where; None is a case that does not exist yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a school is shown of a status: the Ministry's published words, or ours where it published none."""

    name: str
    description: str
    school_action: str
    paused: bool = False


_WITH_MINISTRY = Shown(
    name="With Ministry",
    description="The Ministry of Education is finding the right provider for the case.",
    school_action="No action required.",
)
_QUEUE = Shown(
    name="Provider Queue",
    description="The case has been received by the provider and is waiting to be assigned to a Case Manager",
    school_action="No action required.",
)
_WORK = (
    "A Case Manager is actively working on the case \N{EN DASH} meeting with the school, student, and whānau or "
    "caregivers, identifying barriers to attendance, engaging other services, and developing a student plan."
)
_ADD_NOTES = "Add notes/comments, view the timeline, and engage with the Case Manager as needed."
_OPEN = Shown(name="Open", description=_WORK, school_action=_ADD_NOTES)
_PAUSED = Shown(name="Open", description=_WORK, school_action=_ADD_NOTES, paused=True)
_TRANSITION = Shown(
    name="Transition",
    description=(
        "Attendance has stabilised, or the student is engaged with the school process and no longer needs "
        "additional support from the attendance service. The school continues to support the student using the "
        "strategies in their Attendance Management Plan, supported by the STAR Framework. The case manager steps "
        "back from actively managing the case and remains available to the school if needed."
    ),
    school_action="Lead attendance support. Contact the Provider if further help is needed.",
)
_CLOSED = Shown(
    name="Closed",
    description="The Provider has closed the case.",
    school_action="Continue managing attendance. Submit a new request if support is needed again.",
)

SHOWN: Final[Mapping[Status, Shown]] = MappingProxyType(
    {
        Status.CIT_REVIEW: _WITH_MINISTRY,
        Status.UNALLOCATED: _WITH_MINISTRY,
        Status.PROVIDER_QUEUE: _QUEUE,
        Status.OPEN: _OPEN,
        Status.PAUSED: _PAUSED,
        Status.TRANSITION: _TRANSITION,
        Status.CLOSED: _CLOSED,
        Status.CLOSED_BY_CIT: _CLOSED,
    }
)
