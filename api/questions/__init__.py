"""Questions over HTTP: how things stand, as at any moment, one module for each question of the read side."""

from typing import Final

from api.questions import case, caseload, kpi, provider_queue, school_dashboard

ROUTERS: Final = (case.router, school_dashboard.router, provider_queue.router, caseload.router, kpi.router)
