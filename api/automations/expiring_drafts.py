"""Expiring drafts: what nobody saves for `P:draftExpiryDays` is given up, some days after a warning (BR-11)."""

from typing import Final

from psycopg.sql import SQL

from api.automations.automation import Automation
from domain.policies.publishing import PolicyPublished
from domain.requests.drafting import ExpireDraft, StillKept, WarnOfExpiry
from domain.requests.request import Request
from projections import drafts

WARNING_OF_EXPIRY: Final = Automation(
    name="warning-of-expiry",
    of=Request,
    command=WarnOfExpiry(),
    candidates=SQL(
        "SELECT d.request_id AS id FROM service.drafts d WHERE d.to_position IS NULL AND d.kept_until_on IS NULL"
    ),
    models=(drafts.project,),
    anew_on=(PolicyPublished,),
    not_yet=(StillKept,),
)

EXPIRING_DRAFTS: Final = Automation(
    name="expiring-drafts",
    of=Request,
    command=ExpireDraft(),
    candidates=SQL(
        "SELECT d.request_id AS id FROM service.drafts d WHERE d.to_position IS NULL AND d.kept_until_on < %(day)s"
    ),
    models=(drafts.project,),
)
