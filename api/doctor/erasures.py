"""Erasures: the journal and the database agree, and nothing that was begun is left half done."""

from collections.abc import Iterator
from typing import Final

from api.database import any_destroyed
from api.doctor.findings import Finding, attention, broken, ok, or_ok
from api.doctor.patient import Patient
from api.settings import Login, variable
from domain.privacy.disposal import DisposalStatus
from eventstore.erasure import outstanding
from eventstore.journal import Journal
from projections.refolding import not_blanked
from projections.registry import MODELS

_DISPOSALS: Final = """
SELECT disposal_id::text FROM service.disposals WHERE to_position IS NULL AND status = %s ORDER BY asked_on
"""


def journal(patient: Patient) -> Iterator[Finding]:
    """The erasure journal beside the database: what it names was carried out here."""
    file = Journal(patient.settings.journal)
    db = patient.session(Login.SERVICE)
    if not file.there and any_destroyed(db):
        yield broken(
            f"somebody was erased, and there is no journal at {patient.settings.journal}",
            f"bring the journal back, or correct {variable('erasure_journal')}: no copy can be restored without it",
        )
    elif left := outstanding(db, file):
        yield broken(
            f"the journal names {len(left)} erasures that this database has not carried out: it is an older copy",
            "run `attendance migrate` with AS_CMS_DATABASE_URL_ERASURE before anybody reads",
        )
    else:
        yield ok("the database has carried out all that the journal names")


def disposals(patient: Patient) -> Iterator[Finding]:
    """Disposals: none that was begun is unfinished; and whoever was destroyed is out of every read model."""
    yield from or_ok(_half_done(patient), "none is half done, and whoever was destroyed is in no read model")


def _half_done(patient: Patient) -> Iterator[Finding]:
    begun = _in_status(patient, DisposalStatus.BEGUN)
    if begun:
        yield attention(f"begun and not finished: {', '.join(begun)}", f"run `attendance erase {' '.join(begun)}`")
    if left := not_blanked(patient.session(Login.FOLLOWERS), MODELS):
        yield attention(
            f"{len(left)} of the destroyed stand in read models yet",
            "begin `attendance project`, which takes them out",
        )


def _in_status(patient: Patient, status: DisposalStatus) -> list[str]:
    return [each for (each,) in patient.session(Login.SERVICE).execute(_DISPOSALS, [status.value]).fetchall()]
