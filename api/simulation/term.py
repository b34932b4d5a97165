"""A term: every student's story from the request on, and the Case Managers who leave in the middle of it."""

from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final
from uuid import UUID

from api.simulation.asking import Api, Person
from api.simulation.chance import Luck
from api.simulation.ending import close, close_for_a_fact
from api.simulation.founding import found
from api.simulation.moving import move_school, wait_until_six
from api.simulation.people import People, Provider, Pupil
from api.simulation.places import PLACES, days_of
from api.simulation.requesting import ask_again, ask_for_support
from api.simulation.story import EARLIEST, Automate, Story, Town
from api.simulation.timetable import Timetable
from api.simulation.working import assign, change_contact, give, meet_school, meet_whanau, plan, support
from domain.days import AUCKLAND
from domain.users.user import Role

LAST_REQUESTS: Final = 97  # percent of the term
EVEN: Final = 40  # percent of the requests come at any time, the others early in the term
DUPLICATES: Final = 5
NEW_CONTACT: Final = 8
MOVES: Final = 5
FACTS: Final = 5
ENDS: Final = 75
AGAIN: Final = 35
LEAVES_AT: Final = 0.55  # of the term
LEAVES_LATE: Final = 0.97
A_DAY: Final = 8  # so many cases does a Workflow Lead give to others in a day

EVENING: Final = time(17, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """What is to be played; both days are included."""

    cases: int
    seed: int
    begin: date
    end: date

    @property
    def opens_at(self) -> datetime:
        """The instant at which a clock of its own begins: everything is set up before the first morning."""
        return datetime.combine(self.begin, time(5), AUCKLAND)

    @property
    def starts_at(self) -> datetime:
        """When people begin; no later may the service's clock be."""
        return datetime.combine(self.begin, time(6), AUCKLAND)

    @property
    def closes_at(self) -> datetime:
        return datetime.combine(self.end, EVENING, AUCKLAND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What there is after a term."""

    people: People
    stories: list[Story]


async def play(term: Term, api: Api, automate: Automate, turn: Callable[[datetime], None], who: People) -> Played:
    """Set everything up and play the term. `turn` sets the clock. Raises Unexpected."""
    turn(term.opens_at.astimezone(UTC))
    students = await found(api, who)
    school_days, working_days = days_of(PLACES[0])
    town = Town(
        api=api,
        people=who,
        timetable=Timetable(term.starts_at, term.closes_at, turn),
        school_days=school_days,
        working_days=working_days,
        automate=automate,
    )
    town.stories = [_story(term, town, pupil, students[pupil.number]) for pupil in who.pupils]
    await town.timetable.play([*_lives(term, town), *_leavers(term, town)])
    turn(term.closes_at.astimezone(UTC))
    return Played(people=who, stories=town.stories)


def _story(term: Term, town: Town, pupil: Pupil, student: UUID) -> Story:
    luck = Luck(term.seed, term.begin, "story", pupil.number)
    return Story(town=town, pupil=pupil, student=student, luck=luck, school=pupil.school)


def _lives(term: Term, town: Town) -> Iterator[Coroutine[Any, Any, None]]:
    days = [day for day in town.school_days.days if term.begin <= day <= term.end]
    for story in town.stories:
        yield _life(story, days)


async def _life(story: Story, days: list[date]) -> None:
    """Ask for support on some day of the term, and see what becomes of it."""
    late = (
        story.luck.between(0, LAST_REQUESTS)
        / 100
        * (1 if story.luck.happens(EVEN) else story.luck.between(20, 90) / 100)
    )
    await story.morning(days[int(late * (len(days) - 1))])
    await story.wait(0)
    await ask_for_support(story)
    if story.luck.happens(DUPLICATES):
        await story.wait(1, 2)
        await ask_again(story)
    await _work(story, weeks=story.luck.between(2, 5))
    while story.luck.happens(AGAIN):
        await story.wait(8, 18)
        await ask_for_support(story)  # within three months: the same case (BR-81)
        story.kinds.add("reopened")
        await _work(story, weeks=2)


async def _work(story: Story, weeks: int) -> None:
    """Work a case, from the queue to the end of it."""
    await assign(story)
    await meet_school(story)
    if _of_five(story):
        await wait_until_six(story)
    await meet_whanau(story)
    ids = await plan(story)
    if story.luck.happens(NEW_CONTACT):
        await change_contact(story)
    if story.luck.happens(MOVES):
        await move_school(story)
    await support(story, ids, weeks)
    if story.luck.happens(FACTS):
        await close_for_a_fact(story, story.luck.one(("ENROLLED_ELSEWHERE_NO_SUPPORT_NEEDED", "LEFT_NEW_ZEALAND")))
        return
    while not story.luck.happens(ENDS):
        await support(story, ids | {"action": ids["action"]}, 1)
    await close(story)


def _of_five(story: Story) -> bool:
    born = story.pupil.born_on
    return (story.today.year - born.year) - ((story.today.month, story.today.day) < (born.month, born.day)) == FIVE


FIVE: Final = 5


def _leavers(term: Term, town: Town) -> Iterator[Coroutine[Any, Any, None]]:
    """A manager of each contracted provider leaves: of the first in the last days of the term, of the others before."""
    days = [day for day in town.working_days.days if term.begin <= day <= term.end]
    contracted = [each for each in town.people.providers.values() if len(each.managers) > 1]
    for number, provider in enumerate(contracted):
        place = int((LEAVES_AT if number else LEAVES_LATE) * (len(days) - 1)) - 3 * number
        yield _leaving(town, provider, provider.managers[0], days[max(place, 0)])


async def _leaving(town: Town, provider: Provider, manager: Person, day: date) -> None:
    """Lose the role at once; the Workflow Lead takes the cases back and gives them to others (BR-37)."""
    await town.timetable.until(datetime.combine(day, EARLIEST, AUCKLAND))
    provider.lose(manager)
    role = {"role": Role.CASE_MANAGER, "organisation": str(provider.id)}
    await town.api.ask(town.people.admin, f"/v1/users/{manager.id}/revoke", role)
    theirs = [story for story in town.stories if story.manager is manager]
    for story in theirs:
        story.manager, story.transition, story.returned = None, False, not story.paused
        path = f"/v1/cases/{story.case}/return-to-queue"
        await town.api.ask(provider.lead, path, {"reason": "MANAGER_LEFT"})
        story.kinds.add("return-to-queue")
    for number, story in enumerate(theirs):
        await story.wait(0 if number % A_DAY else 1)
        if story.returned:
            await give(story)
            story.returned = False
