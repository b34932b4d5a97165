"""Text that people write: which characters and lengths are accepted, and the values made of such text.

Commands name these types (`reason: LongText`). They are plain `str` to Python and to the log; whoever reads
a body calls the marker in the annotation with the text: it answers the text stripped and in NFC, or raises
`ValueError`, which says what is wrong and never repeats the text.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Final, TypeAlias

STRICT: Final = {"extra": "forbid", "strict": True}
"""What a command says to a reader of bodies, as its `__pydantic_config__`: nothing unknown, nothing cast."""

_CONTROL = r"\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff"
_IN_A_LINE = re.compile(rf"[{_CONTROL}\t\n]")
_IN_A_NOTE = re.compile(rf"[{_CONTROL}]")
MOST_MARKS: Final = 30
"""Combining marks in a row. No orthography needs more than a handful; to put a pile of n in order takes n * n steps."""

DECOMPOSED: Final = 4
"""So many characters at most become one when they are composed: a letter with three marks."""

_SURROGATE = re.compile(r"[\ud800-\udfff]")


@cache
def _piles() -> re.Pattern[str]:
    """Return what finds a pile of combining marks, of whatever script."""
    marks = (chr(code) for first, last in _PLANES for code in range(first, last) if unicodedata.combining(chr(code)))
    return re.compile(f"[{''.join(marks)}]{{{MOST_MARKS + 1}}}")


_PLANES: Final = ((0x300, 0xD800), (0xE000, 0x20000))
"""Where characters with marks stand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A kind of text: how long, whether it may have lines and tabs or be empty, and its form if it has one.

    Refused in every kind: control characters (NUL too), lone surrogates, line separators and marks that turn
    the direction of what follows. Lengths count characters (code points) of the normalised text.
    """

    longest: int
    lines: bool = False
    empty: bool = False
    form: str = ""  # a regular expression that the whole text must match
    hint: str = "has another form"

    def __call__(self, raw: str) -> str:
        """Return the text stripped and in NFC; raise ValueError, which does not repeat it.

        What is sent is looked at as it is first: nothing is made of a text that is too long or piles up marks.
        """
        if len(raw) > self.longest * DECOMPOSED:
            raise ValueError(f"is longer than {self.longest} characters")
        if not raw.isascii() and _piles().search(raw):
            raise ValueError(f"piles more than {MOST_MARKS} marks on one character")
        text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n")).strip()
        if _SURROGATE.search(text):
            raise ValueError("holds half a character")
        if (_IN_A_NOTE if self.lines else _IN_A_LINE).search(text):
            raise ValueError("holds a control character")
        if len(text) > self.longest:
            raise ValueError(f"is longer than {self.longest} characters")
        if not text and not self.empty:
            raise ValueError("is empty")
        if self.form and not re.fullmatch(self.form, text):
            raise ValueError(self.hint)
        return text

    def __get_pydantic_core_schema__(self, source: object, handler: Callable[[object], Any]) -> dict[str, Any]:
        """Tell pydantic, by a plain dict, to call this marker once it has seen that there is a string."""
        return {
            "type": "function-after",
            "function": {"type": "no-info", "function": self},
            "schema": handler(source),
        }

    def __get_pydantic_json_schema__(self, core: object, handler: Callable[[object], Any]) -> dict[str, Any]:
        """Show the same limits in the OpenAPI document, so that clients need not find them by trying."""
        shown: dict[str, Any] = handler(core)
        return shown | self._limits()

    def _limits(self) -> dict[str, Any]:
        kept = f"[^{_CONTROL}]" if self.lines else f"[^{_CONTROL}\\t\\n]"
        free = f"{kept}*" if self.empty else f"{kept}*[^{_CONTROL}\\s]{kept}*"
        return {
            "minLength": 0 if self.empty else 1,
            "maxLength": self.longest,
            "pattern": f"^(?:{self.form or free})$",
        }


ShortText: TypeAlias = Annotated[str, Text(longest=200)]
"""One line, not empty: a title, a place, a reference."""

LongText: TypeAlias = Annotated[str, Text(longest=10_000, lines=True)]
"""A note, not empty; lines and tabs are kept."""

OptionalText: TypeAlias = Annotated[str, Text(longest=10_000, lines=True, empty=True)]
"""A note that may be left empty."""

Reference: TypeAlias = Annotated[str, Text(longest=45, form=r"[A-Za-z0-9 ./:()-]{1,45}", hint="is no short reference")]
"""What names a paper elsewhere, such as an authority to dispose of records; kept in clear, so it names no person."""

Name: TypeAlias = Annotated[str, Text(longest=100, form=r"[^\d<>@]+", hint="is no name")]
"""A part of a person's name, in any script, macrons kept."""

Code: TypeAlias = Annotated[str, Text(longest=60, form=r"[A-Z0-9][A-Z0-9_]*", hint="is no code")]
"""A code of a code set, such as CONTINUOUS_ABSENCE or 21111; whether it is valid today is another rule."""

Nsn: TypeAlias = Annotated[str, Text(longest=10, form=r"[0-9]{1,10}", hint="is no NSN: one to ten digits")]
"""A National Student Number: never a key, never in an address, a log line or a file name (BR-117).

Nothing public says more than digits (GAP), so no check digit is judged.
"""

Phone: TypeAlias = Annotated[str, Text(longest=30, form=r"\+?[0-9() -]{5,29}", hint="is no telephone number")]
"""A telephone number as people write it: digits, blanks, brackets, hyphens, a plus sign in front."""

Email: TypeAlias = Annotated[
    str,
    Text(
        longest=254,
        form=r"[^\s@<>,;:\"()\[\]\\]{1,64}@[^\s@<>,;:\"()\[\]\\]+\.[^\s@.]{2,}",
        hint="is no address",
    ),
]
"""An e-mail address, judged lightly: something, an at sign, a domain with a dot."""

SchoolNumber: TypeAlias = Annotated[str, Text(longest=5, form=r"[0-9]{1,5}", hint="is no school number")]
"""The Ministry's number of a school; public."""


class AddressType(StrEnum):
    """How an address is written: thoroughfare, rural, delivery service (a box or bag), water, foreign."""

    TH = "TH"
    RU = "RU"
    DE = "DE"
    WA = "WA"
    FO = "FO"


class AddressRole(StrEnum):
    """What an address is to a person."""

    PHY = "PHY"  # physical: where somebody lives
    POS = "POS"  # postal
    CURRENT = "CURRENT"
    PREVIOUS = "PREVIOUS"
    ALTERNATIVE = "ALTERNATIVE"
    TEMPORARY = "TEMPORARY"
    NONE_FIXED = "NONE_FIXED"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Address:
    """Where somebody lives or gets post. Rural delivery has no suburb but a number and a mail town."""

    __pydantic_config__ = STRICT

    type: AddressType
    role: AddressRole
    line: ShortText
    suburb: ShortText | None = None
    rural_delivery: ShortText | None = None
    town: ShortText | None = None
    postcode: ShortText | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PersonName:
    """What a person is called; only the family name is needed, because some people have one name."""

    __pydantic_config__ = STRICT

    family_name: Name
    given_names: Name | None = None
    preferred_name: Name | None = None

    @property
    def full(self) -> str:
        """Given names, then family name."""
        return " ".join(part for part in (self.given_names, self.family_name) if part)
