"""Sheets: a table as a CSV file that a spreadsheet shows as it is, and never runs."""

import csv
import io
from datetime import date

import pytest

from api.sheets import sheet, spreadsheet_safe


def cells(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_a_sheet_says_that_it_is_utf_8_so_that_macrons_are_shown():
    content = sheet(["Ākonga"], [["Whānau Tāwhirimātea"]])
    assert content.startswith(b"\xef\xbb\xbf")
    assert cells(content) == [["Ākonga"], ["Whānau Tāwhirimātea"]]


def test_lines_end_as_spreadsheets_end_them():
    assert sheet(["A", "B"], [["1", "2"]]) == b"\xef\xbb\xbfA,B\r\n1,2\r\n"


def test_commas_quotes_and_lines_stay_within_their_cell():
    row = ["Ngata, Mere", 'Hana "Hani" Ngata', "one\ntwo"]
    assert cells(sheet(["a", "b", "c"], [row])) == [["a", "b", "c"], row]


@pytest.mark.parametrize(
    "begins",
    ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"],
    ids=lambda begins: f"U+{ord(begins):04X}",
)
def test_text_that_a_spreadsheet_would_run_is_only_shown(begins: str):
    told = f"{begins}HYPERLINK(1)"
    assert spreadsheet_safe(told) == f"'{told}"
    assert cells(sheet([told], [[told]])) == [[f"'{told}"]] * 2


@pytest.mark.parametrize("told", ["", "Hana =1", "'=1", "Te Kura o Kauri", "2026-05-04"])
def test_other_text_stays_as_it_is(told: str):
    assert spreadsheet_safe(told) == told


def test_numbers_days_marks_and_nothing_are_written_plainly():
    assert cells(sheet(["a"], [[-7], [date(2026, 5, 4)], [True], [False], [None]]))[1:] == [
        ["-7"],
        ["2026-05-04"],
        ["yes"],
        ["no"],
        [""],
    ]
