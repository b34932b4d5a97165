"""Inviting a user: one stream a person, found again by the login that the identity provider knows them by."""

from dataclasses import dataclass, replace
from typing import TypeAlias
from uuid import UUID

from domain.decision import Claim, Context, Decision, Part, Ref, Refused
from domain.rights import TABLE, Action
from domain.sealed import DataClass, Sealed
from domain.text import STRICT
from domain.users.seconding import NeedsSecondAdministrator, by_program
from domain.users.user import Seconded, User, UserDetails, user_meant


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteUser:
    """Open a stream for a user; answers `user`. An administrator is told another if the login is known already.

    Everybody else gets an id of their own for whoever comes with the login, so that no answer tells who is known.
    """

    __pydantic_config__ = STRICT

    details: UserDetails

    def decide(self, user: User, context: Context) -> Decision:
        holder = context.holder(login_claim(self.details.login))
        if user.registered or user.stands_for:
            return Decision(answer={"user": context.stream})
        known = holder.stream if holder and holder.held else None
        if not sees_every_user(context):
            return self._under_an_id_of_their_own(known, context)
        if known:
            return Decision(answer={"user": known})
        return self._invited(context.stream, (), context)

    def _under_an_id_of_their_own(self, known: UUID | None, context: Context) -> Decision:
        """Whether somebody is known or new, each stream gets one event."""
        whom = known or context.new_id("user")
        opened = Part(Ref(User, context.stream), (InvitationOpened(user=whom),))
        if known is None:
            return self._invited(whom, (opened,), context)
        again = UserInvitedAgain(organisation=context.actor.organisation)
        return Decision(parts=(opened, Part(Ref(User, whom), (again,))), answer={"user": context.stream})

    def _invited(self, whom: UUID, opened: tuple[Part, ...], context: Context) -> Decision:
        happened = UserInvited(details=Sealed(whom, DataClass.IDENTITY, self.details))
        return Decision(
            parts=(*opened, Part(Ref(User, whom), (happened,))),
            take={login_claim(self.details.login): whom},
            answer={"user": context.stream},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UserInvited:
    """A person may come in by their login; what they may do there is granted apart."""

    details: Sealed[UserDetails]

    def evolve(self, user: User) -> User:
        return replace(user, details=self.details)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserInvitedAgain:
    """Another organisation invited somebody whose login was known already."""

    organisation: UUID

    def evolve(self, user: User) -> User:
        return user


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationOpened:
    """An organisation's own id for a user whom it invited: what is asked of it is asked of them."""

    user: UUID

    def evolve(self, user: User) -> User:
        return replace(user, stands_for=self.user)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeUserDetails:
    """Correct a user's name or addresses. Another login takes two administrators (ADR 19)."""

    __pydantic_config__ = STRICT

    details: UserDetails

    def decide(self, addressed: User, context: Context) -> Decision:
        whom, user = user_meant(addressed, context)
        known = user.require()
        if known.login != self.details.login and not by_program(context):
            raise NeedsSecondAdministrator("login")
        return changed(whom, known, self.details, context)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDetailsChanged:
    """The user's name, e-mail address or login is another; these are all three."""

    details: Sealed[UserDetails]
    seconded: Seconded | None = None  # by which two administrators, if the login is another (ADR 19)

    def evolve(self, user: User) -> User:
        return replace(user, details=self.details)


def changed(
    whom: UUID, known: UserDetails, details: UserDetails, context: Context, seconded: Seconded | None = None
) -> Decision:
    """Return what other details of a user become. Raises LoginOfAnother."""
    if known == details:
        return Decision()
    old, new = login_claim(known.login), login_claim(details.login)
    require_free(details.login, whom, context)
    happened = UserDetailsChanged(details=Sealed(whom, DataClass.IDENTITY, details), seconded=seconded)
    return Decision(
        parts=(Part(Ref(User, whom), (happened,)),),
        take={new: whom} if new != old else {},
        release=(old,) if new != old else (),
    )


def require_free(login: str, whom: UUID, context: Context) -> None:
    """Raise if another user comes with the login."""
    holder = context.holder(login_claim(login))
    if holder and holder.held and holder.stream != whom:
        raise LoginOfAnother("login")


def sees_every_user(context: Context) -> bool:
    """Say whether who asks may be told who is known: administrators, and the program."""
    return by_program(context) or context.actor.role in TABLE[Action.GRANT_MINISTRY_ROLE]


def login_claim(login: str) -> Claim:
    """Which user comes with this login: found by its digest."""
    return Claim("login", login)


class LoginOfAnother(Refused):
    """Another user comes with this login."""


Command: TypeAlias = InviteUser | ChangeUserDetails
Event: TypeAlias = UserInvited | UserInvitedAgain | InvitationOpened | UserDetailsChanged
