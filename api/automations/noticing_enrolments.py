"""Noticing enrolments: a case learns on whose roll its student is today (BR-20, BR-42, BR-133).

The enrolment of a day is the one begun last, unless the student is off the roll again (`Student.enrolment_on`).
"""

from typing import Final

from psycopg.sql import SQL

from api.automations.automation import Automation, any_of
from domain.cases.case import Case
from domain.cases.enrolling import NoteEnrolment
from domain.cases.status import ACTIVE
from projections import cases, people

_ELSEWHERE: Final = SQL("""
SELECT c.case_id AS id FROM service.cases c
  LEFT JOIN service.people p ON p.person_id = c.student AND p.to_position IS NULL
  LEFT JOIN LATERAL (
    SELECT (e.it ->> 'school')::uuid AS school, (e.it ->> 'withdrawn_on')::date AS withdrawn_on
      FROM jsonb_array_elements(p.enrolments) WITH ORDINALITY AS e (it, number)
     WHERE (e.it ->> 'from_on')::date <= %(day)s
     ORDER BY (e.it ->> 'from_on')::date DESC, e.number DESC LIMIT 1
  ) last ON true
 WHERE c.to_position IS NULL AND c.status IN ({active})
   AND c.enrolled_at IS DISTINCT FROM CASE WHEN last.withdrawn_on <= %(day)s THEN NULL ELSE last.school END
""")

NOTICING_ENROLMENTS: Final = Automation(
    name="noticing-enrolments",
    of=Case,
    command=NoteEnrolment(),
    candidates=_ELSEWHERE.format(active=any_of(ACTIVE)),
    models=(cases.project, people.project),
)
