"""Reference data over HTTP: people, organisations and the numbers of the rules; mostly for systems and the Ministry."""

from typing import Final

from api.reference import (
    approvals,
    calendars,
    caregivers,
    catchments,
    disposals,
    former_details,
    legal_holds,
    providers,
    rules,
    schools,
    students,
    users,
)

ROUTERS: Final = (
    approvals.router,
    calendars.router,
    caregivers.router,
    catchments.router,
    disposals.router,
    former_details.router,
    legal_holds.router,
    providers.router,
    rules.router,
    schools.router,
    students.router,
    users.router,
)
