"""Recalculating: a corrected calendar or policy moves the due days of clocks that still run (BR-6).

A correction counts from its day: so every case with such a clock is asked about after each publication, and each day.
"""

from typing import Final

from psycopg.sql import SQL

from api.automations.automation import Automation, any_of
from domain.calendars.publishing import CalendarPublished, SchoolCalendarPublished
from domain.cases.case import Case
from domain.cases.recalculating import RecalculateDeadlines
from domain.cases.status import ACTIVE
from domain.policies.publishing import PolicyPublished
from projections import cases, clocks

_RUNNING: Final = SQL("""
SELECT c.case_id AS id FROM service.cases c
 WHERE c.to_position IS NULL AND c.status IN ({active}) AND EXISTS (
    SELECT FROM service.clocks k
     WHERE k.case_id = c.case_id AND k.episode = c.episode AND k.to_position IS NULL
       AND k.kind IS NOT NULL AND k.met_on IS NULL AND k.ended_on IS NULL)
""")

RECALCULATING: Final = Automation(
    name="recalculating",
    of=Case,
    command=RecalculateDeadlines(),
    candidates=_RUNNING.format(active=any_of(ACTIVE)),
    models=(cases.project, clocks.project),
    anew_on=(CalendarPublished, SchoolCalendarPublished, PolicyPublished),
)
