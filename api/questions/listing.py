"""Lists of cases as they are answered, a page at a time, with the names of whom they are about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from api.http.cursors import Key
from api.questions.naming import Names, names
from api.questions.reading import Answering, Desk, Moment, told
from domain.cases.case import CaseType, Provision
from domain.cases.status import SHOWN, Status
from projections import lists, naming
from projections.lists import Ask, Listed, Place
from projections.model import Model

FIRST: Final = lists.FIRST
MODELS: Final[tuple[Model[Any], ...]] = (*lists.MODELS, *naming.MODELS)
"""What a page is made of, and `moment` has to be asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A case in a list. `days` counts how long it stands as it does, from `since` on; `breached` its late clocks."""

    case: UUID
    type: CaseType
    provision: Provision
    status: Status
    shown: str  # the status in the words that schools are shown (BR-137)
    student: UUID
    school: UUID | None
    provider: UUID | None
    manager: UUID | None
    names: Names
    episode: int
    opened_on: date
    since: date
    days: int
    next_due_on: date | None
    breached: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Some cases, and the cursor of the next ones if there are more."""

    moment: Moment
    items: list[Item]
    next: str | None


def page(desk: Desk, question: str, now: Answering, after: Key | None, limit: int, ask: Ask) -> Page:
    """Answer a page: one more is asked for than is shown, to know whether there are more."""
    found = ask(_place(after), limit + 1)
    more = len(found) > limit
    shown = found[:limit]
    following = desk.next(question, now.at, _key(shown[-1].place)) if more else None
    return Page(moment=told(now.at), items=items(now, shown), next=following)


def items(now: Answering, shown: Sequence[Listed]) -> list[Item]:
    """Return cases as they are answered, with their names."""
    called = names(now, (each.case for each in shown))
    return [item(each, called[each.case.case_id]) for each in shown]


def item(listed: Listed, called: Names) -> Item:
    case = listed.case
    return Item(
        case=case.case_id,
        type=case.type,
        provision=case.provision,
        status=case.status,
        shown=SHOWN[case.status].name,
        student=case.student,
        school=case.school,
        provider=case.provider,
        manager=case.manager,
        names=called,
        episode=case.episode,
        opened_on=case.opened_on,
        since=case.status_since,
        days=listed.days,
        next_due_on=listed.next_due_on,
        breached=listed.breached,
    )


def _key(place: Place) -> Key:
    since, case = place
    return since.isoformat(), str(case)


def _place(key: Key | None) -> Place | None:
    if key is None:
        return None
    since, case = key
    return date.fromisoformat(str(since)), UUID(str(case))
