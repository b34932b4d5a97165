"""What people do with a case over HTTP: one module for each slice of the domain, of the same name."""

from typing import Final

from api.cases import (
    allocating,
    assigning,
    closing,
    consulting,
    contacting,
    exploring_pathways,
    identifying_barriers,
    meeting,
    naming_contact,
    pausing,
    planning,
    recording_activities,
    reopening,
    transitioning,
)

ROUTERS: Final = (
    allocating.router,
    assigning.router,
    closing.router,
    consulting.router,
    contacting.router,
    exploring_pathways.router,
    identifying_barriers.router,
    meeting.router,
    naming_contact.router,
    pausing.router,
    planning.router,
    recording_activities.router,
    reopening.router,
    transitioning.router,
)
