"""Exporting: a list of cases as one file, all of it, for whoever may see the list (BR-130).

The file is made within the one moment of its list, before the first byte is sent: whoever reads slowly keeps no
snapshot open, and what goes wrong is answered as a problem, never as a file that ends early.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from fastapi import Response

from api.questions.listing import Item, items
from api.questions.reading import Answering, Moment, told
from api.sheets import sheet
from domain.cases.status import Status
from eventstore.deadlines import allow
from projections.lists import Ask, whole
from projections.naming import code_of

COLUMNS: Final[Mapping[str, Callable[[Item], object]]] = {
    "Case": lambda item: item.case,
    "Student": lambda item: item.names.student,
    "School": lambda item: item.names.school,
    "Type": lambda item: item.type,
    "Provision": lambda item: item.provision,
    "Status": lambda item: item.shown,
    "Paused": lambda item: item.status is Status.PAUSED,
    "Since": lambda item: item.since,
    "Days": lambda item: item.days,
    "Next due": lambda item: item.next_due_on,
    "Late deadlines": lambda item: item.breached,
    "Provider": lambda item: item.names.provider,
    "Case Manager": lambda item: item.names.manager,
    "Primary Contact": lambda item: item.names.primary_contact,
    "Opened on": lambda item: item.opened_on,
    "Opening": lambda item: item.episode,
}
"""The columns of a file, by their titles."""

MOMENT: Final = ("As at", "Position")
"""Every row tells its moment: what is pasted elsewhere stays true."""

SHEET_SECONDS: Final = 30.0
"""How long we work on a file: it is read piece by piece, each within the time of any statement."""


class SheetOfCases(Response):
    """A file to be saved."""

    media_type = "text/csv"


SHEET: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The whole list as a CSV file in UTF-8, with a mark of it at the beginning.",
        "headers": {
            "Content-Disposition": {
                "description": "The name to save it under: whose list, and its day.",
                "schema": {"type": "string"},
            },
            "Moment-Day": {
                "description": "The day by which lateness is judged.",
                "schema": {"type": "string", "format": "date"},
            },
            "Moment-Position": {
                "description": "The position of the log that the list is true of.",
                "schema": {"type": "integer"},
            },
            "Moment-Behind-Seconds": {
                "description": "For how long what the list cannot show yet has been recorded.",
                "schema": {"type": "integer"},
            },
        },
    }
}
"""What a route that answers a file adds to the OpenAPI document."""


def exported(now: Answering, what: str, ask: Ask, of: UUID | None = None) -> SheetOfCases:
    """Answer a whole list as a file, named by what it is, by the public code of whose it is, and by its day."""
    allow(SHEET_SECONDS)
    at = told(now.at)
    shown = (item for piece in whole(ask) for item in items(now, piece))
    content = sheet((*COLUMNS, *MOMENT), (_row(each, at) for each in shown))
    name = "-".join(filter(None, (what, code_of(now.db, of, now.at) if of else "", str(at.day))))
    return SheetOfCases(content, headers=_headers(name, at))


def _row(item: Item, at: Moment) -> list[object]:
    return [*(cell(item) for cell in COLUMNS.values()), at.day, at.position]


def _headers(name: str, at: Moment) -> dict[str, str]:
    return {
        "Content-Disposition": f'attachment; filename="{name}.csv"',
        "Moment-Day": str(at.day),
        "Moment-Position": str(at.position),
        "Moment-Behind-Seconds": str(at.behind_seconds),
    }
