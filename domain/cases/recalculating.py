"""Recalculating: a corrected calendar or policy moves the due days of clocks that still run (BR-6)."""

from dataclasses import dataclass, replace
from typing import TypeAlias

from domain.cases.case import Case
from domain.cases.clocks import Due
from domain.cases.deadlines import dues
from domain.cases.status import ACTIVE
from domain.decision import Context
from domain.text import STRICT


@dataclass(frozen=True, slots=True, kw_only=True)
class RecalculateDeadlines:
    """A system's: count every running clock again by the calendar now in force. Closed measurements keep theirs."""

    __pydantic_config__ = STRICT

    def decide(self, case: Case, context: Context) -> list["DeadlineRecalculated"]:
        case.require(*ACTIVE)
        told = {clock.due for clock in case.episode.running}
        moved = (due for due in dues(case, context) if due.due_on is not None and due not in told)
        return [DeadlineRecalculated(due=due) for due in moved]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineRecalculated:
    """One running clock has another due day, because its calendar was corrected (BR-6)."""

    due: Due

    def evolve(self, case: Case) -> Case:
        return replace(case, episode=case.episode.due_again((self.due,)))


Command: TypeAlias = RecalculateDeadlines
Event: TypeAlias = DeadlineRecalculated
