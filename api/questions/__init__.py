"""Questions over HTTP: how things stand, as at any moment, one module for each question of the read side."""

from typing import Final

from api.questions import approvals, case, caseload, disposals, kpi, provider_queue, region, school_dashboard, timeline

ROUTERS: Final = (
    case.router,
    timeline.router,
    school_dashboard.router,
    provider_queue.router,
    caseload.router,
    region.router,
    kpi.router,
    approvals.router,
    disposals.router,
)
