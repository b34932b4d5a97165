"""The registry: every automation there is, by name. A new one is listed here, or a test says so."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from api.automations.automation import Automation
from api.automations.expiring_drafts import EXPIRING_DRAFTS, WARNING_OF_EXPIRY
from api.automations.noticing_enrolments import NOTICING_ENROLMENTS
from api.automations.recalculating import RECALCULATING
from api.automations.releasing import RELEASING_CONTACTS, RELEASING_MANAGERS
from api.automations.resuming import RESUMING

_ALL: Final = (
    NOTICING_ENROLMENTS,
    RESUMING,
    RELEASING_MANAGERS,
    RELEASING_CONTACTS,
    RECALCULATING,
    WARNING_OF_EXPIRY,
    EXPIRING_DRAFTS,
)

AUTOMATIONS: Final[Mapping[str, Automation]] = MappingProxyType({each.name: each for each in _ALL})
