"""Asking for support: a school fills in the form, completes it where something was missing, and submits it."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from api.simulation.asking import Person
from api.simulation.names import address, telephone
from api.simulation.story import Story

DRAFTED: Final = 35  # percent of the requests; the others are filled in at one go
INCOMPLETE: Final = 30  # percent of the drafts are submitted too early
OFFICE: Final = 30  # percent of the requests are written by Office Support
EARLY: Final = 10  # percent are made against the advice to wait
IN_SCHOOL: Final = 55  # percent choose the school's own provision, where there is one
ADDRESS_UNKNOWN: Final = 6

_REASONS: Final = (
    "At school on {few} of {many} days in the last five weeks. Whānau say mornings are hard.",
    "Away {many} half-days this term, mostly unexplained. Attends for kapa haka only.",
    "Has not been to class since the second week; friends say they are at home.",
    "Comes late or not at all since the whānau moved; {few} full days in a month.",
)
_ACTIONS: Final = (
    "Calls home each week, a hui with whānau, an individual attendance plan that was reviewed once.",
    "Home visit by the dean, a changed timetable, a plan with the learning support coordinator.",
    "Letters, two hui, breakfast club, a buddy. The plan was reviewed, without a change.",
)
_INDICATORS: Final = (
    "PRIOR_SERVICE",
    "FREQUENT_MOVES",
    "BARRIER_OUTSIDE_CONTROL",
    "DISENGAGEMENT_RISK",
    "ENGAGEMENT_FAILED",
    "UNRESOLVED_WELLBEING",
    "SIBLING_SUPPORTED",
    "BEYOND_SCHOOL",
)


async def ask_for_support(story: Story) -> None:
    """Ask for support, and note the case that the answer names."""
    writer = story.school.office if story.luck.happens(OFFICE) else story.luck.one(story.school.staff[:-1])
    request, form = story.luck.uuid(), _form(story)
    if story.luck.happens(DRAFTED):
        await _draft(story, writer, request, form)
    answer = await story.api.ask(writer, f"/v1/requests/{request}/submit", {"form": form})
    story.case, story.closed = UUID(answer["ids"]["case"]), False
    story.opened_on = min(story.opened_on, story.today)
    place = story.school.place
    own = form.get("provision") == "ISP"
    story.provider = story.town.people.providers[place.own_provider if own else place.provider]


async def ask_again(story: Story) -> None:
    """Ask for the same student once more, not knowing that a colleague did: the case stays the same (BR-20)."""
    answer = await story.api.ask(
        story.school.office, f"/v1/requests/{story.luck.uuid()}/submit", {"form": _form(story)}
    )
    if story.case != UUID(answer["ids"]["case"]):
        raise AssertionError("a second request made a second case")


async def _draft(story: Story, writer: Person, request: UUID, form: dict[str, Any]) -> None:
    """Save a part of the form and come back to it; some submit it too early, and are told all that is missing."""
    left_out = story.luck.some(("reason", "actions_taken", "home_address", "whanau", "primary_contact"), 3)
    part = {name: value for name, value in form.items() if name not in {*left_out, "address_unknown"}}
    await story.api.ask(writer, f"/v1/requests/{request}/draft", {"form": part}, method="PUT")
    await story.wait(0, 2)
    if story.luck.happens(INCOMPLETE):
        await story.api.refused(writer, f"/v1/requests/{request}/submit", {}, "RequestIncomplete")
        await story.wait(0, 1)


def _form(story: Story) -> dict[str, Any]:
    luck, pupil, school = story.luck, story.pupil, story.school
    contact = luck.one((school.lead, *school.contacts))
    form = {
        "student": str(story.student),
        "year_level": pupil.year_level,
        "whanau": [{"name": pupil.caregiver, "relation": luck.one(_RELATIONS), "phone": telephone(luck)}],
        "basis": luck.one(("CHRONIC", "PATTERN"), (5, 1)),
        "reason": luck.one(_REASONS).format(few=luck.between(2, 9), many=luck.between(20, 25)),
        "actions_taken": luck.one(_ACTIONS),
        "strategies_tried": True,
        "plan_made_on": (story.today - timedelta(days=luck.between(14, 60))).isoformat(),
        "indicators": luck.some(_INDICATORS, luck.between(1, 3)),
        "primary_contact": str(contact.id),
        "whanau_told": luck.happens(90),
    }
    return form | _where(story) | _advice(story) | _choice(story)


_RELATIONS: Final = ("MOTHER", "FATHER", "GRANDPARENT", "CAREGIVER")


def _where(story: Story) -> dict[str, Any]:
    if story.luck.happens(ADDRESS_UNKNOWN):
        return {"address_unknown": True}
    return {"home_address": address(story.luck, story.school.place.town)}


def _advice(story: Story) -> dict[str, Any]:
    return {"wait_reasons": ["PLAN_INCOMPLETE"]} if story.luck.happens(EARLY) else {}


def _choice(story: Story) -> dict[str, Any]:
    """A funded school chooses who helps (BR-31)."""
    if not story.school.place.isp:
        return {}
    return {"provision": "ISP" if story.luck.happens(IN_SCHOOL) else "CATCHMENT"}
