"""Releasing: whoever no longer holds the role loses the case: its manager (BR-37), its Primary Contact (BR-143)."""

from typing import Final

from psycopg.sql import SQL, Identifier

from api.automations.automation import Automation, any_of
from domain.cases.assigning import NoteManagerLeft
from domain.cases.case import Case
from domain.cases.naming_contact import NotePrimaryContactLeft
from domain.cases.status import ACTIVE
from domain.users.user import PROVIDER_ROLES, Role
from projections import cases, grants

_WITHOUT: Final = SQL("""
SELECT c.case_id AS id FROM service.cases c
 WHERE c.to_position IS NULL AND c.status IN ({active}) AND c.{person} IS NOT NULL AND NOT {holds}
""")

RELEASING_MANAGERS: Final = Automation(
    name="releasing-managers",
    of=Case,
    command=NoteManagerLeft(),
    candidates=_WITHOUT.format(
        active=any_of(ACTIVE),
        person=Identifier("manager"),
        holds=grants.holds_any(Identifier("c", "manager"), PROVIDER_ROLES, Identifier("c", "provider")),
    ),
    models=(cases.project, grants.project),
)

RELEASING_CONTACTS: Final = Automation(
    name="releasing-contacts",
    of=Case,
    command=NotePrimaryContactLeft(),
    candidates=_WITHOUT.format(
        active=any_of(ACTIVE),
        person=Identifier("primary_contact"),
        holds=grants.holds_any(
            Identifier("c", "primary_contact"),
            (Role.SCHOOL_PRIMARY_CONTACT, Role.ATTENDANCE_LEAD),
            Identifier("c", "school"),
        ),
    ),
    models=(cases.project, grants.project),
)
