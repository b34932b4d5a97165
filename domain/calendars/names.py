"""The names of calendars: every deadline names exactly one (BR-1)."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class CalendarKind(StrEnum):
    """What a deadline is counted in. The sources' "business days" are working days (BR-1)."""

    SCHOOL_DAY = "SCHOOL_DAY"
    WORKING_DAY = "WORKING_DAY"
    OIA_WORKING_DAY = "OIA_WORKING_DAY"
    CALENDAR = "CALENDAR"


class AnniversarySet(StrEnum):
    """Who shares one anniversary day. This is not a Ministry region: a region can hold several (BR-1)."""

    AUCKLAND = "AUCKLAND"  # also Northland, Waikato, Bay of Plenty and Tairāwhiti
    CANTERBURY = "CANTERBURY"
    CHATHAM_ISLANDS = "CHATHAM_ISLANDS"
    HAWKES_BAY = "HAWKES_BAY"
    MARLBOROUGH = "MARLBOROUGH"
    NELSON = "NELSON"
    OTAGO = "OTAGO"
    SOUTHLAND = "SOUTHLAND"
    SOUTH_CANTERBURY = "SOUTH_CANTERBURY"
    TARANAKI = "TARANAKI"
    WELLINGTON = "WELLINGTON"  # also Manawatū and Whanganui
    WEST_COAST = "WEST_COAST"


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarName:
    """One calendar: of a school, of an anniversary set, of the Official Information Act, or of every day."""

    kind: CalendarKind
    school_id: UUID | None = None
    anniversary_set: AnniversarySet | None = None


def school_day(school_id: UUID) -> CalendarName:
    return CalendarName(kind=CalendarKind.SCHOOL_DAY, school_id=school_id)


def working_day(anniversary_set: AnniversarySet) -> CalendarName:
    return CalendarName(kind=CalendarKind.WORKING_DAY, anniversary_set=anniversary_set)


OIA_WORKING_DAY = CalendarName(kind=CalendarKind.OIA_WORKING_DAY)
CALENDAR = CalendarName(kind=CalendarKind.CALENDAR)
