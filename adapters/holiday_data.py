"""Calendar years: holidays as the `holidays` library derives them, and the sample years that are shipped.

The shipped files are what a fresh database starts with; the Ministry's own calendars come later, as data.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import holidays

from domain.calendars.names import AnniversarySet
from domain.calendars.years import Anniversary, CalendarYear, PublicHoliday, Span, Term

DATA: Final = Path(__file__).parent / "data"

# The library divides the country by council; where several councils share one set, one of them stands for it.
SUBDIVISION: Final = {
    AnniversarySet.AUCKLAND: "AUK",
    AnniversarySet.CANTERBURY: "CAN",
    AnniversarySet.CHATHAM_ISLANDS: "CIT",
    AnniversarySet.HAWKES_BAY: "HKB",
    AnniversarySet.MARLBOROUGH: "MBH",
    AnniversarySet.NELSON: "NSN",
    AnniversarySet.OTAGO: "OTA",
    AnniversarySet.SOUTHLAND: "STL",
    AnniversarySet.SOUTH_CANTERBURY: "South Canterbury",
    AnniversarySet.TARANAKI: "TKI",
    AnniversarySet.WELLINGTON: "WGN",
    AnniversarySet.WEST_COAST: "WTC",
}


def derived_year(year: int, terms: Iterable[Term] = ()) -> CalendarYear:
    """Derive a year's holidays from the library; the caller brings the terms, which the Minister sets."""
    national = holidays.country_holidays("NZ", years=year, language="en_NZ")
    return CalendarYear(
        year=year,
        public_holidays=tuple(PublicHoliday(on=on, name=name) for on, name in sorted(national.items())),
        anniversaries=tuple(_anniversary(of, year) for of in AnniversarySet),
        easter_tuesday=_easter_monday(national) + timedelta(days=1),
        oia_excluded=(
            Span(first_on=date(year, 1, 1), last_on=date(year, 1, 15)),
            Span(first_on=date(year, 12, 25), last_on=date(year, 12, 31)),
        ),
        terms=tuple(terms),
    )


def shipped_years() -> tuple[CalendarYear, ...]:
    """Return the sample years that come with the product, in order."""
    return tuple(read_year(path.read_text(encoding="utf-8")) for path in sorted(DATA.glob("calendar-*.json")))


def read_year(text: str) -> CalendarYear:
    """Read one year's file; KeyError or ValueError if it is not one."""
    held = json.loads(text)
    return CalendarYear(
        year=held["year"],
        public_holidays=tuple(PublicHoliday(on=_day(one["on"]), name=one["name"]) for one in held["public_holidays"]),
        anniversaries=tuple(
            Anniversary(anniversary_set=AnniversarySet(one["anniversary_set"]), on=_day(one["on"]), name=one["name"])
            for one in held["anniversaries"]
        ),
        easter_tuesday=_day(held["easter_tuesday"]),
        oia_excluded=tuple(
            Span(first_on=_day(one["first_on"]), last_on=_day(one["last_on"])) for one in held["oia_excluded"]
        ),
        terms=tuple(
            Term(number=one["number"], opens_on=_day(one["opens_on"]), closes_on=_day(one["closes_on"]))
            for one in held["terms"]
        ),
    )


def write_year(year: CalendarYear) -> str:
    """Return the text of one year's file."""
    return json.dumps(asdict(year), default=date.isoformat, ensure_ascii=False, indent=1) + "\n"


def _anniversary(of: AnniversarySet, year: int) -> Anniversary:
    regional = holidays.country_holidays("NZ", subdiv=SUBDIVISION[of], years=year, language="en_NZ")
    (on,) = regional.get_named("Anniversary Day")
    (name,) = (name for name in regional.get_list(on) if "Anniversary Day" in name)
    return Anniversary(anniversary_set=of, on=on, name=name)


def _easter_monday(national: holidays.HolidayBase) -> date:
    (easter_monday,) = national.get_named("Easter Monday")
    return easter_monday


def _day(text: str) -> date:
    return date.fromisoformat(text)
