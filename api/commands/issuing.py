"""`attendance token`: a token of the development issuer, for somebody to whom it first grants the role."""

from datetime import date, timedelta
from typing import Annotated, Final
from uuid import UUID, uuid4

import typer

from adapters.development_issuer import DevelopmentIssuer
from api.app import development_issuer
from api.bootstrap import Service
from api.commands.output import AsJson, say, say_json
from api.commands.running import Failed, opened, settings
from api.commands.taking import PROGRAM
from api.settings import variable
from domain.days import auckland_day
from domain.decision import Command, Ref
from domain.ids import MINISTRY, in_school_provider_id, provider_id, region_id, school_id
from domain.text import PersonName
from domain.users.granting import GrantRole
from domain.users.inviting import InviteUser
from domain.users.training import RecordTrainingPassed
from domain.users.user import MINISTRY_ROLES, PROVIDER_ROLES, SCHOOL_ROLES, Role, User, UserDetails
from eventstore.requests import Request

AUDIT: Final = timedelta(days=30)


def token(
    role: Annotated[Role, typer.Option(help="The role to act in.", show_default=False)],
    org: Annotated[
        str, typer.Option(help="A school's number, a provider's code, a region's name, or an id; not for the Ministry.")
    ] = "",
    login: Annotated[str, typer.Option(help="Whose login; left out, that of the role there.")] = "",
    hours: Annotated[int, typer.Option(min=1, max=24, help="How long the token is good for.")] = 1,
    *,
    as_json: AsJson = False,
) -> None:
    """Print a token of the development issuer, after granting the role. Refused in production."""
    issuer = _issuer()
    if hours * 3_600 > settings().token_seconds:
        raise Failed(f"--hours: {variable('token_seconds')} allows no token that is good for so long")
    organisation = organisation_of(role, org)
    subject = login or f"{role}.{organisation.hex[:12]}@development.example".lower()
    with opened() as service:
        user = grant(service, role, organisation, subject)
    text = issuer.token(subject=subject, organisation=organisation, role=role, lifetime=timedelta(hours=hours))
    if as_json:
        say_json({"token": text, "user": user, "role": role, "organisation": organisation})
    else:
        say(text)


def organisation_of(role: Role, named: str) -> UUID:
    """Return the organisation that is meant. Raises Failed if none is named where one is needed."""
    try:
        return UUID(named)
    except ValueError:
        pass
    if role in MINISTRY_ROLES - {Role.REGIONAL_ADVISOR} or role is Role.SYSTEM:
        return MINISTRY
    if not named:
        raise Failed(f"--org: say for which organisation somebody is {role}")
    if role is Role.REGIONAL_ADVISOR:
        return region_id(named)
    if role in PROVIDER_ROLES:
        return in_school_provider_id(named) if named.isdecimal() else provider_id(named)
    return school_id(named) if role in SCHOOL_ROLES or named.isdecimal() else provider_id(named)


def grant(service: Service, role: Role, organisation: UUID, login: str) -> UUID:
    """See that somebody comes with this login and holds the role today, and return their id. Raises what is refused."""
    today = auckland_day(service.clock())
    details = UserDetails(name=PersonName(family_name="Development"), email=_address(login), login=login)
    user = _ask(service, uuid4(), InviteUser(details=details))["user"]
    if role in PROVIDER_ROLES:
        _ask(service, user, RecordTrainingPassed(passed_on=today))
    _ask(service, user, _grant(role, organisation, today))
    return user


def _issuer() -> DevelopmentIssuer:
    said = settings()
    issuer = development_issuer(said)
    if not said.development_issuer:
        raise Failed("tokens come from the issuer that is set; the development issuer is not believed beside it")
    return issuer


def _grant(role: Role, organisation: UUID, today: date) -> GrantRole:
    audit = role is Role.AUDITOR
    return GrantRole(
        role=role,
        organisation=organisation,
        from_on=today,
        to_on=today + AUDIT if audit else None,
        reason="A token of the development issuer." if audit else None,
    )


def _ask(service: Service, user: UUID, command: Command) -> dict[str, UUID]:
    return dict(service.writer.execute(Request(stream=Ref(User, user), command=command, actor=PROGRAM, opens=True)).ids)


def _address(login: str) -> str:
    return login if "@" in login else f"{login}@development.example"
