"""Students over HTTP: who they are, their enrolments (as ENROL tells them), how to reach them."""

from uuid import UUID

from fastapi import APIRouter, Response

from api.http.asking import AtDesk, answer, made
from api.http.audiences import Corrector, RollFeed
from api.http.bodies import Body
from api.http.routes import shown
from domain.students.caring import LinkCaregiver, UnlinkCaregiver
from domain.students.contacting import AddContactDetail, EndContactDetail
from domain.students.correcting import CorrectStudentDetails
from domain.students.enrolling import RecordEnrolment, RecordWithdrawal
from domain.students.merging import MergeNsn
from domain.students.registering import RegisterStudent
from domain.students.student import Student

router = APIRouter(prefix="/v1/students", tags=["students"])


@router.post(
    "",
    openapi_extra=shown(
        {
            "details": {
                "name": {
                    "family_name": "Ngata",
                    "given_names": "Hana",
                },
                "born_on": "2013-03-12",
            },
        }
    ),
)
async def register_student(actor: RollFeed, command: Body[RegisterStudent], desk: AtDesk) -> Response:
    """Open a stream for a student; answers `student`, who is another if the NSN is known already."""
    done = await desk.open(Student, command, by=actor)
    return made(done, "/v1/students", done.ids["student"])


@router.post(
    "/{student_id}/correct",
    openapi_extra=shown(
        {
            "details": {
                "name": {
                    "family_name": "Ngata",
                    "given_names": "Hana",
                },
                "born_on": "2013-03-12",
            },
            "reason": "Whānau gave the right birth date.",
        }
    ),
)
async def correct_student_details(
    student_id: UUID, actor: Corrector, command: Body[CorrectStudentDetails], desk: AtDesk
) -> Response:
    """Replace what is recorded of a student by what is right, with the reason."""
    return answer(await desk.ask(Student, student_id, command, by=actor))


@router.post(
    "/{student_id}/enrol",
    openapi_extra=shown(
        {
            "school": "0198f0c2-0000-7000-8000-000000000002",
            "from_on": "2026-02-02",
        }
    ),
)
async def record_enrolment(student_id: UUID, actor: RollFeed, command: Body[RecordEnrolment], desk: AtDesk) -> Response:
    """Put a student on the roll of a school, which takes them off every other."""
    return answer(await desk.ask(Student, student_id, command, by=actor))


@router.post(
    "/{student_id}/withdraw",
    openapi_extra=shown(
        {
            "school": "0198f0c2-0000-7000-8000-000000000002",
            "last_day_of_attendance": "2026-04-01",
            "withdrawn_on": "2026-05-04",
            "reason": "CONTINUOUS_ABSENCE",
        }
    ),
)
async def record_withdrawal(
    student_id: UUID, actor: RollFeed, command: Body[RecordWithdrawal], desk: AtDesk
) -> Response:
    """Take a student off the roll of a school."""
    return answer(await desk.ask(Student, student_id, command, by=actor))


@router.post(
    "/{student_id}/merge-nsn",
    openapi_extra=shown(
        {
            "master": "123456789",
        }
    ),
)
async def merge_nsn(student_id: UUID, actor: RollFeed, command: Body[MergeNsn], desk: AtDesk) -> Response:
    """Make an NSN the master of this student's; answers `master`."""
    return answer(await desk.ask(Student, student_id, command, by=actor))


@router.post(
    "/{student_id}/link-caregiver",
    openapi_extra=shown(
        {
            "caregiver": "0198f0c2-0000-7000-8000-000000000031",
            "tie": {
                "relation": "MOTHER",
            },
        }
    ),
)
async def link_caregiver(student_id: UUID, actor: Corrector, command: Body[LinkCaregiver], desk: AtDesk) -> Response:
    """Say that somebody cares for this student."""
    return answer(await desk.ask(Student, student_id, command, by=actor))


@router.post(
    "/{student_id}/unlink-caregiver",
    openapi_extra=shown(
        {
            "caregiver": "0198f0c2-0000-7000-8000-000000000031",
        }
    ),
)
async def unlink_caregiver(
    student_id: UUID, actor: Corrector, command: Body[UnlinkCaregiver], desk: AtDesk
) -> Response:
    """Say that somebody does not care for this student any more."""
    return answer(await desk.ask(Student, student_id, command, by=actor))


@router.post(
    "/{student_id}/contact-details",
    openapi_extra=shown(
        {
            "contact": "0198f0c2-0000-7000-8000-000000000030",
            "detail": {
                "phone": "021 555 0101",
            },
            "from_on": "2026-05-04",
            "source": "CA request",
        }
    ),
)
async def add_student_contact(
    student_id: UUID, actor: Corrector, command: Body[AddContactDetail], desk: AtDesk
) -> Response:
    """Record a way to reach a student."""
    return answer(await desk.ask(Student, student_id, command, by=actor))


@router.post(
    "/{student_id}/end-contact-detail",
    openapi_extra=shown(
        {
            "contact": "0198f0c2-0000-7000-8000-000000000030",
            "why": "SUPERSEDED",
        }
    ),
)
async def end_student_contact(
    student_id: UUID, actor: Corrector, command: Body[EndContactDetail], desk: AtDesk
) -> Response:
    """Stop using a way to reach a student."""
    return answer(await desk.ask(Student, student_id, command, by=actor))
