"""Working: a case is assigned, the school and whānau are met, barriers named, a plan agreed and followed."""

from datetime import datetime, time
from typing import Any, Final

from api.simulation.asking import Person
from api.simulation.story import Story
from domain.days import AUCKLAND

SLOW: Final = 15  # percent of the cases wait longer than two days in the queue
PROMPT: Final = 82  # percent of the school meetings are held without a hitch, most within five working days
REACHED: Final = 70  # percent of the whānau meetings are held as agreed
PARTIAL: Final = 15  # percent of these meet whānau without the student
LATE: Final = 22  # percent of what is recorded is entered some days after it happened

_TOPICS: Final = ("BACKGROUND", "ATTENDANCE_HISTORY", "WHANAU_CONTEXT", "BARRIERS", "WHAT_HAS_HELPED", "OTHER_AGENCIES")
_BARRIERS: Final = (
    ("MENTAL_HEALTH", 5), ("TRANSPORT", 4), ("WHANAU_CRISIS", 4), ("FINANCIAL_HARDSHIP", 4), ("BULLYING", 3),
    ("HOUSING_INSTABILITY", 3), ("SLEEP_ROUTINE", 3), ("SCHOOL_RELATIONSHIP", 2), ("CARING_DUTIES", 2),
    ("DISABILITY_LEARNING_NEED", 2), ("CULTURAL_DISCONNECT", 2), ("PHYSICAL_HEALTH", 1),
)  # fmt: skip
_ACTIVITIES: Final = ("HOME_VISIT", "PHONE_CALL", "TEXT", "STUDENT_CONTACT", "AGENCY_CONTACT", "COMMUNITY_CONTACT")
_ACTIONS: Final = (
    ("GRADUAL_RETURN", "Mornings first, then full days from the third week"),
    ("TIMETABLE_CHANGE", "Start with the classes that the student chose"),
    ("ISSUE_RESPONSE", "The dean and the student meet on Mondays"),
    ("OTHER", "A ride to school, Monday to Thursday"),
)
_MISSED_SCHOOL: Final = ("SCHOOL_UNAVAILABLE", "PROVIDER", "WEATHER_EMERGENCY")
_MISSED_WHANAU: Final = ("WHANAU_UNAVAILABLE", "NOT_LOCATED", "REFUSED", "PROVIDER")


async def assign(story: Story) -> None:
    """Wait in the provider's queue until the Workflow Lead names a Case Manager."""
    slow = story.luck.happens(SLOW)
    await story.wait(4 if slow else 0, 12 if slow else 2)
    await give(story)


async def give(story: Story) -> None:
    """Have the Workflow Lead name one of the managers who are there."""
    if story.provider is None:
        raise AssertionError("a case in a queue is some provider's")
    manager = story.luck.one(story.provider.managers)
    path = f"/v1/cases/{story.case}/assign"
    await story.api.ask(story.provider.lead, path, {"manager": str(manager.id)})
    story.manager = manager


async def meet_school(story: Story) -> None:
    """Meet the school: within five working days, or not (BR-45)."""
    meeting = await _schedule(story, "SCHOOL", 1, 3)
    while not story.luck.happens(PROMPT):
        await _missed(story, meeting, _MISSED_SCHOOL)
        meeting = await _schedule(story, "SCHOOL", 1, 5)
    topics = story.luck.some(_TOPICS, story.luck.between(3, 6))
    note = "Kua tūtaki mātou ki te kura. The school keeps a place in the breakfast club."
    body = {"meeting": meeting, "held_on": story.today.isoformat(), "topics": topics, "note": note}
    await story.manage("meetings/school", body)


async def meet_whanau(story: Story) -> None:
    """Find the student and whānau, and meet them: within ten working days, or not (BR-46, BR-47)."""
    for outcome in story.luck.some(("NO_ANSWER", "LEFT_MESSAGE", "DEAD_NUMBER"), story.luck.between(0, 2)):
        await _attempt(story, outcome)
        await story.wait(0, 1)
    await _attempt(story, "REACHED")
    meeting = await _schedule(story, "WHANAU", 1, 3)
    while not story.luck.happens(REACHED):
        await _missed(story, meeting, _MISSED_WHANAU)
        meeting = await _schedule(story, "WHANAU", 2, 6)
    if story.luck.happens(PARTIAL):
        await _met(story, meeting, student=False)
        meeting = await _schedule(story, "WHANAU", 2, 5)
    await _met(story, meeting, student=True)


async def plan(story: Story) -> dict[str, Any]:
    """Name the barriers, and agree a plan; return its ids."""
    barriers = [str(story.luck.uuid()) for _ in range(story.luck.between(1, 3))]
    for barrier in barriers:
        await _barrier(story, barrier)
    await story.wait(1, 4)
    ids = {"plan": str(story.luck.uuid()), "action": str(story.luck.uuid()), "barriers": barriers}
    kind, what = story.luck.one(_ACTIONS)
    action = {"action": ids["action"], "kind": kind, "what": what, "by_on": story.day(10).isoformat()}
    goals = [story.luck.one(("At school four days a week", "Every morning of the week", "Two full weeks in a row"))]
    body = {"plan": ids["plan"], "goals": goals, "actions": [action], "review_on": story.day(15).isoformat()}
    await story.manage("plans", body)
    await story.wait(0, 3)
    by = story.luck.one((["STUDENT", "WHANAU"], ["WHANAU", "SCHOOL"], ["STUDENT", "WHANAU", "SCHOOL"]))
    await story.manage("plans/agree", {"plan": ids["plan"], "by": by, "agreed_on": story.today.isoformat()})
    return ids


async def support(story: Story, ids: dict[str, Any], weeks: int) -> None:
    """Do what was planned, week by week, and record it, some of it late (BR-52)."""
    for week in range(weeks):
        await story.wait(2, 6)
        await activity(story)
        if week == 1:
            await _done(story, ids, "UNDER_WAY", "BEING_ADDRESSED")
        if week == weeks - 1:
            await _done(story, ids, "DONE", "RESOLVED")
            await _review(story, ids)


async def activity(story: Story) -> None:
    body = {
        "activity": str(story.luck.uuid()),
        "kind": story.luck.one(_ACTIVITIES),
        "occurred_on": story.recently(LATE),
        "minutes": story.luck.one((10, 15, 20, 30, 45, 60)),
        "shared": story.luck.happens(40),
    }
    await story.manage("activities", body)


async def change_contact(story: Story) -> None:
    """Have the school's Attendance Lead name another Primary Contact (BR-143)."""
    contact = story.luck.one(story.school.contacts)
    await name_contact(story, story.school.lead, contact)


async def name_contact(story: Story, lead: Person, contact: Person) -> None:
    await story.api.ask(lead, f"/v1/cases/{story.case}/primary-contact", {"user": str(contact.id)})


async def _schedule(story: Story, kind: str, least: int, most: int) -> str:
    """Agree when to meet, and come back at that day."""
    meeting, day = str(story.luck.uuid()), story.day(story.luck.between(least, most))
    at = datetime.combine(day, time(10, 30), AUCKLAND).isoformat()
    mode = story.luck.one(("IN_PERSON", "VIDEO", "PHONE"), (6, 2, 1))
    await story.manage("meetings/schedule", {"meeting": meeting, "kind": kind, "at": at, "mode": mode})
    await story.town.timetable.until(datetime.combine(day, time(14, 10), AUCKLAND))
    return meeting


async def _missed(story: Story, meeting: str, causes: tuple[str, ...]) -> None:
    await story.manage("meetings/missed", {"meeting": meeting, "because": story.luck.one(causes)})


async def _met(story: Story, meeting: str, *, student: bool) -> None:
    held_on = story.today.isoformat()
    if story.luck.happens(LATE):
        await story.wait(1, 4)
    body = {"meeting": meeting, "held_on": held_on, "student_met": student, "whanau_met": True}
    await story.manage("meetings/whanau", body)


async def _attempt(story: Story, outcome: str) -> None:
    body = {
        "attempt": str(story.luck.uuid()),
        "channel": story.luck.one(("PHONE", "TEXT", "VISIT")),
        "target": "WHANAU",
        "outcome": outcome,
        "attempted_on": story.today.isoformat(),
    }
    await story.manage("contact-attempts", body)


async def _barrier(story: Story, barrier: str) -> None:
    category = story.luck.one([name for name, _ in _BARRIERS], [weight for _, weight in _BARRIERS])
    body = {
        "barrier": barrier,
        "category": category,
        "source": story.luck.one(("STUDENT", "WHANAU", "SCHOOL")),
        "severity": story.luck.one(("LOW", "MEDIUM", "HIGH")),
        "identified_on": story.recently(LATE),
    }
    await story.manage("barriers", body)


async def _done(story: Story, ids: dict[str, Any], action: str, barrier: str) -> None:
    await story.manage("plans/action", {"plan": ids["plan"], "action": ids["action"], "state": action})
    told = {"barrier": ids["barriers"][0], "status": barrier, "changed_on": story.today.isoformat()}
    await story.manage("barriers/status", told)


async def _review(story: Story, ids: dict[str, Any]) -> None:
    body = {
        "plan": ids["plan"],
        "review": str(story.luck.uuid()),
        "result": story.luck.one(("WORKING", "PARTLY", "NOT_WORKING"), (5, 3, 1)),
        "reviewed_on": story.today.isoformat(),
    }
    await story.manage("plans/review", body)
