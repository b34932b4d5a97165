"""Schedules: which faults happen, drawn from a seed; and the shortest that still shows a violation."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import Any, Final

from tests.campaign.faults import FAULTS


@dataclass(frozen=True, slots=True)
class Planned:
    """A fault to come: what happens, to whom, for how many seconds."""

    number: int
    kind: str
    target: str
    seconds: float

    def told(self) -> dict[str, Any]:
        return asdict(self)


KAFKAS: Final = {"publish", "broker"}


def drawn(seed: int, count: int, only: Collection[str] = (), *, pace: float = 1.0, kafka: bool = True) -> list[Planned]:
    """Draw a schedule; the same seed and kinds make the same one. Each kind comes before any comes again."""
    chance = Random(seed)
    there = {name: [each for each in fault.targets if kafka or each not in KAFKAS] for name, fault in FAULTS.items()}
    kinds = [name for name, targets in there.items() if targets and (not only or name in only)]
    bag: list[str] = []
    schedule = []
    for number in range(1, count + 1):
        bag = bag or chance.sample(kinds, len(kinds))
        fault = FAULTS[bag.pop()]
        seconds = round(pace * chance.uniform(*fault.seconds), 1)
        schedule.append(Planned(number, fault.name, chance.choice(there[fault.name]), seconds))
    return schedule


def shortest(schedule: Sequence[Planned], shows: Callable[[Sequence[Planned]], bool], tries: int = 30) -> list[Planned]:
    """Leave out whatever the violation does without, in fewer and fewer at a time (delta debugging).

    `shows` runs a schedule and says whether the violation is still there.
    """
    kept, parts = list(schedule), 2
    while len(kept) >= 2 and tries > 0:
        size = -(-len(kept) // parts)
        pieces = [kept[start : start + size] for start in range(0, len(kept), size)]
        for piece in pieces:
            rest = [each for each in kept if each not in piece]
            tries -= 1
            if rest and shows(rest):
                kept, parts = rest, max(2, parts - 1)
                break
            if tries <= 0:
                break
        else:
            if parts >= len(kept):
                break
            parts = min(len(kept), 2 * parts)
    return kept
