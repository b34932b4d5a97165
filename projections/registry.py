"""The registry: every read model there is. A new one is listed here, or a test says so."""

from typing import Any, Final

from projections import (
    approvals,
    cases,
    catchments,
    clocks,
    disposals,
    drafts,
    grants,
    people,
    providers,
    schools,
    timeline,
)
from projections.model import Model

MODELS: Final[tuple[Model[Any], ...]] = (
    cases.project,
    clocks.project,
    timeline.project,
    people.project,
    schools.project,
    providers.project,
    catchments.project,
    grants.project,
    drafts.project,
    approvals.project,
    disposals.project,
)


def model(name: str) -> Model[Any]:
    """Return a model by its name. Raises KeyError."""
    return {each.name: each for each in MODELS}[name]
