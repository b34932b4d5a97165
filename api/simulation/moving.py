"""Moving: leaving a school and coming to another, and the five-year-olds whose whānau choose to wait."""

from datetime import timedelta
from typing import Final

from api.simulation.people import School
from api.simulation.story import Story
from api.simulation.working import give, name_contact
from domain.cases.enrolling import NoteEnrolment
from domain.cases.pausing import ResumeWhenDue
from domain.days import LeapBirthday, birthday

BACK_EARLY: Final = 35  # percent of the paused go back to school before they turn six
TOO_SOON: Final = 40  # percent of the managers try to pause while the child is still on the roll

_ATTESTED: Final = ("located_on", "whanau_contacted_on", "safe_and_informed_on", "withdrawn_on")


async def move_school(story: Story) -> None:
    """Go to another school, which has the case from that day and names a Primary Contact (BR-133, BR-143)."""
    others = [each for each in story.town.people.schools if _fits(story, each)]
    await _withdraw(story, "OTHER")
    await story.wait(0, 2)
    story.school = story.luck.one(others)
    await story.enrol("enrol", school=story.school.place.id, from_on=story.today)
    await story.automate(NoteEnrolment())
    await story.wait(1, 4)
    await name_contact(story, story.school.lead, story.luck.one(story.school.contacts))


async def wait_until_six(story: Story) -> None:
    """Leave the roll at five, pause, and go on with the sixth birthday or at a school (BR-70 to BR-74)."""
    attested = {"attestations": dict.fromkeys(_ATTESTED, story.today.isoformat())}
    if story.luck.happens(TOO_SOON):
        await story.manage_in_vain("pause", attested, "StillEnrolled")
        await story.wait(1, 3)
    await _withdraw(story, "CONTINUOUS_ABSENCE")
    await story.automate(NoteEnrolment())
    await story.wait(1, 2)
    day = story.today.isoformat()
    six_on = birthday(story.pupil.born_on, 6, LeapBirthday.MAR1)
    if story.today >= six_on:
        return
    await story.manage("pause", {"attestations": dict.fromkeys(_ATTESTED, day)})
    story.paused = True
    early = story.today + timedelta(days=story.luck.between(9, 40))
    if story.luck.happens(BACK_EARLY) and early < six_on:
        await story.morning(early)
        await _come_back(story)
    else:
        await story.morning(six_on)
    await story.automate(ResumeWhenDue())
    story.paused = False
    await _go_on(story)


async def _go_on(story: Story) -> None:
    """Work goes on, in the queue if the manager left meanwhile; whoever is on no roll yet comes back to school."""
    await story.wait(0, 2)
    if story.manager is None and not story.returned:
        await give(story)
    if story.school_left:
        await story.wait(2, 5)
        await _come_back(story)
    await story.wait(1, 2)
    await name_contact(story, story.school.lead, story.luck.one(story.school.contacts))


async def _come_back(story: Story) -> None:
    await story.enrol("enrol", school=story.school.place.id, from_on=story.today)
    story.school_left = False
    await story.automate(NoteEnrolment())


async def _withdraw(story: Story, reason: str) -> None:
    last = story.today - timedelta(days=story.luck.between(1, 12))
    place = story.school.place
    await story.enrol("withdraw", school=place.id, last_day_of_attendance=last, withdrawn_on=story.today, reason=reason)
    story.school_left = True


def _fits(story: Story, school: School) -> bool:
    return story.pupil.year_level in school.place.years and school is not story.school
