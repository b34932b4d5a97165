"""Former details over HTTP: what was recorded of a person before it was corrected, to whoever has a right of its own.

That it was read is recorded before anything is shown: by whom, of whom and why, and never what it was (BR-113).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool

from api.bootstrap import Service
from api.former_details import present_version, telling
from api.http.asking import AtDesk
from api.http.audiences import FormerReader
from api.http.bodies import Body
from api.http.routes import shown
from api.saying import said
from domain.sealed import Sealed, Unknown
from domain.students.caregiver import Caregiver
from domain.students.disclosing import ReadFormerDetails
from domain.students.student import Student
from domain.users.user import User
from eventstore.connections import available
from eventstore.requests import Done

router = APIRouter(prefix="/v1", tags=["former details"])

_FORMER = """
SELECT version, recorded_at, type, schema_version, data FROM log.events
 WHERE stream = %s AND version < %s AND type = ANY(%s) ORDER BY version
"""
_EXAMPLE = shown({"reason": "Whānau asked which name the school had."})


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class FormerDetails:
    """What an event said of a person that a later one superseded; null once nobody can know it."""

    version: int
    recorded_at: datetime
    details: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Disclosed:
    """All that was superseded, the oldest first; `version` is that of the record of its reading."""

    id: UUID
    version: int
    position: int
    former: list[FormerDetails]


@router.post("/students/{student_id}/former-details", openapi_extra=_EXAMPLE)
async def read_former_details_of_student(
    student_id: UUID, actor: FormerReader, command: Body[ReadFormerDetails], desk: AtDesk, request: Request
) -> Disclosed:
    """Show what was recorded of a student before it was corrected, and record that it was read, and why."""
    done = await desk.ask(Student, student_id, command, by=actor)
    return await _disclosed(request.app.state.service, done)


@router.post("/caregivers/{caregiver_id}/former-details", openapi_extra=_EXAMPLE)
async def read_former_details_of_caregiver(
    caregiver_id: UUID, actor: FormerReader, command: Body[ReadFormerDetails], desk: AtDesk, request: Request
) -> Disclosed:
    """Show what was recorded of a caregiver before it was corrected, and record that it was read, and why."""
    done = await desk.ask(Caregiver, caregiver_id, command, by=actor)
    return await _disclosed(request.app.state.service, done)


@router.post("/users/{user_id}/former-details", openapi_extra=_EXAMPLE)
async def read_former_details_of_user(
    user_id: UUID, actor: FormerReader, command: Body[ReadFormerDetails], desk: AtDesk, request: Request
) -> Disclosed:
    """Show what was recorded of a user before it was corrected, and record that it was read, and why."""
    done = await desk.ask(User, user_id, command, by=actor)
    return await _disclosed(request.app.state.service, done)


async def _disclosed(service: Service, done: Done) -> Disclosed:
    former = await run_in_threadpool(_former, service, done.stream)
    return Disclosed(id=done.stream, version=done.version, position=done.position, former=former)


def _former(service: Service, person: UUID) -> list[FormerDetails]:
    with available(), service.reads.connection() as db:
        last = present_version(db, person)
        stored = db.execute(_FORMER, [person, last, [*telling()]], binary=True).fetchall()
    service.keyring.forget(person)  # as of now: a key may just have been destroyed
    return [
        FormerDetails(version=version, recorded_at=at, details=_opened(service, person, version, *event))
        for version, at, *event in stored
    ]


def _opened(service: Service, person: UUID, version: int, name: str, schema: int, data: bytes) -> Any:
    event = service.codec.decode(name, schema, data, person, version, service.keyring)
    value = getattr(event, telling()[name]).open()
    return None if isinstance(value, Unknown) else said(value, _never)


def _never(sealed: Sealed[Any], pointer: str) -> None:
    """Nothing is sealed within what was."""
