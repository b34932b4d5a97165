"""Seconding: what takes two administrators, and which two they may be (ADR 19)."""

from datetime import timedelta
from uuid import UUID

from domain.decision import Context, Refused
from domain.ids import MINISTRY
from domain.policies.policy import SERVICE_POLICY, Policy
from domain.users.user import Role, User


def by_program(context: Context) -> bool:
    """Say whether the program itself asks: nobody who comes in over HTTP has a right to users as SYSTEM."""
    return context.actor.role == Role.SYSTEM


def require_two(asker: UUID, whom: UUID, context: Context) -> None:
    """Raise unless who approves now is another administrator than who asked, and neither made the other one."""
    second = context.actor.user
    if second == asker:
        raise SecondIsTheFirst
    if whom in {asker, second}:
        raise ConcernedThemselves
    if not is_administrator(asker, context):
        raise AskerIsNoAdministrator
    if _made(asker, second, context) or _made(second, asker, context):
        raise MadeByTheOther


def is_administrator(user: UUID, context: Context) -> bool:
    return context.fact(User, user).holds(Role.SYSTEM_ADMIN, MINISTRY, context.today)


def _made(maker: UUID, made: UUID, context: Context) -> bool:
    """Say whether one lately had a part in making the other an administrator."""
    apart = context.fact(Policy, SERVICE_POLICY).in_force(context.today).administrators_apart_days
    since = context.today - timedelta(days=apart)
    return any(
        maker in {each.asked_by, each.approved_by} and each.on > since
        for each in context.fact(User, made).made_administrator
    )


class NeedsSecondAdministrator(Refused):
    """This takes two administrators: one asks for it, and another one approves."""


class SecondIsTheFirst(Refused):
    """Whoever asked for it does not approve it too."""


class ConcernedThemselves(Refused):
    """Nobody asks for themselves, or approves what is asked for them."""


class AskerIsNoAdministrator(Refused):
    """Whoever asked for this is no administrator any more."""


class MadeByTheOther(Refused):
    """One of these administrators was lately made one by the other: ask a third."""
