"""Lists of schools: both shapes are read, and whatever cannot be used is refused by line, column and reason."""

import csv
import json
from pathlib import Path

import pytest

from adapters.sample_catchments import (
    DATA,
    UNDIVIDED,
    derived_catchments,
    derived_providers,
    folded,
    written,
)
from adapters.schools_csv import Reading, Unreadable, areas_of, read_schools
from domain.schools.school import SchoolAuthority
from tests.house.tree import ROOT

TABLE = ROOT.parent / "shared" / "data" / "schools-2000-2017.csv"
needs_table = pytest.mark.skipif(
    not TABLE.exists(), reason="the Ministry's table of schools lies beside a clone, not in it"
)

SINCE_2000 = "School ID,School Name,Type,Authority,Gender,Regional Council,TA with Auckland Local Board,From,To"
DIRECTORY = "School_Id,Org_Name,Org_Type,Authority,Territorial_Authority,Education_Region,EQi_Index,Total,Status"
TE_KAO = "1,Te Kao School,Full Primary,State: Not integrated,Co-Ed,Northland Region,Far North District,2000,2017"
KAITAIA = "2,Kaitāia School,Full Primary,State : Not integrated,Far North District,Tai Tokerau,not applicable,210,Open"


def areas():
    catchments = json.loads((DATA / "catchments.json").read_text(encoding="utf-8"))["catchments"]
    return areas_of([*catchments, UNDIVIDED])


def read(*lines: str, end: str = "\n") -> Reading:
    return read_schools((end.join(lines) + end).encode(), areas())


def refused(*lines: str) -> list[tuple[int, str, str]]:
    return [(each.line, each.field, each.reason) for each in read(*lines).refused]


@needs_table
def test_the_2531_schools_open_in_2017_are_read_each_with_its_catchment():
    reading = read_schools(TABLE.read_bytes(), areas())
    assert len(reading.rows) == 2_531
    assert reading.refused == []
    assert len(reading.closed) == 688
    assert all(row.catchment for row in reading.rows)


def test_a_row_of_the_table_since_2000():
    (row,) = read(SINCE_2000, TE_KAO).rows
    assert (row.line, row.details.number, row.details.name) == (2, "1", "Te Kao School")
    assert (row.details.region, row.details.anniversary_set) == ("Tai Tokerau", "AUCKLAND")
    assert (row.catchment, row.details.authority) == ("FAR_NORTH", SchoolAuthority.STATE)


def test_a_row_of_the_directory_whose_index_is_not_applicable():
    (row,) = read(DIRECTORY, KAITAIA).rows
    assert (row.details.name, row.details.region, row.catchment) == ("Kaitāia School", "Tai Tokerau", "FAR_NORTH")


def test_a_school_that_has_closed_is_left_out_and_not_refused():
    reading = read(SINCE_2000, TE_KAO, TE_KAO.replace("1,Te", "3,Te").replace("2017", "2004"))
    assert [(each.line, each.reason) for each in reading.closed] == [(3, "ended before 2017")]
    closed = read(DIRECTORY, KAITAIA.replace("Open", "Closed"))
    assert [each.reason for each in closed.closed] == ["is not open"]


def test_macrons_are_one_letter_however_they_were_typed():
    composed, decomposed = KAITAIA, KAITAIA.replace("ā", "a\u0304")
    assert composed != decomposed
    assert read(DIRECTORY, composed).rows == read(DIRECTORY, decomposed).rows


def test_a_byte_order_mark_and_windows_line_ends_change_nothing():
    data = f"\ufeff{DIRECTORY}\r\n{KAITAIA}\r\n".encode()
    assert read_schools(data, areas()).rows == read(DIRECTORY, KAITAIA).rows


def test_zeros_in_front_of_a_number_do_not_make_another_school():
    lines = [DIRECTORY, KAITAIA, KAITAIA.replace("2,K", "0002,K")]
    assert refused(*lines) == [(3, "School_Id", "stands in an earlier line already")]


def test_lines_are_counted_as_an_editor_counts_them():
    torn = '4,"Two\nlines",Full Primary,State : Integrated,Far North District,Tai Tokerau,,1,Open'
    lines = [DIRECTORY, torn, "", KAITAIA, KAITAIA]
    assert [(line, column) for line, column, _ in refused(*lines)] == [(2, "Org_Name"), (6, "School_Id")]


@pytest.mark.parametrize(
    ("before", "after", "column", "reason"),
    [
        ("2,K", "x2,K", "School_Id", "is no school number"),
        ("2,K", ",K", "School_Id", "is empty"),
        ("2,K", "000,K", "School_Id", "is no school number"),
        ("Kaitāia School", "", "Org_Name", "is empty"),
        ("Kaitāia School", "Kai\u0000tāia", "Org_Name", "holds a control character"),
        ("Kaitāia School", "K" * 201, "Org_Name", "is longer than 200 characters"),
        ("State : Not integrated", "Church", "Authority", "is no authority that is known"),
        ("Far North District", "Atlantis", "Territorial_Authority", "lies in no area that is known"),
        (",Open", "", "", "has 8 fields where the first line has 9"),
    ],
)
def test_a_row_that_cannot_be_used_is_refused_and_the_others_are_taken(
    before: str, after: str, column: str, reason: str
):
    spoilt, good = KAITAIA.replace(before, after), KAITAIA.replace("2,K", "5,K")
    reading = read(DIRECTORY, spoilt, good)
    assert [(each.line, each.field, each.reason) for each in reading.refused] == [(2, column, reason)]
    assert [row.details.number for row in reading.rows] == ["5"]


def test_a_year_that_is_none_is_refused():
    assert refused(SINCE_2000, TE_KAO, TE_KAO.replace("2017", "soon")) == [(3, "To", "is no year")]


def test_auckland_without_its_boards_has_a_region_and_no_catchment():
    (row,) = read(DIRECTORY, KAITAIA.replace("Far North District", "Auckland")).rows
    assert (row.catchment, row.details.anniversary_set) == (None, "AUCKLAND")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"School_Id,Org_Name\n1,A\n", "line 1: these columns are missing: Org_Type, Authority"),
        (f"{DIRECTORY},Status\n".encode(), "line 1: two columns have the same name"),
        (f"{DIRECTORY}\n".encode() + b"1,Kait\xe1ia\n", "line 2: the file is not UTF-8"),
        (f'{DIRECTORY}\n1,"Kai"tāia\n'.encode(), "line 2: "),
    ],
)
def test_a_file_that_is_no_list_is_refused_whole_with_the_place(data: bytes, message: str):
    with pytest.raises(Unreadable) as error:
        read_schools(data, areas())
    assert str(error.value).startswith(message)
    assert "tāia" not in str(error.value)


@pytest.mark.parametrize(
    ("said", "authority"),
    [
        ("State: Integrated", SchoolAuthority.INTEGRATED),
        ("State : Not integrated", SchoolAuthority.STATE),
        ("Other : Vote Ed.", SchoolAuthority.STATE),
        ("Private : Fully Registered", SchoolAuthority.PRIVATE),
        ("Charter School", SchoolAuthority.PRIVATE),
    ],
)
def test_who_runs_a_school_is_read_from_either_list(said: str, authority: SchoolAuthority):
    (row,) = read(DIRECTORY, KAITAIA.replace("State : Not integrated", said)).rows
    assert row.details.authority is authority


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Whakatāne District", "Whakatane District"),
        ("Central Hawke\N{RIGHT SINGLE QUOTATION MARK}s Bay", "Central Hawke's Bay District"),
    ],
)
def test_territories_are_known_with_and_without_macrons(one: str, other: str):
    assert folded(one) == folded(other)


def schools_of_the_table() -> list[tuple[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [(row["Regional Council"], row["TA with Auckland Local Board"]) for row in rows if row["To"] == "2017"]


@needs_table
def test_the_84_sample_catchments_and_their_providers_are_derived_from_the_table():
    found = schools_of_the_table()
    catchments = derived_catchments(found)
    assert len(catchments) == 84
    assert {len({each[name] for each in catchments}) for name in ("region", "anniversary_set")} == {12}
    shipped = {name: (DATA / f"{name}.json").read_text(encoding="utf-8") for name in ("catchments", "providers")}
    assert shipped["catchments"] == written("catchments", catchments)
    assert shipped["providers"] == written("providers", derived_providers(catchments, found))


def test_sample_data_says_that_it_is_a_sample():
    for path in (Path(DATA / "catchments.json"), Path(DATA / "providers.json"), Path(DATA / "code-sets.json")):
        assert json.loads(path.read_text(encoding="utf-8"))["sample"]
