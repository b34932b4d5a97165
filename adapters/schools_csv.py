"""Lists of schools as CSV: the Ministry's directory, and its table of schools since 2000.

A file is read whole before anything is done with it. A row that cannot be used is refused with its line, the
column and the reason, which never repeats what stood there; the other rows are read all the same.
"""

import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, get_args

from adapters.sample_catchments import folded
from domain.calendars.names import AnniversarySet
from domain.schools.school import SchoolAuthority, SchoolDetails
from domain.text import SchoolNumber, ShortText, Text


class Unreadable(Exception):
    """The file cannot be used; the message says where and why, and repeats nothing but names of columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """A row that was not taken: its line in the file, the column that is wrong, and why."""

    line: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """What a territory tells of a school: its region and holidays, and the code of its catchment if it has one."""

    region: str
    anniversary_set: AnniversarySet
    catchment: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A school as its row says."""

    line: int
    details: SchoolDetails
    catchment: str | None


@dataclass(slots=True)
class Reading:
    """What was read: schools, refused rows, and the lines of schools that are not open any more."""

    rows: list[Row] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    closed: list[Refusal] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Shape:
    """How a kind of list calls its columns."""

    number: str
    name: str
    type: str
    authority: str
    territory: str
    region: str | None = None
    status: str | None = None
    last_year: str | None = None

    @property
    def needed(self) -> tuple[str, ...]:
        named = (self.number, self.name, self.type, self.authority, self.territory, self.region, self.last_year)
        return tuple(each for each in named if each)


DIRECTORY: Final = Shape(
    "School_Id", "Org_Name", "Org_Type", "Authority", "Territorial_Authority", "Education_Region", "Status"
)
SINCE_2000: Final = Shape(
    "School ID", "School Name", "Type", "Authority", "TA with Auckland Local Board", last_year="To"
)

_SHORT: Final[Text] = get_args(ShortText)[1]
_NUMBER: Final[Text] = get_args(SchoolNumber)[1]


class _Wrong(Exception):
    """A row that is refused."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(column, reason)
        self.column, self.reason = column, reason


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    cells: Mapping[str, str]

    def text(self, column: str, kind: Text = _SHORT) -> str:
        try:
            return kind(self.cells[column])
        except ValueError as error:
            raise _Wrong(column, str(error)) from None


def read_schools(data: bytes, areas: Mapping[str, Area]) -> Reading:
    """Read a list of schools; `areas` are known by the folded name of the territory. Raises Unreadable."""
    header, lines = _parsed(_decoded(data))
    shape = _shape(header)
    reading = Reading()
    last = _last_year(shape, header, lines)
    seen: set[str] = set()
    for number, cells in lines:
        try:
            line = _Line(number, _named(header, cells))
            if reason := _closed(shape, line, last):
                reading.closed.append(Refusal(line=number, field=shape.status or shape.last_year or "", reason=reason))
                continue
            reading.rows.append(_row(shape, line, areas, seen))
        except _Wrong as wrong:
            reading.refused.append(Refusal(line=number, field=wrong.column, reason=wrong.reason))
    return reading


def areas_of(catchments: Iterable[Mapping[str, object]]) -> dict[str, Area]:
    """Return what every territory of these catchments tells, by its folded name."""
    return {
        folded(str(territory)): Area(
            region=str(each["region"]),
            anniversary_set=AnniversarySet(str(each["anniversary_set"])),
            catchment=str(each["code"]) if each.get("code") else None,
        )
        for each in catchments
        for territory in _strings(each["territories"])
    }


def _strings(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else []


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable(f"line {line}: the file is not UTF-8") from None


def _parsed(text: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the names of the columns, and every row with the line on which it begins; empty lines are none."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        rows = [(line, cells) for line, cells in _numbered(reader) if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise Unreadable(f"line {reader.line_num}: {error}") from None
    if not rows:
        raise Unreadable("the file is empty")
    header = [unicodedata.normalize("NFC", cell).strip() for cell in rows[0][1]]
    return header, rows[1:]


def _numbered(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    begins = 1
    for cells in reader:
        yield begins, cells
        begins = getattr(reader, "line_num", begins) + 1


def _shape(header: list[str]) -> Shape:
    if len(set(header)) < len(header):
        raise Unreadable("line 1: two columns have the same name")
    missing = {shape: [each for each in shape.needed if each not in header] for shape in (DIRECTORY, SINCE_2000)}
    shape = min(missing, key=lambda each: len(missing[each]) / len(each.needed))
    if missing[shape]:
        raise Unreadable(f"line 1: these columns are missing: {', '.join(missing[shape])}")
    return shape


def _named(header: list[str], cells: list[str]) -> Mapping[str, str]:
    if len(cells) != len(header):
        raise _Wrong("", f"has {len(cells)} fields where the first line has {len(header)}")
    return dict(zip(header, cells, strict=True))


def _last_year(shape: Shape, header: list[str], lines: Iterable[tuple[int, list[str]]]) -> int:
    """Return the year up to which the table goes: who is not there in that one has closed."""
    if shape.last_year is None:
        return 0
    place = header.index(shape.last_year)
    years = (cells[place] for _, cells in lines if len(cells) > place)
    return max((int(year) for year in years if _is_year(year)), default=0)


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isascii() and text.isdecimal()  # noqa: PLR2004 - digits of a year


def _closed(shape: Shape, line: _Line, last: int) -> str | None:
    if shape.last_year:
        year = line.cells[shape.last_year]
        if not _is_year(year):
            raise _Wrong(shape.last_year, "is no year")
        return None if int(year) == last else f"ended before {last}"
    status = line.cells.get(shape.status or "", "").strip()
    return None if status.casefold() in {"", "open"} else "is not open"


def _row(shape: Shape, line: _Line, areas: Mapping[str, Area], seen: set[str]) -> Row:
    number = line.text(shape.number, _NUMBER).lstrip("0")
    if not number:
        raise _Wrong(shape.number, "is no school number")
    if number in seen:
        raise _Wrong(shape.number, "stands in an earlier line already")
    details, catchment = _details(shape, line, number, areas)
    seen.add(number)
    return Row(line=line.number, details=details, catchment=catchment)


def _details(shape: Shape, line: _Line, number: str, areas: Mapping[str, Area]) -> tuple[SchoolDetails, str | None]:
    territory = line.text(shape.territory)
    area = areas.get(folded(territory))
    if area is None:
        raise _Wrong(shape.territory, "lies in no area that is known")
    details = SchoolDetails(
        number=number,
        name=line.text(shape.name),
        type=line.text(shape.type),
        authority=_authority(line, shape.authority),
        region=_region(line.text(shape.region), areas) if shape.region else area.region,
        territorial_authority=territory,
        anniversary_set=area.anniversary_set.value,
    )
    return details, area.catchment


def _region(name: str, areas: Mapping[str, Area]) -> str:
    """Return the region as the catchments call it, if they know it."""
    return next((area.region for area in areas.values() if folded(area.region) == folded(name)), name)


def _authority(line: _Line, column: str) -> SchoolAuthority:
    """Return who runs the school; partnership and charter schools set their own dates, as private ones do."""
    said = "".join(line.text(column).casefold().split())
    match said.partition(":"):
        case ("state", _, "integrated"):
            return SchoolAuthority.INTEGRATED
        case ("state", _, "notintegrated") | ("other", _, _):
            return SchoolAuthority.STATE
        case ("private" | "partnershipschool" | "charterschool", _, _):
            return SchoolAuthority.PRIVATE
    raise _Wrong(column, "is no authority that is known")
