"""Resuming: work on a paused case goes on once the child is enrolled or has turned six (BR-71, BR-74).

Every paused case is asked about: no query compares a birth date, and the command decides from the sealed one.
"""

from typing import Final

from psycopg.sql import SQL, Literal

from api.automations.automation import Automation
from domain.cases.case import Case
from domain.cases.pausing import ResumeWhenDue
from domain.cases.status import Status
from projections import cases

RESUMING: Final = Automation(
    name="resuming",
    of=Case,
    command=ResumeWhenDue(),
    candidates=SQL(
        "SELECT c.case_id AS id FROM service.cases c WHERE c.to_position IS NULL AND c.status = {paused}"
    ).format(paused=Literal(str(Status.PAUSED))),
    models=(cases.project,),
)
