"""Noticing enrolments: every case, closed ones too, learns on whose roll its student is (BR-20, BR-42, BR-61, BR-133).

The enrolment of a day is the one begun last, unless the student is off the roll again (`Student.enrolment_on`).
All cases there ever were are looked through, so only when a roll, or what a case takes for one, may have changed.
"""

from typing import Final

from psycopg.sql import SQL

from api.automations.automation import Automation
from domain.cases.case import Case
from domain.cases.changing_type import CaseTypeChanged
from domain.cases.enrolling import NoteEnrolment
from domain.cases.opening import CaseCreated
from domain.cases.reopening import CaseReopened
from domain.students.enrolling import StudentEnrolled, StudentWithdrawn
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
 WHERE c.to_position IS NULL
   AND c.enrolled_at IS DISTINCT FROM CASE WHEN last.withdrawn_on <= %(day)s THEN NULL ELSE last.school END
""")

NOTICING_ENROLMENTS: Final = Automation(
    name="noticing-enrolments",
    of=Case,
    command=NoteEnrolment(),
    candidates=_ELSEWHERE,
    models=(cases.project, people.project),
    anew_on=(StudentEnrolled, StudentWithdrawn, CaseCreated, CaseReopened, CaseTypeChanged),
)
