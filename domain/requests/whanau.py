"""What a request tells of the student and the whānau, each in the stream of the person it reaches (BR-12)."""

from collections.abc import Iterator, Mapping
from uuid import UUID

from domain.codesets.code_set import require_codes
from domain.decision import Context, Event, Part, Ref
from domain.requests.form import Form, WhanauContact
from domain.sealed import DataClass, Sealed, Unknown
from domain.students.caregiver import Caregiver
from domain.students.caring import CareBegun, CaregiverLinked, CaregiverRegistered, NoSuchCaregiver, Tie
from domain.students.contacting import Confidence, ContactDetail, ContactDetailAdded
from domain.students.student import Student
from domain.text import PersonName

SOURCE = "CA request"
UNSAID = "OTHER_WHANAU"  # the relation of somebody whom the school only named


def parts(form: Form, student: UUID, context: Context) -> tuple[Part, ...]:
    """Return what enters the streams of the student and of each caregiver. A caregiver known by name is the same."""
    require_codes(context, "Relation", *(one.relation for one in form.whanau), field="whanau")
    told: dict[Ref, list[Event]] = {Ref(Student, student): [*_own_details(form, student, context)]}
    known = _known(student, context)
    for n, contact in enumerate(one for one in form.whanau if one.named):
        who = _who(contact, n, known, context)
        told.setdefault(Ref(Caregiver, who), []).extend(_of_caregiver(who, n, contact, student, context))
        if who not in known:
            told[Ref(Student, student)].append(_linked(who, contact, student))
    return tuple(Part(stream, tuple(events)) for stream, events in told.items() if events)


def _known(student: UUID, context: Context) -> Mapping[UUID, PersonName | Unknown | None]:
    """The student's caregivers, and what each is called: opened once, however many contacts there are."""
    caregivers = ((each, context.fact(Caregiver, each).name) for each in context.fact(Student, student).caregivers)
    return {each: name.open() if name else None for each, name in caregivers}


def _who(contact: WhanauContact, n: int, known: Mapping[UUID, PersonName | Unknown | None], context: Context) -> UUID:
    """The caregiver that a contact is: one of the student's, by id or by name, or somebody new."""
    if contact.caregiver is None:
        same = (each for each, name in known.items() if contact.name is not None and name == contact.name)
        return next(same, context.new_id(f"caregiver-{n}"))
    if contact.caregiver not in known:
        raise NoSuchCaregiver("whanau")
    return contact.caregiver


def _of_caregiver(who: UUID, n: int, contact: WhanauContact, student: UUID, context: Context) -> Iterator[Event]:
    if who not in context.fact(Student, student).caregivers and contact.name is not None:
        yield CaregiverRegistered(name=Sealed(who, DataClass.IDENTITY, contact.name))
        yield CareBegun(student=student)
    if contact.phone:
        yield _detail(who, f"phone-{n}", ContactDetail(phone=contact.phone), context)
    if contact.email:
        yield _detail(who, f"email-{n}", ContactDetail(email=contact.email), context)


def _linked(who: UUID, contact: WhanauContact, student: UUID) -> CaregiverLinked:
    tie = Tie(relation=contact.relation or UNSAID)
    return CaregiverLinked(caregiver=who, tie=Sealed(student, DataClass.IDENTITY, tie))


def _own_details(form: Form, student: UUID, context: Context) -> Iterator[Event]:
    if form.student_phone:
        yield _detail(student, "phone", ContactDetail(phone=form.student_phone), context)
    if form.student_email:
        yield _detail(student, "email", ContactDetail(email=form.student_email), context)
    if form.home_address:
        yield _detail(student, "home", ContactDetail(address=form.home_address), context)
    if form.alternative_address:
        yield _detail(student, "alternative", ContactDetail(address=form.alternative_address), context)


def _detail(person: UUID, name: str, detail: ContactDetail, context: Context) -> ContactDetailAdded:
    return ContactDetailAdded(
        contact=context.new_id(f"contact-{name}"),
        detail=Sealed(person, DataClass.CONTACT, detail),
        source=Sealed(person, DataClass.CONTACT, SOURCE),
        from_on=context.today,
        confidence=Confidence.LIKELY,
    )
