"""Inviting a user: one stream a person, found again by the login that the identity provider knows them by."""

from dataclasses import dataclass, replace
from typing import TypeAlias

from domain.decision import Claim, Context, Decision, Part, Ref, Refused
from domain.sealed import DataClass, Sealed
from domain.text import STRICT
from domain.users.user import User, UserDetails


@dataclass(frozen=True, slots=True, kw_only=True)
class InviteUser:
    """Open a stream for a user; answers `user`, which is another if the login is known already."""

    __pydantic_config__ = STRICT

    details: UserDetails

    def decide(self, user: User, context: Context) -> Decision:
        holder = context.holder(login_claim(self.details.login))
        if user.registered:
            return Decision(answer={"user": context.stream})
        if holder and holder.held:
            return Decision(answer={"user": holder.stream})
        happened = UserInvited(details=Sealed(context.stream, DataClass.IDENTITY, self.details))
        return Decision(
            parts=(Part(Ref(User, context.stream), (happened,)),),
            take={login_claim(self.details.login): context.stream},
            answer={"user": context.stream},
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UserInvited:
    """A person may come in by their login; what they may do there is granted apart."""

    details: Sealed[UserDetails]

    def evolve(self, user: User) -> User:
        return replace(user, details=self.details)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeUserDetails:
    """Correct a user's name or addresses, or the login that they come with from now on."""

    __pydantic_config__ = STRICT

    details: UserDetails

    def decide(self, user: User, context: Context) -> Decision:
        known = user.require()
        if known == self.details:
            return Decision()
        old, new = login_claim(known.login), login_claim(self.details.login)
        holder = context.holder(new)
        if holder and holder.held and holder.stream != context.stream:
            raise LoginOfAnother("login")
        happened = UserDetailsChanged(details=Sealed(context.stream, DataClass.IDENTITY, self.details))
        return Decision(
            parts=(Part(Ref(User, context.stream), (happened,)),),
            take={new: context.stream} if new != old else {},
            release=(old,) if new != old else (),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UserDetailsChanged:
    """The user's name, e-mail address or login is another; these are all three."""

    details: Sealed[UserDetails]

    def evolve(self, user: User) -> User:
        return replace(user, details=self.details)


def login_claim(login: str) -> Claim:
    """Which user comes with this login: found by its digest."""
    return Claim("login", login)


class LoginOfAnother(Refused):
    """Another user comes with this login."""


Command: TypeAlias = InviteUser | ChangeUserDetails
Event: TypeAlias = UserInvited | UserDetailsChanged
