"""The shipped calendars, checked against the dates that people know and the library they come from."""

from datetime import date

import pytest

from adapters.holiday_data import derived_year, read_year, shipped_years, write_year
from domain.calendars.names import AnniversarySet

HOLIDAYS_2026 = {
    "2026-01-01": "New Year's Day",
    "2026-01-02": "Day after New Year's Day",
    "2026-02-06": "Waitangi Day",
    "2026-04-03": "Good Friday",
    "2026-04-06": "Easter Monday",
    "2026-04-25": "Anzac Day",
    "2026-04-27": "Anzac Day (observed)",
    "2026-06-01": "King's Birthday",
    "2026-07-10": "Matariki",
    "2026-10-26": "Labour Day",
    "2026-12-25": "Christmas Day",
    "2026-12-26": "Boxing Day",
    "2026-12-28": "Boxing Day (observed)",
}
ANNIVERSARIES_2026 = {
    AnniversarySet.AUCKLAND: "2026-01-26",
    AnniversarySet.CANTERBURY: "2026-11-13",
    AnniversarySet.CHATHAM_ISLANDS: "2026-11-30",
    AnniversarySet.HAWKES_BAY: "2026-10-23",
    AnniversarySet.MARLBOROUGH: "2026-11-02",
    AnniversarySet.NELSON: "2026-02-02",
    AnniversarySet.OTAGO: "2026-03-23",
    AnniversarySet.SOUTHLAND: "2026-04-07",
    AnniversarySet.SOUTH_CANTERBURY: "2026-09-28",
    AnniversarySet.TARANAKI: "2026-03-09",
    AnniversarySet.WELLINGTON: "2026-01-19",
    AnniversarySet.WEST_COAST: "2026-11-30",
}


def test_the_public_holidays_of_2026_BR_4():
    assert {one.on.isoformat(): one.name for one in shipped_years()[0].public_holidays} == HOLIDAYS_2026


def test_the_anniversary_days_of_2026_BR_7():
    assert {one.anniversary_set: one.on.isoformat() for one in shipped_years()[0].anniversaries} == ANNIVERSARIES_2026
    assert set(ANNIVERSARIES_2026) == set(AnniversarySet)


def test_easter_tuesday_and_matariki_of_both_years():
    assert [year.easter_tuesday for year in shipped_years()] == [date(2026, 4, 7), date(2027, 3, 30)]
    matariki = [one.on for year in shipped_years() for one in year.public_holidays if one.name == "Matariki"]
    assert matariki == [date(2026, 7, 10), date(2027, 6, 25)]


@pytest.mark.parametrize("shipped", shipped_years(), ids=lambda year: str(year.year))
def test_a_shipped_year_is_what_the_library_derives_and_reads_back(shipped):
    assert derived_year(shipped.year, shipped.terms) == shipped
    assert read_year(write_year(shipped)) == shipped


def test_a_year_in_which_an_anniversary_meets_a_national_holiday_is_derived_too():
    south_canterbury = {one.anniversary_set: one for one in derived_year(2022).anniversaries}
    assert south_canterbury[AnniversarySet.SOUTH_CANTERBURY].on == date(2022, 9, 26)
