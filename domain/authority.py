"""Authority: who may see and do what, decided in one place (BR-60 to BR-69, BR-130 to BR-133, BR-143).

Rights are judged by the present, item by item, whatever day is shown.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeAlias
from uuid import UUID

from domain.decision import Command, Context, Refused
from domain.relations import Asker, CaseFacts
from domain.rights import TABLE, Action
from domain.users.user import Role, User


class Side(StrEnum):
    """Who put an item into the case."""

    SCHOOL = "SCHOOL"
    PROVIDER = "PROVIDER"
    MINISTRY = "MINISTRY"


def may(asker: Asker, action: Action, case: CaseFacts) -> bool:
    """Say whether the asker may do this to a case, or to an organisation, with these facts."""
    return any(related(asker, case) for related in TABLE[action].get(asker.role, ()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What a right to one comment, file, note or activity depends on beside the case."""

    side: Side
    shared: bool = False
    safety: bool = False
    author: UUID | None = None

    @property
    def action(self) -> Action:
        """What reading it takes: school items are open to the provider, others to the school once shared."""
        if self.safety:
            return Action.READ_SAFETY_NOTES
        open_to_school = self.shared or self.side is Side.SCHOOL
        return Action.READ_TIMELINE if open_to_school else Action.READ_PROVIDER_ITEMS


def may_read_item(asker: Asker, item: Item, case: CaseFacts) -> bool:
    """Say whether the asker may read it now (BR-54, BR-63 to BR-65); a safety note's author may, too."""
    own = item.safety and item.author == asker.user
    return may(asker, item.action, case) or (own and may(asker, Action.READ_TIMELINE, case))


def require(asker: Asker, action: Action, case: CaseFacts) -> None:
    """Raise NotFound if the case is out of sight (BR-69), NotAllowed if it is not theirs to do."""
    if may(asker, action, case):
        return
    if case.organisation is not None or may(asker, Action.READ_CASE, case):
        raise NotAllowed
    raise NotFound


Question: TypeAlias = Callable[[Any, Any, Context], tuple[Action, CaseFacts]]
"""What a command asks, read from the command, the state and the context: which action on which facts."""


class Authority:
    """The permit of the writer: judges each command on the guarded facts of its own turn.

    The asker's grants are one of these facts, so a revocation in between is noticed and stops the command.
    """

    __slots__ = ("questions",)

    def __init__(self, questions: Mapping[type[Any], Question]) -> None:
        self.questions: Final = questions

    def check(self, command: Command, state: Any, context: Context, /) -> None:
        """Return if allowed; raise NotAllowed or NotFound. A command that nobody listed is nobody's."""
        question = self.questions.get(type(command))
        if question is None:
            raise NotAllowed
        asker = asker_of(context)
        require(asker, *question(command, state, context))

    def admit(self, context: Context, /) -> None:
        """Return if the asker holds the role today; raise NotAllowed otherwise.

        What they did is not judged again: who closed a case honestly may not see it any more, and asks what came of it.
        """
        asker_of(context)


def asker_of(context: Context) -> Asker:
    """Return who asks; raise NotAllowed unless they hold the role in the organisation today."""
    actor = context.actor
    if not context.fact(User, actor.user).holds(actor.role, actor.organisation, context.today):
        raise NotAllowed
    return Asker(user=actor.user, role=Role(actor.role), organisation=actor.organisation, today=context.today)


class NotAllowed(Refused):
    """Your role does not allow this."""


class NotFound(Refused):
    """There is nothing here that you can see."""
