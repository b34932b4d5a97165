"""Who a student is and who has an NSN: what registering, correcting and merging share (BR-117, BR-118)."""

from datetime import date
from typing import Final
from uuid import UUID

from domain.codesets.code_set import require_codes
from domain.decision import Claim, Context, Refused
from domain.students.student import Student, StudentDetails

OLDEST: Final = 30
"""Years after which a birth date is a slip of the pen: nobody so old is on the roll of a school."""


def nsn_claim(nsn: str) -> Claim:
    """Which student has this NSN: found by its digest; zeros in front do not make another number."""
    return Claim("nsn", nsn.lstrip("0"))


def held_by(nsn: str, context: Context) -> UUID | None:
    """Return the student who has the NSN: the master's, if it was merged (BR-118); None if nobody has it."""
    holder = context.holder(nsn_claim(nsn))
    return master_of(holder.stream, context) if holder and holder.held else None


def master_of(student: UUID, context: Context) -> UUID:
    """Return the student whom this one was merged into, or themself."""
    into = context.fact(Student, student).merged_into
    return master_of(into, context) if into else student


def require_sound(details: StudentDetails, context: Context) -> None:
    """Raise if the details cannot be those of a student today."""
    if details.born_on > context.today:
        raise BornInTheFuture("born_on")
    if details.born_on < date(context.today.year - OLDEST, 1, 1):
        raise BornTooLongAgo("born_on")
    require_codes(context, "Gender", details.gender, field="gender")
    require_codes(context, "Ethnicity", *details.ethnicities, field="ethnicities")


class BornInTheFuture(Refused):
    """The birth date has not come yet."""


class BornTooLongAgo(Refused):
    """The birth date is not that of a child or young person."""
