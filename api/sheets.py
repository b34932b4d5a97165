"""Sheets: a table as a CSV file, for people who open it in a spreadsheet.

It begins with the mark of UTF-8, by which a spreadsheet shows macrons as they are, and its lines end as RFC 4180 says.
Text that a spreadsheet would run as a formula gets an apostrophe in front, and is shown as it was written.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

_RUN: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a formula begins with, the full-width forms as well, and what some programs drop from in front of one."""


def sheet(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """Return a whole file: the titles of the columns, then the rows."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerows([_cell(each) for each in row] for row in (titles, *rows))
    return out.getvalue().encode("utf-8-sig")


def spreadsheet_safe(text: str) -> str:
    """Return text that no spreadsheet runs as a formula."""
    return f"'{text}" if text.startswith(_RUN) else text


def _cell(value: object) -> str:
    """Return what stands in a cell; only text can be a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return spreadsheet_safe(value) if isinstance(value, str) else str(value)
