"""Reach: whom a disposal takes along, and what forbids it."""

from collections.abc import Iterable, Iterator
from uuid import UUID

from domain.cases.case import active_case_of
from domain.decision import Context, Refused
from domain.privacy.disposal import Order, People
from domain.sealed import DataClass
from domain.students.caregiver import Caregiver
from domain.students.person import NobodyThere, is_known
from domain.students.student import Student
from domain.users.user import User


def people_of(person: UUID, context: Context, *, caregivers_too: bool) -> People:
    """Return whom it takes to forget a person: a child under every number and, if asked, the caregivers it orphans.

    Raises NobodyThere.
    """
    if context.fact(Student, person).registered:
        return _of_child(person, context, caregivers_too=caregivers_too)
    if context.fact(Caregiver, person).name:
        return People(caregivers=(person,))
    if context.fact(User, person).registered:
        return People(users=(person,))
    raise NobodyThere("person")


def require_disposable(people: People, classes: Iterable[DataClass], context: Context) -> None:
    """Raise if one of them is under a legal hold, or if who they are is still needed."""
    if any(state.legal_holds for state in states_of(people, context)):
        raise UnderLegalHold
    if DataClass.IDENTITY not in classes:
        return
    cases = [context.holder(active_case_of(each)) for each in people.students]
    if any(each and each.held for each in cases):
        raise CaseStillWorked
    grants = [grant for each in people.users for grant in context.fact(User, each).grants]
    if any(grant.to_on is None or grant.to_on >= context.today for grant in grants):
        raise StillHoldsRoles


def require_unchanged(order: Order, context: Context) -> None:
    """Raise if whom it takes along is not whom both people knew of, or if something forbids it by now."""
    if order.people.students:
        now = _of_child(order.person, context, caregivers_too=order.takes_caregivers)
        if now != order.people:
            raise OthersConcernedNow
    require_disposable(order.people, order.classes, context)


def known(people: People, context: Context) -> tuple[UUID, ...]:
    """Return those of them of whom it can still be read who they are."""
    states = zip(people.all, states_of(people, context), strict=True)
    return tuple(each for each, state in states if is_known(state))


def states_of(people: People, context: Context) -> Iterator[Student | Caregiver | User]:
    """Return how each of them stands, in their order."""
    yield from (context.fact(Student, each) for each in people.students)
    yield from (context.fact(Caregiver, each) for each in people.caregivers)
    yield from (context.fact(User, each) for each in people.users)


def _of_child(student: UUID, context: Context, *, caregivers_too: bool) -> People:
    students = _merged(student, context)
    return People(students=students, caregivers=_orphans(students, context) if caregivers_too else ())


def _merged(student: UUID, context: Context) -> tuple[UUID, ...]:
    """Return the one child under all its numbers, whichever was named (BR-118)."""
    found, waiting = dict[UUID, None](), [student]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found[each] = None
            state = context.fact(Student, each)
            aliases = [(alias, context.fact(Student, alias)) for alias in state.aliases]
            waiting += [alias for alias, other in aliases if other.merged_into == each]  # and nowhere else since
            waiting += [state.merged_into] if state.merged_into else []
    return tuple(sorted(found))


def _orphans(students: tuple[UUID, ...], context: Context) -> tuple[UUID, ...]:
    """Return whoever cares for them, or did, is known still, and has to do with no other child that is known."""
    ever = {each for student in students for each in context.fact(Student, student).caregivers_ever}
    return tuple(sorted(each for each in ever if _is_orphan(context.fact(Caregiver, each), students, context)))


def _is_orphan(caregiver: Caregiver, students: tuple[UUID, ...], context: Context) -> bool:
    others = [each for each in caregiver.students if each not in students]
    cared_for = [is_known(context.fact(Student, each)) for each in others]  # all at once: what is not read is asked for
    return is_known(caregiver) and not any(cared_for)


class UnderLegalHold(Refused):
    """Somebody whom this concerns is under a legal hold: nothing of them is destroyed until it is lifted."""


class CaseStillWorked(Refused):
    """The student's case is active, and whoever works it has to know who the student is: close it first."""


class StillHoldsRoles(Refused):
    """This user holds a role, or will: take it away first."""


class OthersConcernedNow(Refused):
    """Whom this concerns has changed since it was asked for, so nobody agreed to it: ask for it again."""
