"""As whom automations act: a user of their own, who holds the SYSTEM role by a grant in the log like anybody else."""

from datetime import date
from typing import Final

from api.commands.taking import PROGRAM
from domain.decision import Actor, Command, Ref, Source
from domain.ids import MINISTRY, natural_id
from domain.text import PersonName
from domain.users.granting import GrantRole
from domain.users.inviting import InviteUser
from domain.users.user import Role, User, UserDetails
from eventstore.requests import Request
from eventstore.writer import Writer

AUTOMATIONS: Final = Actor(
    user=natural_id("program", "automations"),
    role=Role.SYSTEM,
    organisation=MINISTRY,
    source=Source.SYSTEM,
)

_DETAILS: Final = UserDetails(
    name=PersonName(family_name="Automations"), email="automations@service.invalid", login="program:automations"
)


def admit(writer: Writer, today: date) -> None:
    """See that this user is there and holds the role; a revocation holds until the next start. Raises Unavailable."""
    _tell(writer, InviteUser(details=_DETAILS))
    _tell(writer, GrantRole(role=Role.SYSTEM, organisation=MINISTRY, from_on=today))


def _tell(writer: Writer, command: Command) -> None:
    writer.execute(Request(stream=Ref(User, AUTOMATIONS.user), command=command, actor=PROGRAM, opens=True))
