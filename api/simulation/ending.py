"""Ending: stepping back and closing, once the school was asked; and asking for support again within three months."""

from typing import Final

from api.simulation.story import Story
from api.simulation.working import activity

STRAIGHT: Final = 10  # percent of the closings come without a transition
WORSE: Final = 12  # percent of the transitions go back to active work
HASTY: Final = 6  # percent try to close before the school was asked

JUSTIFICATION: Final = "The student is back every day, and the school sees no need for a transition."

_WHO: Final = ("Tumuaki", "Deputy principal", "Dean of Year 10", "Attendance Lead")


async def close(story: Story) -> None:
    """Step back, and close the case after some time."""
    if story.luck.happens(STRAIGHT):
        await _close(story)
        return
    await _step_back(story)
    if story.luck.happens(WORSE):
        await _return(story)
        await _step_back(story)
    await story.wait(5, 12)
    await activity(story)
    await _close(story)


async def close_for_a_fact(story: Story, reason: str) -> None:
    """Close for something that is so whoever works the case (BR-77)."""
    await story.manage("close", {"reason": reason})
    over(story)


def over(story: Story) -> None:
    story.manager, story.transition, story.closed = None, False, True


async def _step_back(story: Story) -> None:
    await _consult(story, "TRANSITION")
    await story.wait(0, 3)
    basis = story.luck.one(("ATTENDANCE_STEADY", "ENGAGED_WITH_SCHOOL"))
    await story.manage("transition", {"basis": basis, "expected_end_on": story.day(10).isoformat()})
    story.transition = True


async def _return(story: Story) -> None:
    await story.wait(3, 6)
    if story.transition:
        await story.manage("return-to-open", {"reason": story.luck.one(("SCHOOL_ASKED", "ATTENDANCE_WORSENED"))})
    story.transition = False
    await story.wait(4, 8)
    await activity(story)


async def _close(story: Story) -> None:
    reason = {"reason": story.luck.one(("ATTENDING_REGULARLY", "ENGAGED_WITH_SCHOOL_SUPPORT"), (3, 2))}
    if story.luck.happens(HASTY):
        await story.manage_in_vain("close", reason | _why(story), "SchoolNotConsulted")
        await story.wait(0, 2)
    await _consult(story, "CLOSE")
    await story.manage("close", reason | _why(story))
    over(story)


def _why(story: Story) -> dict[str, str]:
    """Say why no transition comes before the closing, if none does (BR-78)."""
    return {} if story.transition else {"justification": JUSTIFICATION}


async def _consult(story: Story, step: str) -> None:
    """Ask the school before the step (BR-53)."""
    body = {
        "consultation": str(story.luck.uuid()),
        "step": step,
        "consulted_on": story.today.isoformat(),
        "who": story.luck.one(_WHO),
        "view": story.luck.one(("AGREES", "NO_VIEW", "DISAGREES"), (8, 1, 1)),
    }
    await story.manage("consult-school", body)
